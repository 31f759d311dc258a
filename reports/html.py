"""The HTML report of a run: one file that opens anywhere, asks nothing of the network, and prints on A4.

The same record gives the same bytes. The report is not part of the record: it can be made again from it at any time.
"""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.evidence.reader import SUMMARY_FILE, Run, load_run
from harness.evidence.verify import REPORT_FILE, verify_run
from reports import svg
from reports.accreditation import build_items
from reports.errors import ReportWriteError
from reports.figures import MOST_HISTOGRAMS
from reports.first_page import build_first_page
from reports.inputs import load_inputs
from reports.matrix import build_matrix
from reports.per_test import build_tests
from reports.safe_text import visible
from reports.words import legend


def write_html(run_folder: Path, target: Path | None = None) -> Path:
    """Write the report of the run in ``run_folder`` and return its path; by default ``report.html`` inside it.

    Raises ReadError (harness.evidence) if the folder is no run, ReportWriteError if the file can't be written.
    """
    path = run_folder / REPORT_FILE if target is None else target
    text = render(load_run(run_folder))
    beside = path.with_name(f".{path.name}.partial")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)  # noqa: PTH105 - the name that says what is meant: whole or not at all
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ReportWriteError(
            f"{path}: the report can't be written: {error.strerror}; choose a folder that exists and may be written"
        ) from error
    return path


def render(run: Run) -> str:
    """The whole page as text."""
    inputs = load_inputs(run.path, run.header.inputs)
    matrix = build_matrix(run, inputs)
    page = build_first_page(run, inputs, matrix)
    with svg.house_style():
        tests = build_tests(run, inputs)
    return visible(
        _environment()
        .get_template("report.html.j2")
        .render(
            style=_style(),
            page=page,
            matrix=matrix,
            tests=tests,
            legend=legend(),
            items=build_items(run, inputs, page),
            header=run.header,
            header_digest=run.header.digest(),
            problems=_problems(run),
            input_problems=inputs.problems,
            most_histograms=MOST_HISTOGRAMS,
            digest_mark=re.sub(r"[^0-9a-f]", "", page.record_digest)[:16] or "none",
        )
    )


def anchor(text: str) -> str:
    """Text of a record as the id of a place in the page."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "none"


def _problems(run: Run) -> list[str]:
    """What verifying the folder finds, with places in the record in place of places on this machine."""
    found = verify_run(run.path)
    if run.summary is None:
        # That the run was never finished stands at the top in its own words; it is no change of the record.
        found = [problem for problem in found if problem.file != SUMMARY_FILE]
    return [str(problem).replace(f"{run.path}/", "") for problem in found]


def _style() -> Markup:
    return Markup(resources.files("reports.templates").joinpath("style.css").read_text("utf-8"))  # noqa: S704 - our file


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = anchor
    return environment

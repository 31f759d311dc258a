"""The HTML report of a run: one file that opens anywhere, asks nothing of the network, and prints on A4.

The same record gives the same bytes. The report is not part of the record: it can be made again from it at any time.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.evidence.output_files import REPORT_FILE
from harness.evidence.reader import Run, load_run
from reports.content import Content, build_content
from reports.figures import MOST_HISTOGRAMS
from reports.safe_text import visible
from reports.words import legend
from reports.write import replace_file


def write_html(run_folder: Path, target: Path | None = None) -> Path:
    """Write the report of the run in ``run_folder`` and return its path; by default ``report.html`` inside it.

    Raises ReadError (harness.evidence) if the folder is no run, ReportWriteError if the file can't be written.
    """
    path = run_folder / REPORT_FILE if target is None else target
    return replace_file(path, render(load_run(run_folder)).encode())


def render(run: Run) -> str:
    """The whole page of a run as text."""
    return render_html(build_content(run))


def render_html(content: Content) -> str:
    """The whole page as text."""
    return visible(
        _environment()
        .get_template("report.html.j2")
        .render(
            style=_style(),
            page=content.page,
            matrix=content.matrix,
            latencies=content.latencies,
            tests=content.tests,
            legend=legend(),
            items=content.items,
            header=content.run.header,
            header_digest=content.run.header.digest(),
            problems=content.problems,
            input_problems=content.inputs.problems,
            signer=content.signer,
            most_histograms=MOST_HISTOGRAMS,
            digest_mark=content.mark,
        )
    )


def anchor(text: str) -> str:
    """Text of a record as the id of a place in the page."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "none"


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

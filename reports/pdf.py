"""The report as a PDF for signing, filing and handing over: PDF/A-2a and PDF/UA-1, set by Typst.

The template is fixed; everything from the record reaches it as data (one JSON file, drawings as SVG files), never as
Typst source, so no name or note in a record can become markup. Only the fonts inside the Typst package are used and
the date is the record's, so the same record gives the same bytes. Rows beyond what paper carries well (traffic, octets
of alerts, single readings) are left to the HTML report and the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import resources
from typing import Any

import typst

from harness.evidence.model import RunHeader
from harness.evidence.output_files import PDF_FILE
from reports import svg
from reports.content import Content
from reports.errors import ReportError
from reports.figures import Drawing
from reports.palette import light
from reports.safe_text import visible
from reports.words import legend

FONT = "Libertinus Serif"
_NS_PER_S = 1_000_000_000
_LATEST_S = 253_402_300_799
"""The last second of the year 9999: a date beyond it, from a damaged record, is not printed as one."""


class PdfError(ReportError):
    """Typst can't set this report."""


def render_pdf(content: Content) -> bytes:
    """The whole report; PdfError if Typst refuses it."""
    drawings: dict[str, bytes] = {}
    data = _data(content, drawings)
    files = {
        "main.typ": _template("report.typ"),
        "parts.typ": _template("parts.typ"),
        "data.json": json.dumps(data, ensure_ascii=False, sort_keys=True).encode(),
        **drawings,
    }
    try:
        return bytes(
            typst.compile(  # type: ignore[call-overload]  # its stubs do not name the form with several files
                files,
                font_paths=typst.Fonts(include_system_fonts=False),
                format="pdf",
                pdf_standards=["a-2a", "ua-1"],
                timestamp=_timestamp_s(content.run.header),
            )
        )
    except typst.TypstError as error:
        raise PdfError(
            f"{PDF_FILE}: Typst can't set this report: {error.message}; the HTML report holds the same: please report "
            "this as a defect, with the run's folder"
        ) from error


def _data(content: Content, drawings: dict[str, bytes]) -> dict[str, Any]:
    header = content.run.header
    matrix = content.matrix
    parts: dict[str, object] = {
        "page": content.page,
        "tests": content.tests,
        "items": content.items,
        "header": header,
        "legend": legend(),
        "problems": content.problems,
        "input_problems": content.inputs.problems,
        "columns": matrix.columns,
        "lines": matrix.lines,
        "untouched": matrix.untouched,
        "slices": matrix.slices(),
    }
    data: dict[str, Any] = {name: _plain(part, drawings) for name, part in parts.items()}
    for test in data["tests"]:
        for attempt in test["attempts"]:
            attempt["budgets"] = _budgets(attempt["judgements"])
    return data | {
        "mark": content.mark,
        "title": visible(content.title),
        "signer": content.signer,
        "header_digest": header.digest(),
        "font": FONT,
        "palette": {name.lstrip("-"): colour for name, colour in light().items()},
        "utc_s": _timestamp_s(header),
    }


def _budgets(judgements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each different budget once, with the names of all values that it belongs to."""
    found: dict[str, dict[str, Any]] = {}
    for row in judgements:
        if row["budget"]:
            same = {name: row[name] for name in ("budget", "budget_sum", "budget_unit")}
            found.setdefault(json.dumps(same), {**same, "names": []})["names"].append(row["name"])
    return list(found.values())


def _plain(value: object, drawings: dict[str, bytes]) -> Any:
    """Dataclasses as tables, text made safe to look at, drawings as the names of their files."""
    if isinstance(value, Drawing):
        name = f"figure-{len(drawings)}.svg"
        if value.svg is not None:
            drawings[name] = visible(svg.standalone(value.svg, FONT)).encode()
        shown = {"caption": value.caption, "description": value.description, "problem": value.problem}
        return {**_plain(shown, drawings), "file": name if value.svg is not None else None}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), drawings) for field in fields(value)}
    if isinstance(value, Mapping):
        return {visible(str(key)): _plain(part, drawings) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part, drawings) for part in value]
    if isinstance(value, str):
        return visible(str(value))
    return value


def _timestamp_s(header: RunHeader) -> int:
    return min(max(header.bench_utc_ns // _NS_PER_S, 0), _LATEST_S)


def _template(name: str) -> bytes:
    return resources.files("reports.templates").joinpath(name).read_bytes()

"""The report as a PDF for signing, filing and handing over: PDF/A-2a and PDF/UA-1, set by Typst.

The template is fixed; everything from the record reaches it as data (one JSON file, drawings as SVG files), never as
Typst source, so no name or note in a record can become markup. Only the fonts inside the Typst package are used and
the date is the record's, so the same record gives the same bytes. Rows beyond what paper carries well (traffic, octets
of alerts, single readings) are left to the HTML report and the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any

import typst

from harness.evidence.model import RunHeader
from harness.evidence.output_files import PDF_FILE
from reports import svg
from reports.content import Content
from reports.errors import ReportError
from reports.figures import Drawing
from reports.glyphs import known_signs, sure_signs, written_out
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
    try:
        return _typeset(content, known_signs())
    except typst.TypstError:
        # A sign that the bundled fonts' version lacks after all; what they are sure to have is enough to read by.
        try:
            return _typeset(content, sure_signs())
        except typst.TypstError as error:
            raise PdfError(
                f"{PDF_FILE}: Typst can't set this report: {error.message}; the HTML report holds the same: please "
                "report this as a defect, with the run's folder"
            ) from error


def _typeset(content: Content, signs: Set[str]) -> bytes:
    made = _Plain(signs)
    files = {
        "main.typ": _template("report.typ"),
        "parts.typ": _template("parts.typ"),
        "data.json": json.dumps(_data(content, made), ensure_ascii=False, sort_keys=True).encode(),
        **made.drawings,
    }
    return bytes(
        typst.compile(  # type: ignore[call-overload]  # its stubs do not name the form with several files
            files,
            font_paths=typst.Fonts(include_system_fonts=False),
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
        )
    )


def _data(content: Content, made: _Plain) -> dict[str, Any]:
    header = content.run.header
    matrix = content.matrix
    parts: dict[str, object] = {
        "page": content.page,
        "tests": content.tests,
        "items": content.items,
        "header": {
            "seed": str(header.seed),
            "format": header.format,
            "inputs": header.inputs,
            "test_sources": dict(sorted(header.test_sources.items())),
            "tools": dict(sorted(header.tools.items())),
            "parameters": {name: str(value) for name, value in sorted(header.parameters.items())},
        },
        "legend": legend(),
        "problems": content.problems,
        "input_problems": content.inputs.problems,
        "columns": matrix.columns,
        "lines": matrix.lines,
        "untouched": matrix.untouched,
        "latencies": content.latencies,
        "slices": [(first, last, matrix.lines_of(first, last)) for first, last in matrix.slices()],
    }
    data: dict[str, Any] = {name: made.plain(part) for name, part in parts.items()}
    for test in data["tests"]:
        for attempt in test["attempts"]:
            attempt["budgets"] = _budgets(attempt["judgements"])
    return data | {
        "mark": content.mark,
        "title": made.text(content.title),
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


class _Plain:
    """Dataclasses as tables, text made safe to look at and to print, drawings as the names of their files."""

    def __init__(self, signs: Set[str]) -> None:
        self.drawings: dict[str, bytes] = {}
        self._signs = signs

    def text(self, text: str) -> str:
        return written_out(visible(text), self._signs)

    def plain(self, value: object) -> Any:
        if isinstance(value, str):
            return self.text(str(value))
        if isinstance(value, Drawing):
            return self._drawing(value)
        if is_dataclass(value) and not isinstance(value, type):
            return {name: self.plain(getattr(value, name)) for name in _names(type(value))}
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.plain(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(part) for part in value]
        return value

    def _drawing(self, drawing: Drawing) -> dict[str, Any]:
        shown = {"caption": drawing.caption, "description": drawing.description, "problem": drawing.problem}
        if drawing.svg is None:
            return {**self.plain(shown), "file": None}
        name = f"figure-{len(self.drawings)}.svg"
        self.drawings[name] = self.text(svg.standalone(drawing.svg, FONT)).encode()
        return {**self.plain(shown), "file": name}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _timestamp_s(header: RunHeader) -> int:
    return min(max(header.bench_utc_ns // _NS_PER_S, 0), _LATEST_S)


def _template(name: str) -> bytes:
    return resources.files("reports.templates").joinpath(name).read_bytes()

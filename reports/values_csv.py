"""Every value of a run in one table for a spreadsheet or a statistics program: one row per value, as recorded.

RFC 4180 (commas, CRLF, quotes doubled), UTF-8, numbers with a decimal point and in the record's own unit, in full. A
text cell that a spreadsheet would take for a formula begins with an apostrophe: names and notes may come from a meter.
The columns are described in docs/outputs.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from harness.evidence.model import Entry, Judgement, Reading
from harness.evidence.reader import Run
from reports.rows import facts_text
from reports.safe_text import visible

COLUMNS = (
    "test",
    "attempt",
    "kind",
    "name",
    "value",
    "unit",
    "at_least",
    "at_most",
    "accept_at_least",
    "accept_at_most",
    "uncertainty",
    "coverage_factor",
    "rule",
    "verdict",
    "requirements",
    "time_s",
    "remark",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NS_PER_S = 1_000_000_000

Cell = str | float | int | None


def render_values(run: Run) -> bytes:
    """The whole table with its header row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for test in run.tests:
        for attempt in test.attempts:
            for entry in attempt.entries:
                for row in _rows(test.planned.test_id, attempt.number, entry):
                    writer.writerow([_cell(cell) for cell in row])
    return stream.getvalue().encode()


def _rows(test_id: str, attempt: int, entry: Entry) -> Iterator[tuple[Cell, ...]]:
    body = entry.body
    time_s = f"{'-' if entry.at_ns < 0 else ''}{abs(entry.at_ns) // _NS_PER_S}.{abs(entry.at_ns) % _NS_PER_S:09d}"
    if isinstance(body, Judgement):
        yield (
            test_id, attempt, "judged", body.name, body.value, body.unit, body.at_least, body.at_most,
            body.accept_at_least, body.accept_at_most, body.uncertainty, body.coverage_factor, body.rule.value,
            body.verdict.value, " ".join(body.requirements), _Number(time_s), _remark(body),
        )  # fmt: skip
    elif isinstance(body, Reading):
        remark = "; ".join(part for part in (body.reason, facts_text(sorted(body.facts.items()))) if part)
        nothing = (None,) * 9
        yield (test_id, attempt, "measured", body.name, body.value, body.unit, *nothing, _Number(time_s), remark)


class _Number(str):
    """A number that is text already, since a float would lose its last digits."""

    __slots__ = ()


def _remark(body: Judgement) -> str:
    bound = "the value is a lower bound" if body.lower_bound else ""
    return "; ".join(part for part in (bound, body.reason, body.explanation) if part)


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, _Number) or not isinstance(cell, str):
        return str(cell) if isinstance(cell, (str, int)) else repr(cell)
    text = visible(cell)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text

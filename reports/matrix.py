"""The traceability matrix: which test shows what about which requirement, and which requirements nothing shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.evidence.reader import Run, RunTest
from harness.evidence.summary import requirement_rows
from harness.measure.verdict import Verdict
from reports.inputs import CatalogueRow, Inputs
from reports.words import NOT_COVERED, UNFINISHED, Shown, show

COLUMNS_PER_TABLE = 12
"""What fits the width of an A4 page beside the requirement."""


@dataclass(frozen=True)
class Column:
    """One test: its place in the plan heads the column."""

    number: int
    anchor: str
    test_id: str


@dataclass(frozen=True)
class Line:
    """One requirement; ``loud`` marks one that the plan requires and the run does not show."""

    requirement: CatalogueRow
    required: bool
    shown: Shown
    loud: bool
    cells: tuple[Shown, ...]
    tests: tuple[Column, ...]


@dataclass(frozen=True)
class Matrix:
    """Requirements against tests, those the plan requires first."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    untouched: tuple[CatalogueRow, ...]
    """Requirements of the catalogue that neither the plan nor a test names."""

    @property
    def required(self) -> tuple[Line, ...]:
        """The requirements that the plan must show."""
        return tuple(line for line in self.lines if line.required)

    @property
    def open(self) -> tuple[Line, ...]:
        """Those of them that the run does not show."""
        return tuple(line for line in self.required if line.loud)

    def slices(self) -> list[tuple[int, int]]:
        """Column ranges, one table each."""
        return [
            (first, min(first + COLUMNS_PER_TABLE, len(self.columns)))
            for first in range(0, max(len(self.columns), 1), COLUMNS_PER_TABLE)
        ]

    def lines_of(self, first: int, last: int) -> tuple[Line, ...]:
        """The requirements that a test of those columns names; in the first table also those that no test names."""
        return tuple(
            line
            for line in self.lines
            if any(cell is not NOT_COVERED for cell in line.cells[first:last])
            or (first == 0 and all(cell is NOT_COVERED for cell in line.cells))
        )


def build_matrix(run: Run, inputs: Inputs) -> Matrix:
    """The matrix by the record's own rule for requirements, also for a run that was never finished."""
    columns = tuple(
        Column(place, f"test-{place}", test.planned.test_id) for place, test in enumerate(run.tests, start=1)
    )
    unfinished = {test.planned.test_id for test in run.tests if is_unfinished(test)}
    rows = requirement_rows(run.header, run.tests)
    lines = [_line(row, columns, inputs, unfinished) for row in rows]
    lines.sort(key=lambda line: not line.required)
    named = {line.requirement.requirement_id for line in lines}
    untouched = tuple(row for row in inputs.catalogue if row.requirement_id not in named)
    return Matrix(columns, tuple(lines), untouched)


def is_unfinished(test: RunTest) -> bool:
    """Whether the last attempt has no end. It is aborted to the record; a person who aborts leaves an end."""
    return bool(test.attempts) and test.attempts[-1].ended is None and test.verdict is Verdict.ABORTED


def _line(row: dict[str, Any], columns: tuple[Column, ...], inputs: Inputs, unfinished: set[str]) -> Line:
    verdict = Verdict(row["verdict"])
    found = {item["test_id"]: _shown(Verdict(item["verdict"]), item["test_id"] in unfinished) for item in row["tests"]}
    aborted = [item["test_id"] for item in row["tests"] if item["verdict"] == Verdict.ABORTED]
    return Line(
        requirement=inputs.row(row["id"]),
        required=row["required"],
        shown=_shown(verdict, bool(aborted) and unfinished.issuperset(aborted)),
        loud=row["required"] and verdict is not Verdict.PASS,
        cells=tuple(found.get(column.test_id, NOT_COVERED) for column in columns),
        tests=tuple(column for column in columns if column.test_id in found),
    )


def _shown(verdict: Verdict, unfinished: bool) -> Shown:
    """As the test's own heading words it."""
    return UNFINISHED if unfinished and verdict is Verdict.ABORTED else show(verdict)

"""The matrix defect x test: one mark for each meter and test, in columns that are numbered and named below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.measure.verdict import Verdict
from harness.qualify.qualification import Qualification, Row

FAILED, FAILED_ELSEWHERE, PASSED, OPEN, NOT_RUN = "X", "x", ".", "?", " "
LEGEND = (
    f"{FAILED} failed in a requirement declared to be violated   {FAILED_ELSEWHERE} failed in another one only   "
    f"{PASSED} passed   {OPEN} open: error, aborted or inconclusive   blank: not run"
)
GROUP = 10
"""Columns between two gaps: a number is found by counting the groups."""
WIDEST = 150
"""Of the lines that name the columns."""
NAME_LONGEST = 40


def mark(row: Row, test_id: str) -> str:
    """What came of one test of one meter."""
    verdict = row.finding.verdicts.get(test_id)
    if verdict is None:
        return NOT_RUN
    if verdict == Verdict.FAIL.value:
        violated = () if row.says is None else row.says.violates
        return FAILED if set(row.finding.failed.get(test_id, ())) & set(violated) else FAILED_ELSEWHERE
    return PASSED if verdict == Verdict.PASS.value else OPEN


def shown_tests(made: Qualification) -> list[str]:
    """The tests that were run on any defect, in the plan's order: columns without any mark tell nothing."""
    run = set().union(*(row.finding.verdicts for row in made.rows)) if made.rows else set()
    return [test_id for test_id in made.tests if test_id in run]


def cell_lines(made: Qualification, width: int | None = None) -> Iterator[str]:
    """The matrix in plain text, in several blocks if it is wider than ``width``; then what the columns are."""
    tests = shown_tests(made)
    if not tests:
        return
    rows = (made.reference, *made.rows)
    names = min(max(len(row.name) for row in rows), NAME_LONGEST)
    room = len(tests) if width is None else max((width - names - 2) * GROUP // (GROUP + 1), GROUP)
    for start in range(0, len(tests), room):
        yield from _block(rows, tests, range(start, min(start + room, len(tests))), names)
        yield ""
    yield LEGEND
    yield from _column_names(tests, width or WIDEST)
    if len(tests) < len(made.tests):
        yield f"{len(made.tests) - len(tests)} more tests were run on the reference meter alone"


def _block(rows: Sequence[Row], tests: Sequence[str], places: range, names: int) -> Iterator[str]:
    digits = len(str(len(tests)))
    for digit in range(digits):
        yield f"{'':<{names}}  " + _grouped([f"{place + 1:>{digits}}"[digit] for place in places]).rstrip()
    for row in rows:
        marks = _grouped([mark(row, tests[place]) for place in places])
        yield f"{row.name[:names]:<{names}}  {marks}".rstrip()


def _grouped(marks: Sequence[str]) -> str:
    return " ".join("".join(marks[start : start + GROUP]) for start in range(0, len(marks), GROUP))


def _column_names(tests: Sequence[str], room: int) -> Iterator[str]:
    named = [f"{number:>3} {test_id}" for number, test_id in enumerate(tests, 1)]
    width = max(map(len, named)) + 2
    in_a_line = max(room // width, 1)
    for start in range(0, len(named), in_a_line):
        yield "".join(f"{name:<{width}}" for name in named[start : start + in_a_line]).rstrip()

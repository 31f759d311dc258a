"""A trial that runs no more tests than it takes: those that should show what a defect violates first, then the rest.

It ends as soon as a test of each requirement that the defect is declared to violate has failed. What is not shown by
then has had the whole plan. Every test begins on a bench of its own making, so its verdict does not hang on which
ran before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from harness.evidence.reader import RunTest, attempt_folders, read_attempt, read_header
from harness.evidence.summary import requirement_rows
from harness.measure.verdict import Verdict
from harness.plan.resolve import ResolvedTest
from harness.qualify.defects import DefectFile


class UntilShown:
    """A pytest plugin with the loop over the tests of one defect."""

    def __init__(
        self, folder: Path, says: DefectFile, bench_s: Mapping[str, float], discounted: Collection[str]
    ) -> None:
        self._folder = folder
        self._says = says
        self._bench_s = bench_s
        """Test id → seconds on the bench: which of two tests is cheaper. Not by the wall: the order must be the same
        each time."""
        self._discounted = discounted
        """Tests that show nothing, since they fail on the reference meter too."""
        self._left_to_show = set(says.violates)

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """In the place of pytest's own loop, which knows the order beforehand; True: it is done."""
        if session.testsfailed:
            return None  # a module can't be loaded, which pytest's loop tells
        left = list(session.items)
        while left and self._left_to_show:
            item = min(left, key=self._place)  # of equals the first in the plan
            left.remove(item)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self._left_to_show -= self._failed(_planned(item))
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    def _place(self, item: pytest.Item) -> tuple[bool, bool, float]:
        """Tests of what is still to be shown first, of these the expected ones, of these the cheapest."""
        planned = _planned(item)
        expected = planned.id in self._says.expected_tests
        serves = bool(self._left_to_show.intersection(planned.requirements)) and planned.id not in self._discounted
        return (not serves, not expected, self._bench_s.get(planned.id, 0.0))

    def _failed(self, planned: ResolvedTest) -> set[str]:
        """The requirements in which the test has failed, by its record."""
        if planned.id in self._discounted:
            return set()
        header = read_header(self._folder)
        attempts = tuple(read_attempt(self._folder, name) for name in attempt_folders(self._folder, header, planned.id))
        of_plan = next(test for test in header.tests if test.test_id == planned.id)
        rows = requirement_rows(header, [RunTest(of_plan, attempts)])
        return {row["id"] for row in rows for cell in row["tests"] if cell["verdict"] == Verdict.FAIL.value}


def _planned(item: pytest.Item) -> ResolvedTest:
    planned: ResolvedTest = item.callspec.params["planned"]  # type: ignore[attr-defined]
    return planned

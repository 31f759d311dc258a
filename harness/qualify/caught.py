"""What a run says about a defect: caught, or in which of the other ways not.

*Caught* is a verdict *fail* in a test of a requirement that the defect violates. A test that fails on the reference
meter too proves nothing, so it catches nothing. A requirement declared to be violated that no test failed in is told
beside it: the defect is caught, and its file claims too much.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

from harness.evidence.reader import Run
from harness.evidence.summary import requirement_rows
from harness.measure.verdict import Verdict
from harness.qualify.defects import DefectFile


class Outcome(StrEnum):
    """How it ended for one defect."""

    CAUGHT = "caught"
    PASSED = "not caught: every test passed"
    ELSEWHERE = "not caught: failed elsewhere only"
    INCONCLUSIVE = "not caught: inconclusive or not tested"
    ERROR = "not caught: tests ended in error"
    NOT_UP = "not caught: the bench did not come up with it"
    TIMED_OUT = "not caught: took too long"
    NOT_RUN = "could not be run"


@dataclass(frozen=True)
class Finding:
    """What the plan made of one meter."""

    outcome: Outcome
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Test id → verdict, for the tests that were run."""
    requirements: Mapping[str, str] = field(default_factory=dict)
    """Requirement id → worst verdict over those tests."""
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Test id → requirements that it failed."""
    mode: tuple[str, ...] = ()
    """The judgements that failed, as TEST: NAME. Two defects with the same ones may be near copies."""
    also_failed: tuple[str, ...] = ()
    """Requirements that failed and are not said to be violated."""
    not_failed: tuple[str, ...] = ()
    """Requirements declared to be violated that did not fail."""
    expected_passed: tuple[str, ...] = ()
    """Tests expected to fail that were run and did not, or are not in the plan."""
    open_tests: tuple[str, ...] = ()
    """Tests that ended neither in pass nor in fail."""
    problem: str = ""

    @property
    def is_as_said(self) -> bool:
        """Caught for exactly the reasons that its file gives."""
        return self.outcome is Outcome.CAUGHT and not (
            self.also_failed or self.not_failed or self.expected_passed or self.open_tests
        )


def judge(run: Run, says: DefectFile, discounted: Collection[str] = ()) -> Finding:
    """The finding on a finished run; ``discounted`` tests fail on the reference meter too."""
    planned = {test.planned.test_id for test in run.tests}
    tests = [test for test in run.tests if test.attempts]
    verdicts = {test.planned.test_id: test.verdict for test in tests}
    counted = [test for test in tests if test.planned.test_id not in discounted]
    rows = requirement_rows(run.header, counted)
    worst = {row["id"]: row["verdict"] for row in rows if row["tests"]}
    failed: dict[str, list[str]] = {}
    for row in rows:
        for cell in row["tests"]:
            if cell["verdict"] == Verdict.FAIL.value:
                failed.setdefault(cell["test_id"], []).append(row["id"])
    touched = {requirement for requirements in failed.values() for requirement in requirements}
    open_tests = tuple(name for name, verdict in verdicts.items() if verdict not in {Verdict.PASS, Verdict.FAIL})
    return Finding(
        outcome=_outcome(run, says, touched, verdicts),
        verdicts={name: verdict.value for name, verdict in verdicts.items()},
        requirements=worst,
        failed={name: tuple(requirements) for name, requirements in failed.items()},
        mode=tuple(
            f"{test.planned.test_id}: {judgement.name}"
            for test in counted
            for attempt in test.attempts[-1:]
            for judgement in attempt.judgements
            if judgement.verdict is Verdict.FAIL
        ),
        also_failed=tuple(sorted(touched - set(says.violates))),
        not_failed=tuple(requirement for requirement in says.violates if requirement not in touched),
        expected_passed=tuple(
            name
            for name in says.expected_tests
            if name not in planned or verdicts.get(name, Verdict.FAIL) is not Verdict.FAIL
        ),
        open_tests=open_tests,
        problem=str(run.volatile.get("bring_up_cause") or ""),
    )


def _outcome(run: Run, says: DefectFile, touched: Set[str], verdicts: Mapping[str, Verdict]) -> Outcome:
    if touched & set(says.violates):
        return Outcome.CAUGHT
    if run.volatile.get("bring_up_cause"):
        return Outcome.NOT_UP
    if touched:
        return Outcome.ELSEWHERE
    if set(verdicts.values()) & {Verdict.ERROR, Verdict.ABORTED}:
        return Outcome.ERROR
    if run.summary is None or set(verdicts.values()) - {Verdict.PASS, Verdict.FAIL}:
        return Outcome.INCONCLUSIVE
    return Outcome.PASSED

"""Verdicts of a judgement, a test and a run, how they combine, and the exit code of a run.

Per test the worst wins; *fail* is the worst, so an error after a missed limit never hides the missed limit.
A run has a rule of its own (:func:`run_verdict`): one fail is a fail, and whatever else leaves a required answer
open is *not certified*, which is neither pass nor fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of one judgement or one test, mildest first; the values are those written to a record."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_TESTED = "not_tested"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"
    ERROR = "error"
    FAIL = "fail"

    @property
    def severity(self) -> int:
        """The rank in :func:`worst`: a higher one wins."""
        return _SEVERITY[self]


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Combine the verdicts inside one test. Nothing judged is *not tested*, never a pass."""
    return max(verdicts, key=lambda verdict: verdict.severity, default=Verdict.NOT_TESTED)


class RunVerdict(StrEnum):
    """The outcome of a whole run."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_CERTIFIED = "not_certified"
    FAIL = "fail"

    @property
    def exit_code(self) -> int:
        """What the command line returns: 0 pass, 1 fail, 2 not certified."""
        return {RunVerdict.PASS: 0, RunVerdict.FAIL: 1, RunVerdict.NOT_CERTIFIED: 2}[self]


@dataclass(frozen=True)
class TestVerdict:
    """The verdict of one test and whether the plan needs it. An optional test may stay untested, not fail."""

    __test__ = False  # pytest would take the class for a test by its name

    verdict: Verdict
    required: bool = True


def run_verdict(tests: Iterable[TestVerdict]) -> RunVerdict:
    """Combine the tests of a run: any fail → fail; anything left open → not certified; else pass.

    A run in which nothing passed has shown nothing, so it is not certified even if nothing was required.
    """
    results = list(tests)
    if any(result.verdict is Verdict.FAIL for result in results):
        return RunVerdict.FAIL
    if any(_leaves_open(result) for result in results):
        return RunVerdict.NOT_CERTIFIED
    if not any(result.verdict is Verdict.PASS for result in results):
        return RunVerdict.NOT_CERTIFIED
    return RunVerdict.PASS


def _leaves_open(result: TestVerdict) -> bool:
    if result.verdict is Verdict.NOT_TESTED:
        return result.required
    return result.verdict in {Verdict.ERROR, Verdict.ABORTED, Verdict.INCONCLUSIVE}

"""Severity of verdicts, the rule for a run and its exit codes."""

from __future__ import annotations

import itertools

import pytest

from harness.measure.verdict import RunVerdict, TestVerdict, Verdict, run_verdict, worst

P, N, INC, A, E, F = (
    Verdict.PASS,
    Verdict.NOT_TESTED,
    Verdict.INCONCLUSIVE,
    Verdict.ABORTED,
    Verdict.ERROR,
    Verdict.FAIL,
)


@pytest.mark.parametrize(("mild", "severe"), list(itertools.combinations([P, N, INC, A, E, F], 2)))
def test_the_worse_verdict_wins_whatever_the_order(mild: Verdict, severe: Verdict) -> None:
    assert worst([mild, severe]) is severe
    assert worst([severe, mild]) is severe


def test_nothing_judged_is_not_a_pass() -> None:
    assert worst([]) is N


@pytest.mark.parametrize(
    ("verdicts", "expected", "exit_code"),
    [
        ([P], RunVerdict.PASS, 0),
        ([P, P], RunVerdict.PASS, 0),
        ([P, F], RunVerdict.FAIL, 1),
        ([E, F, A, INC, N], RunVerdict.FAIL, 1),
        ([P, E], RunVerdict.NOT_CERTIFIED, 2),
        ([P, A], RunVerdict.NOT_CERTIFIED, 2),
        ([P, INC], RunVerdict.NOT_CERTIFIED, 2),
        ([P, N], RunVerdict.NOT_CERTIFIED, 2),
        ([], RunVerdict.NOT_CERTIFIED, 2),
    ],
)
def test_the_verdict_of_a_run(verdicts: list[Verdict], expected: RunVerdict, exit_code: int) -> None:
    for order in itertools.permutations(verdicts):
        result = run_verdict(TestVerdict(verdict) for verdict in order)
        assert result is expected
        assert result.exit_code == exit_code


def test_an_optional_test_may_stay_untested_but_not_fail_or_stop() -> None:
    assert run_verdict([TestVerdict(P), TestVerdict(N, required=False)]) is RunVerdict.PASS
    assert run_verdict([TestVerdict(P), TestVerdict(F, required=False)]) is RunVerdict.FAIL
    assert run_verdict([TestVerdict(P), TestVerdict(E, required=False)]) is RunVerdict.NOT_CERTIFIED


def test_a_run_without_one_pass_is_never_a_pass() -> None:
    assert run_verdict([TestVerdict(N, required=False)]) is RunVerdict.NOT_CERTIFIED

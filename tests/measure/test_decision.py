"""Decision rules at their boundaries, from both sides."""

from __future__ import annotations

import math

import pytest

from harness.measure.decision import DecisionRule, Limits, Rule, decide
from harness.measure.errors import DecisionError
from harness.measure.verdict import Verdict

GUARDED = DecisionRule(Rule.GUARDED)
SIMPLE = DecisionRule(Rule.SIMPLE)
AT_MOST_500 = Limits(at_most=500.0)
AT_LEAST_55 = Limits(at_least=55.0)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (498.0, Verdict.PASS),
        (math.nextafter(498.0, math.inf), Verdict.INCONCLUSIVE),
        (500.0, Verdict.INCONCLUSIVE),
        (math.nextafter(500.0, math.inf), Verdict.FAIL),
    ],
)
def test_guard_band_of_an_upper_limit(value: float, verdict: Verdict) -> None:
    decision = decide(value, AT_MOST_500, 2.0, GUARDED)
    assert decision.verdict is verdict
    assert decision.accept_at_most == 498.0
    assert bool(decision.reason) == (verdict is Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (56.5, Verdict.PASS),
        (math.nextafter(56.5, 0.0), Verdict.INCONCLUSIVE),
        (55.0, Verdict.INCONCLUSIVE),
        (math.nextafter(55.0, 0.0), Verdict.FAIL),
    ],
)
def test_guard_band_of_a_lower_limit_lies_above_it(value: float, verdict: Verdict) -> None:
    decision = decide(value, AT_LEAST_55, 1.5, GUARDED)
    assert decision.verdict is verdict
    assert decision.accept_at_least == 56.5


@pytest.mark.parametrize(("value", "verdict"), [(500.0, Verdict.PASS), (500.0000001, Verdict.FAIL)])
def test_simple_acceptance_ignores_the_uncertainty(value: float, verdict: Verdict) -> None:
    assert decide(value, AT_MOST_500, 2.0, SIMPLE).verdict is verdict


@pytest.mark.parametrize("rule", [GUARDED, SIMPLE])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_no_number_never_passes(value: float | None, rule: DecisionRule) -> None:
    for limits in (AT_MOST_500, AT_LEAST_55, Limits(0.0, 500.0)):
        assert decide(value, limits, 0.0, rule).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (9.0, Verdict.FAIL),
        (10.5, Verdict.INCONCLUSIVE),
        (15.0, Verdict.PASS),
        (19.5, Verdict.INCONCLUSIVE),
        (21.0, Verdict.FAIL),
    ],
)
def test_two_sided_limits(value: float, verdict: Verdict) -> None:
    assert decide(value, Limits(10.0, 20.0), 1.0, GUARDED).verdict is verdict


def test_an_uncertainty_wider_than_the_tolerance_passes_nothing_and_says_why() -> None:
    decision = decide(15.0, Limits(10.0, 20.0), 6.0, GUARDED)
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert "too large for the tolerance" in decision.reason


def test_exact_counts_keep_whole_limits() -> None:
    decision = decide(3, Limits(3, 3), 0, GUARDED)
    assert decision.verdict is Verdict.PASS
    assert isinstance(decision.accept_at_most, int)
    assert decide(4, Limits(3, 3), 0, GUARDED).verdict is Verdict.FAIL
    assert decide(2, Limits(3, 3), 0, GUARDED).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("value", "limits", "verdict"),
    [
        (501.0, AT_MOST_500, Verdict.FAIL),
        (100.0, AT_MOST_500, Verdict.INCONCLUSIVE),
        (60.0, AT_LEAST_55, Verdict.PASS),
        (54.0, AT_LEAST_55, Verdict.INCONCLUSIVE),
        (60.0, Limits(55.0, 500.0), Verdict.INCONCLUSIVE),
    ],
)
def test_a_lower_bound_can_miss_an_upper_limit_but_never_keep_it(
    value: float, limits: Limits, verdict: Verdict
) -> None:
    assert decide(value, limits, 0.0, GUARDED, lower_bound=True).verdict is verdict


@pytest.mark.parametrize(
    ("low", "high"), [(None, None), (math.nan, None), (None, math.inf), (5.0, 4.0), (None, math.nan)]
)
def test_impossible_limits_are_refused(low: float | None, high: float | None) -> None:
    with pytest.raises(DecisionError):
        Limits(low, high)


@pytest.mark.parametrize("uncertainty", [math.nan, -1.0, math.inf])
def test_an_impossible_uncertainty_is_refused(uncertainty: float) -> None:
    with pytest.raises(DecisionError):
        decide(1.0, AT_MOST_500, uncertainty, GUARDED)


def test_an_unknown_rule_is_refused_and_its_name_alone_is_enough() -> None:
    with pytest.raises(DecisionError, match="expected one of guarded, simple"):
        DecisionRule("lenient")  # type: ignore[arg-type]
    by_name = DecisionRule("guarded")  # type: ignore[arg-type]
    assert decide(499.0, AT_MOST_500, 2.0, by_name).verdict is Verdict.INCONCLUSIVE

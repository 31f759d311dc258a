"""Decision rules: a value with its uncertainty against its limits, as a verdict (ILAC-G8:09/2019, JCGM 106:2012).

*Guarded acceptance* (ILAC-G8 4.2.2): acceptance limits lie inside the limits by the guard band w = U, the expanded
uncertainty. Inside the acceptance limits is a pass, outside the limits a fail, in the guard band between them the
value conforms but not surely enough to say so: inconclusive. With k = 2 the probability of a false pass at the
acceptance limit is below 2.5 %. A fail is not guarded: just beyond the limit it may be false with up to 50 %, which
is the risk of the meter's maker and stated in the report.

*Simple acceptance* (ILAC-G8 4.2.1): no guard band; the acceptance limit is the limit.

The sides: "at most 500 ms" accepts up to 500 ms − U, "at least 55 mT" accepts from 55 mT + U.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from harness.measure.errors import DecisionError
from harness.measure.verdict import Verdict


class Rule(StrEnum):
    """The rule a plan names."""

    GUARDED = "guarded"
    SIMPLE = "simple"


@dataclass(frozen=True)
class DecisionRule:
    """A rule and the coverage factor k of its expanded uncertainty."""

    rule: Rule = Rule.GUARDED
    coverage_factor: float = 2.0

    def __post_init__(self) -> None:
        if self.rule not in set(Rule):
            raise DecisionError(f"decision rule {self.rule!r} is unknown; expected one of {', '.join(Rule)}")
        if not (math.isfinite(self.coverage_factor) and self.coverage_factor > 0):
            raise DecisionError(f"coverage factor is {self.coverage_factor}: expected a finite number above 0")


@dataclass(frozen=True)
class Limits:
    """A lower limit, an upper limit or both, in the unit of the value."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        given = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        if not given:
            raise DecisionError("a judgement needs a limit: give at_least, at_most or both; else take a reading")
        if not all(math.isfinite(limit) for limit in given):
            raise DecisionError(f"limits at_least={self.at_least}, at_most={self.at_most}: both must be finite")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise DecisionError(
                f"limits exclude each other: at least {self.at_least} and at most {self.at_most}; are they swapped?"
            )


@dataclass(frozen=True)
class Decision:
    """A verdict with the acceptance limits that led to it; ``reason`` says why it is no plain pass or fail."""

    verdict: Verdict
    accept_at_least: float | None
    accept_at_most: float | None
    reason: str = ""


def decide(
    value: float | None, limits: Limits, uncertainty: float, rule: DecisionRule, *, lower_bound: bool = False
) -> Decision:
    """Decide on ``value`` with its *expanded* ``uncertainty``; both in the unit of the limits.

    No number (None, NaN, an infinity from an instrument over range) never passes: it is inconclusive. With
    ``lower_bound`` the true value is only known not to be below ``value`` (an alert that had not come when the
    record ended): that may miss an upper limit but can't keep it.
    """
    if not (math.isfinite(uncertainty) and uncertainty >= 0):
        raise DecisionError(f"expanded uncertainty is {uncertainty}: it must be finite and not below 0")
    guard = uncertainty if rule.rule == Rule.GUARDED else 0
    # A guard band of 0 leaves the limit as it was given, so that a count stays a whole number.
    low = limits.at_least if limits.at_least is None or not guard else limits.at_least + guard
    high = limits.at_most if limits.at_most is None or not guard else limits.at_most - guard
    if value is None or not math.isfinite(value):
        return Decision(Verdict.INCONCLUSIVE, low, high, "there is no number to judge")
    below = limits.at_least is not None and value < limits.at_least and not lower_bound
    above = limits.at_most is not None and value > limits.at_most
    if below or above:
        return Decision(Verdict.FAIL, low, high)
    short = low is not None and value < low
    if lower_bound and (short or limits.at_most is not None):
        return Decision(Verdict.INCONCLUSIVE, low, high, "the value is a lower bound that decides nothing")
    if short or (high is not None and value > high):
        return Decision(Verdict.INCONCLUSIVE, low, high, _guard_reason(low, high))
    return Decision(Verdict.PASS, low, high)


def _guard_reason(low: float | None, high: float | None) -> str:
    if low is not None and high is not None and low > high:
        return "the uncertainty is too large for the tolerance: no value could pass"
    return "the value lies in the guard band, inside the limit but not by the uncertainty"

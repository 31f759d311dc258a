"""What repeats of one measurement say together, and how to spread them over time (``docs/decision.md``).

The values differ because the meter differs from one repeat to the next, so their spread is a result and no
uncertainty of any of them. Without an assumption about its shape, N values say how much of what comes may lie above
the largest of them (Wilks 1941). Whole numbers and square roots only, so that every machine gets the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.errors import UncertaintyError

ERROR_RATE = 20
"""One in so many such statements may be wrong: 95 % confidence."""

SHARES_PERMILLE = (990, 950, 900, 750, 500)
"""Of which an upper bound is given, the largest that so many repeats can bound: 299, 59, 29, 11 or 5 of them."""


@dataclass(frozen=True)
class Repeats:
    """The summary of N values; ``standard_deviation`` is None for one value alone."""

    count: int
    mean: float
    standard_deviation: float | None
    largest: float
    covered_permille: int
    """With 95 % confidence at least this share lies at or below ``largest``, if repeats are independent draws."""


@dataclass(frozen=True)
class UpperBound:
    """With 95 % confidence at least ``share_permille`` of all values lie at or below ``value``."""

    value: float
    share_permille: int
    rank: int
    """Which of the values it is, counted from the smallest."""


def summarise(values: Sequence[float]) -> Repeats:
    """Mean, standard deviation, largest value and what it covers; raises UncertaintyError for no values."""
    count = len(values)
    if not count:
        raise UncertaintyError("no values to summarise; expected at least one repeat")
    mean = sum(values) / count
    squares = sum((value - mean) * (value - mean) for value in values)
    deviation = math.sqrt(squares / (count - 1)) if count > 1 else None
    return Repeats(count, mean, deviation, max(values), covered_permille(count))


def covered_permille(count: int) -> int:
    """The largest share p in whole permille with p^N <= 0.05.

    If only p of all values lay at or below a level, N values would all do so in 5 % of cases at most.
    """
    return max(share for share in range(1000) if ERROR_RATE * share**count <= 1000**count)


def upper_bound(values: Sequence[float]) -> UpperBound:
    """The one-sided upper tolerance bound that holds for every distribution, if repeats are independent draws.

    It is an order statistic, and an upper confidence bound of that quantile at once (Wilks 1941; Hahn, Meeker and
    Escobar, *Statistical Intervals*, 2nd ed., 5.3): the lowest of the values that is above the quantile in 95 % of
    samples. Of :data:`SHARES_PERMILLE` the largest is taken that so many repeats can bound at all. Too few for any of
    them, the largest value bounds what :func:`covered_permille` says. Raises UncertaintyError for no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise UncertaintyError("no values to bound; expected at least one repeat")
    for share in SHARES_PERMILLE:
        rank = _rank_above(len(ordered), share)
        if rank is not None:
            return UpperBound(ordered[rank - 1], share, rank)
    return UpperBound(ordered[-1], covered_permille(len(ordered)), len(ordered))


def _rank_above(count: int, share: int) -> int | None:
    """The least r such that r - 1 or fewer of ``count`` draws are below the quantile with 95 % probability."""
    whole = 1000**count
    below = 0
    for drawn in range(count):
        below += math.comb(count, drawn) * share**drawn * (1000 - share) ** (count - drawn)
        if ERROR_RATE * (whole - below) <= whole:
            return drawn + 1
    return None


def spread_phases_ns(count: int, period_ns: int) -> list[int]:
    """``count`` places in a period, evenly apart, in an order in which the steps between them are evenly spread too.

    A job of the meter may run by its own clock, or some time after the last alert. The places meet the first wherever
    in its period it comes. The order lowest, highest, next lowest, ... meets the second: its steps are -1, 2, -3, 4,
    ... places, which for an even count are all different once round the period (the zigzag that makes a row-complete
    Latin square, Williams 1949). Nothing is drawn, so a replay does the same.
    """
    zigzag = [at // 2 if at % 2 == 0 else count - 1 - at // 2 for at in range(count)]
    return [place * period_ns // count for place in zigzag]

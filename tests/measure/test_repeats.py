"""What N repeats say, against figures worked out by hand, and whether their moments leave no phase of a job out."""

import random
from itertools import pairwise

import pytest

from harness.measure.errors import UncertaintyError
from harness.measure.repeats import UpperBound, covered_permille, spread_phases_ns, summarise, upper_bound

S = 1_000_000_000


def test_mean_and_standard_deviation_of_a_sample() -> None:
    """Squares about the mean of 5: 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 7."""
    summary = summarise([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert (summary.count, summary.mean, summary.largest) == (8, 5.0, 9.0)
    assert summary.standard_deviation == pytest.approx((32 / 7) ** 0.5)


def test_one_value_has_no_spread_and_none_no_summary() -> None:
    assert summarise([3.0]).standard_deviation is None
    with pytest.raises(UncertaintyError, match="at least one repeat"):
        summarise([])


@pytest.mark.parametrize(("count", "permille"), [(1, 50), (2, 223), (20, 860), (58, 949), (59, 950), (299, 990)])
def test_the_share_covered_is_the_root_of_five_per_cent(count: int, permille: int) -> None:
    """59 for 95 %/95 % and 299 for 99 %/95 % are the known sample sizes."""
    assert covered_permille(count) == permille
    assert (permille / 1000) ** count <= 0.05 < ((permille + 1) / 1000) ** count


@pytest.mark.parametrize(
    ("count", "permille", "rank"),
    [
        *[(1, 50, 1), (4, 472, 4), (5, 500, 5), (10, 500, 9), (11, 750, 11), (20, 750, 19), (29, 900, 29)],
        *[(59, 950, 59), (93, 950, 92), (298, 950, 290), (299, 990, 299), (473, 990, 472)],
    ],
)
def test_the_upper_bound_is_the_order_statistic_of_the_tables(count: int, permille: int, rank: int) -> None:
    """59, 93 for 95 %/95 % and 299, 473 for 99 %/95 % with none or one above are the known sample sizes."""
    values = [float(value) for value in range(count, 0, -1)]
    assert upper_bound(values) == UpperBound(float(rank), permille, rank)


def test_the_upper_bound_misses_its_share_in_one_of_twenty_samples() -> None:
    """Samples of a very skew distribution with known quantiles; a rank too low misses more often."""
    draws, missed = random.Random(7), 0  # noqa: S311 - a fixed sample, not a key
    for _ in range(2000):
        missed += upper_bound([draws.random() ** 9 for _ in range(20)]).value < 0.75**9
    assert 10 < missed < 0.05 * 2000


def test_no_values_have_no_bound() -> None:
    with pytest.raises(UncertaintyError, match="at least one repeat"):
        upper_bound([])


def largest_gap_ns(times_ns: list[int], period_ns: int) -> int:
    """Around the circle of one period."""
    phases = sorted({at % period_ns for at in times_ns})
    return max((after - at) % period_ns for at, after in zip(phases, phases[1:] + phases[:1], strict=True))


@pytest.mark.parametrize("period_ns", [S, S // 2, S // 3])
def test_no_phase_of_a_job_by_the_meters_clock_is_left_out(period_ns: int) -> None:
    assert largest_gap_ns(spread_phases_ns(20, S), period_ns) <= 0.05 * S


@pytest.mark.parametrize("cycle_ns", [0, 2_200_000_000, 2_345_678_901])
def test_no_phase_of_a_job_after_the_last_alert_is_left_out(cycle_ns: int) -> None:
    """Each opening waits for its place; what lies between the opening before and that wait always takes as long."""
    places = spread_phases_ns(20, S)
    waits = [(place - before - cycle_ns) % S for before, place in pairwise(places)]
    assert len(set(waits)) == 19
    assert largest_gap_ns(waits, S) <= 0.1 * S  # one step, back to where the openings began, is never made


def test_places_are_inside_the_period_and_the_same_every_time() -> None:
    places = spread_phases_ns(21, 5 * S)
    assert len(set(places)) == 21
    assert all(0 <= place < 5 * S for place in places)
    assert places == spread_phases_ns(21, 5 * S)

"""Uncertainty budgets against worked examples and an integration of Student's density."""

from __future__ import annotations

import math

import pytest

from harness.measure.errors import UncertaintyError, UnitError
from harness.measure.uncertainty import (
    _STUDENT_95_45,
    Budget,
    Contribution,
    Distribution,
    between_stamps,
    from_repeats,
)


def test_divisors_of_the_distributions() -> None:
    assert Contribution("a", 3.0, "V").standard == pytest.approx(3 / math.sqrt(3))
    assert Contribution("a", 6.0, "V", Distribution.TRIANGULAR).standard == pytest.approx(6 / math.sqrt(6))
    assert Contribution("a", 2.0, "V", Distribution.NORMAL).standard == 2.0
    assert Contribution("a", 2.0, "V", Distribution.NORMAL, divisor=2.0).standard == 1.0
    assert Contribution("a", 2.0, "ppm", Distribution.NORMAL, sensitivity=-0.5).standard == 1.0


def test_combined_and_expanded() -> None:
    budget = Budget(
        "V", (Contribution("a", 3.0, "V", Distribution.NORMAL), Contribution("b", 4.0, "V", Distribution.NORMAL))
    )
    assert budget.combined == 5.0
    assert budget.effective_degrees_of_freedom is None
    assert budget.expanded() == 10.0
    assert budget.expanded(3.0) == 15.0


def test_end_gauge_example_of_the_gum() -> None:
    """GUM H.1: four main components in nm, u_c = 32 nm, 16 effective degrees of freedom."""
    parts = [(25.0, 18.0), (9.7, 25.6), (2.9, 50.0), (16.6, 2.0)]
    budget = Budget(
        "mm",
        tuple(
            Contribution(str(place), value, "mm", Distribution.NORMAL, degrees_of_freedom=degrees)
            for place, (value, degrees) in enumerate(parts)
        ),
    )
    assert budget.combined == pytest.approx(31.7, abs=0.1)
    assert budget.effective_degrees_of_freedom == pytest.approx(16.7, abs=0.3)


def test_repeats_give_the_standard_deviation_of_the_mean() -> None:
    part = from_repeats("spread", [10.0, 12.0, 14.0], "ms")
    assert part.standard == pytest.approx(2.0 / math.sqrt(3))
    assert part.degrees_of_freedom == 2


def test_few_repeats_widen_the_coverage_factor() -> None:
    budget = Budget("ms", (from_repeats("spread", [1.0, 2.0, 3.0], "ms"),))
    assert budget.coverage_factor() == 4.53
    mixed = Budget("ms", (from_repeats("spread", [1.0, 1.1, 0.9, 1.0], "ms"), Contribution("scope", 1.0, "ms")))
    assert mixed.effective_degrees_of_freedom is not None
    assert mixed.effective_degrees_of_freedom > 100
    assert mixed.coverage_factor() == 2.025


def student_tail(t: float, degrees: float) -> float:
    """Two-sided tail by Simpson's rule on the angle x = sqrt(v) tan(a), where the density is a power of a cosine."""
    limit, steps = math.atan(t / math.sqrt(degrees)), 2000

    def density(angle: float) -> float:
        return math.cos(angle) ** (degrees - 1)

    def integral(low: float, high: float) -> float:
        step = (high - low) / steps
        inner = sum((4 if place % 2 else 2) * density(low + place * step) for place in range(1, steps))
        return (density(low) + inner + density(high)) * step / 3

    return integral(limit, math.pi / 2) / integral(0.0, math.pi / 2)


@pytest.mark.parametrize(("degrees", "factor"), _STUDENT_95_45)
def test_the_table_of_student_factors(degrees: int, factor: float) -> None:
    rounding = 0.0005 if degrees == 100 else 0.005
    assert (
        student_tail(factor - rounding - 1e-4, degrees)
        > 0.0455
        > student_tail(factor + rounding + 1e-4, degrees) - 3e-6
    )


@pytest.mark.parametrize(
    "change",
    [{"value": -1.0}, {"value": math.nan}, {"divisor": 0.0}, {"degrees_of_freedom": 0.5}, {"sensitivity": math.inf}],
)
def test_impossible_contributions_are_refused(change: dict[str, float]) -> None:
    arguments: dict[str, float] = {"value": 1.0, **change}
    with pytest.raises(UncertaintyError, match="contribution 'a'"):
        Contribution("a", unit="V", **arguments)  # type: ignore[arg-type]


def test_a_budget_needs_contributions_with_names_of_their_own_and_known_units() -> None:
    part = Contribution("a", 1.0, "V")
    with pytest.raises(UncertaintyError, match="named twice: a"):
        Budget("V", (part, part))
    with pytest.raises(UncertaintyError, match="no contribution"):
        Budget("V", ())
    with pytest.raises(UnitError):
        Contribution("a", 1.0, "volts")
    with pytest.raises(UncertaintyError, match="at least 2"):
        from_repeats("spread", [1.0], "ms")


def test_two_times_of_one_clock_are_uncertain_by_their_resolution_alone() -> None:
    """Each rectangular, 5 ms to either side: 2 x sqrt(2) x 5 / sqrt(3)."""
    budget = between_stamps("ms", resolution=10.0)
    assert [part.standard for part in budget.contributions] == pytest.approx([5 / 3**0.5] * 2)
    assert budget.expanded(2.0) == pytest.approx(8.165, abs=0.001)

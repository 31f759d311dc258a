"""Uncertainty budgets after the GUM (JCGM 100:2008): contributions, combined and expanded uncertainty.

Contributions are taken as uncorrelated and the model as linear in them, which holds for the sums and small
corrections of this bench. Only IEEE + − × ÷ and sqrt are used, so a budget has the same bits on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.measure.errors import UncertaintyError
from harness.measure.unit_table import find_unit


class Distribution(StrEnum):
    """What is assumed about a contribution (GUM 4.3)."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"


def _default_divisor(distribution: Distribution) -> float:
    """Half-width ÷ standard uncertainty: GUM 4.3.7 (rectangular), 4.3.9 (triangular); a normal one is given as u."""
    return {
        Distribution.NORMAL: 1.0,
        Distribution.RECTANGULAR: math.sqrt(3.0),
        Distribution.TRIANGULAR: math.sqrt(6.0),
    }[distribution]


@dataclass(frozen=True)
class Contribution:
    """One source of uncertainty.

    ``value`` is as its ``source`` states it: a half-width (rectangular, triangular) or, for a normal one, a standard
    uncertainty, or an expanded one together with its coverage factor as ``divisor``. ``sensitivity`` turns
    ``unit`` into the unit of the budget. ``degrees_of_freedom`` None means infinitely many (a data sheet's bound).
    """

    name: str
    value: float
    unit: str
    distribution: Distribution = Distribution.RECTANGULAR
    divisor: float | None = None
    sensitivity: float = 1.0
    degrees_of_freedom: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        find_unit(self.unit)
        if not (math.isfinite(self.value) and self.value >= 0 and math.isfinite(self.sensitivity)):
            raise UncertaintyError(
                f"contribution {self.name!r}: value {self.value}, sensitivity {self.sensitivity}; "
                "expected a finite value of 0 or more and a finite sensitivity"
            )
        if self.divisor is not None and not self.divisor > 0:
            raise UncertaintyError(f"contribution {self.name!r}: divisor {self.divisor} must be above 0")
        if self.degrees_of_freedom is not None and not self.degrees_of_freedom >= 1:
            raise UncertaintyError(
                f"contribution {self.name!r}: {self.degrees_of_freedom} degrees of freedom; "
                "expected at least 1 (two repeats), or None for a bound taken from a data sheet"
            )

    @property
    def used_divisor(self) -> float:
        """The divisor given, or the distribution's own."""
        return _default_divisor(self.distribution) if self.divisor is None else self.divisor

    @property
    def standard(self) -> float:
        """The standard uncertainty it contributes, in the unit of the budget."""
        return self.value / self.used_divisor * abs(self.sensitivity)


@dataclass(frozen=True)
class Budget:
    """The budget of one value, in the value's unit."""

    unit: str
    contributions: tuple[Contribution, ...]

    def __post_init__(self) -> None:
        find_unit(self.unit)
        names = [part.name for part in self.contributions]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            raise UncertaintyError(
                f"budget in {self.unit}: {'named twice: ' + ', '.join(twice) if twice else 'no contribution'}; "
                "every contribution stands once under a name of its own"
            )

    @property
    def combined(self) -> float:
        """Combined standard uncertainty (GUM 5.1.2)."""
        return math.sqrt(sum(part.standard * part.standard for part in self.contributions))

    @property
    def effective_degrees_of_freedom(self) -> float | None:
        """Welch-Satterthwaite (GUM G.4.1); None is infinite."""
        share = 0.0
        for part in self.contributions:
            if part.degrees_of_freedom is not None:
                square = part.standard * part.standard
                share += square * square / part.degrees_of_freedom
        square = self.combined * self.combined
        return square * square / share if share else None

    def coverage_factor(self, k: float = 2.0) -> float:
        """The factor for the plan's ``k``, widened by Student's t when few repeats stand behind the budget."""
        return k * _student_factor(self.effective_degrees_of_freedom) / 2.0

    def expanded(self, k: float = 2.0) -> float:
        """Expanded uncertainty U (GUM 6.2.1)."""
        return self.coverage_factor(k) * self.combined


def from_repeats(name: str, values: Sequence[float], unit: str, source: str = "") -> Contribution:
    """Type A: the standard uncertainty of the mean of repeats (GUM 4.2.3)."""
    count = len(values)
    if count < 2:
        raise UncertaintyError(f"contribution {name!r}: {count} repeats; a spread needs at least 2")
    mean = sum(values) / count
    variance = sum((value - mean) * (value - mean) for value in values) / (count - 1)
    return Contribution(
        name, math.sqrt(variance / count), unit, Distribution.NORMAL, degrees_of_freedom=count - 1, source=source
    )


def between_stamps(unit: str, resolution: float) -> Budget:
    """Of the difference between two times that one clock gave, both cut off to ``resolution``.

    A time that is cut off is early by anything from 0 to the resolution. The mean of that, half of it, is the same
    for both and so not in the difference; what is left is half the resolution to either side, for each.
    """
    source = f"cut off to {resolution:g} {unit}"
    return Budget(
        unit,
        (
            Contribution("resolution of the earlier time", resolution / 2, unit, source=source),
            Contribution("resolution of the later time", resolution / 2, unit, source=source),
        ),
    )


# GUM table G.2, column p = 95.45 %, which is k = 2 for infinitely many degrees of freedom.
_STUDENT_95_45 = (
    (1, 13.97), (2, 4.53), (3, 3.31), (4, 2.87), (5, 2.65), (6, 2.52), (7, 2.43), (8, 2.37), (9, 2.32),
    (10, 2.28), (11, 2.25), (12, 2.23), (13, 2.21), (14, 2.20), (15, 2.18), (16, 2.17), (17, 2.16), (18, 2.15),
    (19, 2.14), (20, 2.13), (25, 2.11), (30, 2.09), (35, 2.07), (40, 2.06), (45, 2.06), (50, 2.05), (100, 2.025),
)  # fmt: skip


def _student_factor(degrees_of_freedom: float | None) -> float:
    """The factor of the next lower row (GUM G.4.1: degrees of freedom that are no whole number are truncated)."""
    if degrees_of_freedom is None:
        return 2.0
    rows = [factor for degrees, factor in _STUDENT_95_45 if degrees <= degrees_of_freedom]
    return rows[-1] if rows else _STUDENT_95_45[0][1]

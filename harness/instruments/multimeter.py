"""What a test needs of a multimeter that lies in a current lead; a family's dialect is a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from harness.instruments.visa import Identity

Kind = Literal["AC", "DC"]


@dataclass(frozen=True)
class CurrentAccuracy:
    """One range's data-sheet limit, a half width (±)."""

    reading_percent: float
    range_percent: float


@dataclass(frozen=True)
class MultimeterSpecification:
    """Data-sheet limits for the uncertainty budget: accuracy by range in A."""

    source: str
    ac_current: Mapping[float, CurrentAccuracy]
    dc_current: Mapping[float, CurrentAccuracy]
    fast_aperture_s: float
    """What one of the fast DC readings averages over."""
    fast_noise_percent: float
    """Of the range, half width: by which a fast reading is less sure."""

    def limit_A(self, kind: Kind, range_A: float, current_A: float) -> float:
        """The half width for a reading of ``current_A`` in that range."""
        accuracy = (self.ac_current if kind == "AC" else self.dc_current)[range_A]
        return (accuracy.reading_percent * abs(current_A) + accuracy.range_percent * range_A) / 100


class Multimeter(Protocol):
    """A multimeter as ammeter."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> MultimeterSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state; on the way the lead may open for a moment."""

    def range_for(self, kind: Kind, current_A: float) -> float:
        """The lowest range that surely takes a current of that amount; raises SettingError beyond the highest."""

    def currents_A(self, kind: Kind, range_A: float, readings: int = 1) -> list[float]:
        """So many readings one after the other, in a fixed range.

        Raises OverloadError for a current beyond the range, BadAnswerError for an answer that is no reading.
        """

    def fast_currents_A(self, range_A: float, readings: int) -> list[float]:
        """So many DC readings, each over the shortest aperture, in a fixed range; raises as ``currents_A`` does."""

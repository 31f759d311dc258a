"""What a test needs of a three-axis teslameter; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.errors import InstrumentError
from harness.instruments.visa import Identity

Vector = tuple[float, float, float]


class OverloadError(InstrumentError):
    """The field is beyond the teslameter's range: there is no reading."""


@dataclass(frozen=True)
class TeslameterSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±)."""

    source: str
    reading_percent: float
    """Of the axis's own reading."""
    range_percent: float
    """Of the range in use."""
    cross_axis_percent: float
    """Of the field along the other axes."""
    alternating_percent: float
    """Of an RMS reading."""
    alternating_range_percent: float
    """Of the range in use, likewise."""
    noise_mT: float
    resolution_mT: float


class Teslameter(Protocol):
    """A teslameter whose probe's axes are those of the meter."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> TeslameterSpecification:
        """Its data-sheet accuracy."""

    @property
    def range_mT(self) -> float:
        """The range in use."""

    @property
    def averaging_ns(self) -> int:
        """How long a reading averages over: one that is asked for so long after a change is free of it."""

    def reset(self) -> None:
        """Back to a known state: steady fields, in tesla, the lowest range."""

    def set_range_mT(self, largest_mT: float) -> None:
        """Choose the range for fields up to ``largest_mT`` along each axis."""

    def set_alternating(self, alternating: bool) -> None:
        """Measure what alternates (RMS), or the steady field again."""

    def rms_mT(self) -> Vector:
        """RMS value of what alternates along x, y, z in mT; raises OverloadError.

        Only after ``set_alternating(True)``; the averaging window must have passed since.
        """

    def field_mT(self) -> Vector:
        """Flux density along x, y, z in mT; raises OverloadError where an axis is beyond the range."""

"""What a test needs of a temperature chamber; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.errors import InstrumentError
from harness.instruments.visa import Identity


class ChamberAlarmError(InstrumentError):
    """The chamber reports alarms: what it does to its air can't be relied upon."""


@dataclass(frozen=True)
class ChamberSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±)."""

    source: str
    accuracy_K: float
    """Of the air at the middle of the room against what the chamber shows, with fluctuation in time."""
    uniformity_K: float
    """Between the middle and anywhere in the working room."""
    resolution_K: float


class Chamber(Protocol):
    """A chamber that conditions its air. Not conditioning (standby) is its safe state."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware; where the chamber can't say one, as the bench file declares it."""

    @property
    def specification(self) -> ChamberSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: standby, its own limits those of the bench file."""

    def condition(self, temperature_C: float) -> None:
        """Begin to bring the air to ``temperature_C``; returns at once.

        Raises LimitError outside the bench file's limits, and sends nothing then; SettingError unless the chamber
        says that it does.
        """

    def standby(self) -> None:
        """The safe state: neither heats nor cools; raises SettingError unless the chamber says so."""

    def conditioning(self) -> bool:
        """Whether it heats or cools, as the chamber says."""

    def air_C(self) -> float:
        """The air's temperature by the chamber's own sensor; raises ChamberAlarmError if an alarm is on."""

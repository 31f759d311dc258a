"""What a test needs of an electronic AC load behind the meter; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.visa import Identity


@dataclass(frozen=True)
class AcLoadSpecification:
    """Data-sheet limits, each a half width (±): a part of the value and a constant."""

    source: str
    current_setting_percent: float
    current_setting_A: float
    current_reading_percent: float
    current_reading_A: float
    settling_ns: int
    """From a change to a steady current and a reading that knows nothing of the time before."""


class AcLoad(Protocol):
    """A sink of constant current (rms) on AC, sinusoidal or in pulses as a rectifier draws it."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> AcLoadSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: off, constant current, the bench file's limit in the instrument."""

    def set_current(self, current_A: float, power_factor: float = 1.0) -> None:
        """Set the current to be drawn; a negative power factor leads.

        Raises LimitError beyond the bench file's ``current_A``, and sends nothing then.
        """

    def set_crest(self, current_A: float, crest_factor: float) -> None:
        """Set a current to be drawn in pulses, whose peak is ``crest_factor`` times its rms.

        Raises LimitError beyond the bench file's ``current_A``, and sends nothing then.
        """

    def load_on(self) -> None:
        """Draw; raises SettingError unless the instrument says so."""

    def load_off(self) -> None:
        """The safe state: draw nothing; raises SettingError unless the instrument says so."""

    def is_on(self) -> bool:
        """Whether it draws, as the instrument says."""

    def current_A(self) -> float:
        """The current drawn, rms, by the instrument's own meter."""

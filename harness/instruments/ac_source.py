"""What a test needs of an AC source that feeds the meter; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.errors import InstrumentError
from harness.instruments.visa import Identity


class TrippedError(InstrumentError):
    """A protection has switched the output off, or keeps it from what was set."""


@dataclass(frozen=True)
class AcSourceSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±): a part of the reading and a constant."""

    source: str
    voltage_reading_percent: float
    voltage_reading_V: float
    current_reading_percent: float
    current_reading_A: float
    current_resolution_A: float
    frequency_ppm: float
    settling_ns: int
    """From a change of the output, or of what it feeds, to a reading that knows nothing of the time before."""


class AcSource(Protocol):
    """One single-phase output. ``LIMITS`` of the bench file hold whatever is asked for."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> AcSourceSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: output off, 0 V, the bench file's limits in the instrument."""

    def set_output(self, voltage_V: float, frequency_Hz: float) -> None:
        """Set voltage (rms) and frequency; raises LimitError beyond the bench file's limits, and sends nothing then."""

    def output_on(self) -> None:
        """Switch the output on; raises TrippedError unless the instrument says that it is."""

    def output_off(self) -> None:
        """The safe state; raises SettingError unless the instrument says that the output is off."""

    def is_on(self) -> bool:
        """Whether the output is on, as the instrument says."""

    def check(self) -> None:
        """Raise TrippedError if a protection has acted, or the output's current is beyond its limit."""

    def voltage_V(self) -> float:
        """The output's voltage, rms, by the instrument's own meter."""

    def current_A(self) -> float:
        """The output's current, rms, by the instrument's own meter."""

    def frequency_Hz(self) -> float:
        """The output's frequency."""

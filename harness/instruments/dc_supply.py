"""What a test needs of a four-quadrant DC supply that drives coils; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.errors import SettingError
from harness.instruments.visa import Identity


class ProtectionError(SettingError):
    """A protection of the supply has switched an output off."""


@dataclass(frozen=True)
class DcSupplySpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±): a part of the value and a constant."""

    source: str
    current_setting_percent: float
    current_setting_mA: float
    current_reading_percent: float
    current_reading_mA: float
    output_current_max_A: float
    waveform_current_max_A: float
    waveform_voltage_max_V: float
    """The range for waveforms: less current at more voltage, since a coil's inductance wants it."""
    output_voltage_max_V: float
    """What an output can give at its greatest current, of either sign."""


class DcSupply(Protocol):
    """Outputs by number, each regulating its current, of either sign, within a limit of its voltage."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> DcSupplySpecification:
        """Its data-sheet accuracy and limits."""

    def reset(self) -> None:
        """Back to a known state: every output off and set to 0 A, the bench file's limits in the instrument."""

    def set_current_A(self, output: int, current_A: float) -> None:
        """Set the current that an output regulates to; it goes there as fast as its voltage limit lets it.

        Raises LimitError beyond the bench file's ``current_A``, and sends nothing then.
        """

    def prepare_sine(self, output: int, peak_A: float, frequency_Hz: float) -> None:
        """Make an output ready for an alternating current about zero; nothing flows before :meth:`start_waveform`.

        The output is switched off for that. Raises LimitError beyond the bench file's limits, SettingError where it
        allows no waveforms.
        """

    def prepare_pulse(self, output: int, top_A: float, duration_s: float) -> None:
        """As :meth:`prepare_sine`, for one pulse of the current from zero to ``top_A``."""

    def start_waveform(self, output: int) -> None:
        """Start what was prepared; a sine goes on until :meth:`end_waveform`."""

    def end_waveform(self, output: int) -> None:
        """Switch the output off and bring it back to steady currents."""

    def output_on(self, output: int) -> None:
        """Switch an output on; raises SettingError unless the instrument says that it is."""

    def output_off(self, output: int) -> None:
        """Switch an output off; raises SettingError unless the instrument says that it is."""

    def all_off(self) -> None:
        """The safe state: every output off and set to 0 A; raises SettingError unless the instrument says so."""

    def outputs_on(self) -> list[int]:
        """The outputs that are on, as the instrument says."""

    def measured_current_A(self, output: int) -> float:
        """The current that flows, by the output's own meter; raises BadAnswerError for what is no reading."""

    def limited(self, output: int) -> bool:
        """Whether a limit of the output, usually its voltage's, keeps it from the current that was set.

        Raises ProtectionError if a protection has switched the output off.
        """

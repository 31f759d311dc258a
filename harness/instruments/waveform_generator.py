"""What a test needs of a waveform generator that plays bursts; a family's dialect is a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.instruments.visa import Identity


@dataclass(frozen=True)
class GeneratorSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±)."""

    source: str
    amplitude_percent: float
    amplitude_mV: float
    timebase_ppm: float


class WaveformGenerator(Protocol):
    """Bursts on two channels; each is prepared first and begins at :meth:`fire`. Outputs off is the safe state."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> GeneratorSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: every output off."""

    def prepare_sine(self, channel: int, frequency_Hz: float, peak_V: float, cycles: int) -> None:
        """A burst of whole periods; the output is on then, at 0 V until :meth:`fire`.

        As with every ``prepare``: raises LimitError beyond the bench file's ``peak_V``, and puts nothing out then.
        """

    def prepare_samples(self, channel: int, samples: Sequence[float], rate_Hz: float, peak_V: float) -> None:
        """One run through ``samples``, each from -1 to 1 of the peak."""

    def prepare_pulses(self, channel: int, width_s: float, period_s: float, count: int, high_V: float) -> None:
        """Pulses from 0 V to ``high_V``."""

    def fire(self) -> None:
        """Every prepared burst begins."""

    def off(self, channel: int) -> None:
        """Switch an output off, whatever it plays."""

    def all_off(self) -> None:
        """Every output off, and read back; raises SettingError otherwise."""

    def outputs_on(self) -> list[int]:
        """The outputs that are on."""

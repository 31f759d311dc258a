"""A voltage that a generator plays into something: a law of time, told once and worked out when it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin
from typing import Protocol

NS_PER_S = 1_000_000_000
FOREVER_NS = 1 << 62


@dataclass(frozen=True)
class Played:
    """From ``start_ns`` to ``end_ns``; before and after it the voltage is ``rest_uV``."""

    shape: str
    """``SIN``, ``PULS`` or ``ARB``."""
    start_ns: int
    end_ns: int
    period_ns: int
    middle_uV: int
    peak_uV: int
    rest_uV: int
    width_ns: int = 0
    """Of a pulse: from its start it is at middle + peak, for the rest of the period at middle - peak."""
    samples_ppm: tuple[int, ...] = ()
    """Of an arbitrary waveform, evenly over the period, in parts of the peak."""

    def voltage_uV(self, at_ns: int) -> int:
        """The voltage at that moment."""
        if not self.start_ns <= at_ns < self.end_ns:
            return self.rest_uV
        into_ns = (at_ns - self.start_ns) % self.period_ns
        if self.shape == "PULS":
            return self.middle_uV + (self.peak_uV if into_ns < self.width_ns else -self.peak_uV)
        if self.shape == "ARB":
            sample_ppm = self.samples_ppm[into_ns * len(self.samples_ppm) // self.period_ns]
            return self.middle_uV + self.peak_uV * sample_ppm // 1_000_000
        return self.middle_uV + round(self.peak_uV * sin(2 * pi * into_ns / self.period_ns))


class Driven(Protocol):
    """What hangs at a generator's output."""

    def drive(self, played: Played | None) -> None:
        """From now on this is what is played; None: the output is off, at 0 V."""

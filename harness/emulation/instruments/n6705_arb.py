"""The arbitrary waveforms of one output of the power analyser, as far as the unit goes: sine and pulse of the current.

Source: N6705C operating and service guide, arbitrary waveform generator. A waveform is prepared, initiated and
triggered; while it runs it takes the place of the immediate level. Voltage waveforms, exponentials, staircases and
lists of points are not part of this unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["SIN", "PULS"]
Phase = Literal["idle", "initiated", "start", "top", "end", "sine"]
"""``start``, ``top`` and ``end`` are the three parts of a pulse."""

ENDLESS = 99 * 10**36
"""``ARB:COUNt INFinity``, as SCPI-99 (volume 1, 7.2.1.4) writes infinity: 9.9E37."""
FREQUENCY_MAX_MHZ = 10_000_000
"""10 kHz (specifications guide [recalled])."""


@dataclass(frozen=True)
class Waveform:
    """The settings of one output's waveform, as ``*RST`` leaves them, and where it is."""

    selected: bool = False
    """The output follows the waveform, not the immediate level (``CURRent:MODE ARB``)."""
    shape: Shape = "SIN"
    sine_peak_nA: int = 0
    sine_offset_nA: int = 0
    sine_mHz: int = 100_000
    count: int = 1
    """Periods of the sine; a pulse is given once, whatever it says."""
    start_nA: int = 0
    top_nA: int = 0
    start_ns: int = 0
    top_ns: int = 1_000_000_000
    end_ns: int = 0
    phase: Phase = "idle"

    @property
    def runs(self) -> bool:
        """Whether the output follows it now."""
        return self.phase not in {"idle", "initiated"}

    @property
    def largest_nA(self) -> int:
        """The largest amount that the settings ask of the output."""
        return max(abs(self.sine_offset_nA) + abs(self.sine_peak_nA), abs(self.start_nA), abs(self.top_nA))

    @property
    def sine_lasts_ns(self) -> int | None:
        """How long the sine runs; None: until it is aborted."""
        return None if self.count >= ENDLESS else self.count * 10**12 // self.sine_mHz

    @property
    def level_nA(self) -> int:
        """The steady part of the current while the waveform runs."""
        if self.phase == "sine":
            return self.sine_offset_nA
        return self.top_nA if self.phase == "top" else self.start_nA


def next_phase(waveform: Waveform) -> tuple[Phase, int]:
    """The part of a pulse that follows the present one, and how long that lasts in ns (0: nothing follows)."""
    if waveform.phase == "initiated":
        return "start", waveform.start_ns
    if waveform.phase == "start":
        return "top", waveform.top_ns
    if waveform.phase == "top":
        return "end", waveform.end_ns
    return "idle", 0

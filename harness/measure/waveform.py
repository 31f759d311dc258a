"""One acquired waveform as raw codes with its scaling, and where it crosses a level.

The codes stay as the instrument sent them, so that the record can be judged again by anyone; volts and
nanoseconds are derived. Serial decoding (:mod:`harness.measure.uart`) and latency build on the crossings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from harness.measure.errors import WaveformError

WaveformUnit = Literal["V", "A", "1"]
"""Volts; amperes through a current clamp; the logic level of a digital channel, 0 or 1."""


@dataclass(frozen=True, eq=False)
class Waveform:
    """Samples of one channel. Time is relative to the trigger, value = (code - reference) × increment + origin.

    ``y_increment`` and ``y_origin`` are in ``unit``.
    """

    samples: NDArray[np.uint8]
    y_increment: float
    y_origin: float
    y_reference: int
    x_increment_ns: float
    x_origin_ns: float
    channel_label: str
    unit: WaveformUnit = "V"

    def __post_init__(self) -> None:
        if self.samples.dtype != np.uint8 or self.samples.ndim != 1:
            raise WaveformError(
                f"waveform {self.channel_label}: samples are {self.samples.dtype} with {self.samples.ndim} "
                "dimensions; expected one dimension of uint8 codes as the instrument sent them"
            )
        if self.unit not in get_args(WaveformUnit):
            raise WaveformError(
                f"waveform {self.channel_label}: unit {self.unit!r}; "
                f"expected one of {', '.join(get_args(WaveformUnit))}"
            )
        if not (self.x_increment_ns > 0 and self.y_increment > 0):
            raise WaveformError(
                f"waveform {self.channel_label}: increments are {self.x_increment_ns} ns and "
                f"{self.y_increment} {self.unit} per step; both must be above 0: check the instrument's preamble"
            )

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def end_ns(self) -> float:
        """Time of the last sample relative to the trigger."""
        return self.x_origin_ns + (len(self.samples) - 1) * self.x_increment_ns

    def values(self) -> NDArray[np.float64]:
        """All samples in ``unit``."""
        return (self.samples.astype(np.float64) - self.y_reference) * self.y_increment + self.y_origin

    def times_ns(self) -> NDArray[np.float64]:
        """The time of every sample relative to the trigger."""
        return np.arange(len(self.samples), dtype=np.float64) * self.x_increment_ns + self.x_origin_ns

    def code_at(self, level: float) -> float:
        """A level in ``unit`` as codes, not rounded; it may lie between two codes or outside the converter's range."""
        return (level - self.y_origin) / self.y_increment + self.y_reference


@dataclass(frozen=True)
class LogicLevels:
    """What counts as low and high on a digital line: at or below ``low_V``, at or above ``high_V``."""

    low_V: float
    high_V: float

    def __post_init__(self) -> None:
        if not self.low_V < self.high_V:
            raise WaveformError(
                f"logic levels: low {self.low_V} V is not below high {self.high_V} V; "
                "give the input thresholds of the line's receiver (V_IL, V_IH)"
            )

    @property
    def threshold_V(self) -> float:
        """The level at which an edge is timed: half way, where a symmetrical edge is steepest."""
        return (self.low_V + self.high_V) / 2


@dataclass(frozen=True, eq=False)
class Edges:
    """A waveform as logic: the level it begins with and its edges, which alternate.

    ``initial_level`` is None if no sample ever left the band between low and high.
    """

    initial_level: bool | None
    times_ns: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times_ns)

    def level_after(self, index: int) -> bool:
        """The level that edge ``index`` goes to."""
        if self.initial_level is None:
            raise WaveformError("the line has no level: every sample lies between low and high; check the probe")
        return bool((index + 1) % 2) != self.initial_level

    def level_at(self, at_ns: float) -> bool:
        """The level just after ``at_ns``."""
        count = int(np.searchsorted(self.times_ns, at_ns, side="right"))
        return self.level_after(count - 1)


def find_level_changes(waveform: Waveform) -> Edges:
    """Edges of a digital channel (unit "1"), each half way between the two samples that differ."""
    if waveform.unit != "1" or (len(waveform) and int(waveform.samples.max()) > 1):
        raise WaveformError(f"waveform {waveform.channel_label}: is no digital channel; expected levels 0 and 1")
    if not len(waveform):
        return Edges(None, np.empty(0, dtype=np.float64))
    before = np.flatnonzero(waveform.samples[1:] != waveform.samples[:-1]).astype(np.float64)
    return Edges(bool(waveform.samples[0]), (before + 0.5) * waveform.x_increment_ns + waveform.x_origin_ns)


def find_edges(waveform: Waveform, levels: LogicLevels) -> Edges:
    """Edges of a digital line, with hysteresis between the logic levels and linear interpolation in between.

    A level counts once a sample is at or beyond its logic level; noise between the levels makes no edge. The time
    is where the straight line between the two samples around ``levels.threshold_V`` meets it, the last such place
    before the new level is reached.
    """
    if waveform.unit != "V":
        raise WaveformError(
            f"waveform {waveform.channel_label}: is in {waveform.unit}, logic levels are in V; "
            "give the waveform of an input that measures the line's voltage"
        )
    codes = waveform.samples
    high = codes >= waveform.code_at(levels.high_V)
    decided = np.flatnonzero(high | (codes <= waveform.code_at(levels.low_V)))
    if len(decided) == 0:
        return Edges(None, np.empty(0, dtype=np.float64))
    level = high[decided]
    reached = decided[1:][level[1:] != level[:-1]]
    threshold = waveform.code_at(levels.threshold_V)
    above = codes >= threshold
    after = np.flatnonzero(above[1:] != above[:-1]) + 1
    # Low lies below the threshold and high at or above it, so a passage stands before every place in `reached`.
    passage = after[np.searchsorted(after, reached, side="right") - 1] if len(reached) else reached
    before_code = codes[passage - 1].astype(np.float64)
    step = codes[passage].astype(np.float64) - before_code
    position = (passage - 1) + (threshold - before_code) / step
    return Edges(bool(level[0]), position * waveform.x_increment_ns + waveform.x_origin_ns)

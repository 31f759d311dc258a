"""When an analogue waveform crosses a level: the time, the slope there, and how well both are known.

Noise makes a slow signal cross its level many times. So a passage is looked for that goes from clearly on one side to
clearly on the other: by :data:`CLEAR_SIGMAS` times the noise and one code. Within the passage the samples are replaced
by the parabola that fits them best (least squares); it must run one way only, and where it meets the level is the
crossing. Of a passage of a few samples, a step, the straight line between the two samples around the level is taken.
Sums are over integers and the rest is plain IEEE arithmetic, so a crossing has the same bits on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.measure.errors import WaveformError
from harness.measure.waveform import Waveform

CLEAR_SIGMAS = 6.0
"""One sample in a thousand million strays so far by chance."""

MIN_FITTED = 8
"""A passage of fewer samples is a step."""

_BLOCKS_MAX = 4096
"""A longer passage is summed up in blocks, so that the sums stay inside 64 bits."""

_MEDIAN_OF_DIFFERENCES = 0.954
"""Median of the amount of the difference of two normal values, per standard deviation of one: 0.6745 · sqrt(2)."""


@dataclass(frozen=True)
class Crossing:
    """A crossing. Time in ns relative to the trigger; slope and noise in the waveform's unit, slope per ns."""

    at_ns: float
    slope_per_ns: float
    noise: float
    """Standard deviation of the samples about the curve; 0 for a step."""
    samples: int
    """How many the curve was fitted to."""

    @property
    def noise_ns(self) -> float:
        """Standard uncertainty of the time from noise alone."""
        # A parabola's value inside its samples is known to 1.5 sigma / sqrt(n) at the worst (at the middle).
        return 1.5 * self.noise / math.sqrt(self.samples) / abs(self.slope_per_ns)

    def time_of(self, amount: float) -> float:
        """What an error of ``amount`` in the level, in the waveform's unit, makes in the time, in ns."""
        return abs(amount / self.slope_per_ns)


def find_crossing(waveform: Waveform, level: float, *, rising: bool) -> tuple[Crossing | None, str]:
    """The first crossing of ``level`` (in the waveform's unit) in that direction; None with the reason if none is seen.

    A record that begins beyond the level, or nearer to it than noise lets tell, holds no first crossing.
    """
    if len(waveform) < MIN_FITTED:
        raise WaveformError(f"waveform {waveform.channel_label}: {len(waveform)} samples are too few for a crossing")
    codes = waveform.samples
    level_code = waveform.code_at(level)
    clear = CLEAR_SIGMAS * noise_codes(codes) + 1.0
    sign = 1 if rising else -1
    if not (level_code - clear >= 1 and level_code + clear <= 255):
        return None, f"{level:g} {waveform.unit} lies outside what the oscilloscope's screen shows"
    before = codes <= level_code - clear if rising else codes >= level_code + clear
    beyond = codes >= level_code + clear if rising else codes <= level_code - clear
    first_before = int(np.argmax(before))
    if not before[first_before] or beyond[:first_before].any():
        return None, f"the record of {waveform.channel_label} does not begin clearly before {level:g} {waveform.unit}"
    reached = first_before + int(np.argmax(beyond[first_before:]))
    if not beyond[reached]:
        return None, f"{waveform.channel_label} does not cross {level:g} {waveform.unit} in the record"
    left = reached - 1 - int(np.argmax(before[first_before:reached][::-1]))
    if reached - left + 1 < MIN_FITTED:
        return _step(waveform, left, reached, level_code, sign), ""
    return _fit(waveform, left, reached, level_code, sign)


def noise_codes(codes: NDArray[np.uint8]) -> float:
    """Standard deviation of a sample, in codes, at least half a code.

    From neighbours' differences, whose median no step and no slope of a slow signal moves.
    """
    median = float(np.median(np.abs(np.diff(codes.astype(np.int16)))))
    return max(median / _MEDIAN_OF_DIFFERENCES, 0.5)


def _step(waveform: Waveform, left: int, reached: int, level_code: float, sign: int) -> Crossing:
    codes = [sign * int(code) for code in waveform.samples[left : reached + 1]]
    after = next(place for place, code in enumerate(codes) if code >= sign * level_code)
    rise = codes[after] - codes[after - 1]
    at = left + after - 1 + (sign * level_code - codes[after - 1]) / rise
    slope = sign * rise * waveform.y_increment / waveform.x_increment_ns
    return Crossing(at * waveform.x_increment_ns + waveform.x_origin_ns, slope, 0.0, 2)


def _fit(waveform: Waveform, left: int, reached: int, level_code: float, sign: int) -> tuple[Crossing | None, str]:
    """Least squares over powers of the place counted from the middle: y = mean + b · x + c · (x² - mean of x²)."""
    per_block = -(-(reached - left + 1) // _BLOCKS_MAX)
    count = (reached - left + 1) // per_block
    used = waveform.samples[left : left + count * per_block].astype(np.int64)
    y = used.reshape(count, per_block).sum(axis=1)
    x = 2 * np.arange(count, dtype=np.int64) - (count - 1)  # twice the place: whole numbers for an even count too
    sum_y, sum_xy, sum_xxy = int(y.sum()), int((x * y).sum()), int((x * x * y).sum())
    sum_xx, sum_x4 = int((x * x).sum()), sum(int(part) ** 4 for part in x)
    mean, mean_xx = sum_y / count, sum_xx / count
    spread = sum_x4 - sum_xx * sum_xx / count
    b, c = sum_xy / sum_xx, (sum_xxy - sum_xx * sum_y / count) / spread
    wanted = level_code * per_block
    if (b + 2 * c * (count - 1)) * sign <= 0 or (b - 2 * c * (count - 1)) * sign <= 0:
        return None, f"{waveform.channel_label} does not run one way where it crosses the level"
    # b² - 4·c·(value) solved without loss of digits where c is small; monotonic, so the root wanted is the one near 0.
    constant = mean - c * mean_xx - wanted
    at_x = -2 * constant / (b + sign * math.sqrt(max(b * b - 4 * c * constant, 0.0)))
    at = left + (at_x + count - 1) / 2 * per_block + (per_block - 1) / 2
    slope = (b + 2 * c * at_x) * 2 / per_block / per_block * waveform.y_increment / waveform.x_increment_ns
    left_over = max(int((used * used).sum()) * 1.0 - _explained(per_block, count, mean, b, c, sum_xx, spread), 0.0)
    noise = math.sqrt(left_over / (count * per_block)) * waveform.y_increment
    return Crossing(at * waveform.x_increment_ns + waveform.x_origin_ns, slope, noise, count * per_block), ""


def _explained(per_block: int, count: int, mean: float, b: float, c: float, sum_xx: int, spread: float) -> float:
    """The sum of squares that the parabola accounts for, per sample instead of per block."""
    return (count * mean * mean + b * b * sum_xx + c * c * spread) / per_block

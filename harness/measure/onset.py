"""When an alternating current begins to flow: the first moment it leaves the noise, wherever in its period that is.

A contact may close at any place of the sinusoid and in either polarity. So the onset is the first time the current's
amount, over what the record shows before, reaches :data:`LEVEL_OF_PEAK` of the peak it has at the end of the record.
Both come from the record itself, and so gain and zero of clamp and oscilloscope fall out. Means over
:data:`SMOOTHED_NS` are taken, which a single wild sample does not move far enough.

A contact that closes just before the current's zero lets it flow unseen until the level is passed behind that zero: the
onset found is late by at most twice the time from zero to level, never early. Sums are over integers and the rest is
plain IEEE arithmetic, so an onset has the same bits on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.measure.crossing import CLEAR_SIGMAS, noise_codes
from harness.measure.errors import WaveformError
from harness.measure.waveform import Waveform

LEVEL_OF_PEAK = 0.1
"""Of the steady peak: well above noise, and passed 0.32 ms after the current's zero at 50 Hz."""

SMOOTHED_NS = 50_000
"""A hundredth of a quarter period: the current hardly changes meanwhile, a disturbance of some µs is over."""

STEADY_PERIODS = 4
"""At the end of the record, over which the steady peak is measured."""


@dataclass(frozen=True)
class Onset:
    """Time in ns relative to the trigger; ``level`` and ``peak`` in the waveform's unit."""

    at_ns: float
    level: float
    peak: float
    hidden_ns: float
    """How much earlier the current may have begun to flow, below the level."""
    width_ns: float
    """Of the mean taken; the level was reached within it."""


def find_onset(waveform: Waveform, frequency_Hz: float) -> tuple[Onset | None, str]:
    """The onset of a current of ``frequency_Hz`` that flows on to the end of the record; None with the reason else.

    The record's first period must be quiet: one in which a current flows already holds no onset. Raises
    WaveformError for a record too short for that period and the steady ones.
    """
    period = round(1e9 / frequency_Hz / waveform.x_increment_ns)
    if len(waveform) < (1 + STEADY_PERIODS) * period or period < 8:
        raise WaveformError(
            f"waveform {waveform.channel_label}: {len(waveform)} samples, {period} in a period; expected "
            f"{1 + STEADY_PERIODS} periods of 8 samples at least: acquire longer or finer"
        )
    codes = waveform.samples
    steady = codes[-STEADY_PERIODS * period :]
    if int(steady.min()) <= 1 or int(steady.max()) >= 255:
        return None, f"the current of {waveform.channel_label} goes beyond the oscilloscope's screen"
    peak = _peak_codes(steady)
    level = LEVEL_OF_PEAK * peak
    width = max(1, round(SMOOTHED_NS / waveform.x_increment_ns))
    clear = CLEAR_SIGMAS * noise_codes(codes[:period]) / math.sqrt(width) + 1.0
    if level < 2 * clear:
        return None, f"{waveform.channel_label} shows no current at the end of the record, or too little to tell"
    deviations = _deviations(codes, width, period)
    quiet = period - width + 1
    if bool((deviations[:quiet] >= level / 2).any()):
        return None, f"a current flows in {waveform.channel_label} at the start of the record already"
    # Below 0.5 an arc sine is less than pi / 3 of its argument, so an angle over 2 pi f is less than this over 6 f.
    hidden_ns = 2 * (level + clear) / peak / (6 * frequency_Hz) * 1e9
    first = int(np.argmax(deviations >= level))
    at_ns = (first + (width - 1) / 2) * waveform.x_increment_ns + waveform.x_origin_ns
    unit = waveform.y_increment
    return Onset(at_ns, level * unit, peak * unit, hidden_ns, width * waveform.x_increment_ns), ""


def _peak_codes(codes: NDArray[np.uint8]) -> float:
    """Of the sinusoid with the same variance; whatever it is centred on does not matter."""
    whole = codes.astype(np.int64)
    count, total, squares = len(whole), int(whole.sum()), int((whole * whole).sum())
    return math.sqrt(2 * (count * squares - total * total)) / count


def _deviations(codes: NDArray[np.uint8], width: int, period: int) -> NDArray[np.float64]:
    """How far the mean over ``width`` samples, from each place on, is from that over the record's first period."""
    sums = np.concatenate(([0], np.cumsum(codes, dtype=np.int64)))
    baseline = int(sums[period]) / period
    return np.abs((sums[width:] - sums[:-width]) / width - baseline)

"""What the ADE7953 measures: root mean squares of two currents and a voltage, as register codes.

Source: ADE7953 data sheet, "Root Mean Square Measurement" (full scale 9,032,007 codes; settling about 200 ms; 0.2 % of
error over a range of 1000 to 1). The square of the signal goes through a first-order low-pass; with 36 ms the root
has come within 0.2 % of a step after 200 ms. High-pass filters take out what is constant. Ripple at twice the mains
frequency is part of the noise here.

The board sets the scale: 100 A of current and 500 V of voltage make a full-scale input. Each channel's gain, from
terminal to register, is off by up to 1 % as soldered; the factory trims it to within 0.2 %, which is drawn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, isqrt, pi, sin

from harness.emulation.analog_net import FULL_TURN_MDEG, Segment

FULL_SCALE_CODES = 9_032_007
FULL_SCALE_UA = 100_000_000
FULL_SCALE_UV = 500_000_000
FILTER_NS = 36_000_000
FLOOR_PPM = 63
"""Noise in the register without input, of full scale: at a thousandth of full scale it adds the 0.2 % that the data
sheet allows there (root of the sum of squares)."""
RIPPLE_PPM = 300
"""Noise of one reading, at most, of the reading."""
GAIN_PPM = 2_000
GAIN_ONE = 0x40_0000
"""AIGAIN, BIGAIN and AVGAIN: this code is a factor of 1."""
ANTI_ALIAS_NS, ANTI_ALIAS_PPM = 33_000, 110_000
"""1 kohm (1 %) and 33 nF (10 %) at each input (the data sheet's circuit [recalled]): impulses of some microseconds are
spread."""
WHOLE_PPM = 1_000_000
"""A factor of 1."""
_FORGOTTEN = 40
"""After so many time constants nothing is left of what was (e^-40 of 10^16 is below one)."""


@dataclass
class ChannelState:
    """The low-pass filter's output, in squares of the unit (uA or uV), and when it was worked out."""

    mean_square: int = 0
    at_ns: int = 0


def mean_square_u2(segment: Segment) -> int:
    """Mean of the square of a segment's sinusoids, those of one frequency added with their phases."""
    if not segment.plus:
        return segment.peak_u * segment.peak_u // 2
    if all(part.frequency_mHz > segment.frequency_mHz for part in segment.plus):
        return sum(part.peak_u * part.peak_u for part in (segment, *segment.plus)) // 2  # harmonics
    sums: dict[int, tuple[float, float]] = {}
    for part in (segment, *segment.plus):
        if part.peak_u:
            turns_e12 = (segment.start_ns - part.start_ns) * part.frequency_mHz % 10**12
            angle = 2 * pi * (turns_e12 / 1e12 + part.phase_mdeg / FULL_TURN_MDEG)
            real, imaginary = sums.get(part.frequency_mHz, (0.0, 0.0))
            sums[part.frequency_mHz] = real + part.peak_u * cos(angle), imaginary + part.peak_u * sin(angle)
    return sum((round(real) ** 2 + round(imaginary) ** 2) // 2 for real, imaginary in sums.values())


def filtered_impulse(segment: Segment, anti_alias_ns: int = ANTI_ALIAS_NS) -> tuple[int, int]:
    """Height and time constant of a segment's impulse behind the input's filter: an exponential of the same energy."""
    tau_ns = segment.tau_ns + anti_alias_ns
    return (segment.initial_u - segment.final_u) * segment.tau_ns // tau_ns, tau_ns


def impulse_share_u2(segment: Segment, from_ns: int, to_ns: int, ratio_ppm: int, anti_alias_ns: int) -> int:
    """What the square of an impulse adds meanwhile to the low-pass filter's output, whose time is far longer."""
    height_u, tau_ns = filtered_impulse(segment, anti_alias_ns)
    height_u = height_u * ratio_ppm // 10**6
    began, ended = (exp(-2 * (at_ns - segment.start_ns) / tau_ns) for at_ns in (max(from_ns, segment.start_ns), to_ns))
    return height_u * height_u * tau_ns // (2 * FILTER_NS) * round((began - ended) * 1e9) // 10**9


def settle(
    state: ChannelState,
    segments: list[Segment],
    now_ns: int,
    ratio_ppm: int = 1_000_000,
    anti_alias_ns: int = ANTI_ALIAS_NS,
) -> None:
    """Let the filter follow ``segments`` from when it was last worked out until ``now_ns``.

    ``ratio_ppm`` is what the sensor before it passes, taken as constant meanwhile.
    """
    for segment, later in pairwise(segments):
        _settle_one(state, segment, later.start_ns, ratio_ppm, anti_alias_ns)
    _settle_one(state, segments[-1], now_ns, ratio_ppm, anti_alias_ns)


def _settle_one(state: ChannelState, segment: Segment, end_ns: int, ratio_ppm: int, anti_alias_ns: int) -> None:
    since_ns = end_ns - state.at_ns
    if since_ns <= 0:
        return
    if segment.tau_ns:
        state.mean_square += impulse_share_u2(segment, state.at_ns, end_ns, ratio_ppm, anti_alias_ns)
    target = mean_square_u2(segment)
    if ratio_ppm != WHOLE_PPM:
        target = target * ratio_ppm**2 // 10**12
    state.at_ns = end_ns
    if since_ns > _FORGOTTEN * FILTER_NS:
        state.mean_square = target
    else:
        left_e12 = round(exp(-since_ns / FILTER_NS) * 1e12)
        state.mean_square = target + (state.mean_square - target) * left_e12 // 10**12


def codes(state: ChannelState, full_scale_u: int, gain_ppm: int, gain_code: int, noise: bytes) -> int:
    """The register's content; ``noise`` are two random bytes."""
    floor_u = full_scale_u * FLOOR_PPM // 1_000_000
    value_u = isqrt(state.mean_square + floor_u * floor_u)
    value_u += value_u * (noise[0] + noise[1] - 255) * RIPPLE_PPM // 255_000_000
    code = value_u * FULL_SCALE_CODES * (1_000_000 + gain_ppm) // (full_scale_u * 1_000_000)
    return min(code * gain_code // GAIN_ONE, (1 << 24) - 1)

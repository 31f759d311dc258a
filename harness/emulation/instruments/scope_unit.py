"""One oscilloscope as it was made and wired: its deviations from nominal, and what is on its inputs.

Figures are those of the Keysight MSO-X 3014T (3000T X-Series data sheet).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from harness.emulation.seeded import SeededStream

TIMEBASE_PPB_MAX = 1_600
GAIN_PPM_MAX = 20_000
"""DC vertical gain accuracy ±2 % of full scale (3000T data sheet)."""
OFFSET_MILLIDIVISIONS_MAX, OFFSET_UV_MAX = 100, 2_000
"""DC vertical offset accuracy ±0.1 division ±2 mV (the same)."""
THRESHOLD_UV_MAX, THRESHOLD_PPM_MAX = 100_000, 30_000
"""Digital inputs: threshold accuracy ±(100 mV + 3 % of the setting) (4000 X-Series service guide, the same pods)."""
SKEW_PS_MAX = 1_500
"""Between two digital channels 3 ns at most [recalled]: each lies within half of that."""
RISE_PS, RISE_LIMITED_PS = 3_500, 17_500
"""0.35 / bandwidth: 100 MHz, and 20 MHz with the bandwidth limit on."""


@dataclass(frozen=True)
class Probe:
    """What is wired to one input: the net under the tip, and net units per volt at the input × 1000.

    A 10:1 probe divides by 10, so 10_000; a clamp that gives 0.1 V/A has 10 A per volt, so 10_000 too. ``sensed``:
    the family knows the ratio of a passive probe by the ring on its connector; a clamp has none.
    """

    net: str
    attenuation_milli: int = 10_000
    sensed: bool = True


@dataclass(frozen=True)
class UnitErrors:
    """How far this unit is from nominal; constant for its life. By analogue input, by pod, by digital channel."""

    timebase_ppb: int
    gain_ppm: tuple[int, ...]
    offset_millidivisions: tuple[int, ...]
    offset_uV: tuple[int, ...]
    threshold_uV: tuple[int, ...] = (0, 0)
    threshold_ppm: tuple[int, ...] = (0, 0)
    skew_ps: tuple[int, ...] = (0,) * 16


def draw_unit_errors(stream: SeededStream) -> UnitErrors:
    """A unit within its data sheet."""

    def some(count: int, limit: int) -> tuple[int, ...]:
        return tuple(stream.take_int(-limit, limit) for _ in range(count))

    return UnitErrors(
        timebase_ppb=stream.take_int(-TIMEBASE_PPB_MAX, TIMEBASE_PPB_MAX),
        gain_ppm=some(4, GAIN_PPM_MAX),
        offset_millidivisions=some(4, OFFSET_MILLIDIVISIONS_MAX),
        offset_uV=some(4, OFFSET_UV_MAX),
        threshold_uV=some(2, THRESHOLD_UV_MAX),
        threshold_ppm=some(2, THRESHOLD_PPM_MAX),
        skew_ps=some(16, SKEW_PS_MAX),
    )


def ramp_ps(edge_ns: int, *, bandwidth_limit: bool = False) -> int:
    """From 0 to 100 % of an edge: source and scope add in squares (10 to 90 %), a straight line takes 5/4."""
    rise_ps = RISE_LIMITED_PS if bandwidth_limit else RISE_PS
    return isqrt((edge_ns * 1000) ** 2 + rise_ps**2) * 5 // 4

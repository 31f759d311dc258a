"""The ADE7953's powers of a channel, active and reactive, as its registers tell them.

Source: ADE7953 data sheet, tables 7 (AWATT, BWATT, AVAR, BVAR, AVA, BVA: 24 bits, signed), 14 (power factors, angles,
period) and 21 (signs in ACCMODE). With full-scale inputs a power register holds 9,032,007² / 2^24 = 4,862,401. The
product of voltage and current goes through a low-pass filter; the same 36 ms as for the root mean squares are taken
for it, which the sheet does not say. Sinusoids of different frequencies have no mean product.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, isqrt, pi, sin

from harness.emulation.analog_net import FULL_TURN_MDEG, Segment
from harness.emulation.parts.ade7953_channels import FILTER_NS, FULL_SCALE_UA, FULL_SCALE_UV

FULL_SCALE_POWER_CODES = 4_862_401
FULL_SCALE_UW = FULL_SCALE_UA * FULL_SCALE_UV // 10**6
POWER_NOISE_PPM = 400
"""Of one reading, at most: what voltage and current bring with them."""
FORGOTTEN = 40
PERIOD_HZ = 223_750
"""Clock of the period register (data sheet, "Period Measurement"): period = (code + 1) / 223.75 kHz."""
CLOCK_PPM = 100
"""Of the part's 3.58 MHz crystal, over temperature and age [assumed]."""


@dataclass
class PowerState:
    """The filters' outputs in uW, and when they were worked out; a lagging current has a positive reactive power."""

    active_uW: int = 0
    reactive_uW: int = 0
    at_ns: int = 0


def _phase(part: Segment, at_ns: int) -> float:
    turns_e12 = (at_ns - part.start_ns) * part.frequency_mHz % 10**12
    return 2 * pi * (turns_e12 / 1e12 + part.phase_mdeg / FULL_TURN_MDEG)


def mean_products_uW(volts: Segment, amperes: Segment, at_ns: int) -> tuple[int, int]:
    """Active and reactive power of two laws that both hold at ``at_ns``."""
    active = reactive = 0.0
    for one in (volts, *volts.plus):
        for other in (amperes, *amperes.plus):
            if one.peak_u and other.peak_u and one.frequency_mHz == other.frequency_mHz:
                apparent_uW = one.peak_u * other.peak_u / 2e6
                lag = _phase(one, at_ns) - _phase(other, at_ns)
                active += apparent_uW * cos(lag)
                reactive += apparent_uW * sin(lag)
    return round(active), round(reactive)


def settle_power(
    state: PowerState, volts: list[Segment], amperes: list[Segment], now_ns: int, ratio_ppm: int = 1_000_000
) -> None:
    """Let both filters follow until ``now_ns``; ``ratio_ppm`` is what the current's sensor passes."""
    starts = sorted({max(part.start_ns, state.at_ns) for part in (*volts, *amperes)})
    for start_ns, end_ns in zip(starts, [*starts[1:], now_ns], strict=True):
        since_ns = end_ns - max(start_ns, state.at_ns)
        if since_ns <= 0:
            continue
        active, reactive = mean_products_uW(_holding(volts, start_ns), _holding(amperes, start_ns), start_ns)
        active, reactive = active * ratio_ppm // 10**6, reactive * ratio_ppm // 10**6
        left_e12 = 0 if since_ns > FORGOTTEN * FILTER_NS else round(exp(-since_ns / FILTER_NS) * 1e12)
        state.active_uW = active + (state.active_uW - active) * left_e12 // 10**12
        state.reactive_uW = reactive + (state.reactive_uW - reactive) * left_e12 // 10**12
    state.at_ns = now_ns


def _holding(segments: list[Segment], at_ns: int) -> Segment:
    """The law that holds at ``at_ns``."""
    return next((part for part in reversed(segments) if part.start_ns <= at_ns), segments[0])


def power_code(power_uW: int, gain_ppm: int, noise: bytes) -> int:
    """A power register's 24 bits, in twos complement; ``noise`` are two random bytes."""
    power_uW += abs(power_uW) * (noise[0] + noise[1] - 255) * POWER_NOISE_PPM // 255_000_000
    code = power_uW * FULL_SCALE_POWER_CODES * (1_000_000 + gain_ppm) // (FULL_SCALE_UW * 1_000_000)
    return max(min(code, (1 << 23) - 1), -(1 << 23)) & 0xFF_FFFF


def power_factor_code(state: PowerState) -> int:
    """16 bits, signed, 0x7FFF is 1: its amount is active over apparent, its sign the product of both powers' signs."""
    apparent_uW = isqrt(state.active_uW**2 + state.reactive_uW**2)
    if not apparent_uW:
        return 0x7FFF
    code = abs(state.active_uW) * 0x7FFF // apparent_uW
    return (-code if (state.active_uW < 0) != (state.reactive_uW < 0) else code) & 0xFFFF

"""The ADE7953's peak registers: the largest absolute value of a current since the register was last reset.

Source: ADE7953 data sheet, tables of 24-bit registers (IAPEAK 228, RSTIAPEAK 229, IBPEAK 22A, RSTIBPEAK 22B: the
same with reset at reading) and "Peak Detection". A full-scale sinusoid reaches 6,500,000 codes [recalled]. The
part looks 6,990 times a second and misses less than 0.03 % of a 50 Hz peak: left out. What was before the laws that
the net remembers is forgotten too.
"""

from __future__ import annotations

from math import exp, pi, sin

from harness.emulation.analog_net import FULL_TURN_MDEG, Segment
from harness.emulation.parts.ade7953_channels import ANTI_ALIAS_NS, FULL_SCALE_UA, GAIN_ONE, filtered_impulse

FULL_SCALE_PEAK_CODES = 6_500_000
FULL_SCALE_PEAK_UA = FULL_SCALE_UA * 1_414_214 // 10**6
FLOOR_PPM = 250
"""What noise adds to a peak at most, of full scale: four times the rms that the registers show without input."""
POINTS, FINER = 64, 8


def peak_uA(segments: list[Segment], from_ns: int = 0, anti_alias_ns: int = ANTI_ALIAS_NS) -> int:
    """The largest of the segments' amplitudes; a sum of sinusoids is looked at over a period of its slowest."""
    return max(_amplitude(segment) + _impulse(segment, from_ns, anti_alias_ns) for segment in segments)


def _impulse(segment: Segment, from_ns: int, anti_alias_ns: int) -> int:
    """What is left of an impulse after ``from_ns``; it may come at the top of the wave."""
    if not segment.tau_ns:
        return 0
    height_u, tau_ns = filtered_impulse(segment, anti_alias_ns)
    return round(abs(height_u) * exp(-max(from_ns - segment.start_ns, 0) / tau_ns))


def _amplitude(segment: Segment) -> int:
    parts = [part for part in (segment, *segment.plus) if part.peak_u and part.frequency_mHz]
    if len(parts) < 2:
        return sum(part.peak_u for part in parts)
    waves = [
        (
            part.peak_u,
            2e-12 * pi * part.frequency_mHz,
            2 * pi * ((segment.start_ns - part.start_ns) * part.frequency_mHz % 10**12 / 1e12)
            + 2 * pi * part.phase_mdeg / FULL_TURN_MDEG,
        )
        for part in parts
    ]

    def amount(since_ns: float) -> float:
        return abs(sum(peak_u * sin(speed * since_ns + phase) for peak_u, speed, phase in waves))

    step_ns = 1e12 / min(part.frequency_mHz for part in parts) / POINTS
    largest_ns = max((step_ns * point for point in range(POINTS)), key=amount)
    # A pulse's top lies within a step of the largest point.
    return round(max(amount(largest_ns + step_ns * part / FINER) for part in range(-FINER, FINER + 1)))


def peak_code(value_uA: int, gain_ppm: int, gain_code: int, noise: int) -> int:
    """The register's 24 bits; ``noise`` is a random byte."""
    value_uA += FULL_SCALE_PEAK_UA * FLOOR_PPM * noise // 255_000_000
    code = value_uA * FULL_SCALE_PEAK_CODES * (1_000_000 + gain_ppm) // (FULL_SCALE_PEAK_UA * 1_000_000)
    return min(code * gain_code // GAIN_ONE, (1 << 24) - 1)

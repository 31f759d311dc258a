"""The shape of a voltage or a current of the mains: its odd harmonics, as a sum of sinusoids in closed form.

A load with a rectifier draws pulses about the peaks of the voltage. They are taken as half sine waves of the width that
gives the crest factor: of half-width a, the rms is the peak times sqrt(a / pi), so a = pi / CF^2, and with
k = pi / 2a the amplitude of harmonic n over the peak is 4k cos(na) / (pi (k^2 - n^2)) (textbook Fourier series). The
largest power factors that the Chroma 63800's manual gives for crest factors of 1.5 to 5 (table 3-1: 0.993, 0.849,
0.593 at 3, 0.360 at 5) are those of this very shape.

Both half waves are alike, so there are no even harmonics, and every one crosses zero with its fundamental: a harmonic
is told by its order and by its amplitude over the fundamental's, negative where it begins downwards. Orders above
``HIGHEST_ORDER`` are left out, and so is what distorted currents do to the voltage (below 0.5 % on this bench).
"""

from __future__ import annotations

from math import cos, isqrt, pi

from harness.emulation.analog_net import FULL_TURN_MDEG, Segment
from harness.emulation.seeded import SeededStream

Shape = tuple[tuple[int, int], ...]
"""(order, amplitude in millionths of the fundamental's), ascending; empty: a sinusoid."""

PPM = 1_000_000
SINUSOID: Shape = ()
SINUSOID_PERMILLE = 1_415
"""A crest factor up to that is a sinusoid's (63800 manual: 1.414)."""
HIGHEST_ORDER = 31
"""Up to a crest factor of 3 the peak is then within 1 % of it; IEC 61000-3-2 goes to order 40."""
HOUSE_PPM = {3: (5_000, 20_000), 5: (10_000, 35_000), 7: (5_000, 20_000), 11: (2_000, 10_000)}
"""Amplitudes in a house: EN 50160 allows 5, 6, 5 and 3.5 % in a week's worst 5 % [recalled]; ordinary ones are less."""
FLAT_TOPPED = {3: 1, 5: -1, 7: -1, 11: 1}
"""Signs: rectifiers flatten the voltage's top, mostly by the third and fifth [assumed]."""
SOURCE_PPM = {3: (-2_500, 2_500), 5: (-2_500, 2_500)}
"""The AC source's distortion, at most 0.5 % in all (AC6800B data sheet [recalled])."""


def rectifier_shape(crest_permille: int) -> Shape:
    """The shape of a current with this crest factor (peak over rms)."""
    if crest_permille <= SINUSOID_PERMILLE:
        return SINUSOID
    half_width = pi * 1e6 / crest_permille**2
    k = pi / (2 * half_width)

    def amplitude(order: int) -> float:
        if abs(k - order) < 1e-6:  # the limit of the formula where the pulse has the harmonic's own width
            return half_width / pi * 2
        return 4 * k * cos(order * half_width) / (pi * (k * k - order * order))

    # Pulses lie about the peak, where sin(n t) has its extreme too: upwards for n = 1, 5, 9, downwards for 3, 7, 11.
    signs = {1: 1, 3: -1}
    return tuple(
        (order, round(signs[order % 4] * PPM * amplitude(order) / amplitude(1)))
        for order in range(3, HIGHEST_ORDER + 1, 2)
    )


def draw_house_shape(stream: SeededStream) -> Shape:
    """A house's voltage: a little flat-topped."""
    return tuple((order, FLAT_TOPPED[order] * stream.take_int(*span)) for order, span in HOUSE_PPM.items())


def draw_source_shape(stream: SeededStream) -> Shape:
    """The AC source's own distortion."""
    return tuple((order, stream.take_int(*span)) for order, span in SOURCE_PPM.items())


def fundamental_u(rms_u: int, shape: Shape) -> int:
    """The rms of the fundamental of what has this rms in all."""
    if not shape:
        return rms_u
    return rms_u * PPM // isqrt(PPM**2 + sum(part_ppm**2 for _, part_ppm in shape))


def total_u(fundamental_rms_u: int, shape: Shape) -> int:
    """The rms of a fundamental with its harmonics."""
    return fundamental_rms_u * isqrt(PPM**2 + sum(part_ppm**2 for _, part_ppm in shape)) // PPM


def reshaped(shape: Shape, of_u: int, in_u: int) -> Shape:
    """The same harmonics, of a fundamental of ``of_u``, seen against another one of ``in_u``."""
    return tuple((order, part_ppm * of_u // in_u) for order, part_ppm in shape) if of_u and in_u else SINUSOID


def harmonics_of(shape: Shape, start_ns: int, peak_u: int, frequency_mHz: int, phase_mdeg: int) -> tuple[Segment, ...]:
    """The laws that go with a fundamental of this amplitude, frequency and phase."""
    laws = []
    for order, part_ppm in shape:
        amplitude_u = peak_u * abs(part_ppm) // PPM
        if amplitude_u:
            turned_mdeg = (order * phase_mdeg + (FULL_TURN_MDEG // 2 if part_ppm < 0 else 0)) % FULL_TURN_MDEG
            laws.append(
                Segment(start_ns, peak_u=amplitude_u, frequency_mHz=order * frequency_mHz, phase_mdeg=turned_mdeg)
            )
    return tuple(laws)

"""The current transformer on the line element, and what a magnet does to it. The neutral's element is a resistor.

Two effects, both beginning at the field from outside that brings the core to its knee; so the meter reads low, ever
lower, and never high:

- **Permeability falls.** A transformer with a burden R sees its own magnetising reactance X_m = ωL_m beside it and
  passes the part X_m / sqrt(R² + X_m²) of the current (textbook equivalent circuit, leakage and winding resistance
  left out). L_m = L_0 / (1 + ((B - B_knee) / B_width)²) for B > B_knee. The waveform keeps its shape.
- **The core is biased.** A ring in an even field is magnetised the other way in its other half, and no bias is left; a
  magnet at one side leaves some: an ampere-turn that the secondary can't carry away, as it passes no direct current.
  With a core that is ideal below saturation the secondary shows sin(θ) + d, d being the bias over the current's peak,
  from where that is negative until as much area has come back above zero, and nothing for the rest of the period, while
  the core is saturated (volt-second balance over a period). So one half wave is cut short, the other is whole, and peak
  and rms no longer stand as 1.41 to 1. At d = 1 nothing comes out at all; a larger current is hurt less.

Knee, width and bias are told by the field outside, not by flux in the core; their values are of a small shielded ring
core [recalled, order of magnitude]. Phase error and remanence are left out; a distorted current is taken by its peak
and keeps its shape otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, isqrt, pi, sin, sqrt

from harness.emulation.world import World

BURDEN_PPM, BURDEN_SPREAD_PPM = 10_000, 250_000
"""R / ωL_0: 1 %, which costs 0.005 % of ratio without a field. The burden has 1 %, but the inductance goes with the
core's permeability, for which makers of tape-wound cores state 20 to 30 % [recalled]."""
KNEE_NT, KNEE_PPM = 40_000_000, 200_000
WIDTH_NT, WIDTH_PPM = 4_000_000, 200_000
"""As the knee's: both follow from the same shield and core [assumed]."""
BIAS_UA_PER_MT, BIAS_PPM = 12_000, 200_000
"""Bias beyond the knee, as a direct current in the primary [assumed]: small against the field along the whole core."""
PPM = 1_000_000
BISECTIONS = 40


@dataclass(frozen=True)
class CurrentTransformer:
    """One transformer. ``knee_nT``: the field at which its core begins to saturate."""

    knee_nT: int = KNEE_NT
    width_nT: int = WIDTH_NT
    burden_ppm: int = BURDEN_PPM
    """Burden over the magnetising reactance without a field."""
    bias_uA_per_mT: int = BIAS_UA_PER_MT

    def ratio_ppm(self, field_nT: tuple[int, int, int]) -> int:
        """What the fallen permeability leaves of the current in ``field_nT``, in millionths of what it should be."""
        beyond_nT = self._beyond_nT(field_nT)
        burden_ppm = self.burden_ppm + self.burden_ppm * beyond_nT**2 // self.width_nT**2
        return 10**12 // isqrt(10**12 + burden_ppm**2)

    def passed_ppm(self, field_nT: tuple[int, int, int], peak_uA: int) -> tuple[int, int]:
        """What is left of the rms and of the peak of a current of ``peak_uA``, in millionths."""
        ratio_ppm = self.ratio_ppm(field_nT)
        bias_uA = self._beyond_nT(field_nT) * self.bias_uA_per_mT // 10**6
        if not bias_uA:
            return ratio_ppm, ratio_ppm
        rms_ppm, peak_ppm = one_sided_ppm(min(bias_uA * PPM // max(peak_uA, 1), PPM))
        return ratio_ppm * rms_ppm // PPM, ratio_ppm * peak_ppm // PPM

    def is_biased(self, field_nT: tuple[int, int, int]) -> bool:
        """Whether a current's peak matters for what passes."""
        return self._beyond_nT(field_nT) * self.bias_uA_per_mT >= 10**6

    def _beyond_nT(self, field_nT: tuple[int, int, int]) -> int:
        return max(isqrt(sum(axis * axis for axis in field_nT)) - self.knee_nT, 0)


def one_sided_ppm(bias_ppm: int) -> tuple[int, int]:
    """Rms and peak of a sinusoid through a biased core, each over what it was; ``bias_ppm`` is d in millionths."""
    if bias_ppm >= PPM:
        return 0, 0
    d = bias_ppm / PPM
    begin = pi + asin(d)

    def area(end: float) -> float:
        return cos(begin) - cos(end) + d * (end - begin)

    # From where the waveform turns positive on, the area only grows; by its next zero it is positive.
    low, high = 2 * pi - asin(d), 3 * pi + asin(d)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if area(middle) < 0 else (low, middle)

    def squares(angle: float) -> float:
        return (1 / 2 + d * d) * angle - sin(2 * angle) / 4 - 2 * d * cos(angle)

    rms = sqrt(max(squares(low) - squares(begin), 0.0) / pi)
    peak = max(1 - d, 1 + d if low > 2.5 * pi else sin(low) + d)
    return round(rms * PPM), round(peak * PPM)


def draw_transformer(world: World, name: str) -> CurrentTransformer:
    """One within the tolerances, by the world's seed."""
    core = world.stream(f"{name} core traits")
    return CurrentTransformer(
        knee_nT=world.stream(f"{name} traits").take_around(KNEE_NT, KNEE_PPM),
        width_nT=core.take_around(WIDTH_NT, WIDTH_PPM),
        burden_ppm=core.take_around(BURDEN_PPM, BURDEN_SPREAD_PPM),
        bias_uA_per_mT=core.take_around(BIAS_UA_PER_MT, BIAS_PPM),
    )

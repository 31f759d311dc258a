"""The current transformer on the line element, and what a magnet does to it.

A transformer with a burden R sees its own magnetising reactance X_m = ωL_m beside it and passes the part
X_m / sqrt(R² + X_m²) of the current (textbook equivalent circuit, leakage and winding resistance left out). The
core's permeability, and with it L_m, falls once a field from outside has brought the core to its knee:
L_m = L_0 / (1 + ((B - B_knee) / B_width)²) for B > B_knee. So the meter reads low, ever lower, and never high.
Knee and width are the field outside, not the flux in the core; their values are of a small shielded ring core
[recalled, order of magnitude]. Phase error, waveform distortion and remanence are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from harness.emulation.world import World

BURDEN_TO_REACTANCE_PPM = 10_000
"""R / ωL_0: 1 %, which costs 0.005 % of ratio without a field."""
KNEE_NT = 40_000_000
WIDTH_NT = 4_000_000
KNEE_PPM = 200_000


@dataclass(frozen=True)
class CurrentTransformer:
    """One transformer. ``knee_nT``: the field at which its core begins to saturate."""

    knee_nT: int

    def ratio_ppm(self, field_nT: tuple[int, int, int]) -> int:
        """What it passes of the current in ``field_nT``, in millionths of what it should."""
        beyond_nT = isqrt(sum(axis * axis for axis in field_nT)) - self.knee_nT
        burden_ppm = BURDEN_TO_REACTANCE_PPM
        if beyond_nT > 0:
            burden_ppm += burden_ppm * beyond_nT**2 // WIDTH_NT**2
        return 10**12 // isqrt(10**12 + burden_ppm**2)


def draw_transformer(world: World, name: str) -> CurrentTransformer:
    """One whose knee lies within the tolerance, by the world's seed."""
    return CurrentTransformer(KNEE_NT + KNEE_NT * world.stream(f"{name} traits").take_int(-KNEE_PPM, KNEE_PPM) // 10**6)

"""A thermistor at the terminals, in a divider: 10 kohm from the converter's 3.0 V, the thermistor to ground.

R = R_25 · exp(B · (1/T - 1/T_25)) with B = 3435 K, the usual equation and a usual part (10 kohm, B 25/85, 1 % in R and
1 % in B [recalled from a maker's tables]); the fixed resistor has 0.5 %. Its own heating, 0.2 mW, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Literal

from harness.emulation.lm3s6965.adc import REFERENCE_UV
from harness.emulation.world import World

NOMINAL_OHM, BETA_MK, NOMINAL_MC = 10_000, 3_435_000, 25_000
ZERO_C_MK = 273_150
ThermistorKind = Literal["ntc", "open"]
"""``open``: torn off, so that the fixed resistor alone holds the input at the reference."""
RESISTANCE_PPM, BETA_PPM, FIXED_PPM = 10_000, 10_000, 5_000


@dataclass(frozen=True)
class Ntc:
    """One thermistor with its resistor."""

    nominal_mOhm: int
    beta_mK: int
    fixed_mOhm: int
    kind: ThermistorKind = "ntc"

    def voltage_uV(self, terminal_mC: int) -> int:
        """At the converter's input."""
        if self.kind == "open":
            return REFERENCE_UV
        warmth = self.beta_mK / (terminal_mC + ZERO_C_MK) - self.beta_mK / (NOMINAL_MC + ZERO_C_MK)
        resistance_mOhm = round(self.nominal_mOhm * exp(warmth))
        return REFERENCE_UV * resistance_mOhm // (resistance_mOhm + self.fixed_mOhm)


def draw_ntc(world: World, name: str, kind: ThermistorKind = "ntc") -> Ntc:
    """One within the tolerances, by the world's seed."""
    stream = world.stream(f"{name} traits")

    def within(value: int, ppm: int) -> int:
        return value + value * stream.take_int(-ppm, ppm) // 10**6

    return Ntc(
        within(1000 * NOMINAL_OHM, RESISTANCE_PPM),
        within(BETA_MK, BETA_PPM),
        within(1000 * NOMINAL_OHM, FIXED_PPM),
        kind,
    )

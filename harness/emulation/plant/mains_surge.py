"""A lightning-like surge on the mains, and what is left of it behind the meter's varistor and in its elements.

The generator gives the combination wave of IEC 61000-4-5 between line and neutral: 1.2/50 us without load, 8/20 us
into a short circuit, so about 2 ohm. The meter's varistor holds the voltage to its clamping level and takes nearly all
of the current before the elements. Through both elements flows what the load takes at the clamped voltage; through the
line's alone the charge of the capacitors from line to earth in the filters behind the meter. So line and neutral differ
for some microseconds. Front times are left out: an impulse begins at its height and decays to the half in 50 us; the
capacitors' charge, which flows in the front, has the same shape. Its product with the wave beneath is left out too, as
for an impulse at a zero of the voltage, and so are varistors from line to earth behind the meter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.emulation.analog_net import FULL_TURN_MDEG, Segment, turned_mdeg
from harness.emulation.seeded import SeededStream

CLAMP_UV = (600_000_000, 800_000_000)
"""A 275 V varistor of 14 or 20 mm: 710 V at 50 to 100 A, more above that (its data sheet's curve [recalled])."""
EARTH_PF = (100_000, 200_000)
"""The capacitors of a house: 0.2 uF leak 14 mA at 230 V and 50 Hz, as much as a 30 mA residual current device bears."""
TAU_NS, TAU_PPM = 72_135, 200_000
"""50 us over ln 2; IEC 61000-4-5 allows a generator 20 % of the time to the half [recalled]."""
SURGE_OVER_NS = 1_000_000
"""Nothing is left: fourteen time constants of the voltage."""


@dataclass(frozen=True)
class SurgeTraits:
    """What one bench's and meter's surges are like."""

    clamp_uV: int
    earth_pF: int
    tau_ns: int = TAU_NS

    def heights(self, level_V: int, voltage_uV: int, load_uA: int) -> dict[str, int]:
        """By net, how high the impulse is above what is there, at this voltage and load (rms)."""
        height_uV = min(self.clamp_uV, level_V * 1_000_000)
        through_uA = load_uA * height_uV // voltage_uV if voltage_uV else 0
        # pF times uV are 10^-18 C; over ns, in uA: 10^-3.
        earth_uA = self.earth_pF * height_uV // (self.tau_ns * 1000)
        return {"LINE_V": height_uV, "LINE_I": through_uA + earth_uA, "NEUTRAL_I": through_uA}


def draw_surge(stream: SeededStream) -> SurgeTraits:
    """One bench's and meter's."""
    return SurgeTraits(stream.take_int(*CLAMP_UV), stream.take_int(*EARTH_PF), stream.take_around(TAU_NS, TAU_PPM))


def impulse(law: Segment, now_ns: int, height_u: int, tau_ns: int = TAU_NS) -> Segment:
    """The law that holds, from now on with an impulse upon it."""
    phase_mdeg = (law.phase_mdeg + turned_mdeg(now_ns - law.start_ns, law.frequency_mHz)) % FULL_TURN_MDEG
    return replace(law, start_ns=now_ns, phase_mdeg=phase_mdeg, initial_u=law.final_u + height_u, tau_ns=tau_ns)

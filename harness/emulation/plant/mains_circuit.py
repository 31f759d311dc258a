"""What the mains circuit is made of, and the currents in it: pure, in integers, without time.

    house mains ──┐                     ┌─ ballast, line element ─┐
                  ├─ change-over ── L ──┤                         ├── load ──┐
    AC source ────┘                │    └─ shunts, multimeter ────┘          │
                         meter's own supply                                  │
                                   N ────── ballast, neutral element ────────┘   (with shunts of its own)

The meter's own supply is tapped before its elements, so its consumption flows in the source and in no element. Each
element sits in series with a ballast of the bench, far above the contacts' resistances: so a shunt's share is stable
from closing to closing, and the multimeter's own 0.1 ohm fits into the branch. Everything behind the voltage tap is
resistive, so a shunt splits the current without turning its phase or changing its shape (``mains_shape``).

The supply's impedance is R + jX. What a load's current I at an angle phi takes from the voltage is told to first order,
R I cos(phi) + X I sin(phi) (as IEC 61000-3-3 reckons relative voltage changes), so the voltage keeps its phase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import atan2, isqrt, pi
from typing import Literal

from harness.bench.stimuli import ShuntEntry
from harness.emulation.plant.mains_shape import (
    SINUSOID,
    Shape,
    draw_house_shape,
    draw_source_shape,
    fundamental_u,
    total_u,
)
from harness.emulation.plant.mains_surge import SurgeTraits, draw_surge
from harness.emulation.seeded import SeededStream

Element = Literal["line", "neutral"]
ELEMENTS: tuple[Element, ...] = ("line", "neutral")

PPM = 1_000_000

NOMINAL_UV = 230_000_000
"""230 V between line and neutral (IEC 60038)."""
HOUSE_PPM = 30_000
"""The house is within 3 % of nominal; IEC 60038 allows 10 %."""
HOUSE_MHZ = (49_950, 50_050)
"""ENTSO-E's normal operation: 50 Hz +- 50 mHz."""
HOUSE_IMPEDANCE_UOHM = (200_000, 500_000)
"""A socket's resistance; IEC TR 60725 takes 0.4 + j0.25 ohm as reference."""
REACTANCE_PERMILLE = 625
"""Reactance at 50 Hz over resistance: that of the reference impedance."""
HOUSE_REACTANCE_PERMILLE, LEADS_REACTANCE_PERMILLE = (400, 800), (590, 660)
"""A house lies somewhere about it [assumed]; the bench's own impedance is within 5 %."""
SUPPLIED_PERMILLE = (660, 700)
"""A meter works from 0.7 of its nominal voltage on: its own supply is made for that, with some reserve [assumed]. So is
its backup, a capacitor from line to earth, which keeps it alive where the neutral is gone."""
LEADS_UOHM = (460_000, 520_000)
"""The AC source's output is stiff, so the bench puts the reference impedance (0.4 + j0.25 ohm, IEC TR 60725) between
it and the change-over, as for flicker tests; the rest is output and leads."""
BYPASS_FRACTION_PPM = 400_000
"""What the two-pole bypass nominally takes of the current past each element."""

BALLAST_UOHM = 200_000
"""The bench's ballast in series with each element: 0.4 V at 2 A."""
BALLAST_PPM = 10_000
ELEMENT_UOHM = (300, 2_000)
"""Element with its terminals: some hundred microohm of shunt or copper, and two screwed contacts."""
SHUNT_PPM = 50_000
"""Tolerance of a whole shunt branch: resistor, relay contacts, leads, multimeter."""

OWN_ACTIVE_UA, OWN_REACTIVE_UA = (2_500, 4_500), (8_000, 12_000)
"""The reference meter's capacitive supply at 230 V: below 1 W and about 2.5 VA; IEC 62053-21 allows 2 W and 10 VA
[recalled]. The reactive part leads."""

INRUSH_PERMILLE = (1_000, 1_300)
INRUSH_NS = (10_000_000, 25_000_000)
"""An electronic load overshoots while its control finds the waveform [recalled]."""

CHANGE_OVER_NS = (4_000_000, 10_000_000)
"""A contactor's change-over: one side has opened before the other closes."""


@dataclass(frozen=True)
class Phasor:
    """A sinusoid with its harmonics: rms in millionths of its unit, phase against the voltage at the meter's terminals.

    A positive phase leads. Without frequency there is nothing: rms is 0 then.
    """

    rms_u: int
    """Of all of it."""
    phase_mdeg: int
    frequency_mHz: int
    shape: Shape = SINUSOID

    @property
    def peak_u(self) -> int:
        """The amplitude of the fundamental."""
        return fundamental_u(self.rms_u, self.shape) * 1_414_213_562 // 10**9


NOTHING = Phasor(0, 0, 0)


@dataclass(frozen=True)
class CircuitTraits:
    """What this one bench's circuit is like."""

    house_uV: int
    house_mHz: int
    house_uOhm: int
    leads_uOhm: int
    leg_uOhm: dict[str, int]
    """By element: ballast, element and contacts."""
    branch_uOhm: dict[str, int]
    """By shunt: the whole branch."""
    own_active_uA: int
    own_reactive_uA: int
    inrush_permille: int
    inrush_ns: int
    change_over_ns: int
    bypass_uOhm: dict[str, int]
    """By element: the bypass' branch."""
    house_shape: Shape
    source_shape: Shape
    surge: SurgeTraits
    house_reactance_permille: int
    leads_reactance_permille: int
    supplied_uV: int
    """From this voltage on the meter's own supply, and its backup, feed the meter."""


def draw_traits(stream: SeededStream, shunts: Mapping[str, ShuntEntry]) -> CircuitTraits:
    """A bench's circuit; a shunt's branch is made for its nominal fraction of the nominal ballast's current."""

    def within(nominal: int, ppm: int) -> int:
        return nominal + nominal * stream.take_int(-ppm, ppm) // PPM

    legs: dict[str, int] = {
        element: within(BALLAST_UOHM, BALLAST_PPM) + stream.take_int(*ELEMENT_UOHM) for element in ELEMENTS
    }
    branches = {}
    for name, entry in sorted(shunts.items()):
        fraction_ppm = round(entry.fraction * PPM)
        branches[name] = within(BALLAST_UOHM * (PPM - fraction_ppm) // fraction_ppm, SHUNT_PPM)
    return CircuitTraits(
        house_uV=within(NOMINAL_UV, HOUSE_PPM),
        house_mHz=stream.take_int(*HOUSE_MHZ),
        house_uOhm=stream.take_int(*HOUSE_IMPEDANCE_UOHM),
        leads_uOhm=stream.take_int(*LEADS_UOHM),
        leg_uOhm=legs,
        branch_uOhm=branches,
        own_active_uA=stream.take_int(*OWN_ACTIVE_UA),
        own_reactive_uA=stream.take_int(*OWN_REACTIVE_UA),
        inrush_permille=stream.take_int(*INRUSH_PERMILLE),
        inrush_ns=stream.take_int(*INRUSH_NS),
        change_over_ns=stream.take_int(*CHANGE_OVER_NS),
        bypass_uOhm={
            element: within(BALLAST_UOHM * (PPM - BYPASS_FRACTION_PPM) // BYPASS_FRACTION_PPM, SHUNT_PPM)
            for element in ELEMENTS
        },
        house_shape=draw_house_shape(stream),
        source_shape=draw_source_shape(stream),
        surge=draw_surge(stream),
        house_reactance_permille=stream.take_int(*HOUSE_REACTANCE_PERMILLE),
        leads_reactance_permille=stream.take_int(*LEADS_REACTANCE_PERMILLE),
        supplied_uV=NOMINAL_UV * stream.take_int(*SUPPLIED_PERMILLE) // 1000,
    )


def dropped_uV(
    active_uA: int,
    reactive_uA: int,
    resistance_uOhm: int,
    frequency_mHz: int,
    reactance_permille: int = REACTANCE_PERMILLE,
) -> int:
    """What a current takes from the voltage; a lagging one has a negative reactive part, a leading one raises it."""
    reactance_uOhm = resistance_uOhm * reactance_permille // 1000 * frequency_mHz // 50_000
    return (active_uA * resistance_uOhm - reactive_uA * reactance_uOhm) // 10**6


def parts_of(current_uA: int, power_factor_permille: int) -> tuple[int, int]:
    """Active and reactive part of a current; a negative power factor leads (the reactive part is positive then)."""
    reactive_permille = isqrt(10**6 - power_factor_permille**2)
    active = current_uA * abs(power_factor_permille) // 1000
    reactive = current_uA * reactive_permille // 1000
    return active, reactive if power_factor_permille < 0 else -reactive


def joined(active_uA: int, reactive_uA: int, frequency_mHz: int) -> Phasor:
    """The phasor of an active and a reactive part."""
    rms = isqrt(active_uA * active_uA + reactive_uA * reactive_uA)
    if not rms:
        return Phasor(0, 0, frequency_mHz)
    return Phasor(rms, round(atan2(reactive_uA, active_uA) * 180_000 / pi), frequency_mHz)


def with_shape(fundamental: Phasor, shape: Shape) -> Phasor:
    """A fundamental with its harmonics: the rms is that of all of them."""
    if not shape:
        return fundamental
    return replace(fundamental, rms_u=total_u(fundamental.rms_u, shape), shape=shape)


def shunted_uA(current_uA: int, leg_uOhm: int, branches_uOhm: list[int]) -> int:
    """How much of ``current_uA`` flows through the branches that lie across one element's leg (rounded down)."""
    # Conductances against the leg's, in 1e12ths: leg / (leg + branch) without dividing twice.
    conductance = sum(leg_uOhm * 10**12 // branch for branch in branches_uOhm)
    return current_uA * conductance // (10**12 + conductance)

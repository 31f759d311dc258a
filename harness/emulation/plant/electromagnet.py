"""The electromagnet: coils on one supply, and the field they make at the places where somebody feels it.

Axes are the meter's. The field at a place is the earth's, plus each coil's (``coil``: circuit, eddy currents,
hysteresis, heat) through that place's own mixture of directions. Reference design: 3 A for 90 mT at the meter's
sensor, 6 V to drive it, so that 60 mT is reached in some 30 ms. Inside the three a small magnet of its own embraces the
meter's sensor along x, with a gap of 10 mm: fields beyond a sensor's range, and alternating ones, for which the big
coils' inductance is too large. Every figure has a tolerance, drawn from the seed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Literal, get_args

from harness.emulation.analog_net import AnalogNet, Segment
from harness.emulation.errors import WorldError
from harness.emulation.plant.coil import (
    OFF,
    REST_EDDIES,
    CoilTraits,
    Drive,
    Law,
    field_nT,
    next_law,
    voltage_uV,
    warmed_uK,
)
from harness.emulation.seeded import SeededStream
from harness.emulation.world import PlainComponent, World

Axis = Literal["x", "y", "z"]
CoilName = Literal["x", "y", "z", "narrow"]
Place = Literal["sensor", "probe", "transformer"]
AXES: tuple[Axis, ...] = get_args(Axis)
COILS: tuple[CoilName, ...] = get_args(CoilName)
Vector = tuple[int, int, int]

COMPONENT = "electromagnet"
RETURN_NET = "COIL_I"

# The reference design [assumed; sizes of a laboratory electromagnet with a gap of some centimetres].
RESISTANCE_UOHM, INDUCTANCE_UH = 1_400_000, 60_000
COUPLING_NT_PER_A = 30_000_000
EDDY_NS = 1_000_000
PLAYS = ((50_000_000, 20_000), (200_000_000, 10_000), (600_000_000, 10_000))
"""Together 0.27 mT of remanence after 3 A: soft iron (coercivity around 100 A/m) in a loop with a wide gap."""
HEATING_UK_PER_MW, HEAT_NS = 3_500, 300_000_000_000
"""3.5 K per watt, five minutes: a coil of a kilogram, cooled by air."""

# The small magnet: 800 turns of 1 mm wire (96 m, 2.0 ohm) on laminations with a gap of 10 mm. Field per current is
# µ0·N/gap = 0.1 T/A, inductance µ0·N²·A/gap with A = 5.6 cm², poles of 4 cm² and their fringing [computed].
NARROW_RESISTANCE_UOHM, NARROW_INDUCTANCE_UH = 2_000_000, 45_000
NARROW_COUPLING_NT_PER_A = 100_000_000
NARROW_EDDY_NS = 60_000
"""Laminations of 0.35 mm: σ·µ·d²/π² with relative permeability 4,000 and 2 MS/m is 125 µs in closed iron; the gap
halves it [computed]."""
NARROW_PLAYS = ((20_000_000, 3_000), (100_000_000, 2_000))

TOLERANCE_PPM = 30_000
"""Of resistance, inductance and coupling; hysteresis, eddy currents and heat have ten times that."""
CROSS_AXIS_PPM = 5_000
"""Part of a coil's field that goes along each of the other axes, at the sensor: 0.7 % at most together."""
GRADIENT_PPM, GRADIENT_CROSS_PPM = 6_000, 2_000
"""By how much the field at the teslameter's probe, some millimetres off, differs from the sensor's."""
TRANSFORMER_PPM, TRANSFORMER_SPREAD_PPM, TRANSFORMER_CROSS_PPM = 350_000, 70_000, 30_000
"""The current transformer sits at the rim of the gap, where about a third of the field is left."""
EARTH_NT, EARTH_DIP_NT = (48_500, 51_500), (42_500, 45_500)
"""Strength of the earth's field and its vertical part (along -z: the meter hangs upright) in middle latitudes, as the
World Magnetic Model gives them for Europe; which way the meter faces is drawn."""

STILL_EDDIES = 30
"""So many time constants after a coil's current came to rest its field counts as steady: exp(-30) of 3 A is nothing."""
WARM_NS = 5_000_000_000
"""How often the resistance of a coil that carries current is taken anew."""
HISTORY_NS = 11_000_000_000
"""How far back fields can be asked for: longer than a teslameter averages."""


@dataclass
class CoilState:
    """One coil: the laws its current followed of late, the oldest first and never none; drive and warmth."""

    laws: list[Law]
    drive: Drive = OFF
    rise_uK: int = 0
    rise_at_ns: int = 0


@dataclass
class ElectromagnetState:
    """The whole magnet."""

    coils: dict[CoilName, CoilState] = field(default_factory=dict)


@dataclass(frozen=True)
class Still:
    """A field worked out once: it stays, after ``from_ns``, for as long as each coil's law is the very same object."""

    laws: tuple[Law, ...]
    earth_nT: Vector
    from_ns: int
    field_nT: Vector


class Electromagnet(PlainComponent):
    """The magnet. A supply's output calls :meth:`drive`; sensors and the teslameter's probe ask :meth:`field_nT`."""

    state: ElectromagnetState

    def __init__(self, world: World) -> None:
        stream = world.stream(f"{COMPONENT} traits")
        self.traits: dict[CoilName, CoilTraits] = {axis: _draw_coil(stream) for axis in AXES}
        self.traits["narrow"] = _draw_narrow(world.stream(f"{COMPONENT} narrow coil traits"))
        self.mixtures: dict[Place, dict[Axis, Vector]] = _draw_mixtures(stream)
        self.earth_nT = _draw_earth(stream, world.stream(f"{COMPONENT} earth traits"))
        self.nets = {coil: AnalogNet(world, f"COIL_{coil.upper()}_I", unit="A") for coil in COILS}
        self.return_net = AnalogNet(world, RETURN_NET, unit="A")
        self.state = ElectromagnetState(
            {coil: CoilState([Law(0, 0, 0, 0, 0, 0, (0,) * len(self.traits[coil].plays))]) for coil in COILS}
        )
        self._still: dict[Place, Still] = {}
        self._resting: dict[CoilName, tuple[Law, int, int]] = {}
        """Of a coil at rest: its law, after when its field stands still, and that field."""
        super().__init__(world, COMPONENT)

    def drive(self, axis: CoilName, drive: Drive) -> None:
        """From now on the supply's output on this coil does ``drive``."""
        if drive != self.state.coils[axis].drive:
            self.state.coils[axis].drive = drive
            self._start_law(axis, self.current_nA(axis, self.world.now_ns))

    def current_nA(self, axis: CoilName, at_ns: int) -> int:
        """A coil's current."""
        return self._law(axis, at_ns).current_nA(at_ns)

    def voltage_uV(self, axis: CoilName) -> int:
        """The voltage across a coil now."""
        coil = self.state.coils[axis]
        return voltage_uV(self.traits[axis], coil.laws[-1], self._rise_uK(axis))

    def regulates(self, axis: CoilName) -> bool:
        """Whether the supply holds the coil's current; if not, it is at the limit of its voltage (or has it free)."""
        return not self.state.coils[axis].laws[-1].tau_ns

    def field_nT(self, place: Place, at_ns: int) -> Vector:
        """The flux density at ``place`` along x, y, z, now or up to 10 s ago."""
        coils = self.state.coils
        still = self._still.get(place)
        if still is not None and at_ns > still.from_ns and still.earth_nT is self.earth_nT:
            x, y, z, narrow = still.laws
            if (
                coils["x"].laws[-1] is x
                and coils["y"].laws[-1] is y
                and coils["z"].laws[-1] is z
                and coils["narrow"].laws[-1] is narrow
            ):
                return still.field_nT
        found_nT = self._work_out(place, at_ns)
        laws = tuple(coils[coil].laws[-1] for coil in COILS)
        if all(law.rests for law in laws):
            from_ns = max(
                law.start_ns + REST_EDDIES * self.traits[coil].eddy_ns for coil, law in zip(COILS, laws, strict=True)
            )
            if at_ns > from_ns:
                self._still[place] = Still(laws, self.earth_nT, from_ns, found_nT)
        return found_nT

    def _work_out(self, place: Place, at_ns: int) -> Vector:
        x_nT, y_nT, z_nT, narrow_nT = [self._coil_nT(coil, at_ns) for coil in COILS]
        if narrow_nT:  # it sits on the x coil's axis, and its field goes the same ways from there
            x_nT += narrow_nT
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = self.mixtures[place].values()
        earth_x_nT, earth_y_nT, earth_z_nT = self.earth_nT
        return (
            earth_x_nT + (x_nT * xx + y_nT * yx + z_nT * zx) // 1_000_000,
            earth_y_nT + (x_nT * xy + y_nT * yy + z_nT * zy) // 1_000_000,
            earth_z_nT + (x_nT * xz + y_nT * yz + z_nT * zz) // 1_000_000,
        )

    def _coil_nT(self, coil: CoilName, at_ns: int) -> int:
        """One coil's own field; most often three of the four have been at rest for long."""
        law = self._law(coil, at_ns)
        resting = self._resting.get(coil)
        if resting is not None and resting[0] is law and at_ns > resting[1]:
            return resting[2]
        found_nT = field_nT(self.traits[coil], law, at_ns)
        from_ns = law.start_ns + REST_EDDIES * self.traits[coil].eddy_ns
        if law.rests and at_ns > from_ns:
            self._resting[coil] = (law, from_ns, found_nT)
        return found_nT

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        """Whether every field stood still from ``from_ns`` to ``to_ns``, which is now or lately."""
        for name, coil in self.state.coils.items():
            law = coil.laws[-1]
            if law.start_ns and not (law.rests and law.start_ns + STILL_EDDIES * self.traits[name].eddy_ns <= from_ns):
                return False
        return True

    def on_event(self, kind: str, argument: Any) -> None:
        """A current has reached what the supply regulates to, or a coil has become warmer."""
        if kind.startswith("reached "):
            axis, stop_nA = argument
            self._start_law(axis, stop_nA)
        elif kind.startswith("warm "):
            self._warm(argument)
        else:
            super().on_event(kind, argument)

    def _law(self, axis: CoilName, at_ns: int) -> Law:
        laws = self.state.coils[axis].laws
        if at_ns >= laws[-1].start_ns:
            return laws[-1]
        index = bisect_right(laws, at_ns, key=lambda law: law.start_ns) - 1
        if index < 0:
            raise WorldError(f"{self.name}: the field at {at_ns} ns is forgotten; ask within {HISTORY_NS // 10**9} s")
        return laws[index]

    def _start_law(self, axis: CoilName, current_nA: int) -> None:
        coil, now_ns = self.state.coils[axis], self.world.now_ns
        self._take_rise(axis)
        law, reached = next_law(self.traits[axis], coil.drive, coil.rise_uK, coil.laws[-1], now_ns, current_nA)
        if coil.laws[-1].start_ns == now_ns:
            coil.laws.pop()
        coil.laws.append(law)
        keep = bisect_right(coil.laws, now_ns - HISTORY_NS, key=lambda one: one.start_ns) - 1
        del coil.laws[: max(keep, 0)]
        self.world.cancel(self.name, f"reached {axis}")
        self.world.cancel(self.name, f"warm {axis}")
        if reached is not None:
            reached_ns, stop_nA = reached
            self.world.schedule(reached_ns, self.name, f"reached {axis}", (axis, stop_nA))
        elif law.final_nA or not law.rests:
            self.world.schedule(now_ns + WARM_NS, self.name, f"warm {axis}", axis)
        self._show(axis)

    def _warm(self, axis: CoilName) -> None:
        """Take the resistance anew. A current that the supply still holds stays as it is, to the last digit."""
        coil = self.state.coils[axis]
        self._take_rise(axis)
        law = coil.laws[-1]
        current_nA = law.current_nA(self.world.now_ns)
        new, _ = next_law(self.traits[axis], coil.drive, coil.rise_uK, law, self.world.now_ns, current_nA)
        if not law.peak_nA and (law.tau_ns or new.tau_ns):
            self._start_law(axis, current_nA)
        else:
            self.world.schedule(self.world.now_ns + WARM_NS, self.name, f"warm {axis}", axis)

    def _take_rise(self, axis: CoilName) -> None:
        coil = self.state.coils[axis]
        coil.rise_uK, coil.rise_at_ns = self._rise_uK(axis), self.world.now_ns

    def _rise_uK(self, axis: CoilName) -> int:
        """How much warmer a coil is now than what is around it."""
        coil, now_ns = self.state.coils[axis], self.world.now_ns
        if peak_nA := coil.laws[-1].peak_nA:
            rms_nA = isqrt(peak_nA * peak_nA // 2 + coil.laws[-1].final_nA ** 2)
            return warmed_uK(self.traits[axis], coil.rise_uK, rms_nA, rms_nA, now_ns - coil.rise_at_ns)
        ends = self.current_nA(axis, coil.rise_at_ns), self.current_nA(axis, now_ns)
        return warmed_uK(self.traits[axis], coil.rise_uK, *ends, now_ns - coil.rise_at_ns)

    def _show(self, axis: CoilName) -> None:
        """The nets that a current clamp can be put on follow."""
        law = self.state.coils[axis].laws[-1]
        self.nets[axis].follow(
            Segment(
                law.start_ns,
                final_u=law.final_nA // 1000,
                initial_u=law.start_nA // 1000,
                tau_ns=law.tau_ns,
                peak_u=law.peak_nA // 1000,
                frequency_mHz=law.frequency_mHz,
            )
        )
        parts = tuple(net.state.segments[-1] for net in self.nets.values())
        self.return_net.follow(Segment(self.world.now_ns, plus=parts))


def find_magnet(world: World) -> Electromagnet:
    """The magnet of this world; raises WorldError if it has none."""
    component = world.component(COMPONENT)
    if not isinstance(component, Electromagnet):
        raise WorldError(f"component {COMPONENT!r} is a {type(component).__name__}, not an electromagnet")
    return component


def _spread(stream: SeededStream, value: int, ppm: int) -> int:
    return value + value * stream.take_int(-ppm, ppm) // 1_000_000


def _draw_coil(stream: SeededStream) -> CoilTraits:
    return CoilTraits(
        resistance_uOhm=_spread(stream, RESISTANCE_UOHM, TOLERANCE_PPM),
        inductance_uH=_spread(stream, INDUCTANCE_UH, TOLERANCE_PPM),
        coupling_nT_per_A=_spread(stream, COUPLING_NT_PER_A, TOLERANCE_PPM),
        eddy_ns=_spread(stream, EDDY_NS, 10 * TOLERANCE_PPM),
        plays=tuple((band_nA, _spread(stream, weight, 10 * TOLERANCE_PPM)) for band_nA, weight in PLAYS),
        heating_uK_per_mW=_spread(stream, HEATING_UK_PER_MW, 10 * TOLERANCE_PPM),
        heat_ns=_spread(stream, HEAT_NS, 10 * TOLERANCE_PPM),
    )


def _draw_narrow(stream: SeededStream) -> CoilTraits:
    return CoilTraits(
        resistance_uOhm=_spread(stream, NARROW_RESISTANCE_UOHM, TOLERANCE_PPM),
        inductance_uH=_spread(stream, NARROW_INDUCTANCE_UH, TOLERANCE_PPM),
        coupling_nT_per_A=_spread(stream, NARROW_COUPLING_NT_PER_A, TOLERANCE_PPM),
        eddy_ns=_spread(stream, NARROW_EDDY_NS, 10 * TOLERANCE_PPM),
        plays=tuple((band_nA, _spread(stream, weight, 10 * TOLERANCE_PPM)) for band_nA, weight in NARROW_PLAYS),
        heating_uK_per_mW=_spread(stream, 2 * HEATING_UK_PER_MW, 10 * TOLERANCE_PPM),
        heat_ns=_spread(stream, HEAT_NS, 10 * TOLERANCE_PPM),
    )


def _draw_mixtures(stream: SeededStream) -> dict[Place, dict[Axis, Vector]]:
    """For each place: in which direction a coil's field goes there, in ppm of its field at the sensor."""

    def mixture(along_ppm: int, spread_ppm: int, cross_ppm: int) -> dict[Axis, Vector]:
        rows: dict[Axis, Vector] = {}
        for axis in AXES:
            x, y, z = (
                along_ppm + stream.take_int(-spread_ppm, spread_ppm)
                if other == axis
                else stream.take_int(-cross_ppm, cross_ppm)
                for other in AXES
            )
            rows[axis] = x, y, z
        return rows

    sensor = mixture(1_000_000, 0, CROSS_AXIS_PPM)
    displaced = mixture(0, GRADIENT_PPM, GRADIENT_CROSS_PPM)
    probe: dict[Axis, Vector] = {}
    for axis in AXES:
        x, y, z = (near + more for near, more in zip(sensor[axis], displaced[axis], strict=True))
        probe[axis] = x, y, z
    rim = mixture(TRANSFORMER_PPM, TRANSFORMER_SPREAD_PPM, TRANSFORMER_CROSS_PPM)
    return {"sensor": sensor, "probe": probe, "transformer": rim}


def _draw_earth(stream: SeededStream, strength: SeededStream) -> Vector:
    dip_nT = strength.take_int(*EARTH_DIP_NT)
    level_nT = isqrt(strength.take_int(*EARTH_NT) ** 2 - dip_nT**2)
    x_nT = stream.take_int(-level_nT, level_nT)
    y_nT = isqrt(level_nT**2 - x_nT**2)
    return x_nT, y_nT if stream.take_int(0, 1) else -y_nT, -dip_nT

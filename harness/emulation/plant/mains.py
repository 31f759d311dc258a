"""The mains at the meter: house or AC source through the change-over, the load behind the meter, the shunts.

The circuit and its figures are in ``mains_circuit``. Here is what happens in time: the change-over's gap, the load's
inrush, the laws that the nets follow, and whether the meter's supply has its voltage. Voltages and currents change at
once otherwise, and the source starts its sinusoid at 0 degrees: switching transients are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harness.bench.stimuli import ShuntEntry
from harness.emulation.analog_net import FULL_TURN_MDEG, AnalogNet, Segment, turned_mdeg
from harness.emulation.errors import WorldError
from harness.emulation.plant.mains_circuit import (
    NOMINAL_UV,
    NOTHING,
    Element,
    Phasor,
    draw_traits,
    dropped_uV,
    joined,
    parts_of,
    shunted_uA,
    with_shape,
)
from harness.emulation.plant.mains_shape import (
    SINUSOID_PERMILLE,
    Shape,
    fundamental_u,
    harmonics_of,
    rectifier_shape,
    reshaped,
)
from harness.emulation.plant.mains_surge import SURGE_OVER_NS, impulse
from harness.emulation.plant.mains_wiring import (
    BREAK_BEFORE_MAKE,
    FAULTS,
    HALF_TURN_MDEG,
    carries,
    has_line_to_earth,
    has_tap_voltage,
    load_return,
    turn_mdeg,
)
from harness.emulation.world import PlainComponent, World

Feed = Literal["house", "source", "none"]
COMPONENT = "mains circuit"
"""Not the role "mains", which is the AC source."""
SHUNT_PREFIX = "shunt_"
"""``shunt_NAME``: the event that closes or opens a shunt, and its relay channel's name in the bench file."""

LOAD_LOWEST_UV = 45_000_000
"""Below 45 V the load draws nothing (63800 series manual, bit UV of PROTect?); it goes on when the voltage is back."""

SAME_PHASE_MDEG = 3
"""Phases are rounded to millidegrees in some places: a law no further off than this is the law that holds."""

UNITS = {
    "LINE_V": "V",
    "LINE_I": "A",
    "NEUTRAL_I": "A",
    "SHUNT_I": "A",
    "BYPASS_I": "A",
    "LOAD_I": "A",
    "SOURCE_V": "V",
    "SOURCE_I": "A",
}
"""The nets: at the meter's terminals, in its elements, in the shunts' common lead, in the bypass' neutral pole,
in the load, at the AC source."""


@dataclass
class MainsState:
    """Everything that can change."""

    feed: Feed = "house"
    source_on: bool = False
    source_uV: int = 0
    source_mHz: int = 50_000
    source_since_ns: int = 0
    source_phase_mdeg: int = 0
    """Of the source's voltage, at ``source_since_ns``."""
    load_on: bool = False
    load_uA: int = 0
    load_power_factor_permille: int = 1000
    load_crest_permille: int = SINUSOID_PERMILLE
    """Of the load's current: peak over rms."""
    in_rush: bool = False
    closed: list[str] = field(default_factory=list)
    """Shunts, in the order they were closed."""
    supplied: bool = True
    """As the consumers were last told."""
    line_to_earth: bool = True
    """As the watchers of it were last told."""
    faults: list[str] = field(default_factory=list)
    """Of the wiring, in the order they were made (``mains_wiring``)."""
    changing_over: list[str] = field(default_factory=list)
    """Conductors that are open while they change places."""


class Mains(PlainComponent):
    """The component. ``consumers`` are told by an event ``mains`` (True: there) what the terminals have."""

    state: MainsState

    def __init__(self, world: World, shunts: Mapping[str, ShuntEntry], name: str = COMPONENT) -> None:
        self.traits = draw_traits(world.stream(f"{name} traits"), shunts)
        self.element_of: dict[str, Element] = {shunt: entry.element for shunt, entry in shunts.items()}
        self.consumers: list[str] = []
        self.earth_watchers: list[str] = []
        """Told by an event ``line to earth`` (True: there) whether terminal L has its voltage against earth."""
        self.surge_watchers: list[str] = []
        """Told by an event ``coupled`` of every impulse on the mains: lines beside it."""
        self.surge_V = 0
        """What the surge generator is set to."""
        self.state = MainsState()
        super().__init__(world, name)
        self.nets = {net: AnalogNet(world, net, unit=unit) for net, unit in UNITS.items()}
        self._follow()

    # What instruments and relays do.

    def set_source(self, *, on: bool, voltage_uV: int, frequency_mHz: int) -> None:
        """The AC source's output, as it truly is; a change of frequency goes on from the phase it finds."""
        state = self.state
        if on and state.source_on:
            state.source_phase_mdeg = self._source_phase_mdeg()
        else:
            state.source_phase_mdeg = 0
        state.source_since_ns = self.world.now_ns
        state.source_on, state.source_uV, state.source_mHz = on, voltage_uV, frequency_mHz
        self._follow()

    def set_load(
        self, *, on: bool, current_uA: int, power_factor_permille: int, crest_permille: int = SINUSOID_PERMILLE
    ) -> None:
        """What the electronic load draws behind the meter; the power factor is that of the fundamental."""
        state = self.state
        if on and not state.load_on:
            state.in_rush = True
            self.world.cancel(self.name, "inrush over")
            self.world.schedule(self.world.now_ns + self.traits.inrush_ns, self.name, "inrush over")
        state.load_on, state.load_uA, state.load_power_factor_permille = on, current_uA, power_factor_permille
        state.load_crest_permille = crest_permille
        self._follow()

    def on_event(self, kind: str, argument: Any) -> None:
        """``feed`` (True: to the source) and ``shunt_NAME`` are the relays'; the rest are the circuit's own."""
        state = self.state
        if kind == "feed":
            self.world.cancel(self.name, "fed")
            state.feed = "none"
            self.world.schedule(self.world.now_ns + self.traits.change_over_ns, self.name, "fed", argument)
        elif kind == "fed":
            state.feed = "source" if argument else "house"
        elif kind == "inrush over":
            state.in_rush = False
        elif kind == "surge over":
            pass  # the nets follow their laws without it from here on
        elif kind == "surge":
            if argument:  # the relay's contact triggers the generator when it closes
                self._strike()
            return
        elif kind in FAULTS:
            self._rewire(kind, argument)
        elif kind == "changed over":
            state.changing_over = [other for other in state.changing_over if other != argument]
        elif kind.startswith(SHUNT_PREFIX) and kind.removeprefix(SHUNT_PREFIX) in self.element_of:
            shunt = kind.removeprefix(SHUNT_PREFIX)
            state.closed = [other for other in state.closed if other != shunt] + ([shunt] if argument else [])
        else:
            super().on_event(kind, argument)
        self._follow()

    def _strike(self) -> None:
        """An impulse on the laws that hold: those go on beneath it."""
        volts, amperes, surge = self.voltage().rms_u, self.load_current().rms_u, self.traits.surge
        for net, height_u in surge.heights(self.surge_V, volts, amperes).items():
            law = self.nets[net].state.segments[-1]
            self.nets[net].follow(impulse(law, self.world.now_ns, height_u, surge.tau_ns))
        self.world.schedule(self.world.now_ns + SURGE_OVER_NS, self.name, "surge over")
        for told in self.surge_watchers:
            self.world.schedule(self.world.now_ns, told, "coupled")

    def tell_earth(self, watcher: str) -> None:
        """From now on ``watcher`` hears of the line's voltage against earth, first of what it is now."""
        self.earth_watchers.append(watcher)
        self.world.schedule(self.world.now_ns, watcher, "line to earth", self.state.line_to_earth)

    def _rewire(self, fault: str, there: bool) -> None:
        state = self.state
        state.faults = [other for other in state.faults if other != fault] + ([fault] if there else [])
        if fault in BREAK_BEFORE_MAKE:
            state.changing_over = [*state.changing_over, fault]
            self.world.schedule(self.world.now_ns + self.traits.change_over_ns, self.name, "changed over", fault)

    # What there is now. Phases are against the voltage at the meter's terminals.

    def voltage(self) -> Phasor:
        """Between the meter's terminals, in uV."""
        return self._supply_voltage() if has_tap_voltage(self.state.faults) else NOTHING

    def line_to_earth(self) -> Phasor:
        """Between terminal L and earth, in uV: what the meter's backup supply and its earth sense find."""
        return self._supply_voltage() if has_line_to_earth(self.state.faults) else NOTHING

    def bypass_current(self) -> Phasor:
        """In the bypass' neutral pole, in uA."""
        load = self.load_current()
        return replace(load, rms_u=self._bypassed_uA("neutral", load.rms_u))

    def _supply_voltage(self) -> Phasor:
        emf_uV, frequency_mHz, impedance_uOhm = self._emf()
        if not emf_uV:
            return NOTHING
        (load_active, load_reactive), (active, reactive) = self._load_parts(emf_uV), self._own_parts(emf_uV)
        in_house = self.state.feed == "house"
        x_permille = self.traits.house_reactance_permille if in_house else self.traits.leads_reactance_permille
        currents_uA = active + load_active, reactive + load_reactive
        lost_uV = dropped_uV(*currents_uA, impedance_uOhm, frequency_mHz, x_permille)
        shape = self.traits.house_shape if in_house else self.traits.source_shape
        return Phasor(emf_uV - lost_uV, 0, frequency_mHz, shape)

    def load_current(self) -> Phasor:
        """What the load draws, in uA: the current before and behind each element with its shunts."""
        emf_uV, frequency_mHz, _ = self._emf()
        if not emf_uV:
            return NOTHING
        fundamental = joined(*self._load_parts(emf_uV), frequency_mHz)
        return with_shape(fundamental, self._load_shape())

    def line_current(self) -> Phasor:
        """Through the line element, in uA."""
        return self._element_current("line")

    def neutral_current(self) -> Phasor:
        """Through the neutral element, in uA; the same direction as the line's."""
        return self._element_current("neutral")

    def shunt_current(self) -> Phasor:
        """Through the shunts that are closed, in uA: what the multimeter in their common lead finds.

        The bypass' line pole goes through that lead too.
        """
        load = self.load_current()
        if "bypass" in self.state.faults:
            return replace(load, rms_u=self._bypassed_uA("line", load.rms_u))
        return replace(load, rms_u=sum(self._passing_by(load.rms_u).values()))

    def source_voltage(self) -> Phasor:
        """At the AC source's output, before its leads, in uV; the phase is where its sinusoid stands now."""
        state = self.state
        if not state.source_on or not state.source_uV:
            return NOTHING
        return Phasor(state.source_uV, self._source_phase_mdeg(), state.source_mHz, self.traits.source_shape)

    def source_current(self) -> Phasor:
        """Out of the AC source, in uA: the load's and the meter's own."""
        emf_uV, frequency_mHz, _ = self._emf()
        if not frequency_mHz:
            return NOTHING
        both, load = joined(*self.source_parts_uA(), frequency_mHz), self._load_parts(emf_uV)
        if not any(load):
            return both
        # The harmonics are the load's: seen against both fundamentals they are less.
        load_uA = joined(*load, frequency_mHz).rms_u
        return with_shape(both, reshaped(self._load_shape(), load_uA, both.rms_u))

    def source_parts_uA(self) -> tuple[int, int]:
        """Active and reactive part of the AC source's current, in uA: of its fundamental."""
        emf_uV = self._emf()[0]
        if self.state.feed != "source" or not emf_uV:
            return 0, 0
        (load_active, load_reactive), (active, reactive) = self._load_parts(emf_uV), self._own_parts(emf_uV)
        return load_active + active, load_reactive + reactive

    def segments(self, net: str, from_ns: int, to_ns: int) -> list[Segment]:
        """The laws that a net of ``UNITS`` follows in ``from_ns <= t < to_ns``, the oldest first."""
        return self.nets[net].segments_between(from_ns, to_ns)

    def _emf(self) -> tuple[int, int, int]:
        """Voltage (0: none), frequency and impedance of what feeds the meter."""
        state, traits = self.state, self.traits
        if state.changing_over:
            return 0, 0, 0
        if state.feed == "house":
            return traits.house_uV, traits.house_mHz, traits.house_uOhm
        if state.feed == "source" and state.source_on:
            return state.source_uV, state.source_mHz, traits.leads_uOhm
        return 0, 0, 0

    def _load_parts(self, emf_uV: int) -> tuple[int, int]:
        state = self.state
        if not state.load_on or emf_uV < LOAD_LOWEST_UV or load_return(state.faults) == "none":
            return 0, 0
        permille = self.traits.inrush_permille if state.in_rush else 1000
        drawn_uA = fundamental_u(state.load_uA * permille // 1000, self._load_shape())
        return parts_of(drawn_uA, state.load_power_factor_permille)

    def _load_shape(self) -> Shape:
        return rectifier_shape(self.state.load_crest_permille)

    def _own_parts(self, emf_uV: int) -> tuple[int, int]:
        """The meter's own supply: as if linear, which is coarse for a rectifier."""
        traits = self.traits
        return traits.own_active_uA * emf_uV // NOMINAL_UV, traits.own_reactive_uA * emf_uV // NOMINAL_UV

    def _passing_by(self, load_uA: int) -> dict[str, int]:
        """By element, what its shunts take.

        Shunts of both elements at once would join line and neutral through the multimeter's lead, so the bench
        interlocks them: the element whose shunt was closed first keeps it.
        """
        closed = self.state.closed
        if not closed:
            return {}
        element = self.element_of[closed[0]]
        branches = [self.traits.branch_uOhm[shunt] for shunt in closed if self.element_of[shunt] == element]
        return {element: shunted_uA(load_uA, self.traits.leg_uOhm[element], branches)}

    def _bypassed_uA(self, element: Element, load_uA: int) -> int:
        if "bypass" not in self.state.faults or not carries(element, self.state.faults):
            return 0
        return shunted_uA(load_uA, self.traits.leg_uOhm[element], [self.traits.bypass_uOhm[element]])

    def _element_current(self, element: Element) -> Phasor:
        load, faults = self.load_current(), self.state.faults
        if not carries(element, faults):
            return Phasor(0, 0, load.frequency_mHz)
        if "bypass" in faults:
            passing_uA = self._bypassed_uA(element, load.rms_u)
        else:
            passing_uA = self._passing_by(load.rms_u).get(element, 0)
        return replace(load, rms_u=load.rms_u - passing_uA, phase_mdeg=load.phase_mdeg + turn_mdeg(element, faults))

    # The nets and the consumers.

    def _source_phase_mdeg(self) -> int:
        state = self.state
        since_mdeg = turned_mdeg(self.world.now_ns - state.source_since_ns, state.source_mHz)
        return (state.source_phase_mdeg + since_mdeg) % FULL_TURN_MDEG

    def _voltage_phase_mdeg(self) -> int:
        swapped_mdeg = 0 if has_line_to_earth(self.state.faults) else HALF_TURN_MDEG
        if self.state.feed == "source":
            return self._source_phase_mdeg() + swapped_mdeg
        return turned_mdeg(self.world.now_ns, self.traits.house_mHz) + swapped_mdeg

    def _follow(self) -> None:
        """Put every net on the law that holds from now on, and tell the consumers of a change."""
        terminal_mdeg = self._voltage_phase_mdeg()
        quantities = {
            "LINE_V": self.voltage(),
            "LINE_I": self.line_current(),
            "NEUTRAL_I": self.neutral_current(),
            "SHUNT_I": self.shunt_current(),
            "BYPASS_I": self.bypass_current(),
            "LOAD_I": self.load_current(),
            "SOURCE_V": self.source_voltage(),
            "SOURCE_I": self.source_current(),
        }
        for net, phasor in quantities.items():
            self._drive(self.nets[net], phasor, 0 if net == "SOURCE_V" else terminal_mdeg)
        line_to_earth = self.line_to_earth().rms_u >= self.traits.supplied_uV
        supplied = line_to_earth or self.voltage().rms_u >= self.traits.supplied_uV
        if supplied != self.state.supplied:
            self.state.supplied = supplied
            for consumer in self.consumers:
                self.world.schedule(self.world.now_ns, consumer, "mains", supplied)
        if line_to_earth != self.state.line_to_earth:
            self.state.line_to_earth = line_to_earth
            for watcher in self.earth_watchers:
                self.world.schedule(self.world.now_ns, watcher, "line to earth", line_to_earth)

    def _drive(self, net: AnalogNet, phasor: Phasor, reference_mdeg: int) -> None:
        now_ns = self.world.now_ns
        before = net.state.segments[-1]
        peak_u, frequency_mHz = phasor.peak_u, phasor.frequency_mHz if phasor.rms_u else 0
        phase_mdeg = (reference_mdeg + phasor.phase_mdeg) % FULL_TURN_MDEG if peak_u else 0
        harmonics = harmonics_of(phasor.shape, now_ns, peak_u, frequency_mHz, phase_mdeg)
        alike = [one.peak_u for one in before.plus] == [one.peak_u for one in harmonics]
        if alike and not before.tau_ns and (before.peak_u, before.frequency_mHz) == (peak_u, frequency_mHz):
            off_mdeg = before.phase_mdeg + turned_mdeg(now_ns - before.start_ns, frequency_mHz) - phase_mdeg
            off_mdeg %= FULL_TURN_MDEG
            if min(off_mdeg, FULL_TURN_MDEG - off_mdeg) <= SAME_PHASE_MDEG:
                return  # the law that holds goes on
        net.follow(Segment(now_ns, peak_u=peak_u, frequency_mHz=frequency_mHz, phase_mdeg=phase_mdeg, plus=harmonics))


def find_mains(world: World) -> Mains:
    """The mains of this world; raises WorldError if it has none."""
    component = world.component(COMPONENT)
    if not isinstance(component, Mains):
        raise WorldError(f"component {COMPONENT!r} is a {type(component).__name__}, not the mains")
    return component

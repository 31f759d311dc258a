"""The emulated instrument for a bench file's entry: the same driver name chooses the dialect on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast
from zlib import crc32

from harness.bench.errors import BenchFileError
from harness.bench.files import InstrumentEntry
from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.ac6800_dialect import make_ac6800
from harness.emulation.instruments.chroma63800 import make_chroma63800
from harness.emulation.instruments.esp301 import make_esp301
from harness.emulation.instruments.espec_p300 import make_espec_p300
from harness.emulation.instruments.f71 import make_teslameter
from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.mcp23017 import Mcp23017Board
from harness.emulation.instruments.message_instrument import MessageInstrument
from harness.emulation.instruments.n6705_dialect import make_power_analyzer
from harness.emulation.instruments.netem import make_netem
from harness.emulation.instruments.numato import NumatoModule
from harness.emulation.instruments.openocd import make_openocd
from harness.emulation.instruments.pcf8574 import Pcf8574Board
from harness.emulation.instruments.relay_board import RelayBoard
from harness.emulation.instruments.relay_unit import Actuator, make_relay_unit
from harness.emulation.instruments.scope_unit import Probe
from harness.emulation.instruments.scpi import ScpiInstrument
from harness.emulation.instruments.trueform_dialect import make_trueform
from harness.emulation.instruments.truevolt import REFERENCE_IDENTITY as REFERENCE_MULTIMETER
from harness.emulation.instruments.truevolt_dialect import make_truevolt
from harness.emulation.plant.electromagnet import COILS, find_magnet
from harness.emulation.plant.injection import COMPONENT as INJECTION
from harness.emulation.plant.mains import COMPONENT as MAINS
from harness.emulation.plant.mains import SHUNT_PREFIX, find_mains
from harness.emulation.plant.mains_wiring import FAULTS
from harness.emulation.plant.played import Driven
from harness.emulation.plant.side_magnet import COMPONENT as SIDE_MAGNET
from harness.emulation.plant.terminals import COMPONENT as TERMINALS
from harness.emulation.world import World

Maker = Callable[[World, str, InstrumentEntry], MessageInstrument | RelayBoard]
"""Makes the instrument of a role; what it works on or probes are components of the world, found by name."""

ACTUATORS = {
    "field_sensor_frozen": Actuator("hall sensor", "freeze"),
    "motion_sensor_off": Actuator("accelerometer", "unfed"),
    "front_end_off": Actuator("front end", "unfed"),
    "secure_element_off": Actuator("secure element", "unfed"),
    "case_switch": Actuator("case switch", "plunger"),
    "meter_supply": Actuator("supply contact", "interrupt"),
    "weak_battery": Actuator("BATTERY_I", "weak"),
    "source_feed": Actuator(MAINS, "feed"),
    "hv_inject": Actuator(INJECTION, "source"),
    "terminal_heater": Actuator(TERMINALS, "heater"),
    "side_magnet": Actuator(SIDE_MAGNET, "near"),
    "surge": Actuator(MAINS, "surge"),
    **{fault: Actuator(MAINS, fault) for fault in FAULTS},
}
"""What a relay channel of the bench file can work, by the name it has there; ``shunt_NAME`` works that shunt."""


def make_instrument(world: World, role: str, entry: InstrumentEntry) -> MessageInstrument | RelayBoard:
    """The emulated instrument ``role``; raises BenchFileError where there is none for this driver or wiring."""
    try:
        maker = MAKERS[entry.driver]
    except KeyError:
        raise BenchFileError(
            f"key 'instruments.{role}.driver': no emulated instrument speaks the dialect of {entry.driver!r}; "
            f"use a real bench, or one of: {', '.join(sorted(MAKERS))}"
        ) from None
    return maker(world, role, entry)


def wired_actuators(role: str, entry: InstrumentEntry) -> dict[int, Actuator]:
    """Channel → what it works; raises BenchFileError for a name that nothing on the emulated bench has."""
    # A shunt's name is held against the table of shunts when the bench file is read.
    shunts = {name: Actuator(MAINS, name) for name in entry.channels if name.startswith(SHUNT_PREFIX)}
    unknown = sorted(set(entry.channels) - set(ACTUATORS) - set(shunts))
    if unknown:
        raise BenchFileError(
            f"key 'instruments.{role}.channels': nothing on the emulated bench is called {', '.join(unknown)}; "
            f"it has: {', '.join(ACTUATORS)}"
        )
    return {channel: (ACTUATORS | shunts)[name] for name, channel in entry.channels.items()}


def _make_scope(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    probes = {channel: _probe(world, role, entry, net) for net, channel in entry.probes.items()}
    digital = {channel: net for net, channel in entry.digital.items()}
    wrong = [f"probes.{net}" for net, channel in entry.probes.items() if not 1 <= channel <= 4]
    wrong += [f"digital.{net}" for net, channel in entry.digital.items() if not 0 <= channel <= 15]
    wrong += [f"clamps_A_per_V.{net}" for net in entry.clamps_A_per_V if net not in entry.probes]
    if wrong:
        raise BenchFileError(
            f"key 'instruments.{role}.{wrong[0]}': expected an analogue channel 1 to 4, a digital one 0 to 15, and "
            "a clamp only on a net of probes"
        )
    return make_infiniivision(world, role, probes, digital=digital)


def _probe(world: World, role: str, entry: InstrumentEntry, net: str) -> Probe:
    """A clamp where the net is a current, the family's 10:1 probe elsewhere; raises BenchFileError otherwise."""
    component, amperes_per_volt = world.component(net), entry.clamps_A_per_V.get(net)
    is_current = isinstance(component, AnalogNet) and component.unit == "A"
    if is_current and amperes_per_volt is None:
        raise BenchFileError(
            f"key 'instruments.{role}.clamps_A_per_V': {net} is a current; give the clamp's amperes per volt"
        )
    if not is_current and amperes_per_volt is not None:
        raise BenchFileError(
            f"key 'instruments.{role}.clamps_A_per_V': {net} is a voltage, which no clamp takes; leave it out there"
        )
    return Probe(net) if amperes_per_volt is None else Probe(net, round(amperes_per_volt * 1000), sensed=False)


def _make_relay_unit(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    return make_relay_unit(world, role, wired_actuators(role, entry))


def _make_mcp23017(world: World, role: str, entry: InstrumentEntry) -> RelayBoard:
    return Mcp23017Board(world, role, wired_actuators(role, entry), active_low=bool(entry.active_low))


def _make_pcf8574(world: World, role: str, entry: InstrumentEntry) -> RelayBoard:
    return Pcf8574Board(world, role, wired_actuators(role, entry), active_low=entry.active_low is not False)


def _make_numato(world: World, role: str, entry: InstrumentEntry) -> RelayBoard:
    return NumatoModule(world, role, wired_actuators(role, entry))


def _make_chamber(world: World, role: str, entry: InstrumentEntry) -> MessageInstrument:
    return make_espec_p300(world, role)


def _make_stage(world: World, role: str, entry: InstrumentEntry) -> MessageInstrument:
    return make_esp301(world, role)


def _make_netem(world: World, role: str, entry: InstrumentEntry) -> MessageInstrument:
    return make_netem(world, role)


def _make_openocd(world: World, role: str, entry: InstrumentEntry) -> MessageInstrument:
    return make_openocd(world, role)


def _make_power_analyzer(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    """The coils x, y and z are on the outputs 1, 2 and 3, the small magnet's on output 4."""
    return make_power_analyzer(world, role, find_magnet(world), dict(enumerate(COILS, 1)))


def _make_generator(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    """Each channel by the name of what hangs at it."""
    there = {"shaker": "shaker", "case_contact": "case contact"}
    unknown = sorted(set(entry.channels) - set(there))
    if unknown or not set(entry.channels.values()) <= {1, 2}:
        raise BenchFileError(
            f"key 'instruments.{role}.channels': expected {', '.join(there)} at channels 1 and 2; found "
            f"{', '.join(f'{name} = {number}' for name, number in entry.channels.items())}"
        )
    driven = {channel: cast(Driven, world.component(there[name])) for name, channel in entry.channels.items()}
    return make_trueform(world, role, driven)


def _make_teslameter(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    return make_teslameter(world, role, find_magnet(world))


def _make_ac_source(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    return make_ac6800(world, role, find_mains(world))


def _make_ac_load(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    return make_chroma63800(world, role, find_mains(world))


def _make_multimeter(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    """The one net of ``probes`` is the lead that the multimeter lies in."""
    nets = [net for net in map(world.component, entry.probes) if isinstance(net, AnalogNet) and net.unit == "A"]
    if len(nets) != 1 or len(entry.probes) != 1:
        raise BenchFileError(
            f"key 'instruments.{role}.probes': a multimeter lies in one current lead; expected one net in A, as in "
            f"{{ SHUNT_I = 1 }}; found {', '.join(entry.probes) or 'none'}"
        )
    # Several stand on one bench: each has a serial number of its own.
    identity = replace(REFERENCE_MULTIMETER, serial=f"EMU54{crc32(role.encode()) % 10**6:06}")
    return make_truevolt(world, role, nets[0], identity)


MAKERS: dict[str, Maker] = {
    "chroma-63800": _make_ac_load,
    "keysight-34465a": _make_multimeter,
    "keysight-ac6800": _make_ac_source,
    "keysight-infiniivision": _make_scope,
    "keysight-33500": _make_generator,
    "keysight-34970a": _make_relay_unit,
    "keysight-n6705": _make_power_analyzer,
    "lakeshore-f71": _make_teslameter,
    "espec-p300": _make_chamber,
    "linux-netem": _make_netem,
    "mcp23017": _make_mcp23017,
    "newport-esp301": _make_stage,
    "numato-relay": _make_numato,
    "openocd": _make_openocd,
    "pcf8574": _make_pcf8574,
}
"""By the driver's name in the bench file."""

"""A world with two nets, a switch, an oscilloscope and a relay unit: the smallest bench instruments can be shown on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.relay_unit import Actuator, RelayUnit, make_relay_unit
from harness.emulation.instruments.scope_unit import Probe
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.nets import Net
from harness.emulation.world import PlainComponent, World

SCOPE = "TCPIP0::scope::inst0::INSTR"
SCOPE_SOCKET = "TCPIP0::scope::5025::SOCKET"
RELAY = "TCPIP0::relay::inst0::INSTR"

BIT_FS = 8_680_555_556
"""One bit at 115,200 Bd."""


class Switch(PlainComponent):
    """Drives a net as soon as it is worked; remembers when."""

    def __init__(self, world: World, name: str, net: Net) -> None:
        self.net = net
        self.state: list[tuple[int, bool]] = []
        super().__init__(world, name)

    def on_event(self, kind: str, argument: Any) -> None:
        assert kind == "plunger"
        self.state.append((self.world.now_ns, argument))
        self.net.drive(argument)


class WorldClock:
    """Bench time that is the world's time."""

    def __init__(self, world: World) -> None:
        self.world = world

    def now_ns(self) -> int:
        return self.world.now_ns

    def utc_ns(self) -> int:
        return self.world.now_ns

    def sleep_ns(self, duration_ns: int) -> None:
        if duration_ns > 0:
            self.world.run_until(self.world.now_ns + duration_ns)


@dataclass
class SmallBench:
    world: World
    case: Net
    line: Net
    switch: Switch
    scope: Oscilloscope
    relay: RelayUnit
    resources: pyvisa.ResourceManager

    @property
    def clock(self) -> WorldClock:
        return WorldClock(self.world)

    def open(self, resource: str) -> MessageBasedResource:
        session = self.resources.open_resource(resource, read_termination="\n", write_termination="\n")
        assert isinstance(session, MessageBasedResource)
        return session

    def wait(self, duration_ns: int) -> None:
        self.world.run_until(self.world.now_ns + duration_ns)

    def send_characters(self, data: bytes) -> None:
        """8N1 characters at 115,200 Bd, back to back."""
        for octet in data:
            bits = (False, *(bool(octet >> index & 1) for index in range(8)), True)
            self.world.run_until(self.line.send_frame(bits, BIT_FS))


def make_bench(seed: int = 1, label: str = "small bench") -> SmallBench:
    world = World(seed)
    case, line = Net(world, "CASE_SW", level=False), Net(world, "MODEM_TX", level=True)
    switch = Switch(world, "case_switch", case)
    scope = make_infiniivision(world, "scope", {1: Probe("CASE_SW"), 2: Probe("MODEM_TX")})
    relay = make_relay_unit(world, "relay", {101: Actuator("case_switch", "plunger")})
    library = EmulatedVisaLibrary.for_bench(label, world, {SCOPE: scope, SCOPE_SOCKET: scope, RELAY: relay})
    return SmallBench(world, case, line, switch, scope, relay, pyvisa.ResourceManager(library))


ARM_ON_CASE = (
    "*RST",
    ":STOP",
    ":CHANnel1:SCALe 0.5;OFFSet 1.65;DISPlay ON",
    ":CHANnel2:SCALe 500mV;OFFSet 1.65;DISPlay ON",
    ":TIMebase:RANGe 2ms;REFerence CENTer;POSition 0.5ms",
    ":TRIGger:EDGE:SOURce CHANnel1;LEVel 1.65;SLOPe POSitive",
    ":TRIGger:SWEep NORMal",
    ":WAVeform:FORMat BYTE;POINts:MODE RAW",
    ":WAVeform:POINts MAXimum",
    ":SINGle",
)
"""A single acquisition on a rising edge of CASE_SW: 0.5 ms before it, 1.5 ms after it."""


def arm_on_case(bench: SmallBench) -> MessageBasedResource:
    scope = bench.open(SCOPE)
    for command in ARM_ON_CASE:
        scope.write(command)
        assert scope.query(":SYSTem:ERRor?") == '+0,"No error"', command
    bench.wait(2_000_000)
    assert int(scope.query(":OPERegister:CONDition?")) == 0x28
    return scope

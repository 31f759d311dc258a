"""A world with analogue nets, a sending bus and an oscilloscope on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.scope_unit import Probe, UnitErrors
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.nets import Net
from harness.emulation.parts.i2c_wire import I2cLine, I2cWire, Told
from harness.emulation.world import PlainComponent, World
from harness.instruments.infiniivision import InfiniiVision
from tests.instruments.small_bench import SCOPE, WorldClock

NO_ERRORS = UnitErrors(0, (0,) * 4, (0,) * 4, (0,) * 4)


class Sender(PlainComponent):
    """Sends bytes on an I2C wire as the master does: told when they are over."""

    def __init__(self, world: World, name: str, wire: I2cWire) -> None:
        self.wire = wire
        self.state: list[int] = []
        super().__init__(world, name)

    def send(self, address: int, *data: int, bit_ns: int = 10_000) -> None:
        """START, address, data, STOP, from now on."""
        self.state = [
            bit_ns,
            int(Told.START),
            address,
            *(part for byte in data for part in (int(Told.BYTE), byte)),
            3,
            0,
        ]
        self._begin()

    def _begin(self) -> None:
        bit_ns, kind, byte = self.state[0], Told(self.state[1]), self.state[2]
        due_ns = self.world.now_ns + bit_ns * (10, 11, 9, 1)[kind]
        self.wire.begin(kind, byte, bit_ns, due_ns)
        self.world.schedule(due_ns, self.name, "end")

    def on_event(self, kind: str, argument: Any) -> None:
        self.wire.end(self.state[2], True)
        del self.state[1:3]
        if len(self.state) > 1:
            self._begin()


@dataclass
class ScopeBench:
    world: World
    coil: AnalogNet
    mains: AnalogNet
    line: Net
    wire: I2cWire
    sender: Sender
    scope: Oscilloscope
    resources: pyvisa.ResourceManager

    def open(self) -> MessageBasedResource:
        session = self.resources.open_resource(SCOPE, read_termination="\n", write_termination="\n")
        assert isinstance(session, MessageBasedResource)
        return session

    def driver(self) -> InfiniiVision:
        driver = InfiniiVision(self.open(), WorldClock(self.world), name="scope")
        driver.reset()
        return driver

    def wait(self, duration_ns: int) -> None:
        self.world.run_until(self.world.now_ns + duration_ns)


def make_scope_bench(seed: int = 1, errors: UnitErrors | None = NO_ERRORS) -> ScopeBench:
    """Inputs: 1 mains voltage, 2 a digital line, 3 the coil's current by a clamp of 0.1 V/A; D0, D9, D1: the wires."""
    world = World(seed)
    coil, mains = AnalogNet(world, "COIL_I", unit="A"), AnalogNet(world, "MAINS_V", unit="V")
    line = Net(world, "LINE", level=True)
    wire = I2cWire(world, "wire")
    I2cLine(world, "SCL", wire, sda=False)
    I2cLine(world, "SDA", wire, sda=True)
    wire.power(True)
    scope = make_infiniivision(
        world,
        "scope",
        {1: Probe("MAINS_V"), 2: Probe("LINE"), 3: Probe("COIL_I", 10_000, sensed=False)},
        digital={0: "SCL", 9: "SDA", 1: "LINE"},
    )
    if errors is not None:
        scope.errors = errors
    sender = Sender(world, "sender", wire)
    library = EmulatedVisaLibrary.for_bench(f"scope bench {seed}", world, {SCOPE: scope})
    return ScopeBench(world, coil, mains, line, wire, sender, scope, pyvisa.ResourceManager(library))

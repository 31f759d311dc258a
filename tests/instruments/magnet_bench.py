"""A world with the electromagnet, its supply and the teslameter, behind a PyVISA library."""

from __future__ import annotations

from dataclasses import dataclass

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.f71 import Teslameter, make_teslameter
from harness.emulation.instruments.n6705 import PowerAnalyzer
from harness.emulation.instruments.n6705_dialect import make_power_analyzer
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.plant.electromagnet import AXES, Electromagnet
from harness.emulation.world import World
from tests.instruments.small_bench import WorldClock

SUPPLY = "TCPIP0::coil-supply::inst0::INSTR"
TESLAMETER = "TCPIP0::teslameter::7777::SOCKET"


@dataclass
class MagnetBench:
    world: World
    magnet: Electromagnet
    supply: PowerAnalyzer
    teslameter: Teslameter
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


def make_magnet_bench(seed: int = 1) -> MagnetBench:
    world = World(seed)
    magnet = Electromagnet(world)
    supply = make_power_analyzer(world, "coil_supply", magnet, dict(enumerate(AXES, 1)))
    teslameter = make_teslameter(world, "teslameter", magnet)
    library = EmulatedVisaLibrary.for_bench("magnet bench", world, {SUPPLY: supply, TESLAMETER: teslameter})
    return MagnetBench(world, magnet, supply, teslameter, pyvisa.ResourceManager(library))

"""The shipped bench file's mains with everything on it, in a world of its own, feeding a lamp in place of a meter."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.bench.files import BenchFile, load_bench_file
from harness.emulation.instruments.families import make_instrument
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.parts.supply_contact import SupplyContact
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.mains_electronics import MeterSupplyNet
from harness.emulation.world import World
from tests.instruments.small_bench import WorldClock

BENCH_FILE = Path(__file__).parents[2] / "testplans" / "benches" / "emulated.toml"
ROLES = ("relay", "mains", "load", "multimeter", "load_current", "supply_current")
ACTUATED_ELSEWHERE = ("case_switch",)
"""The stand has no case."""
MS, S = 1_000_000, 1_000_000_000
_BENCHES = count()


class Lamp:
    """Hangs on the meter's supply; remembers how often it went out. Its processor sleeps unless it is ``awake``.

    With ``every_ns`` it wakes so often, for ``busy_ns`` each time.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.lit = True
        self.went_out = 0
        self.awake = False
        self.every_ns = self.busy_ns = 0
        self.warned = False

    @property
    def sleep_ns(self) -> int:
        if self.awake:
            return 0
        if not self.every_ns:
            return self.world.now_ns
        whole, part_ns = divmod(self.world.now_ns, self.every_ns)
        return whole * (self.every_ns - self.busy_ns) + max(0, part_ns - self.busy_ns)

    def power_on(self) -> None:
        self.lit = True

    def mains_there(self, there: bool) -> None:
        self.warned = not there

    def power_off(self) -> None:
        self.lit = False
        self.went_out += 1


@dataclass
class MainsBench:
    """What the fixtures and drivers need of a bench, and the truth behind it."""

    world: World
    file: BenchFile
    mains: Mains
    lamp: Lamp
    resources: pyvisa.ResourceManager

    @property
    def clock(self) -> WorldClock:
        return WorldClock(self.world)

    def open(self, role: str) -> MessageBasedResource:
        resource = self.file.instruments[role].resource
        session = self.resources.open_resource(resource, read_termination="\n", write_termination="\n")
        assert isinstance(session, MessageBasedResource)
        session.timeout = 20_000
        return session

    def wait(self, duration_ns: int) -> None:
        self.world.run_until(self.world.now_ns + duration_ns)

    def relay(self, name: str, closed: bool) -> None:
        """Work a relay of the bench file, and wait until it and what it works have settled."""
        channel = self.file.instruments["relay"].channels[name]
        unit = self.open("relay")
        unit.write(f"ROUTe:{'CLOSe' if closed else 'OPEN'} (@{channel})")
        assert unit.query("*OPC?") == "1"
        unit.close()
        self.wait(50 * MS)


def make_mains_bench(seed: int = 1) -> MainsBench:
    world = World(seed)
    file = load_bench_file(BENCH_FILE)
    for name in ACTUATED_ELSEWHERE:
        del file.instruments["relay"].channels[name]
    mains = Mains(world, file.shunts)
    lamp = Lamp(world)
    contact = SupplyContact(world, "supply contact", lamp)
    mains.consumers.append(contact.name)
    contact.watchers.append(MeterSupplyNet(world, lamp).name)
    instruments = {
        file.instruments[role].resource: make_instrument(world, role, file.instruments[role]) for role in ROLES
    }
    label = f"mains bench {next(_BENCHES)}"
    library = EmulatedVisaLibrary.for_bench(label, world, instruments)
    return MainsBench(world, file, mains, lamp, pyvisa.ResourceManager(library))

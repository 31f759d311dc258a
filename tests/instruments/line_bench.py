"""The chamber and the stage over the VISA library, in a world that has nothing else: for their tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyvisa
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.esp301 import make_esp301
from harness.emulation.instruments.espec_p300 import make_espec_p300
from harness.emulation.instruments.line_instrument import LineInstrument
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.plant.attitude import Attitude
from harness.emulation.plant.climate import Climate
from harness.emulation.world import World
from harness.instruments.espec_p300 import EspecP300
from harness.instruments.limits import Limits
from harness.instruments.newport_esp301 import NewportEsp301
from tests.instruments.small_bench import WorldClock

CHAMBER_LIMITS = {"temperature_min_C": -40.0, "temperature_max_C": 85.0}
STAGE_LIMITS = {"angle_deg": 90.0}
NS_PER_S = 1_000_000_000

Exchange = tuple[str, str, int]


@dataclass
class LineBench:
    """One instrument of lines and what it works on."""

    world: World
    instrument: LineInstrument
    resources: pyvisa.ResourceManager
    resource: str
    make_driver: Callable[..., Any]
    limits: dict[str, float]
    traffic: list[Exchange] = field(default_factory=list)

    @property
    def clock(self) -> WorldClock:
        return WorldClock(self.world)

    def session(self) -> MessageBasedResource:
        """A raw session, for the dialect's own tests."""
        opened = self.resources.open_resource(self.resource, read_termination="\r\n", write_termination="\r\n")
        assert isinstance(opened, MessageBasedResource)
        return opened

    def driver(self, *, serial: str | None = "S-1", **limits: float) -> Any:
        """The driver, over a session of its own."""
        name = self.instrument.name
        return self.make_driver(
            self.session(),
            self.clock,
            name=name,
            serial=serial,
            limits=Limits(name, self.limits | limits, self.make_driver.LIMITS),  # type: ignore[attr-defined]
            traffic=lambda *entry: self.traffic.append(entry),
            timeout_ms=2000,
        )

    def wait(self, seconds: float) -> None:
        self.world.run_until(self.world.now_ns + round(seconds * NS_PER_S))


def chamber_bench(seed: int = 1, resource: str = "TCPIP0::chamber::10001::SOCKET") -> LineBench:
    """A chamber around an empty meter."""
    world = World(seed)
    Climate(world)
    return _bench(world, make_espec_p300(world, "chamber"), resource, EspecP300, CHAMBER_LIMITS)


def stage_bench(seed: int = 1, resource: str = "TCPIP0::stage::5001::SOCKET") -> LineBench:
    """A stage without a meter."""
    world = World(seed)
    Attitude(world)
    return _bench(world, make_esp301(world, "stage"), resource, NewportEsp301, STAGE_LIMITS)


def _bench(
    world: World, instrument: LineInstrument, resource: str, driver: Callable[..., Any], limits: dict[str, float]
) -> LineBench:
    library = EmulatedVisaLibrary.for_bench("line bench", world, {resource: instrument})
    return LineBench(world, instrument, pyvisa.ResourceManager(library), resource, driver, dict(limits))

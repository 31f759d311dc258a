"""The three relay boards in small worlds, and a bench file whose relay unit is one of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.bench.link import ByteLink
from harness.bench.ports import SmbusPort
from harness.emulation.instruments.mcp23017 import Mcp23017Board
from harness.emulation.instruments.numato import NumatoModule
from harness.emulation.instruments.pcf8574 import Pcf8574Board
from harness.emulation.instruments.relay_board import EmulatedSerial, EmulatedSmbus, RelayBoard
from harness.emulation.instruments.relay_unit import Actuator
from harness.emulation.nets import Net
from harness.emulation.world import World
from harness.instruments.mcp23017 import Mcp23017
from harness.instruments.numato_relay import NumatoRelay
from harness.instruments.pcf8574 import Pcf8574
from harness.instruments.relay import RelayUnit
from tests.instruments.small_bench import Switch, WorldClock
from tests.system.commands import BENCH

Exchange = tuple[str, str, int]

RESOURCES = {
    "mcp23017": "smbus:1:0x20",
    "pcf8574": "smbus:1:0x38",
    "numato-relay": "serial:/dev/ttyACM0",
}
SERIALS = {"mcp23017": "B-017", "pcf8574": "B-018", "numato-relay": "EMU00001"}
CHANNELS = {"mcp23017": (3, 12), "pcf8574": (0, 7), "numato-relay": (2, 12)}
"""Two channels of each: one that works the switch, one that works nothing."""


@dataclass
class Board:
    """One board, a switch on its first channel, and a driver on its port."""

    world: World
    board: RelayBoard
    switch: Switch
    port: SmbusPort | ByteLink
    driver: RelayUnit
    first: int
    second: int
    traffic: list[Exchange] = field(default_factory=list)

    def levels(self) -> list[bool]:
        """How the switch was worked, in order."""
        return [level for _, level in self.switch.state]


Emulated = Callable[[World, dict[int, Actuator]], RelayBoard]
EMULATED: dict[str, Emulated] = {
    "mcp23017": lambda world, actuators: Mcp23017Board(world, "relay", actuators),
    "pcf8574": lambda world, actuators: Pcf8574Board(world, "relay", actuators),
    "numato-relay": lambda world, actuators: NumatoModule(world, "relay", actuators),
}
DRIVERS: dict[str, Any] = {"mcp23017": Mcp23017, "pcf8574": Pcf8574, "numato-relay": NumatoRelay}


def open_port(world: World, name: str, board: Any) -> Any:
    """A new port to a board."""
    end = EmulatedSerial if name == "numato-relay" else EmulatedSmbus
    return end(world, RESOURCES[name], board)


def make_board(name: str, seed: int = 1, **options: Any) -> Board:
    """A board with its driver open."""
    world = World(seed)
    switch = Switch(world, "case switch", Net(world, "CASE_SW", level=False))
    first, second = CHANNELS[name]
    board = EMULATED[name](world, {first: Actuator("case switch", "plunger")})
    port = open_port(world, name, board)
    traffic: list[Exchange] = []
    driver = DRIVERS[name](
        port,
        WorldClock(world),
        name="relay",
        serial=SERIALS[name],
        traffic=lambda *entry: traffic.append(entry),
        timeout_ms=500,
        **options,
    )
    return Board(world, board, switch, port, driver, first, second, traffic)


def bench_file_with(name: str, path: Path, *more: str) -> Path:
    """The shipped bench file with this board as its relay unit; ``more`` are further lines of its table."""
    lines = BENCH.read_text(encoding="utf-8").splitlines()
    start = lines.index("[instruments.relay]")
    end = next(index for index in range(start + 1, len(lines)) if lines[index].startswith("["))
    names = tomllib.loads("\n".join(lines))["instruments"]["relay"]["channels"]
    first, second = CHANNELS[name]
    size = 8 if name == "pcf8574" else 16
    numbers = [first, second, *(number for number in range(size) if number not in (first, second))]
    channels = ", ".join(f"{what} = {number}" for what, number in zip(names, numbers, strict=False))
    table = [
        "[instruments.relay]",
        f'driver = "{name}"',
        f'resource = "{RESOURCES[name]}"',
        f'serial = "{SERIALS[name]}"',
        "calibrated_on = 2026-05-31",
        "calibrated_until = 2027-05-31",
        f"channels = {{ {channels} }}",
        *more,
        "",
    ]
    path.write_text("\n".join([*lines[:start], *table, *lines[end:], ""]), encoding="utf-8")
    return path

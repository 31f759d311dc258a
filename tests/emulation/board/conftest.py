"""The reference firmware on an emulated board, booted once per test run and branched from there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from firmware_ref.tool.build import BuildResult, build
from harness.emulation.meter_board import MeterBoard
from harness.emulation.world import Snapshot, World

SECOND_NS = 1_000_000_000
UTC_AT_ZERO_S = 1_790_000_000


@dataclass
class BootedMeter:
    """A meter that has booted and said so, and the moment to come back to."""

    world: World
    board: MeterBoard
    banner: bytes
    snapshot: Snapshot

    def go_back(self) -> None:
        self.world.restore(self.snapshot)

    def run(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)


@pytest.fixture(scope="session")
def firmware() -> BuildResult:
    """The image of the tree (built only when its sources changed)."""
    return build()


def boot(firmware: BuildResult, seed: int) -> BootedMeter:
    """A new world with one meter, three seconds after power-on."""
    world = World(seed)
    board = MeterBoard(world, utc_at_zero_s=UTC_AT_ZERO_S)
    board.load_image(firmware.bin.read_bytes(), firmware.elf)
    board.power_on()
    world.run_until(3 * SECOND_NS)
    banner = bytes(byte for _, byte in board.diagnostic.take())
    return BootedMeter(world, board, banner, world.snapshot())


@pytest.fixture(scope="session")
def session_meter(firmware: BuildResult) -> BootedMeter:
    return boot(firmware, seed=1)


@pytest.fixture
def meter(session_meter: BootedMeter) -> BootedMeter:
    """The booted meter, as it was when it had booted."""
    session_meter.go_back()
    return session_meter

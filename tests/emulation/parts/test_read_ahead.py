"""Octets that a part hands over in advance: whatever is done with the bus, it must not be seen that it did."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from harness.emulation.parts.eeprom_24lc256 import Eeprom24lc256
from harness.emulation.parts.hall_reference import HallReference
from harness.emulation.parts.i2c_bus import I2cDevice, ReadsAhead
from harness.emulation.parts.lis3dh import Lis3dh
from harness.emulation.parts.surroundings import QuietRoom
from harness.emulation.world import World
from tests.emulation.lm3s6965.rig import GPIOB, I2C0, Rig

MSA, MCS, MDR, MTPR, MCR = (I2C0 + offset for offset in (0x00, 0x04, 0x08, 0x0C, 0x20))
RUN, START, STOP, ACK = 1, 2, 4, 8
SRCR1, I2C0_RESET = 0x400F_E044, 1 << 12


class Line:
    """The accelerometer's interrupt line, which nobody watches."""

    def drive(self, level: bool) -> None:
        del level


def eeprom(world: World) -> I2cDevice:
    part = Eeprom24lc256(world, "part")
    part.state.array[:] = random.Random(1).randbytes(len(part.state.array))  # noqa: S311 - no secret
    return part


def hall(world: World) -> I2cDevice:
    return HallReference(world, "part", QuietRoom())


def accelerometer(world: World) -> I2cDevice:
    return Lis3dh(world, "part", QuietRoom(), Line())


Pointers = list[bytes]
KINDS: list[tuple[Callable[[World], I2cDevice], Pointers, list[bytes], int]] = [
    (eeprom, [bytes.fromhex("0000"), bytes.fromhex("7FFA"), bytes.fromhex("1234")], [], 13),
    (hall, [bytes([register]) for register in (2, 3, 4, 6, 8, 9)], [bytes.fromhex("0200")], 13),
    (
        accelerometer,
        [bytes([register]) for register in (0xA7, 0xA8, 0x28, 0xA9, 0xAC)],
        [bytes.fromhex("2308"), bytes.fromhex("2057")],
        8,
    ),
]
"""The part, where reads begin, what is written first, and how many octets are read at most."""


class Bench:
    """One part on a bus; ``ahead`` says whether it may hand over octets in advance."""

    def __init__(self, make: Callable[[World], I2cDevice], *, ahead: bool) -> None:
        self.rig = Rig(seed=5)
        self.part = make(self.rig.world)
        self.rig.bus.attach("part", self.part)
        self.handed = 0
        if ahead:
            self._count()
        else:
            self.rig.bus.read_ahead = lambda: b""  # type: ignore[method-assign]
        self.rig.bus.power_on()
        for offset in (0x420, 0x50C, 0x51C):
            self.rig.write(GPIOB + offset, 0x0C)
        self.begin()

    def _count(self) -> None:
        read_ahead = self.rig.bus.read_ahead

        def counted() -> bytes:
            octets = read_ahead()
            self.handed += len(octets)
            return octets

        self.rig.bus.read_ahead = counted  # type: ignore[method-assign]

    def begin(self) -> None:
        """What a firmware sets up."""
        self.rig.write(MCR, 0x10)
        self.rig.write(MTPR, 1)

    def command(self, bits: int) -> int:
        self.rig.write(MCS, bits)
        while self.rig.read(MCS) & 1:
            self.rig.wait(1_000)
        return self.rig.read(MCS)

    def send(self, octets: bytes, *, stop: bool) -> None:
        self.rig.write(MSA, self.part.address << 1)
        for index, octet in enumerate(octets):
            self.rig.write(MDR, octet)
            ends = STOP if stop and index == len(octets) - 1 else 0
            self.command(RUN | (START if index == 0 else 0) | ends)

    def read(self, pointer: bytes, count: int, *, acknowledge_last: bool, stop: bool) -> list[int]:
        """Sequential octets after a repeated START."""
        self.send(pointer, stop=False)
        self.rig.write(MSA, self.part.address << 1 | 1)
        octets = []
        for index in range(count):
            ack = ACK if index < count - 1 or acknowledge_last else 0
            self.command(RUN | (START if index == 0 else 0) | ack | (STOP if stop and index == count - 1 else 0))
            octets.append(self.rig.read(MDR))
        return octets

    def reset_master(self) -> None:
        """The block is reset in whatever it is doing."""
        self.rig.write(SRCR1, I2C0_RESET)
        self.rig.write(SRCR1, 0)
        self.begin()


@pytest.mark.parametrize(("make", "pointers", "set_up", "most"), KINDS)
def test_reading_ahead_is_not_seen(
    make: Callable[[World], I2cDevice], pointers: Pointers, set_up: list[bytes], most: int
) -> None:
    chance = random.Random(2)  # noqa: S311 - no secret
    benches = Bench(make, ahead=True), Bench(make, ahead=False)
    for bench in benches:
        for octets in set_up:
            bench.send(octets, stop=True)
    for _ in range(250):
        pointer, count = chance.choice(pointers), chance.randrange(1, most + 1)
        acknowledge_last, stop = chance.random() < 0.5, chance.random() < 0.7
        resets, back, pause_ns = chance.random() < 0.1, chance.random() < 0.1, chance.randrange(20_000_000)
        seen = []
        for bench in benches:
            read = bench.read(pointer, count, acknowledge_last=acknowledge_last, stop=stop)
            snapshot = bench.rig.world.snapshot()
            if resets:
                bench.reset_master()
            elif not stop:
                read += bench.read(pointer, 2, acknowledge_last=False, stop=True)
            if back:
                bench.rig.world.restore(snapshot)
                bench.command(STOP)
            bench.rig.wait(pause_ns)
            wire = bench.rig.bus.wire.state
            seen.append((read, bench.rig.world.now_ns, bench.part.capture(), list(wire.starts_ns), list(wire.steps)))  # type: ignore[attr-defined]
        assert seen[0] == seen[1]
    assert isinstance(benches[0].part, ReadsAhead)
    assert benches[0].handed > 100

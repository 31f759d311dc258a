"""The EEPROM: page wrap, write cycle, and what a power cut leaves."""

from __future__ import annotations

import pytest

from harness.emulation.parts.eeprom_24lc256 import Eeprom24lc256
from harness.emulation.world import World


def write(part: Eeprom24lc256, address: int, data: bytes, *, stop: bool = True) -> None:
    assert part.select(False)
    for byte in address.to_bytes(2, "big") + data:
        assert part.take_byte(byte)
    part.end(stop)


def read(part: Eeprom24lc256, address: int, size: int) -> bytes:
    write(part, address, b"", stop=False)
    assert part.select(True)
    data = bytes(part.give_byte() for _ in range(size))
    part.end(True)
    return data


def new_part(seed: int = 1) -> tuple[World, Eeprom24lc256]:
    world = World(seed)
    return world, Eeprom24lc256(world, "eeprom")


def test_delivered_erased() -> None:
    _, part = new_part()
    assert read(part, 0, 32 * 1024) == b"\xff" * 32 * 1024


def test_page_buffer_wraps_at_64_bytes() -> None:
    world, part = new_part()
    write(part, 0x1030, bytes(range(70)))
    world.run_until(5_000_000)
    page = bytes(range(16, 64)) + bytes(range(16))
    expected = bytearray(page)
    for index in range(64, 70):  # the last six overwrote what came first
        expected[(0x30 + index) % 64] = index
    assert read(part, 0x1000, 64) == bytes(expected)
    assert read(part, 0x1040, 16) == b"\xff" * 16


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_silent_for_at_most_5_ms_after_the_stop(seed: int) -> None:
    world, part = new_part(seed)
    assert 3_000_000 <= part.write_ns <= 5_000_000
    write(part, 0, b"\x01")
    world.run_until(part.write_ns - 1)
    assert not part.select(False)
    world.run_until(part.write_ns)
    assert read(part, 0, 1) == b"\x01"


def test_repeated_start_drops_the_data() -> None:
    world, part = new_part()
    write(part, 0, b"\x01", stop=False)
    world.run_until(10_000_000)
    assert read(part, 0, 1) == b"\xff"


def test_sequential_read_wraps_over_the_array() -> None:
    world, part = new_part()
    write(part, 0x7FFF, b"\x11")
    world.run_until(5_000_000)
    write(part, 0x0000, b"\x22")
    world.run_until(10_000_000)
    assert read(part, 0x7FFF, 2) == b"\x11\x22"


def test_cut_in_a_write_leaves_each_byte_old_new_or_garbage() -> None:
    world, part = new_part()
    old, new = bytes(64), bytes([0x55] * 64)
    write(part, 0x40, old)
    world.run_until(5_000_000)
    write(part, 0x40, new)
    world.run_until(7_000_000)
    part.power_off()
    torn = read(part, 0x40, 64)
    assert {0x00, 0x55} < set(torn)
    assert torn.count(0x00) > 5
    assert torn.count(0x55) > 5
    assert read(part, 0x00, 64) == b"\xff" * 64
    assert read(part, 0x80, 64) == b"\xff" * 64
    world.run_until(20_000_000)
    assert read(part, 0x40, 64) == torn


def test_cut_after_the_write_harms_nothing() -> None:
    world, part = new_part()
    write(part, 0x40, b"\x77" * 64)
    world.run_until(5_000_000)
    part.power_off()
    assert read(part, 0x40, 64) == b"\x77" * 64

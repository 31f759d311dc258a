"""The writes to a serial memory, told from reads and from a polled address, and the moments through each."""

import pytest

from harness.measure.i2c import I2cByte, I2cTransfer
from harness.measure.memory_writes import MemoryWrite, find_memory_writes, moments_within

MS = 1_000_000
MEMORY = 0x50


def transfer(octets: int, address: int = MEMORY, **facts: bool) -> I2cTransfer:
    said = {"reading": False, "acknowledged": True, "stopped": True} | facts
    data = tuple(I2cByte(0, True, 2.0 * MS) for _ in range(octets))
    return I2cTransfer(address, data=data, start_ns=1.0 * MS, end_ns=2.0 * MS, **said)


def test_a_write_lasts_from_its_start_to_the_end_of_the_write_cycle() -> None:
    assert find_memory_writes([transfer(34)], MEMORY, 2, 5 * MS) == [MemoryWrite(1.0 * MS, 7.0 * MS)]


@pytest.mark.parametrize(
    "other",
    [
        transfer(2),  # sets the address to read from
        transfer(34, reading=True),
        transfer(34, acknowledged=False),  # busy with the write before
        transfer(34, stopped=False),  # a repeated START drops what was taken in
        transfer(34, address=MEMORY + 1),
    ],
)
def test_what_writes_nothing_is_none(other: I2cTransfer) -> None:
    assert find_memory_writes([other], MEMORY, 2, 5 * MS) == []


def test_an_octet_beyond_the_address_is_a_write() -> None:
    assert len(find_memory_writes([transfer(3), transfer(2)], MEMORY, 2, 5 * MS)) == 1
    assert len(find_memory_writes([transfer(2)], MEMORY, 1, 5 * MS)) == 1


def test_every_write_has_moments_no_further_apart_than_the_step() -> None:
    writes = [MemoryWrite(10, 16), MemoryWrite(30, 31), MemoryWrite(40, 46)]
    moments = moments_within(writes, 2)
    assert moments == [11, 13, 15, 30.5, 41, 43, 45]
    assert all(any(write.holds(at) for at in moments) for write in writes)


def test_writes_that_overlap_share_their_moments() -> None:
    assert moments_within([MemoryWrite(10, 16), MemoryWrite(12, 18)], 2) == [11, 13, 15, 17]


def test_both_ends_belong_to_a_write() -> None:
    write = MemoryWrite(10, 16)
    assert write.holds(10)
    assert write.holds(16)
    assert not write.holds(9.9)
    assert not write.holds(16.1)

"""The I2C master's command table on a real bus, and the SSI's shift."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.eeprom_24lc256 import Eeprom24lc256
from tests.emulation.lm3s6965.rig import GPIOB, I2C0, SSI0, Rig

IRQ = 8
MSA, MCS, MDR, MTPR, MIMR, MRIS, MICR, MCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x1C, 0x20
RUN, START, STOP, ACK = 1, 2, 4, 8


def bus_rig() -> tuple[Rig, Eeprom24lc256]:
    rig = Rig()
    for offset in (0x420, 0x50C, 0x51C):
        rig.write(GPIOB + offset, 0x0C)
    eeprom = Eeprom24lc256(rig.world, "eeprom")
    rig.bus.attach("eeprom", eeprom)
    rig.write(I2C0 + MCR, 0x10)
    rig.write(I2C0 + MTPR, 7)  # 16 MHz / (2 x 10 x 8) = 100 kHz
    rig.write(I2C0 + MIMR, 1)
    return rig, eeprom


def command(rig: Rig, bits: int, byte: int | None = None) -> int:
    """One MCS command; returns the status after its interrupt and waits no longer than for that."""
    if byte is not None:
        rig.write(I2C0 + MDR, byte)
    rig.write(I2C0 + MCS, bits)
    assert rig.read(I2C0 + MCS) & 1
    for _ in range(1_000):
        rig.wait(1_000)
        if rig.line(IRQ):
            rig.write(I2C0 + MICR, 1)
            return rig.read(I2C0 + MCS)
    raise AssertionError("no interrupt within 1 ms")


def write_bytes(rig: Rig, data: bytes) -> list[int]:
    rig.write(I2C0 + MSA, 0x50 << 1)
    states = []
    for index, byte in enumerate(data):
        bits = RUN | (START if index == 0 else 0) | (STOP if index == len(data) - 1 else 0)
        states.append(command(rig, bits, byte))
    return states


def test_write_then_read_back_with_repeated_start() -> None:
    rig, eeprom = bus_rig()
    assert all(state & 2 == 0 for state in write_bytes(rig, bytes.fromhex("0102 AABBCC")))
    rig.wait(6_000_000)
    assert eeprom.state.array[0x102:0x105] == bytes.fromhex("AABBCC")
    rig.write(I2C0 + MSA, 0x50 << 1)
    command(rig, RUN | START, 0x01)
    command(rig, RUN, 0x02)
    rig.write(I2C0 + MSA, 0x50 << 1 | 1)
    command(rig, RUN | START | ACK)
    first = rig.read(I2C0 + MDR)
    command(rig, RUN | ACK)
    second = rig.read(I2C0 + MDR)
    status = command(rig, RUN | STOP)
    assert (first, second, rig.read(I2C0 + MDR)) == (0xAA, 0xBB, 0xCC)
    assert status == 0x20  # idle, no error, bus free


def test_byte_times_follow_from_the_prescaler() -> None:
    rig, _ = bus_rig()
    rig.write(I2C0 + MSA, 0x50 << 1)
    rig.write(I2C0 + MDR, 0)
    rig.write(I2C0 + MCS, RUN | START)
    rig.wait(189_999)  # START, address and data: 19 bits of 10 us
    assert not rig.line(IRQ)
    rig.wait(1)
    assert rig.line(IRQ)


def test_absent_device_gives_address_nack_and_needs_its_stop() -> None:
    rig, _ = bus_rig()
    rig.write(I2C0 + MSA, 0x33 << 1)
    assert command(rig, RUN | START, 0) == 0x46  # BUSBSY, ADRACK, ERROR
    assert command(rig, STOP) == 0x20
    assert command(rig, RUN | START | STOP, 0) == 0x26  # the chip makes the STOP itself


def test_eeprom_is_silent_while_it_writes() -> None:
    rig, _ = bus_rig()
    write_bytes(rig, bytes.fromhex("0000 55"))
    rig.write(I2C0 + MSA, 0x50 << 1)
    assert command(rig, RUN | START | STOP, 0) & 0x04
    rig.wait(5_000_000)
    assert command(rig, RUN | START | STOP, 0) & 0x04 == 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ((GPIOB + 0x420, 0), "PB2 and PB3"),
        ((GPIOB + 0x50C, 0), "open drain"),
        ((I2C0 + MCR, 0), "MFE"),
    ],
)
def test_wrong_set_up_is_named(spoil: tuple[int, int], why: str) -> None:
    rig, _ = bus_rig()
    rig.write(*spoil)
    with pytest.raises(NotModelledError, match=why):
        rig.write(I2C0 + MCS, RUN | START)


def test_commands_outside_the_table() -> None:
    rig, _ = bus_rig()
    for bits in (START, RUN, 0x10 | RUN):
        with pytest.raises(NotModelledError):
            rig.write(I2C0 + MCS, bits)
    rig.write(I2C0 + MCS, RUN | START)
    with pytest.raises(NotModelledError, match="busy"):
        rig.write(I2C0 + MCS, STOP)


def test_ssi_loops_back_in_eight_bit_times() -> None:
    rig = Rig()
    rig.write(SSI0 + 0x10, 16)
    rig.write(SSI0 + 0x00, 0x0007)  # 8 bits, SCR 0: 1 MHz
    rig.write(SSI0 + 0x04, 0x3)
    rig.write(SSI0 + 0x08, 0xA5)
    rig.wait(7_999)
    assert rig.read(SSI0 + 0x0C) & 0x14 == 0x10
    rig.wait(1)
    assert rig.read(SSI0 + 0x08) == 0xA5


def test_ssi_without_a_part_is_refused() -> None:
    rig = Rig()
    rig.write(SSI0 + 0x10, 16)
    rig.write(SSI0 + 0x00, 0x0007)
    rig.write(SSI0 + 0x04, 0x2)
    with pytest.raises(NotModelledError, match="no part"):
        rig.write(SSI0 + 0x08, 0xA5)

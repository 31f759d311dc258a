"""Flash: programming clears bits, pages erase, protection holds, one-way registers stay burnt."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from tests.emulation.lm3s6965.rig import FLASH, SYSCTL, Rig

FMA, FMD, FMC, FCRIS, FCIM, FCMISC = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
KEY, WRITE, ERASE, MERASE, COMT = 0xA442_0000, 1, 2, 4, 8
USECRL, FMPPE0, FMPPE1, FMPRE0 = SYSCTL + 0x140, SYSCTL + 0x134, SYSCTL + 0x404, SYSCTL + 0x200


def flash_rig() -> Rig:
    rig = Rig()
    rig.write(USECRL, 15)
    return rig


def run(rig: Rig, address: int, command: int, data: int = 0, wait_ns: int = 30_000_000) -> None:
    rig.write(FLASH + FMA, address)
    rig.write(FLASH + FMD, data)
    rig.write(FLASH + FMC, KEY | command)
    rig.wait(wait_ns)


def test_programming_only_clears_bits() -> None:
    rig = flash_rig()
    run(rig, 0x8000, WRITE, 0xF0F0_1234)
    run(rig, 0x8000, WRITE, 0xFF00_FFFF)
    assert rig.core.memory[0x8000:0x8004] == (0xF000_1234).to_bytes(4, "little")


def test_page_erase_is_one_kilobyte() -> None:
    rig = flash_rig()
    rig.core.memory[0x8000:0x8C00] = bytes(0xC00)
    run(rig, 0x8404, ERASE)
    assert rig.core.memory[0x8000:0x8400] == bytes(0x400)
    assert rig.core.memory[0x8400:0x8800] == b"\xff" * 0x400
    assert rig.core.memory[0x8800:0x8C00] == bytes(0x400)


def test_times_are_at_least_the_data_sheets() -> None:
    rig = flash_rig()
    run(rig, 0x8000, WRITE, 0, wait_ns=19_999)
    assert rig.read(FLASH + FMC) == WRITE
    assert rig.core.memory[0x8000] == 0xFF
    rig.wait(10_001)
    assert rig.read(FLASH + FMC) == 0
    assert rig.core.memory[0x8000] == 0
    run(rig, 0x8000, ERASE, wait_ns=19_999_999)
    assert rig.read(FLASH + FMC) == ERASE


def test_wrong_key_does_nothing_and_a_second_command_while_busy_is_refused() -> None:
    rig = flash_rig()
    rig.write(FLASH + FMC, 0x1234_0000 | MERASE)
    assert rig.read(FLASH + FMC) == 0
    rig.write(FLASH + FMC, KEY | ERASE)
    with pytest.raises(NotModelledError, match="under way"):
        rig.write(FLASH + FMC, KEY | WRITE)


def test_wrong_microsecond_divider_is_refused() -> None:
    rig = Rig()
    with pytest.raises(NotModelledError, match="USECRL is 49, the core clock asks for 15"):
        rig.write(FLASH + FMC, KEY | WRITE)


def test_protected_block_refuses_with_an_access_interrupt() -> None:
    rig = flash_rig()
    rig.write(FMPPE1, ~(1 << 1) & 0xFFFF_FFFF)  # block 33: 0x10800 to 0x10FFF
    rig.write(FLASH + FCIM, 1)
    run(rig, 0x10FFC, WRITE, 0)
    assert rig.core.memory[0x10FFC] == 0xFF
    assert rig.line(29)
    rig.write(FLASH + FCMISC, 1)
    assert not rig.line(29)
    run(rig, 0x11000, WRITE, 0)
    assert rig.core.memory[0x11000] == 0
    run(rig, 0, MERASE, wait_ns=300_000_000)
    assert rig.core.memory[0x11000] == 0


def test_protection_is_one_way_and_survives_a_reset_only_when_burnt() -> None:
    rig = flash_rig()
    rig.write(FMPPE0, 0xFFFF_FFFE)
    rig.write(FMPPE0, 0xFFFF_FFFF)
    assert rig.read(FMPPE0) == 0xFFFF_FFFE
    rig.mcu.reset(0x10)
    assert rig.read(FMPPE0) == 0xFFFF_FFFF
    rig.set_up()
    rig.write(USECRL, 15)
    rig.write(FMPPE0, 0xFFFF_FFFE)
    run(rig, 1, COMT)
    rig.mcu.power_off()
    rig.mcu.power_on()
    assert rig.read(FMPPE0) == 0xFFFF_FFFE


def test_execute_only_is_not_modelled() -> None:
    with pytest.raises(NotModelledError, match="execute-only"):
        flash_rig().write(FMPRE0, 0)

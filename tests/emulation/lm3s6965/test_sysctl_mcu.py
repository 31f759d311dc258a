"""Clock, gates, reset causes, and that nothing unknown is answered."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.lm3s6965.block import BusFaultError
from tests.emulation.lm3s6965.rig import FLASH, GPIOC, GPTM0, RCC, RCGC0, RCGC1, RCGC2, SYSCTL, UART0, WATCHDOG, Rig

RESC = SYSCTL + 0x05C


def test_identity_is_the_lm3s6965() -> None:
    rig = Rig()
    assert rig.read(SYSCTL + 0x004) == 0x1073_402E
    # DC0: SRAM size / 256 - 1 in the upper half, flash size / 2048 - 1 in the lower.
    dc0 = rig.read(SYSCTL + 0x008)
    assert ((dc0 >> 16) + 1) * 256 == 64 * 1024
    assert ((dc0 & 0xFFFF) + 1) * 2048 == 256 * 1024


def test_out_of_reset_the_internal_oscillator_runs_within_30_percent() -> None:
    rates = set()
    for seed in range(5):
        rig = Rig(seed)
        rig.mcu.reset(0x10)
        rates.add(rig.core.hz)
        assert 8_400_000 <= rig.core.hz <= 15_600_000
    assert len(rates) == 5


def test_main_oscillator_gives_16_mhz_and_the_divider_divides() -> None:
    rig = Rig()
    assert rig.core.hz == 16_000_000
    rig.write(RCC, rig.read(RCC) | 1 << 22)  # USESYSDIV with SYSDIV 15
    assert rig.core.hz == 1_000_000


def test_pll_and_dead_oscillator_are_refused() -> None:
    rig = Rig()
    with pytest.raises(NotModelledError, match="PLL"):
        rig.write(RCC, rig.read(RCC) & ~(1 << 11))
    rig = Rig()
    with pytest.raises(NotModelledError, match="MOSCDIS"):
        rig.write(RCC, rig.read(RCC) | 1)


def test_a_gated_block_is_a_bus_fault_that_names_the_gate() -> None:
    rig = Rig()
    rig.write(RCGC1, rig.read(RCGC1) & ~1)
    with pytest.raises(BusFaultError, match=r"uart0.*set bit 0 of RCGC1"):
        rig.read(UART0 + 0x18)
    rig.write(RCGC2, 0)
    with pytest.raises(BusFaultError, match=r"gpioc.*0x400063FC.*value 0x10"):
        rig.write(GPIOC + 0x3FC, 0x10)


@pytest.mark.parametrize(
    ("address", "width"), [(UART0 + 0x18, 1), (UART0 + 0x18, 2), (0x4004_8000, 4), (UART0 + 0x48, 4)]
)
def test_what_is_not_modelled_raises(address: int, width: int) -> None:
    rig = Rig()
    with pytest.raises(NotModelledError):
        rig.mcu.read(address, width)


def test_read_only_register_refuses_a_write_with_offset_and_value() -> None:
    rig = Rig()
    with pytest.raises(NotModelledError, match=r"flash: write at offset 0x00C of value 0x00000001: .*read-only"):
        rig.write(FLASH + 0x00C, 1)


def test_reset_causes_add_up_until_cleared_and_power_on_stands_alone() -> None:
    rig = Rig()
    assert rig.read(RESC) == 0x02
    rig.write(RESC, 0)
    assert rig.read(RESC) == 0
    rig.write(RESC, 0x01)
    assert rig.read(RESC) == 0  # a write can't make up a cause
    rig.mcu.reset(0x08)
    rig.mcu.software_reset()
    rig.set_up()
    assert rig.read(RESC) == 0x18
    rig.mcu.power_off()
    rig.mcu.power_on()
    assert rig.read(RESC) == 0x02
    assert rig.core.resets == 1  # a software reset is the processor's own


def test_restore_brings_back_clock_and_gates() -> None:
    rig = Rig()
    running = rig.world.snapshot()
    rig.mcu.power_off()
    off = rig.world.snapshot()
    rig.world.restore(running)
    assert rig.mcu.clock.hz == 16_000_000
    assert rig.read(UART0 + 0x18) == 0x90
    rig.world.restore(off)
    assert rig.mcu.clock.hz != 16_000_000
    with pytest.raises(BusFaultError):
        rig.read(UART0 + 0x18)


def test_a_block_at_work_can_not_lose_its_clock() -> None:
    """On the chip it would stand still; here it would go on, so that is refused."""
    rig = Rig()
    rig.write(WATCHDOG, 16_000)
    rig.write(WATCHDOG + 8, 1)
    with pytest.raises(NotModelledError, match="watchdog would stand still"):
        rig.write(RCGC0, 0x40)
    rig.write(GPTM0 + 4, 1)
    rig.write(GPTM0 + 0xC, 1)
    with pytest.raises(NotModelledError, match="gptm0 would stand still"):
        rig.write(RCGC1, 0xE1017)
    rig.write(GPTM0 + 0xC, 0)
    rig.write(RCGC1, 0xE1017)
    with pytest.raises(BusFaultError):
        rig.read(GPTM0)


def test_reset_closes_the_gates_again() -> None:
    rig = Rig()
    rig.mcu.reset(0x08)
    with pytest.raises(BusFaultError):
        rig.read(WATCHDOG)

"""GPTM and watchdog against hand figures: at 16 MHz one clock is 62.5 ns."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from tests.emulation.lm3s6965.rig import GPTM0, RCC, RCC_16_MHZ, SYSCTL, WATCHDOG, Rig

IRQ_TIMER0, IRQ_WATCHDOG = 19, 18
CFG, TAMR, CTL, IMR, RIS, ICR, TAILR, TAR = 0x00, 0x04, 0x0C, 0x18, 0x1C, 0x24, 0x28, 0x48
LOAD, VALUE, WDT_CTL, WDT_ICR, LOCK = 0x000, 0x004, 0x008, 0x00C, 0xC00


def start_timer(rig: Rig, mode: int, load: int) -> None:
    rig.write(GPTM0 + CTL, 0)
    rig.write(GPTM0 + CFG, 0)
    rig.write(GPTM0 + TAMR, mode)
    rig.write(GPTM0 + TAILR, load)
    rig.write(GPTM0 + IMR, 1)
    rig.write(GPTM0 + CTL, 1)


def test_counter_counts_clocks_down() -> None:
    rig = Rig()
    start_timer(rig, 2, 0xFFFF_FFFF)
    rig.wait(1_000_000)
    assert rig.read(GPTM0 + TAR) == 0xFFFF_FFFF - 16_000


def test_one_shot_fires_once_after_its_clocks() -> None:
    rig = Rig()
    start_timer(rig, 1, 16_000)
    rig.wait(999_999)
    assert not rig.line(IRQ_TIMER0)
    rig.wait(1)
    assert rig.line(IRQ_TIMER0)
    assert rig.read(GPTM0 + CTL) == 0
    rig.write(GPTM0 + ICR, 1)
    rig.wait(10_000_000)
    assert not rig.line(IRQ_TIMER0)


def test_period_is_load_plus_one_and_does_not_drift() -> None:
    rig = Rig(core_ppb=-37_123)
    start_timer(rig, 2, 15_999)
    fired = 0
    for _ in range(100):
        rig.wait(1_000_000)
        fired += rig.read(GPTM0 + RIS)
        rig.write(GPTM0 + ICR, 1)
    assert fired == 100
    # After 100 periods' time the fast crystal (37.123 ppm) has counted 59.4 clocks more than 1 600 000.
    assert rig.read(GPTM0 + TAR) == 15_999 - 59


def test_short_periods_are_counted_one_by_one() -> None:
    rig = Rig()
    start_timer(rig, 2, 15)  # 16 clocks: 1 us
    for _ in range(100):
        rig.write(GPTM0 + ICR, 1)
        rig.wait(937)
        assert not rig.line(IRQ_TIMER0)
        rig.wait(1)
        assert rig.line(IRQ_TIMER0)  # 15 clocks of 62.5 ns after the reload the counter is at 0
        rig.wait(62)


def test_load_while_running_starts_from_the_new_value() -> None:
    rig = Rig()
    start_timer(rig, 1, 16_000)
    rig.wait(500_000)
    rig.write(GPTM0 + TAILR, 16_000)
    rig.wait(900_000)
    assert not rig.line(IRQ_TIMER0)
    rig.wait(100_000)
    assert rig.line(IRQ_TIMER0)


def test_stopped_counter_keeps_its_value() -> None:
    rig = Rig()
    start_timer(rig, 2, 1_000_000)
    rig.wait(1_000_000)
    rig.write(GPTM0 + CTL, 0)
    rig.wait(5_000_000)
    assert rig.read(GPTM0 + TAR) == 1_000_000 - 16_000
    assert not rig.line(IRQ_TIMER0)


def test_clock_change_slows_a_running_counter() -> None:
    rig = Rig()
    start_timer(rig, 1, 32_000)
    rig.wait(1_000_000)
    rig.write(RCC, RCC_16_MHZ | 1 << 22)  # divided by 16: 1 MHz
    rig.wait(10_000_000)
    assert rig.read(GPTM0 + TAR) == 16_000 - 10_000
    rig.wait(6_000_000)
    assert rig.line(IRQ_TIMER0)


@pytest.mark.parametrize(("register", "value"), [(CFG, 4), (CFG, 1), (TAMR, 3), (CTL, 0x101), (IMR, 2)])
def test_modes_that_are_not_modelled(register: int, value: int) -> None:
    with pytest.raises(NotModelledError):
        Rig().write(GPTM0 + register, value)


def test_watchdog_interrupts_then_resets() -> None:
    rig = Rig()
    rig.write(WATCHDOG + LOAD, 16_000)
    rig.write(WATCHDOG + WDT_CTL, 3)
    rig.wait(1_000_000)
    assert rig.line(IRQ_WATCHDOG)
    assert rig.core.resets == 0
    rig.wait(1_000_000)
    assert rig.core.resets == 1
    rig.set_up()
    assert rig.read(SYSCTL + 0x05C) & 0x08
    assert rig.read(WATCHDOG + WDT_CTL) == 0


def test_served_watchdog_never_resets() -> None:
    rig = Rig()
    rig.write(WATCHDOG + LOAD, 16_000)
    rig.write(WATCHDOG + WDT_CTL, 3)
    for _ in range(20):
        rig.wait(1_500_000)  # after the first time-out, before the second
        assert rig.line(IRQ_WATCHDOG)
        rig.write(WATCHDOG + WDT_ICR, 0)
        assert not rig.line(IRQ_WATCHDOG)
    assert rig.core.resets == 0


def test_watchdog_can_not_be_switched_off_and_locks() -> None:
    rig = Rig()
    rig.write(WATCHDOG + WDT_CTL, 1)
    rig.write(WATCHDOG + WDT_CTL, 0)
    assert rig.read(WATCHDOG + WDT_CTL) == 1
    rig.write(WATCHDOG + LOCK, 0)
    assert rig.read(WATCHDOG + LOCK) == 1
    with pytest.raises(NotModelledError, match="locked"):
        rig.write(WATCHDOG + LOAD, 5)
    rig.write(WATCHDOG + LOCK, 0x1ACC_E551)
    rig.write(WATCHDOG + LOAD, 5)


@pytest.mark.parametrize("running_first", [True, False])
def test_watchdog_refuses_a_load_that_would_interrupt_without_end(running_first: bool) -> None:
    rig = Rig()
    if running_first:
        rig.write(WATCHDOG + 0x08, 1)
        with pytest.raises(NotModelledError, match="without end"):
            rig.write(WATCHDOG, 0)
    else:
        rig.write(WATCHDOG, 0)
        with pytest.raises(NotModelledError, match="without end"):
            rig.write(WATCHDOG + 0x08, 1)
    rig.wait(1_000_000)


def test_watchdog_value_counts_down() -> None:
    rig = Rig()
    rig.write(WATCHDOG + LOAD, 160_000)
    rig.write(WATCHDOG + WDT_CTL, 1)
    rig.wait(1_000_000)
    assert rig.read(WATCHDOG + VALUE) == 144_000

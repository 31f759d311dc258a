"""Ports: masked data, levels from outside, pulls, edges, the protected debug pins."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.nets import Net
from tests.emulation.lm3s6965.rig import GPIOA, GPIOC, Rig

IRQ_C = 2
PIN4 = 0x10


def case_rig() -> Rig:
    """PC4 as the firmware sets it: digital input with pull-up, both edges."""
    rig = Rig()
    rig.mcu.gpio["c"].connect(4, Net(rig.world, "CASE_SW", level=False))
    rig.mcu.gpio["c"].force(4, False)
    for offset, bits in (
        (0x510, PIN4 | 0x0F),
        (0x51C, PIN4 | 0x0F),
        (0x408, PIN4),
        (0x41C, 0xFF),
        (0x410, PIN4),
    ):
        rig.write(GPIOC + offset, bits)
    return rig


def test_pull_up_makes_an_open_contact_high_and_both_edges_interrupt() -> None:
    rig = case_rig()
    port = rig.mcu.gpio["c"]
    assert rig.read(GPIOC + (PIN4 << 2)) == 0
    port.force(4, None)
    assert rig.read(GPIOC + (PIN4 << 2)) == PIN4
    assert rig.line(IRQ_C)
    rig.write(GPIOC + 0x41C, PIN4)
    assert not rig.line(IRQ_C)
    port.force(4, False)
    assert rig.line(IRQ_C)
    assert rig.read(GPIOC + 0x418) == PIN4


def test_without_its_pull_up_the_wire_stays_low_and_the_net_says_so() -> None:
    rig = case_rig()
    rig.write(GPIOC + 0x510, 0x0F)
    rig.mcu.gpio["c"].force(4, None)
    assert rig.mcu.gpio["c"].nets[4].state.level is False
    assert not rig.line(IRQ_C)


def test_one_edge_only_and_level_sensitive() -> None:
    rig = case_rig()
    port = rig.mcu.gpio["c"]
    rig.write(GPIOC + 0x408, 0)
    rig.write(GPIOC + 0x40C, 0)  # falling
    port.force(4, None)
    assert not rig.line(IRQ_C)
    port.force(4, False)
    assert rig.line(IRQ_C)
    rig.write(GPIOC + 0x41C, PIN4)
    rig.write(GPIOC + 0x404, PIN4)  # low level
    assert rig.line(IRQ_C)
    rig.write(GPIOC + 0x41C, PIN4)  # a level can't be cleared away
    assert rig.line(IRQ_C)
    port.force(4, None)
    assert not rig.line(IRQ_C)


def test_data_mask_writes_and_reads_only_its_pins() -> None:
    rig = Rig()
    rig.write(GPIOA + 0x400, 0xFF)
    rig.write(GPIOA + 0x51C, 0xFF)
    rig.write(GPIOA + 0x3FC, 0xA5)
    rig.write(GPIOA + (0x0F << 2), 0xFA)
    assert rig.read(GPIOA + 0x3FC) == 0xAA
    assert rig.read(GPIOA + (0xF0 << 2)) == 0xA0


def test_floating_input_has_no_level() -> None:
    rig = Rig()
    rig.write(GPIOA + 0x51C, 0x04)
    with pytest.raises(NotModelledError, match="PA2"):
        rig.read(GPIOA + 0x3FC)
    assert rig.read(GPIOA + (0xFB << 2)) == 0


def test_output_against_a_part_is_an_error() -> None:
    rig = case_rig()
    rig.write(GPIOC + 0x3FC, PIN4)
    with pytest.raises(NotModelledError, match="drives against"):
        rig.write(GPIOC + 0x400, PIN4)


def test_debug_pins_keep_their_function_until_unlocked() -> None:
    rig = Rig()
    assert rig.read(GPIOC + 0x420) == 0x0F
    rig.write(GPIOC + 0x420, 0)
    assert rig.read(GPIOC + 0x420) == 0x0F
    with pytest.raises(NotModelledError, match="locked"):
        rig.write(GPIOC + 0x524, 0xFF)
    rig.write(GPIOC + 0x520, 0x1ACC_E551)
    assert rig.read(GPIOC + 0x520) == 0
    rig.write(GPIOC + 0x524, 0xFF)
    rig.write(GPIOC + 0x420, 0)
    assert rig.read(GPIOC + 0x420) == 0
    rig.write(GPIOC + 0x524, 0xF0)  # committed again: now they can't be given back either
    rig.write(GPIOC + 0x420, 0x1F)
    assert rig.read(GPIOC + 0x420) == 0x10


def test_pulls_exclude_each_other() -> None:
    rig = Rig()
    rig.write(GPIOA + 0x510, 0x06)
    rig.write(GPIOA + 0x514, 0x02)
    assert rig.read(GPIOA + 0x510) == 0x04
    assert rig.read(GPIOA + 0x514) == 0x02

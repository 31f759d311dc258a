"""LDREX, STREX and the monitor: it is cleared by exceptions, held in snapshots, and no value is compared."""

from __future__ import annotations

import pytest

from tests.emulation.cpu.builder import assemble, vectors_with
from tests.emulation.cpu.machine import Machine

START = "reset:\n    ldr r5, =0x20000200\n    ldr r4, =0x40000000\n    movs r0, #7\n    str r0, [r5]\n"
STORE = "    movs r2, #9\n    strex r3, r2, [r5]\n    str r3, [r4]\n    ldr r3, [r5]\n    str r3, [r4]\n"


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        pytest.param("nop", [0, 9], id="nothing"),
        pytest.param("clrex", [1, 7], id="CLREX"),
        pytest.param("svc 0", [1, 7], id="an exception"),
        pytest.param("str r2, [r5, #4]\n str r0, [r5]", [0, 9], id="plain stores"),
        pytest.param("strex r3, r0, [r5, #8]", [1, 7], id="another STREX"),
    ],
)
def test_store_exclusive_succeeds_once_after_a_load_unless_cleared(between: str, expected: list[int]) -> None:
    text = START + f"    ldrex r1, [r5]\n    {between}\n" + STORE + "    b .\n"
    text += "    .type h, %function\nh:  bx lr\n"
    machine = Machine(assemble(text, vectors_with(e11="h")))
    machine.run_cycles(500)
    assert machine.written() == expected


def test_narrow_exclusives_store_their_width() -> None:
    text = (
        START + "    ldr r2, =0x11223344\n    str r2, [r5]\n    adds r6, r5, #2\n    ldrexh r1, [r6]\n    movs r2, #0\n"
    )
    text += "    mvns r2, r2\n    strexh r3, r2, [r6]\n    str r3, [r4]\n    ldrexb r1, [r5]\n    strexb lr, r2, [r5]\n"
    machine = Machine(assemble(text + "    str lr, [r4]\n    ldr r3, [r5]\n    str r3, [r4]\n    b .\n"))
    machine.run_cycles(500)
    assert machine.written() == [0, 0, 0xFFFF33FF]


def test_snapshot_between_load_and_store_holds_the_monitor() -> None:
    text = START + "    ldrex r1, [r5]\n    .rept 40\n    nop\n    .endr\n" + STORE + "    b .\n"
    machine = Machine(assemble(text))
    machine.run_cycles(30)
    between = machine.world.snapshot()
    machine.run_cycles(200)
    straight = machine.world.snapshot().digest()
    machine.bus.writes.clear()
    machine.world.restore(between)
    machine.run_cycles(200)
    assert machine.written() == [0, 9]
    assert machine.world.snapshot().digest() == straight
    other = Machine(machine.image)
    other.world.restore(between)
    other.run_cycles(200)
    assert other.written() == [0, 9]


def test_an_interrupt_that_puts_the_old_value_back_is_seen() -> None:
    """A lock-free list breaks where only values are compared."""
    text = (
        START
        + "    ldr r0, =0xE000E100\n    movs r1, #1\n    str r1, [r0]\n"
        + "    ldrex r1, [r5]\n    .rept 40\n    nop\n    .endr\n"
        + STORE
        + "    b .\n"
    )
    text += "    .type h, %function\nh:  movs r0, #8\n    str r0, [r5]\n    movs r0, #7\n    str r0, [r5]\n    bx lr\n"
    machine = Machine(assemble(text, vectors_with(e16="h")))
    machine.irq_at(1_500, 0, True)
    machine.irq_at(1_510, 0, False)
    machine.run_cycles(300)
    assert machine.written() == [1, 7]


def test_time_and_count_of_an_exclusive_pair() -> None:
    text = "    ldrex r1, [r5]\n    strex r3, r2, [r5]\n"
    counts = []
    for pairs in (10, 11):
        machine = Machine(assemble(START + text * pairs + "    str r3, [r4]\n    b .\n"))
        machine.run_cycles(500)
        counts.append(machine.bus.cycles[0])
    assert counts[1] - counts[0] == 4

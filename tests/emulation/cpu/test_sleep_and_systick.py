"""SysTick to the cycle; WFI, WFE and sleep-on-exit, and that sleeping costs nothing."""

from __future__ import annotations

from itertools import pairwise

from tests.emulation.cpu.builder import assemble, vectors_with
from tests.emulation.cpu.machine import Machine
from tests.emulation.cpu.snippets import SETUP, SYSTICK, handler, mark


def test_systick_fires_every_reload_plus_one_cycles_exactly() -> None:
    text = SETUP + SYSTICK + "1:  wfi\n    b 1b\n" + handler("tick", 1)
    machine = Machine(assemble(text, vectors_with(e15="tick")))
    machine.run_cycles(50_000)
    gaps = {later - earlier for earlier, later in pairwise(machine.bus.cycles)}
    assert len(machine.bus.cycles) == 49
    assert gaps == {1000}


def test_systick_counts_down_and_countflag_clears_when_read() -> None:
    text = (
        SETUP
        + SYSTICK.replace("movs r1, #7", "movs r1, #5")
        + "    ldr r2, [r0, #8]\n    str r2, [r4]\n    ldr r2, [r0, #8]\n    str r2, [r4]\n    ldr r1, =2000\n"
        + "1:  subs r1, #1\n    bne 1b\n    ldr r2, [r0]\n    str r2, [r4]\n"
        + "    ldr r2, [r0]\n    str r2, [r4]\n    b .\n"
    )
    machine = Machine(assemble(text))
    machine.run_cycles(20_000)
    first, second, flag, cleared = machine.written()
    assert first == 999  # reloaded in the cycle after it was enabled at 0
    assert first - second == 2  # load, store: the load is pipelined with the store
    assert (flag, cleared) == (0x10005, 5)


def test_systick_goes_on_from_its_count_when_the_reload_value_is_lowered() -> None:
    text = (
        SETUP
        + SYSTICK.replace("movs r1, #7", "movs r1, #5")
        + "    movs r1, #100\n    str r1, [r0, #4]\n    ldr r2, [r0, #8]\n    str r2, [r4]\n    ldr r1, =400\n"
        + "1:  subs r1, #1\n    bne 1b\n    ldr r2, [r0, #8]\n    str r2, [r4]\n    b .\n"
    )
    machine = Machine(assemble(text))
    machine.run_cycles(5_000)
    soon, later = machine.written()
    assert soon == 997  # enabled at 0, reloaded with 999, and two instructions have passed
    assert later <= 100


def test_wfi_sleeps_to_the_interrupt_and_pays_nothing_for_it() -> None:
    text = SETUP + "    movs r0, #1\n    str r0, [r5]\n    wfi\n" + mark(2) + "    b .\n" + handler("isr", 1)
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.irq_at(3_600_000_000_000, 0, level=True)
    machine.irq_at(3_600_000_010_000, 0, level=False)
    machine.run(1_000_000)
    assert machine.cpu.sleeping
    instructions = machine.cpu.instructions
    machine.world.run_until(3_599_999_999_999)
    assert machine.cpu.instructions == instructions
    machine.run(20_000)
    assert not machine.cpu.sleeping
    assert machine.written()[0] == 1
    assert machine.written()[-1] == 2
    assert 3_600_000_000_000 <= machine.bus.times_ns[0] < 3_600_000_002_000
    assert abs(machine.cpu.sleep_ns - 3_600_000_000_000) < 10_000


def test_wfi_wakes_on_a_masked_interrupt_but_does_not_take_it() -> None:
    text = (
        SETUP
        + "    movs r0, #1\n    str r0, [r5]\n    cpsid i\n    wfi\n"
        + mark(1)
        + "    cpsie i\n    nop\n"
        + mark(3)
    )
    machine = Machine(assemble(text + "    b .\n" + handler("isr", 2), vectors_with(e16="isr")))
    machine.irq_at(100_000, 0, level=True)
    machine.irq_at(100_000, 0, level=False)
    machine.run(200_000)
    assert machine.written() == [1, 2, 3]


def test_wfe_falls_through_an_event_and_sleeps_without_one() -> None:
    text = SETUP + "    sev\n    wfe\n" + mark(1) + "    wfe\n" + mark(2) + "    b .\n"
    machine = Machine(assemble(text))
    machine.run_cycles(1000)
    assert machine.written() == [1]
    assert machine.cpu.sleeping


def test_sleep_on_exit_goes_back_to_sleep_without_the_thread() -> None:
    text = SETUP + "    movs r0, #1\n    str r0, [r5]\n    movs r0, #2\n    str r0, [r6, #0x10]\n    wfi\n" + mark(9)
    machine = Machine(assemble(text + "    b .\n" + handler("isr", 1), vectors_with(e16="isr")))
    for at_ns in (100_000, 200_000):
        machine.irq_at(at_ns, 0, level=True)
        machine.irq_at(at_ns + 100, 0, level=False)
    machine.run(300_000)
    assert machine.written() == [1, 1]
    assert machine.cpu.sleeping

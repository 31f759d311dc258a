"""Exceptions: priorities, masks, nesting, tail-chaining, the two stacks, level-sensitive lines."""

from __future__ import annotations

import pytest

from harness.emulation.cpu import FirmwareFault
from tests.emulation.cpu.builder import assemble, vectors_with
from tests.emulation.cpu.machine import RESULTS, Machine
from tests.emulation.cpu.snippets import SETUP, SYSTICK, handler, mark


def test_higher_priority_nests_and_equal_priority_waits() -> None:
    text = (
        SETUP
        + """
    ldr r0, =0x00404080     @ line 0: 0x80, lines 1 and 2: 0x40
    str r0, [r7]
    movs r0, #7
    str r0, [r5]
    movs r0, #1
    str.w r0, [r5, #0x100]  @ pend line 0
    nop
"""
        + mark(9)
        + "    b .\n"
        + handler("low", 1, "    movs r0, #6\n    str.w r0, [r5, #0x100]\n    nop\n", 2)
        + handler("mid", 3, "    nop\n", 4)
        + handler("other", 5, "    nop\n", 6)
    )
    machine = Machine(assemble(text, vectors_with(e16="low", e17="mid", e18="other")))
    machine.run_cycles(2000)
    assert machine.written() == [1, 3, 4, 5, 6, 2, 9]


def test_tail_chaining_costs_six_cycles_and_keeps_the_frame() -> None:
    text = (
        SETUP
        + """
    movs r0, #3
    str r0, [r5]
    str.w r0, [r5, #0x100]
    nop
    mov r0, sp
    str r0, [r4]
    b .
    .type one, %function
one:
    str r4, [r4]
    bx lr
    .type two, %function
two:
    str r4, [r4]
    mov r0, sp
    str r0, [r4]
    bx lr
"""
    )
    machine = Machine(assemble(text, vectors_with(e16="one", e17="two")))
    machine.run_cycles(500)
    # From the store of the first handler: 1 for it, 1 for BX, 6 of tail-chaining.
    assert machine.bus.cycles[1] - machine.bus.cycles[0] == 1 + 1 + 6
    assert machine.written()[2:] == [0x20010000 - 32, 0x20010000]


def test_entry_takes_twelve_cycles_from_the_boundary() -> None:
    text = SETUP + "    movs r0, #1\n    str r0, [r5]\n    b .\n" + handler("isr", 1)
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.irq_at(10_000, 0, level=True)
    machine.irq_at(10_500, 0, level=False)
    machine.run(20_000)
    # 10 us are cycle 160; the endless loop's branch (3 cycles) may hold it up; then 12, push 2, movs 1.
    assert 160 + 15 <= machine.bus.cycles[0] <= 160 + 15 + 2


def test_primask_holds_an_interrupt_back_until_cpsie() -> None:
    text = (
        SETUP
        + "    movs r0, #1\n    str r0, [r5]\n    cpsid i\n    str.w r0, [r5, #0x100]\n    nop\n"
        + mark(1)
        + "    cpsie i\n    nop\n"
        + mark(3)
        + "    b .\n"
        + handler("isr", 2)
    )
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.run_cycles(500)
    assert machine.written() == [1, 2, 3]


def test_basepri_masks_its_priority_and_lower_ones_only() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x00002040\n    str r0, [r7]\n    movs r0, #3\n    str r0, [r5]\n"
        + "    movs r1, #0x40\n    msr basepri, r1\n    str.w r0, [r5, #0x100]\n    nop\n"
        + mark(1)
        + "    movs r1, #0\n    msr basepri, r1\n    nop\n"
        + mark(2)
        + "    b .\n"
        + handler("low", 10)
        + handler("high", 20)
    )
    machine = Machine(assemble(text, vectors_with(e16="low", e17="high")))
    machine.run_cycles(500)
    assert machine.written() == [20, 1, 10, 2]


def test_faultmask_holds_all_but_nmi_back_and_return_clears_it() -> None:
    text = (
        SETUP
        + "    movs r0, #1\n    str r0, [r5]\n    str.w r0, [r5, #0x100]\n    nop\n    b .\n"
        + handler("isr", 1, "    cpsid f\n    mov.w r1, #0x80000000\n    str r1, [r6, #4]\n    nop\n", 3)
        + handler("nmi", 2)
    )
    machine = Machine(assemble(text, vectors_with(e2="nmi", e16="isr")))
    machine.run_cycles(500)
    assert machine.written() == [1, 2, 3]
    assert machine.cpu.registers()["faultmask"] == 0


def test_priority_group_decides_what_preempts() -> None:
    # PRIGROUP 7: no bit preempts, all order. Line 1 is more urgent than line 0, but must not nest in it.
    text = (
        SETUP
        + "    ldr r0, =0x05FA0700\n    str r0, [r6, #12]\n    ldr r0, =0x00402080\n    str r0, [r7]\n"
        + "    movs r0, #7\n    str r0, [r5]\n    movs r0, #1\n    str.w r0, [r5, #0x100]\n    nop\n    b .\n"
        + handler("a", 1, "    movs r0, #6\n    str.w r0, [r5, #0x100]\n    nop\n", 2)
        + handler("b_", 3)
        + handler("c", 4)
    )
    machine = Machine(assemble(text, vectors_with(e16="a", e17="b_", e18="c")))
    machine.run_cycles(500)
    assert machine.written() == [1, 2, 3, 4]


def test_svc_runs_at_once_and_pendsv_after_all_others() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x00E00000\n    str r0, [r6, #0x20]\n    svc 5\n"  # PendSV at the lowest priority
        + mark(9)
        + "    b .\n"
        + handler("svc_", 1, "    mov.w r1, #0x10000000\n    str r1, [r6, #4]\n    nop\n", 2)
        + handler("pendsv", 3)
    )
    machine = Machine(assemble(text, vectors_with(e11="svc_", e14="pendsv")))
    machine.run_cycles(500)
    assert machine.written() == [1, 2, 3, 9]


def test_thread_on_the_process_stack_and_handlers_on_the_main_stack() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x20008000\n    msr psp, r0\n    movs r0, #2\n    msr control, r0\n    isb\n"
        + "    svc 0\n    mov r0, sp\n    str r0, [r4]\n    mrs r0, control\n    str r0, [r4]\n    b .\n"
        + "    .type svc_, %function\nsvc_:\n    mov r0, sp\n    str r0, [r4]\n    mrs r0, psp\n    str r0, [r4]\n"
        + "    mrs r0, control\n    str r0, [r4]\n    str.w lr, [r4]\n    mrs r0, ipsr\n    str r0, [r4]\n    bx lr\n"
    )
    machine = Machine(assemble(text, vectors_with(e11="svc_")))
    machine.run_cycles(500)
    assert machine.written() == [0x20010000, 0x20008000 - 32, 0, 0xFFFFFFFD, 11, 0x20008000, 2]


def test_unprivileged_thread_stays_unprivileged_and_handlers_are_not() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x20008000\n    msr psp, r0\n    movs r0, #3\n    msr control, r0\n    isb\n"
        + "    cpsid i\n    mrs r0, primask\n    str r0, [r4]\n    svc 0\n"
        + "    mrs r0, control\n    str r0, [r4]\n    msr control, r1\n    mrs r0, control\n    str r0, [r4]\n    b .\n"
        + "    .type svc_, %function\nsvc_:\n    ldr r0, [r6]\n    str r0, [r4]\n    movs r1, #0\n    bx lr\n"
    )
    machine = Machine(assemble(text, vectors_with(e11="svc_")))
    machine.run_cycles(500)
    # CPSID does nothing there; CPUID can be read in the handler; CONTROL can't be taken back by the thread.
    assert machine.written() == [0, 0x411FC231, 3, 3]


def test_frame_is_aligned_to_eight_bytes_and_sp_comes_back() -> None:
    text = (
        SETUP
        + "    push {r0}\n    svc 0\n    mov r0, sp\n    str r0, [r4]\n    b .\n"
        + "    .type svc_, %function\nsvc_:\n    mov r0, sp\n    str r0, [r4]\n"
        + "    ldr r0, [sp, #28]\n    str r0, [r4]\n"
        + "    bx lr\n"
    )
    machine = Machine(assemble(text, vectors_with(e11="svc_")))
    machine.run_cycles(500)
    frame, xpsr, after = machine.written()
    assert (frame, xpsr & 1 << 9, after) == (0x20010000 - 40, 1 << 9, 0x20010000 - 4)


def test_frame_holds_the_registers_and_flags_of_what_was_interrupted() -> None:
    text = (
        SETUP
        + "    movs r0, #10\n    movs r1, #11\n    movs r2, #12\n    movs r3, #13\n    mov r12, r3\n    movs r8, #0\n"
        + "    mov lr, r2\n    svc 7\n    ite eq\n    moveq r0, #1\n    movne r0, #0\n    str r0, [r4]\n    b .\n"
        + "    .type svc_, %function\nsvc_:\n    movs r0, #1\n    ldmia.w sp, {r0-r3, r8-r11}\n"
        + "    ldr.w r12, =0x20000100\n    stmia.w r12, {r0-r3, r8-r11}\n"
        + "    ldr r0, [sp, #24]\n    ldrb r0, [r0, #-2]\n    str r0, [r4]\n    bx lr\n"
    )
    machine = Machine(assemble(text, vectors_with(e11="svc_")))
    machine.run_cycles(500)
    stacked = [machine.word(RESULTS + 4 * i) for i in range(8)]
    assert stacked[:6] == [10, 11, 12, 13, 13, 12]
    assert stacked[7] == 0x41000000  # Z as MOVS left it, T
    assert machine.written() == [7, 1]  # the SVC's number by way of the return address; Z is back


def test_line_still_high_after_return_interrupts_again() -> None:
    text = SETUP + "    movs r0, #1\n    str r0, [r5]\n    b .\n" + handler("isr", 1)
    machine = Machine(assemble(text, vectors_with(e16="isr")))

    def drop_after_three(address: int, value: int | None) -> None:
        if len(machine.bus.writes) == 3:
            machine.cpu.set_irq(0, level=False)

    machine.bus.on_access = drop_after_three
    machine.irq_at(10_000, 0, level=True)
    machine.run(50_000)
    assert machine.written() == [1, 1, 1]


def test_pulse_is_latched_and_counts_once() -> None:
    text = SETUP + "    movs r0, #1\n    str r0, [r5]\n    b .\n" + handler("isr", 1)
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.irq_at(10_000, 0, level=True)
    machine.irq_at(10_000, 0, level=False)
    machine.run(50_000)
    assert machine.written() == [1]


def test_disabled_line_stays_pending_until_enabled() -> None:
    text = (
        SETUP
        + "    ldr r1, =200\n1: subs r1, #1\n    bne 1b\n"
        + mark(1)
        + "    movs r0, #1\n    str r0, [r5]\n    nop\n"
    )
    text += mark(3) + "    b .\n" + handler("isr", 2)
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.irq_at(5_000, 0, level=True)
    machine.irq_at(5_100, 0, level=False)
    machine.run(100_000)
    assert machine.written() == [1, 2, 3]


def test_registers_of_the_nvic_read_back() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x00010002\n    str r0, [r5]\n    movs r0, #2\n    str.w r0, [r5, #0x80]\n"
        + "    ldr r0, [r5]\n    str r0, [r4]\n"
        + "    movs r0, #255\n    strb r0, [r7, #1]\n    ldr r0, [r7]\n    str r0, [r4]\n"
        + "    ldr r0, =0xE000E004\n    ldr r0, [r0]\n    str r0, [r4]\n"
        + "    ldr r0, =0xFFFFFFFF\n    str r0, [r5, #4]\n    ldr r0, [r5, #4]\n    str r0, [r4]\n    b .\n"
    )
    machine = Machine(assemble(text))
    machine.run_cycles(500)
    # 3 priority bits; lines 32 to 63 in the second word, of which 12 exist.
    assert machine.written() == [0x00010000, 0x0000E000, 1, 0xFFF]


def test_no_memory_protection_is_claimed() -> None:
    """MPU_TYPE: a firmware that looks finds no regions, since the engine protects by 1 KB at best."""
    machine = Machine(assemble(SETUP + "    ldr r0, [r6, #0x90]\n    str r0, [r4]\n    str r0, [r6, #0x94]\n    b .\n"))
    with pytest.raises(FirmwareFault) as caught:
        machine.run_cycles(200)
    assert machine.written() == [0]
    assert caught.value.report.address == 0xE000ED94


def test_vector_table_moves_with_vtor() -> None:
    text = (
        SETUP
        + "    ldr r0, =0x20001000\n    ldr r1, =isr\n    str.w r1, [r0, #64]\n    str r0, [r6, #8]\n    movs r0, #1\n"
        + "    str r0, [r5]\n    str.w r0, [r5, #0x100]\n    nop\n    b .\n"
        + handler("isr", 5)
    )
    machine = Machine(assemble(text))
    machine.run_cycles(500)
    assert machine.written() == [5]


def test_primask_holds_for_an_unprivileged_thread_too() -> None:
    text = (
        SETUP
        + "    movs r0, #1\n    str r0, [r5]\n    cpsid i\n    movs r0, #1\n    msr control, r0\n    isb\n"
        + "1:  adds r1, #1\n    b 1b\n"
        + handler("isr", 1)
    )
    machine = Machine(assemble(text, vectors_with(e16="isr")))
    machine.irq_at(10_000, 0, level=True)
    machine.run(50_000)
    assert machine.written() == []
    assert machine.cpu.registers()["primask"] == 1


IT_BLOCKS = """
    movs r0, #0
    movs r1, #0
    movs r2, #40
1:  cmp r2, #20
    ittet hi
    addhi r0, #1
    ldrhi r3, [r5]
    addls r1, #1
    addhi r0, #4
    ite eq
    addeq.w r1, r1, #100
    addne r1, #10
    itt ls
    addls r0, #50
    addls.w r1, r1, #7
    subs r2, #1
    bne 1b
    str r0, [r4]
    str r1, [r4]
    b .
"""


def it_machine(systick_reload: int | None) -> Machine:
    text = SETUP + "    ldr r5, =0x20000200\n"
    if systick_reload is not None:
        text += SYSTICK.replace("=999", f"={systick_reload}")
    text += IT_BLOCKS + "    .type isr, %function\nisr:\n    cmp r0, #0\n    ite eq\n"
    return Machine(assemble(text + "    moveq r1, #1\n    movne r1, #2\n    bx lr\n", vectors_with(e15="isr")))


def test_it_blocks_survive_stops_and_restores_anywhere() -> None:
    whole = it_machine(None)
    whole.run_cycles(5_000)
    for step_cycles in (1, 2, 3, 5):
        stepped = it_machine(None)
        for _ in range(1_200 // step_cycles):
            stepped.run_cycles(step_cycles)
            stepped.cpu.restore(stepped.cpu.capture())
        assert (stepped.written(), stepped.bus.cycles) == (whole.written(), whole.bus.cycles)


def test_it_blocks_survive_interrupts_at_every_offset() -> None:
    undisturbed = it_machine(None)
    undisturbed.run_cycles(5_000)
    for systick_reload in range(61, 110):
        machine = it_machine(systick_reload)
        machine.run_cycles(5_000)
        assert machine.written() == undisturbed.written()
        # Every interrupt adds the same: entry 12, cmp, ite and two conditionals 4, bx 1, return 10.
        extra = (machine.bus.cycles[0] - undisturbed.bus.cycles[0] - 6) / 27  # 6 to set it up
        assert extra == int(extra) >= 5, systick_reload

"""Snapshots: a restored processor goes on exactly as it did, whatever it was in the middle of."""

from __future__ import annotations

import time

import pytest

from harness.emulation.plain import digest_plain
from tests.emulation.cpu.builder import assemble, build, vectors_with
from tests.emulation.cpu.machine import Machine

# A thread on the process stack, unprivileged, with ticks and a nested line: every bank and mask is in use.
BUSY = """
reset:
    ldr r4, =0x40000000
    ldr r0, =0xE000E010
    ldr r1, =149
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
    ldr r0, =0xE000ED20
    ldr r1, =0x80000000
    str r1, [r0]
    ldr r0, =0xE000E100
    movs r1, #1
    str r1, [r0]
    ldr r0, =0x20008000
    msr psp, r0
    movs r0, #3
    msr control, r0
    isb
1:  adds r7, #1
    cmp r7, #5
    ittee hi
    movhi r6, r7
    addhi r6, #1
    movls r6, r7
    subls r6, #1
    str r6, [r4]
    svc 3
    b 1b
    .type tick, %function
tick:
    push {r4-r7, lr}
    movs r0, #0x40
    msr basepri, r0
    ldr r1, =0xE000E200
    movs r0, #1
    str r0, [r1]
    cpsid i
    nop
    cpsie i
    movs r0, #0
    msr basepri, r0
    pop {r4-r7, pc}
    .type line, %function
line:
    str r4, [r4, #8]
    bx lr
    .type call, %function
call:
    mrs r0, psp
    str r0, [r4, #12]
    bx lr
"""


def busy_machine() -> Machine:
    return Machine(assemble(BUSY, vectors_with(e11="call", e15="tick", e16="line")))


def test_restored_at_any_cycle_it_goes_on_the_same_way() -> None:
    reference = busy_machine()
    reference.run(60_000)
    expected = digest_plain(reference.cpu.capture())
    machine = busy_machine()
    for _ in range(300):
        before = machine.world.snapshot()
        writes = len(machine.bus.writes)
        machine.run(5_000)  # astray
        del machine.bus.writes[writes:]
        machine.world.restore(before)
        machine.run(187)
    machine.world.run_until(60_000)
    assert digest_plain(machine.cpu.capture()) == expected
    assert machine.bus.writes == reference.bus.writes
    assert len({address for address, _, _ in machine.bus.writes}) == 3


def test_capture_right_after_restore_is_the_same_bytes() -> None:
    machine = busy_machine()
    for _ in range(200):
        machine.run(97)
        state = machine.cpu.capture()
        machine.cpu.restore(state)
        assert machine.cpu.capture() == state


def test_a_snapshot_can_be_restored_in_another_world_of_the_same_build() -> None:
    one, other = busy_machine(), busy_machine()
    one.run(33_333)
    snapshot = one.world.snapshot()
    other.run(1_000)
    other.world.restore(snapshot)
    other.run(10_000)
    one.run(10_000)
    assert other.world.snapshot().digest() == one.world.snapshot().digest()


def test_worlds_in_one_process_share_nothing() -> None:
    alone = busy_machine()
    alone.run(50_000)
    one, other = busy_machine(), busy_machine()
    for _ in range(50):
        one.run(1_000)
        other.run(700)
    assert digest_plain(one.cpu.capture()) == digest_plain(alone.cpu.capture())
    assert digest_plain(other.cpu.capture()) != digest_plain(alone.cpu.capture())


def test_unchanged_flash_pages_are_shared_between_snapshots() -> None:
    machine = busy_machine()
    first = machine.cpu.capture()
    machine.cpu.load_flash(5 * 1024 + 3, b"\x00")
    second = machine.cpu.capture()
    differing = [page for page in range(256) if first.flash[page] is not second.flash[page]]
    assert differing == [5]


def test_capture_and_restore_are_fast() -> None:
    machine = Machine(build("sha256.c"))
    machine.run(1_000_000)
    best_ms = min(_time_ms(machine) for _ in range(20))
    assert best_ms < 0.3


def _time_ms(machine: Machine) -> float:
    begin = time.perf_counter()
    machine.cpu.restore(machine.cpu.capture())
    return (time.perf_counter() - begin) * 1e3


def test_a_faulted_processor_can_be_restored_to_before() -> None:
    machine = Machine(assemble("reset:\n    movs r0, #200\n1:  subs r0, #1\n    bne 1b\n    udf #0\n"))
    machine.run_cycles(100)
    before = machine.world.snapshot()
    for _ in range(2):
        with pytest.raises(Exception, match="firmware fault"):
            machine.run_cycles(5_000)
        machine.world.restore(before)
    machine.run_cycles(50)


def test_a_restore_takes_back_a_change_of_the_clock() -> None:
    reference, machine = busy_machine(), busy_machine()
    for one in (reference, machine):
        one.run(20_000)
    before = machine.world.snapshot()
    machine.cpu.set_clock(8_000_000)
    machine.cpu.set_clock_error(50_000)
    machine.run(20_000)
    machine.world.restore(before)
    for one in (reference, machine):
        one.run(20_000)
    assert machine.world.snapshot().digest() == reference.world.snapshot().digest()
    assert machine.cpu.now_ns == reference.cpu.now_ns

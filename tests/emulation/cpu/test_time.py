"""Exact time: where it stops, what an access sees, other clock rates, power and reset."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.emulation.cpu import CpuError
from harness.emulation.cpu.timebase import FS_PER_NS, Timebase
from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import RESULTS, Machine

STRAIGHT = "reset:\n" + "    adds r0, #1\n" * 40 + "    b .\n"
WRITER = "reset:\n    ldr r4, =0x40000000\n1:  str r4, [r4]\n    adds r0, #1\n    b 1b\n"


def test_stops_at_the_first_boundary_at_or_after_the_target_also_inside_a_block() -> None:
    machine = Machine(assemble(STRAIGHT))
    for instruction in range(1, 30):
        machine.world.run_until(instruction * 125 // 2)  # 62.5 ns per cycle, one cycle per instruction
        done = machine.cpu.registers()["r0"]
        assert done == machine.cpu.instructions == -(-(instruction * 125 // 2) * 2 // 125)


def test_an_interrupt_preempts_inside_a_block_at_its_exact_cycle() -> None:
    text = STRAIGHT.replace("reset:", "reset:\n    ldr r5, =0xE000E100\n    movs r6, #1\n    str r6, [r5]\n", 1)
    for cycle in range(8, 30):
        machine = Machine(assemble(text))
        machine.irq_at(-(-cycle * 125 // 2), 0, level=True)
        machine.world.run_until(-(-cycle * 125 // 2))
        before = machine.cpu.registers()["r0"]
        with pytest.raises(Exception, match="BKPT"):
            machine.run_cycles(40)
        # Not one more instruction of the block ran, and its state was stacked.
        assert machine.word(0x20010000 - 32) == before


def test_an_access_sees_the_start_of_its_instruction() -> None:
    machine = Machine(assemble(WRITER))
    machine.run(5_000)
    cycles = machine.bus.cycles
    assert [later - earlier for earlier, later in pairwise(cycles)] == [5] * (len(cycles) - 1)
    assert machine.bus.times_ns == [cycle * 125 // 2 for cycle in cycles]


def test_scheduling_from_an_access_stops_at_the_event_and_makes_no_second_access() -> None:
    machine = Machine(assemble(WRITER))
    seen: list[tuple[int, int]] = []

    class Listener:
        name = "listener"

        def on_event(self, kind: str, argument: object) -> None:
            seen.append((machine.world.now_ns, machine.cpu.cycles))

        def capture(self) -> object:
            return None

        def restore(self, state: object) -> None:
            assert state is None

    machine.world.add(Listener())

    def schedule_soon(address: int, value: int | None) -> None:
        if len(machine.bus.writes) == 3:
            machine.world.schedule(machine.world.now_ns, "listener", "now")
            machine.world.schedule(machine.world.now_ns + 300, "listener", "later")

    machine.bus.on_access = schedule_soon
    machine.run(5_000)
    access_ns, access_cycle = machine.bus.times_ns[2], machine.bus.cycles[2]
    assert seen[0] == (access_ns, access_cycle + 1)
    assert seen[1][0] == access_ns + 300
    assert 0 <= seen[1][1] * 62.5 - (access_ns + 300) < 3 * 62.5
    untouched = Machine(assemble(WRITER))
    untouched.run(5_000)
    assert machine.bus.cycles == untouched.bus.cycles


def test_reset_from_an_access_takes_effect_before_the_next_instruction() -> None:
    machine = Machine(assemble(WRITER))

    def reset_at_the_third(address: int, value: int | None) -> None:
        if len(machine.bus.writes) == 3:
            machine.cpu.request_reset()

    machine.bus.on_access = reset_at_the_third
    machine.run(2_000)
    # First instruction after reset is a 2-cycle load, so the next store comes 1 + 2 cycles after the third.
    gaps = [later - earlier for earlier, later in pairwise(machine.bus.cycles)]
    assert gaps[1:4] == [5, gaps[2], 5]
    assert gaps[2] == machine.bus.cycles[0] + 1


def test_a_loop_written_over_an_old_it_block_still_stops() -> None:
    text = """
reset:
    ldr r5, =0x20000800
    ldr r0, =0x1C40BF08     @ it eq; adds r0, #1
    str r0, [r5]
    ldr r0, =0x47704770     @ bx lr
    str r0, [r5, #4]
    adds r6, r5, #1
    blx r6
    ldr r0, =0xE7FEBF00     @ nop; b .
    str r0, [r5]
    blx r6
"""
    machine = Machine(assemble(text))
    machine.run(10_000)
    assert abs(machine.cpu.now_ns - 10_000) < 200
    assert machine.cpu.pc == 0x20000802


def test_sysresetreq_tells_the_board_and_resets() -> None:
    text = """
reset:
    ldr r4, =0x40000000
    str r4, [r4]
    ldr r0, =0xE000ED0C
    ldr r1, =0x05FA0004
    str r1, [r0]
    str r4, [r4, #4]
    b .
"""
    machine = Machine(assemble(text))
    told: list[int] = []
    machine.cpu.on_system_reset = lambda: told.append(machine.world.now_ns)
    machine.run(1_500)
    assert len(told) >= 2
    assert {address for address, _, _ in machine.bus.writes} == {0x40000000}


def test_reset_keeps_ram_and_power_loss_does_not() -> None:
    machine = Machine(assemble("reset:\n    b .\n"))
    machine.cpu.write_memory(RESULTS, b"kept")
    machine.cpu.request_reset()
    machine.run(100)
    assert machine.cpu.read_memory(RESULTS, 4) == b"kept"
    machine.cpu.power_off()
    cycles = machine.cpu.cycles
    machine.run(1_000_000)
    assert machine.cpu.cycles == cycles
    assert machine.cpu.read_memory(RESULTS, 4) == b"\xa5" * 4
    machine.cpu.power_on()
    machine.run(1_000)
    assert abs(machine.cpu.now_ns - machine.world.now_ns) < 200


def test_clock_error_moves_every_cycle() -> None:
    machine = Machine(assemble("reset:\n    b .\n"), clock_error_ppb=-100_000)
    machine.run(1_000_000_000)
    assert machine.cpu.cycles == pytest.approx(16_000_000 * (1 + 100e-6), abs=5)


def test_clock_change_from_an_access_keeps_time_continuous() -> None:
    machine = Machine(assemble(WRITER))

    def slow_down(address: int, value: int | None) -> None:
        if len(machine.bus.writes) == 4:
            machine.cpu.set_clock(1_000_000)

    machine.bus.on_access = slow_down
    machine.run(40_000)
    gaps = [later - earlier for earlier, later in pairwise(machine.bus.times_ns)]
    assert gaps[:3] == [312, 313, 312] or gaps[:3] == [313, 312, 313]
    assert set(gaps[3:]) == {5_000}


def test_sleep_is_counted_in_time_across_a_clock_change() -> None:
    machine = Machine(assemble("reset:\n    wfi\n    b .\n"))
    machine.run(1_000_000)
    machine.cpu.set_clock(32_768)
    machine.run(1_000_000_000)
    assert machine.cpu.sleeping
    assert machine.cpu.sleep_ns == pytest.approx(1_001_000_000, abs=40_000)


@given(
    hz=st.integers(10_000, 50_000_000),
    ppb=st.integers(-200_000, 200_000),
    base=st.integers(0, 2**50),
    base_fs=st.integers(0, 10**22),
    ahead_ns=st.integers(0, 10**16),
)
def test_cycle_at_is_the_first_cycle_not_before_its_time(
    hz: int, ppb: int, base: int, base_fs: int, ahead_ns: int
) -> None:
    timebase = Timebase(hz, ppb, base, base_fs)
    at_ns = base_fs // FS_PER_NS + 1 + ahead_ns
    cycle = timebase.cycle_at(at_ns)
    assert timebase.ns_at(cycle) >= at_ns
    assert timebase.ns_at(cycle - 1) < at_ns


def test_wrong_calls_are_told() -> None:
    machine = Machine(assemble("reset:\n    b .\n"))
    with pytest.raises(CpuError, match="line 44"):
        machine.cpu.set_irq(44, level=True)
    with pytest.raises(CpuError, match="reach outside"):
        machine.cpu.read_memory(0x20010000 - 2, 4)
    with pytest.raises(CpuError, match="takes none"):
        machine.cpu.on_event("tick", None)


@given(
    hz=st.sampled_from([12_500_000, 16_000_000, 50_000_000]),
    error_ppb=st.integers(-200_000, 200_000),
    later_hz=st.sampled_from([1_000_000, 16_000_000]),
    slept_s=st.integers(0, 10_000_000),
)
@settings(derandomize=True, deadline=None, max_examples=10)
def test_an_access_is_told_the_same_time_as_the_timebase_has(
    hz: int, error_ppb: int, later_hz: int, slept_s: int
) -> None:
    """The native core works out the time of each access; integers here and there must give the same nanosecond."""
    machine = Machine(assemble(WRITER), clock_hz=hz, clock_error_ppb=error_ppb)
    told: list[tuple[int, int]] = []
    machine.bus.on_access = lambda address, value: told.append((machine.world.now_ns, machine.cpu.now_ns))
    machine.run_cycles(200)
    machine.cpu.power_off()
    machine.world.run_until(machine.world.now_ns + slept_s * 1_000_000_000 + 7)
    machine.cpu.power_on()
    machine.run_cycles(100)
    machine.cpu.set_clock(later_hz)
    machine.run_cycles(100)
    machine.cpu.restore(machine.cpu.capture())
    machine.run_cycles(50)
    assert len(told) > 40
    assert all(seen == true for seen, true in told)

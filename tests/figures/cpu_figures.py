"""Speed of the emulated processor, measured: ``python -m tests.figures.cpu_figures`` prints it, or call ``measure()``.

Processor time is read here, because it is what is measured; the best of several runs is taken, since a busy machine
only ever makes a run slower.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.emulation.cpu.builder import assemble, build, vectors_with
from tests.emulation.cpu.machine import Machine

ROUNDS = 5
CORE_HZ = 16_000_000

TICK_PERIOD_CYCLES = 200
TICKING = """
reset:
    ldr r0, =0xE000E010
    ldr r1, =199
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #{ctrl}
    str r1, [r0]
1:  adds r2, #1
    adds r2, #1
    adds r2, #1
    adds r2, #1
    b 1b
    .type tick, %function
tick:
    adds r1, #1
    bx lr
"""
SLEEPING = """
reset:
    ldr r0, =0xE000E010
    ldr r1, =15999999
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
1:  wfi
    b 1b
    .type tick, %function
tick:
    bx lr
"""
ACCESSING = "reset:\n    ldr r4, =0x40000000\n1:  str r4, [r4]\n    b 1b\n"


def _best_s(action: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        action()
        best = min(best, time.process_time() - begin)
    return best


def instructions_per_s() -> float:
    """True instructions per second of processor time in the SHA-256 loop, with exact time."""
    machine = Machine(build("sha256.c"))
    machine.run(50_000_000)
    before = machine.cpu.instructions
    machine.run(1_000_000_000)
    per_virtual_second = machine.cpu.instructions - before
    return per_virtual_second / _best_s(lambda: machine.run(1_000_000_000))


def interrupt_us() -> float:
    """Entry and return of one SysTick interrupt: the same loop with and without them, per interrupt."""
    span_ns = 500_000_000
    ticking = Machine(assemble(TICKING.format(ctrl=7), vectors_with(e15="tick")))
    silent = Machine(assemble(TICKING.format(ctrl=5), vectors_with(e15="tick")))
    for machine in (ticking, silent):
        machine.run(10_000_000)
    interrupts = span_ns * CORE_HZ // 1_000_000_000 // TICK_PERIOD_CYCLES
    before = ticking.cpu.instructions, silent.cpu.instructions
    with_s, without_s = _best_s(lambda: ticking.run(span_ns)), _best_s(lambda: silent.run(span_ns))
    instructions = ticking.cpu.instructions - before[0], silent.cpu.instructions - before[1]
    return (with_s - without_s * instructions[0] / instructions[1]) / interrupts * 1e6


def snapshot_ms() -> tuple[float, float]:
    """Capture and restore of the processor with all its memory."""
    machine = Machine(build("sha256.c"))
    machine.run(10_000_000)
    state = machine.cpu.capture()
    return _best_s(machine.cpu.capture) * 1e3, _best_s(lambda: machine.cpu.restore(state)) * 1e3


def sleeping_s_per_s() -> float:
    """Virtual seconds per second of processor time of a processor that wakes once a second."""
    machine = Machine(assemble(SLEEPING, vectors_with(e15="tick")))
    span_s = 100_000
    return span_s / _best_s(lambda: machine.run(span_s * 1_000_000_000))


class _SilentBus:
    def read(self, address: int, width: int) -> int:
        return 0

    def write(self, address: int, width: int, value: int) -> None:
        return None


def bus_access_us() -> float:
    """One access to a peripheral in Python that does nothing, time of the access kept exactly."""
    machine = Machine(assemble(ACCESSING))
    machine.cpu.bus = _SilentBus()
    machine.run(1_000_000)
    span_ns = 50_000_000
    accesses = span_ns * CORE_HZ // 1_000_000_000 // 4
    return _best_s(lambda: machine.run(span_ns)) / accesses * 1e6


def measure() -> dict[str, float]:
    """All figures, by name with unit."""
    capture_ms, restore_ms = snapshot_ms()
    return {
        "cpu_instructions_per_s": instructions_per_s(),
        "cpu_interrupt_entry_and_return_us": interrupt_us(),
        "cpu_bus_access_us": bus_access_us(),
        "cpu_capture_ms": capture_ms,
        "cpu_restore_ms": restore_ms,
        "cpu_sleeping_s_per_s": sleeping_s_per_s(),
    }


if __name__ == "__main__":
    for figure, value in measure().items():
        sys.stdout.write(f"{figure:40} {value:.4g}\n")

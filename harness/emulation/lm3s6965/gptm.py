"""A general-purpose timer module in its 32-bit mode: one-shot and periodic down-counter of core clocks.

Source: LM3S6965 data sheet, chapter "General-Purpose Timers"; StellarisWare ``hw_timer.h``. From N the counter reaches
0 after N clocks, where the time-out flag is set; it reloads one clock later, so a period is N + 1 clocks.
Setting TAEN always starts from TAILR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.emulation.lm3s6965.block import WORD_MASK, Block, Chip

ONE_SHOT, PERIODIC = 1, 2
ENABLE, STALL = 0x1, 0x2
TIMEOUT = 0x1
RIS, TAR = 0x01C, 0x048


@dataclass
class GptmState:
    """Registers; while it runs, the counter was ``start_value`` at ``start_ns``."""

    cfg: int = 0
    tamr: int = 0
    ctl: int = 0
    imr: int = 0
    ris: int = 0
    tailr: int = WORD_MASK
    start_value: int = WORD_MASK
    start_ns: int = 0
    held_value: int = WORD_MASK


class Gptm(Block):
    """GPTM0 to GPTM3, timer A of the 32-bit configuration."""

    state: GptmState
    standing_offsets = (RIS, TAR)

    def __init__(self, chip: Chip, index: int, irq: int) -> None:
        self.irq_lines = (irq,)
        self.state = GptmState()
        super().__init__(chip, f"gptm{index}")
        self.add_field(0x000, "cfg", 0)
        self.readers[0x004], self.writers[0x004] = lambda: self.state.tamr, self._write_mode
        self.readers[0x00C], self.writers[0x00C] = lambda: self.state.ctl, self._write_control
        self.readers[0x018], self.writers[0x018] = lambda: self.state.imr, self._write_mask
        self.readers[RIS] = self._raw_status
        self.readers[0x020] = lambda: self.state.ris & self.state.imr
        self.writers[0x024] = self._clear_interrupt
        self.readers[0x028], self.writers[0x028] = lambda: self.state.tailr, self._write_load
        self.readers[TAR] = self._read_value

    @property
    def running(self) -> bool:
        """True while the counter counts."""
        return bool(self.state.ctl & ENABLE)

    @property
    def needs_clock(self) -> bool:
        """While it counts."""
        return self.running

    def _raw_status(self) -> int:
        self.standing[RIS].hold(self.state.ris)
        return self.state.ris

    def _set_raw_status(self, value: int) -> None:
        self.state.ris = value
        self.standing[RIS].forget()

    def _read_value(self) -> int:
        state = self.state
        if self.running and state.tamr == PERIODIC:
            self.standing[TAR].count_down(state.start_value, state.tailr, state.start_ns)
        return self._value()

    def _value(self) -> int:
        """TAR. In a period after the first the counter goes on from TAILR."""
        state = self.state
        if not self.running:
            return state.held_value
        elapsed = self.chip.clock.to_cycles(self.world.now_ns - state.start_ns)
        if elapsed <= state.start_value:
            return state.start_value - elapsed
        if state.tamr == ONE_SHOT:
            return 0
        return state.tailr - (elapsed - state.start_value - 1) % (state.tailr + 1)

    def _write_mode(self, value: int) -> None:
        if value not in {0, ONE_SHOT, PERIODIC}:
            raise self.not_modelled("write", 0x004, value, "only one-shot (1) and periodic (2) are modelled")
        if self.running:
            raise self.not_modelled("write", 0x004, value, "the mode must not change while the timer runs")
        self.state.tamr = value

    def _write_control(self, value: int) -> None:
        if value & ~(ENABLE | STALL):
            raise self.not_modelled("write", 0x00C, value, "only TAEN and TASTALL are modelled")
        state = self.state
        self.standing[TAR].forget()
        was_running = self.running
        if was_running and not value & ENABLE:
            state.held_value = self._value()
            self.world.cancel(self.name, "time-out")
        state.ctl = value
        if value & ENABLE and not was_running:
            if state.tamr not in {ONE_SHOT, PERIODIC}:
                raise self.not_modelled("write", 0x00C, value, "TAMR names no mode; write it before enabling")
            self._count_from(state.tailr)

    def _write_load(self, value: int) -> None:
        """A running counter goes on from the new value (data sheet, 32-bit one-shot/periodic mode)."""
        self.state.tailr = value
        if self.running:
            self.world.cancel(self.name, "time-out")
            self._count_from(value)
        else:
            self.state.held_value = value

    def _count_from(self, value: int) -> None:
        state = self.state
        self.standing[TAR].forget()
        state.start_value, state.start_ns = value, self.world.now_ns
        self._plan_timeout(self.world.now_ns, value)

    def _plan_timeout(self, from_ns: int, cycles: int) -> None:
        due_ns = from_ns + self._ns_covering(cycles)
        self.world.schedule(max(due_ns, self.world.now_ns), self.name, "time-out")

    def _ns_covering(self, cycles: int) -> int:
        """The first nanosecond at which so many clocks are over."""
        clock = self.chip.clock
        return -(-cycles * (1_000_000_000 + clock.error_ppb) // clock.hz)

    def on_event(self, kind: str, argument: Any) -> None:
        """The counter reached 0."""
        if kind != "time-out":
            super().on_event(kind, argument)
        state = self.state
        self._set_raw_status(state.ris | TIMEOUT)
        if state.tamr == ONE_SHOT:
            state.ctl &= ~ENABLE
            state.held_value = state.tailr
        else:
            # Counted from the first start, so that a thousand periods are exact.
            elapsed = self.chip.clock.to_cycles(self.world.now_ns - state.start_ns)
            periods = (elapsed - state.start_value) // (state.tailr + 1) + 1
            self._plan_timeout(state.start_ns, state.start_value + periods * (state.tailr + 1))
        self.drive_irq()

    def before_clock_change(self) -> None:
        """Keep the count: what was left in the old clocks is left in the new ones."""
        if self.running:
            self.state.held_value = self._value()

    def after_clock_change(self) -> None:
        """Go on counting at the new rate from where the counter stood."""
        if self.running:
            self.world.cancel(self.name, "time-out")
            self._count_from(self.state.held_value)

    def _write_mask(self, value: int) -> None:
        if value & ~TIMEOUT:
            raise self.not_modelled("write", 0x018, value, "only TATOIM is modelled")
        self.state.imr = value
        self.drive_irq()

    def _clear_interrupt(self, value: int) -> None:
        self._set_raw_status(self.state.ris & ~value)
        self.drive_irq()

    def drive_irq(self) -> None:
        """The line of timer A follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.ris & self.state.imr))

    def reset_block(self) -> None:
        """Reset values; the counter stands."""
        self.world.cancel(self.name, "time-out")
        self.state = GptmState()
        for word in self.standing.values():
            word.forget()
        self.drive_irq()

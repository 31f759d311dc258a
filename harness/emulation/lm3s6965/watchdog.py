"""The watchdog timer: the first time-out interrupts, the second one resets the chip.

Source: LM3S6965 data sheet, chapter "Watchdog Timer"; StellarisWare ``hw_watchdog.h``. It counts core clocks down from
LOAD; a write of LOAD or ICR starts it again. INTEN, once set, only goes with a reset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.emulation.errors import NotModelledError
from harness.emulation.lm3s6965.block import WORD_MASK, Block, Chip
from harness.emulation.lm3s6965.sysctl import RESC_WATCHDOG

INTERRUPT_ENABLE, RESET_ENABLE = 0x1, 0x2
UNLOCK_KEY = 0x1ACC_E551
STALL = 0x100


@dataclass
class WatchdogState:
    """Registers; while it runs, the counter was LOAD (or ``held_value`` after a clock change) at ``start_ns``."""

    load: int = WORD_MASK
    ctl: int = 0
    ris: int = 0
    test: int = 0
    locked: bool = False
    start_value: int = WORD_MASK
    start_ns: int = 0
    held_value: int = WORD_MASK
    end_ns: int = 0
    """When the counter reaches 0."""
    event_ns: int = -1
    """When the event that looks for that is due, at ``end_ns`` or before; -1: none waits."""


class Watchdog(Block):
    """WDT at 0x40000000."""

    state: WatchdogState

    def __init__(self, chip: Chip, irq: int) -> None:
        self.irq_lines = (irq,)
        self.state = WatchdogState()
        super().__init__(chip, "watchdog")
        self.readers[0x000], self.writers[0x000] = lambda: self.state.load, self._write_load
        self.readers[0x004] = self._value
        self.readers[0x008], self.writers[0x008] = lambda: self.state.ctl, self._write_control
        self.writers[0x00C] = self._service
        self.readers[0x010] = lambda: self.state.ris
        self.readers[0x014] = lambda: self.state.ris & self.state.ctl
        self.add_field(0x418, "test", STALL)
        self.readers[0xC00], self.writers[0xC00] = lambda: int(self.state.locked), self._write_lock

    @property
    def running(self) -> bool:
        """True once INTEN is set."""
        return bool(self.state.ctl & INTERRUPT_ENABLE)

    def write(self, offset: int, value: int) -> None:
        """A locked watchdog takes no write but the lock's own; the chip drops it, which no firmware means."""
        if self.state.locked and offset != 0xC00:
            raise self.not_modelled("write", offset, value, "the watchdog is locked; write the key to WDTLOCK first")
        super().write(offset, value)

    @property
    def needs_clock(self) -> bool:
        """While it counts."""
        return self.running

    def _value(self) -> int:
        state = self.state
        if not self.running:
            return state.held_value
        elapsed = self.chip.clock.to_cycles(self.world.now_ns - state.start_ns)
        return max(0, state.start_value - elapsed)

    def _write_load(self, value: int) -> None:
        if value == 0 and self.running:
            raise self._endless(0x000, value)
        self.state.load = self.state.held_value = value
        self._restart()

    def _endless(self, offset: int, value: int) -> NotModelledError:
        return self.not_modelled("write", offset, value, "a load of 0 interrupts without end")

    def _write_control(self, value: int) -> None:
        state = self.state
        if value & ~(INTERRUPT_ENABLE | RESET_ENABLE):
            raise self.not_modelled("write", 0x008, value, "only INTEN and RESEN exist")
        was_running = self.running
        if value & INTERRUPT_ENABLE and not state.load:
            raise self._endless(0x008, value)
        state.ctl = value | state.ctl & INTERRUPT_ENABLE
        if not was_running:
            self._restart()
        self.drive_irq()

    def _service(self, value: int) -> None:
        del value  # any write clears the interrupt and reloads the counter
        self.state.ris = 0
        self._restart()
        self.drive_irq()

    def _write_lock(self, value: int) -> None:
        self.state.locked = value != UNLOCK_KEY

    def _restart(self, value: int | None = None) -> None:
        """Count anew. An event that waits for an earlier end is left: firmware feeds far more often than it starves."""
        state = self.state
        if not self.running:
            return
        state.start_value, state.start_ns = state.load if value is None else value, self.world.now_ns
        state.end_ns = self.world.now_ns + self.chip.clock.to_ns(state.start_value)
        if state.event_ns < 0 or state.end_ns < state.event_ns:
            self.world.cancel(self.name, "time-out")
            self._wait()

    def _wait(self) -> None:
        self.state.event_ns = self.state.end_ns
        self.world.schedule(self.state.end_ns, self.name, "time-out")

    def on_event(self, kind: str, argument: Any) -> None:
        """The counter reached 0: interrupt, or reset if the interrupt before was never cleared."""
        if kind != "time-out":
            super().on_event(kind, argument)
        if self.world.now_ns < self.state.end_ns:
            self._wait()
            return
        self.state.event_ns = -1
        if self.state.ris and self.state.ctl & RESET_ENABLE:
            self.chip.reset(RESC_WATCHDOG)
            return
        self.state.ris = 1
        self._restart()
        self.drive_irq()

    def before_clock_change(self) -> None:
        """Keep the count."""
        self.state.held_value = self._value()

    def after_clock_change(self) -> None:
        """Go on at the new rate from where the counter stood."""
        self._restart(self.state.held_value)

    def drive_irq(self) -> None:
        """The line follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.ris & self.state.ctl))

    def reset_block(self) -> None:
        """Reset values: stopped and unlocked."""
        self.world.cancel(self.name, "time-out")
        self.state = WatchdogState()
        self.drive_irq()

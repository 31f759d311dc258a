"""A general-purpose timer module in its 32-bit mode: one-shot and periodic down-counter of core clocks.

Source: LM3S6965 data sheet, chapter "General-Purpose Timers"; StellarisWare ``hw_timer.h``. From N the counter reaches
0 after N clocks, where the time-out flag is set; it reloads one clock later, so a period is N + 1 clocks.
Setting TAEN always starts from TAILR. Registers and count live in ``gptm.c``, inside the native core.
"""

from __future__ import annotations

import ctypes
from typing import ClassVar

from harness.emulation.cpu.native import load_native_core
from harness.emulation.lm3s6965.block import WORD_MASK, Chip
from harness.emulation.lm3s6965.native_block import NativeBlock, NativeRegisters, check_size

ONE_SHOT, PERIODIC = 1, 2
ENABLE = 0x1
CFG, TAMR, CTL, IMR, RIS, MIS, ICR, TAILR, TAR = 0x000, 0x004, 0x00C, 0x018, 0x01C, 0x020, 0x024, 0x028, 0x048


class GptmRegisters(NativeRegisters):
    """``struct tb_gptm`` of gptm.h, the same bytes, and the register that only Python knows."""

    _fields_: ClassVar = [
        *((name, ctypes.c_uint32) for name in ("tamr", "ctl", "imr", "ris", "tailr", "start_value", "held_value")),
        ("start_ns", ctypes.c_uint64),
    ]
    cfg = 0


class Gptm(NativeBlock):
    """GPTM0 to GPTM3, timer A of the 32-bit configuration."""

    state: GptmRegisters
    kept = dict.fromkeys(("cfg", "tamr", "ctl", "imr", "ris", "start_ns"), 0) | dict.fromkeys(
        ("tailr", "start_value", "held_value"), WORD_MASK
    )
    native_reads = (TAMR, CTL, IMR, RIS, MIS, TAILR, TAR)
    native_writes = (CTL, IMR, ICR, TAILR)

    def __init__(self, chip: Chip, index: int, irq: int, base: int) -> None:
        registers, native = GptmRegisters(), load_native_core()
        check_size(registers, native.tb_gptm_size())
        native.tb_gptm_init(ctypes.addressof(registers))
        super().__init__(chip, f"gptm{index}", irq, base, registers)
        self.add_field(CFG, "cfg", 0)
        self.writers[TAMR] = self._write_mode

    @property
    def running(self) -> bool:
        """True while the counter counts."""
        return bool(self.state.ctl & ENABLE)

    @property
    def needs_clock(self) -> bool:
        """While it counts."""
        return self.running

    def refused(self, offset: int, value: int) -> str:
        """What the two registers take that take not everything."""
        if offset == IMR:
            return "only TATOIM is modelled"
        return "only TAEN and TASTALL are modelled, and TAMR must name a mode before the counter is enabled"

    def _write_mode(self, value: int) -> None:
        if value not in {0, ONE_SHOT, PERIODIC}:
            raise self.not_modelled("write", TAMR, value, "only one-shot (1) and periodic (2) are modelled")
        if self.running:
            raise self.not_modelled("write", TAMR, value, "the mode must not change while the timer runs")
        self.state.tamr = value

    def before_clock_change(self) -> None:
        """Keep the count: what was left in the old clocks is left in the new ones."""
        if self.running:
            self.state.held_value = self.readers[TAR]()

    def after_clock_change(self) -> None:
        """Go on counting at the new rate from where the counter stood."""
        if self.running:
            self._native.tb_gptm_count_from(self.place, self.state.held_value, self.world.now_ns)
            self._native.tb_block_changed(self.place)
            self._follow()

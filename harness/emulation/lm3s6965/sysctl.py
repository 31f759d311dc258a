"""System control: identity, reset causes, the core clock, the clock gates of every other block.

Source: LM3S6965 data sheet, chapter "System Control"; StellarisWare ``hw_sysctl.h``. Reset values of the DC registers
are the part's own. The flash protection registers that live in this address range belong to ``flash_controller``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.emulation.lm3s6965.block import Block, Chip
from harness.emulation.world import World

MAIN_OSCILLATOR_HZ = 16_000_000
INTERNAL_OSCILLATOR_HZ = 12_000_000
INTERNAL_OSCILLATOR_PERMILLE = 300
"""The data sheet gives 12 MHz +- 30 % for the internal oscillator."""
SLEEP_OSCILLATOR_HZ = 30_000
HIBERNATION_OSCILLATOR_HZ = 32_768

RESC_EXTERNAL, RESC_POWER_ON, RESC_WATCHDOG, RESC_SOFTWARE = 0x01, 0x02, 0x08, 0x10
RESC_MASK = 0x3F

RCC_RESET = 0x078E_3AD1
"""SYSDIV 15, PLL powered down and bypassed, XTAL code 0xB, internal oscillator, main oscillator off (data sheet)."""
RCC2_RESET = 0x0780_2810
RCC_AUTO_GATING = 1 << 27
RCC_USE_DIVIDER = 1 << 22
RCC_BYPASS = 1 << 11
RCC_MAIN_OFF = 1
RCC2_USE = 1 << 31
RCGC0_RESET = 0x0000_0040

IDENTITY = {
    0x000: 0x1001_0002,  # DID0
    0x004: 0x1073_402E,  # DID1
    0x008: 0x00FF_007F,  # DC0: 64 KB SRAM, 256 KB flash
    0x010: 0x0011_33FF,
    0x014: 0x030F_5317,
    0x018: 0x0F0F_87FF,
    0x01C: 0x5000_007F,
}


@dataclass
class SysctlState:
    """Registers; ``internal_hz`` is what this chip's own oscillator really runs at."""

    internal_hz: int
    clock_hz: int
    resc: int = 0
    rcc: int = RCC_RESET
    rcc2: int = RCC2_RESET
    rcgc0: int = RCGC0_RESET
    rcgc1: int = 0
    rcgc2: int = 0
    pborctl: int = 0x7FFD
    imc: int = 0


class SysctlChip(Chip, Protocol):
    """What only this block asks of the chip."""

    def clock_selected(self, hz: int) -> None:
        """The core clock is now ``hz``."""

    def blocks_at_work(self, gates: str, value: int) -> str:
        """Names of the blocks that ``value`` of ``gates`` (rcgc0 to rcgc2) would stop in the middle of their work."""

    def gates_changed(self) -> None:
        """RCGC0-2 were written."""

    def soft_reset(self, register: int, bits: int) -> None:
        """Reset the blocks of SRCR0-2 whose bits are set."""


def _internal_rate_hz(world: World) -> int:
    """This chip's internal oscillator, drawn within the data sheet's tolerance."""
    spread = INTERNAL_OSCILLATOR_HZ * INTERNAL_OSCILLATOR_PERMILLE // 1000
    return INTERNAL_OSCILLATOR_HZ + world.stream("internal oscillator").take_int(-spread, spread)


class Sysctl(Block):
    """SYSCTL at 0x400FE000."""

    state: SysctlState
    chip: SysctlChip

    def __init__(self, chip: SysctlChip) -> None:
        internal_hz = _internal_rate_hz(chip.world)
        self.state = SysctlState(internal_hz, internal_hz)
        super().__init__(chip, "sysctl")
        for offset, value in IDENTITY.items():
            self.readers[offset] = self._constant(value)
        self.add_field(0x030, "pborctl", 0xFFFF)
        self.readers[0x050] = self.readers[0x058] = self._constant(0)
        self.add_field(0x054, "imc", 0)
        self.readers[0x05C], self.writers[0x05C] = lambda: self.state.resc, self._write_resc
        self.readers[0x060], self.writers[0x060] = lambda: self.state.rcc, self._write_rcc
        self.readers[0x070], self.writers[0x070] = lambda: self.state.rcc2, self._write_rcc2
        for index in range(3):
            self._add_gate(0x100 + 4 * index, f"rcgc{index}")
            self._add_soft_reset(0x040 + 4 * index, index)

    @staticmethod
    def _constant(value: int) -> Callable[[], int]:
        return lambda: value

    def _add_gate(self, offset: int, field: str) -> None:
        def write(value: int) -> None:
            stopped = self.chip.blocks_at_work(field, value)
            if stopped:
                why = f"{stopped} would stand still in its work; only idle blocks can lose their clock here"
                raise self.not_modelled("write", offset, value, why)
            setattr(self.state, field, value)
            self.chip.gates_changed()

        self.readers[offset] = lambda: int(getattr(self.state, field))
        self.writers[offset] = write

    def _add_soft_reset(self, offset: int, index: int) -> None:
        self.readers[offset] = lambda: 0
        self.writers[offset] = lambda bits: self.chip.soft_reset(index, bits)

    def _write_resc(self, value: int) -> None:
        """Causes are sticky: a write keeps the bits that are 1 and clears the others."""
        self.state.resc &= value & RESC_MASK

    def _write_rcc(self, value: int) -> None:
        if value & RCC_AUTO_GATING:
            raise self.not_modelled("write", 0x060, value, "ACG (SCGC/DCGC clock gating in sleep) is not modelled")
        self.state.rcc = value
        self._select_clock(0x060, value)

    def _write_rcc2(self, value: int) -> None:
        self.state.rcc2 = value
        self._select_clock(0x070, value)

    def _select_clock(self, offset: int, value: int) -> None:
        state = self.state
        extended = bool(state.rcc2 & RCC2_USE)
        if not (state.rcc2 if extended else state.rcc) & RCC_BYPASS:
            why = "the PLL can't run from the board's 16 MHz oscillator (XTAL ends at 8.192 MHz); keep BYPASS set"
            raise self.not_modelled("write", offset, value, why)
        source = (state.rcc2 >> 4) & 7 if extended else (state.rcc >> 4) & 3
        hz = self._source_hz(source, offset, value)
        if state.rcc & RCC_USE_DIVIDER:
            hz //= ((state.rcc2 >> 23 & 0x3F) if extended else (state.rcc >> 23 & 0xF)) + 1
        if hz != state.clock_hz:
            state.clock_hz = hz
            self.chip.clock_selected(hz)

    def _source_hz(self, source: int, offset: int, value: int) -> int:
        state = self.state
        if source == 0:
            if state.rcc & RCC_MAIN_OFF:
                raise self.not_modelled("write", offset, value, "the main oscillator is selected while MOSCDIS is set")
            return MAIN_OSCILLATOR_HZ
        rates = {
            1: state.internal_hz,
            2: state.internal_hz // 4,
            3: SLEEP_OSCILLATOR_HZ,
            7: HIBERNATION_OSCILLATOR_HZ,
        }
        if source not in rates:
            raise self.not_modelled("write", offset, value, f"oscillator source {source} is reserved")
        return rates[source]

    def reset_block(self) -> None:
        """Registers to their reset values; reset causes are kept (they tell what happened)."""
        resc, internal_hz = self.state.resc, self.state.internal_hz
        self.state = SysctlState(internal_hz, internal_hz, resc=resc)

    def note_reset(self, cause: int) -> None:
        """Remember why the chip was reset; power-on leaves no other cause standing."""
        self.state.resc = cause if cause == RESC_POWER_ON else self.state.resc | cause

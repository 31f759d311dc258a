"""The synchronous serial interface: Freescale SPI words shifted to an attached part, or in loop-back.

Source: LM3S6965 data sheet, chapter "Synchronous Serial Interface"; StellarisWare ``hw_ssi.h``. Bit rate = core clock /
(CPSDVSR x (1 + SCR)). A word of n bits takes n bit times; the part answers each word with one, when its last bit ends.

FIFOs and shift live in ``ssi.c``, inside the native core. Here are what sets the line up, the exchange with a part that
is not native, and the words for what is refused.
"""

from __future__ import annotations

import ctypes
from typing import ClassVar, Protocol

from harness.emulation.cpu.native import SSI_TOLD, load_native_core
from harness.emulation.lm3s6965.block import Chip
from harness.emulation.lm3s6965.native_block import NEVER_NS, NativeBlock, NativeRegisters, check_size

FIFO_DEPTH = 8
SELECT_PIN = 3
DATA_PINS = 1 << 2 | 1 << 4 | 1 << 5
"""SSI0Fss; clock, receive, transmit: all of port A."""
CR0, CR1, DR, SR, CPSR, IM, RIS, MIS, ICR = 0x000, 0x004, 0x008, 0x00C, 0x010, 0x014, 0x018, 0x01C, 0x020
SECOND_EDGE = 0x80
"""SPH in CR0."""
LOOPBACK, ENABLE = 0x1, 0x2
INT_TIMEOUT = 0x2
_REGISTERS = ("cr0", "cr1", "cpsr", "im", "overrun", "shifting", "tx_count", "rx_count")
_FIFOS = (*(f"tx{place}" for place in range(FIFO_DEPTH)), *(f"rx{place}" for place in range(FIFO_DEPTH)))


class SpiDevice(Protocol):
    """A part at the far end of the bus."""

    @property
    def spi_mode(self) -> int:
        """2 · polarity + phase of the clock that it works with."""

    @property
    def fastest_Hz(self) -> int:
        """The highest clock rate that it follows."""

    def select(self, low: bool) -> None:
        """The level of its chip select, low for selected; told also when it did not change."""

    def exchange(self, word: int, bits: int, at_ns: int) -> int:
        """The word sent while ``word`` was received; ``at_ns``, now, is when its last bit ended."""


class SsiRegisters(NativeRegisters):
    """``struct tb_ssi`` of ssi.h, the same bytes."""

    _fields_: ClassVar = [
        *((name, ctypes.c_uint32) for name in ("ready", *_REGISTERS, *_FIFOS)),
        *((name, ctypes.c_void_p) for name in ("part", "told")),
    ]


class Ssi(NativeBlock):
    """SSI0 as master. ``device`` is set by the board; none attached is an error at the first word.

    ``native_half`` is where the device's ``struct tb_spi_part`` lies, if it has one; it tells ``fail`` what goes wrong.
    """

    state: SsiRegisters
    kept = dict.fromkeys((*_REGISTERS, *_FIFOS), 0)
    native_reads = (SR, RIS, MIS)
    native_writes = ()

    def __init__(self, chip: Chip, irq: int, base: int) -> None:
        self.device: SpiDevice | None = None
        self.native_half = 0
        self._told = SSI_TOLD(self._word_ended)  # the structure holds only its address
        registers, native = SsiRegisters(), load_native_core()
        check_size(registers, native.tb_ssi_size())
        native.tb_ssi_init(ctypes.addressof(registers), self._told)
        super().__init__(chip, "ssi0", irq, base, registers)
        self.readers[CR0], self.writers[CR0] = lambda: self.state.cr0, self._write_format
        self.readers[CR1], self.writers[CR1] = lambda: self.state.cr1, self._write_control
        self.readers[DR], self.writers[DR] = self._read_data, self._write_data
        self.readers[CPSR], self.writers[CPSR] = lambda: self.state.cpsr, self._write_prescaler
        self.readers[IM], self.writers[IM] = lambda: self.state.im, self._write_mask
        self.writers[ICR] = self._clear_interrupts

    # What sets it up

    def doubt(self) -> None:
        """Pins, clock or set-up were changed: the line is looked at again before the next word that finds it free."""
        self.state.ready, self.state.part = 0, None

    def clock_changed(self) -> None:
        """The core clock has another rate, and the bits with it."""
        super().clock_changed()
        self.doubt()

    def _write_format(self, value: int) -> None:
        if value & 0xF < 3 or value & 0x30:
            raise self.not_modelled("write", CR0, value, "expected Freescale SPI with 4 to 16 bits")
        self.state.cr0 = value & 0xFFFF
        self.doubt()

    def _write_control(self, value: int) -> None:
        if value & ~(LOOPBACK | ENABLE):
            raise self.not_modelled("write", CR1, value, "slave mode is not modelled")
        state = self.state
        state.cr1 = value
        self.doubt()
        if state.tx_count and value & ENABLE and state.due_ns == NEVER_NS:
            self._check_line(CR1, value)
            self._native.tb_ssi_start(self.place, self.world.now_ns)
        self._changed()

    def _write_prescaler(self, value: int) -> None:
        if value & ~0xFE:
            raise self.not_modelled("write", CPSR, value, "only bits 0x000000FE are modelled")
        self.state.cpsr = value
        self.doubt()

    def _check_line(self, offset: int, value: int) -> None:
        """A line set up for another part than the one attached would move bits on the wrong edges."""
        state, device = self.state, self.device
        why = ""
        if state.cpsr < 2:
            why = "CPSDVSR is below 2: no bit clock"
        elif state.cr1 & LOOPBACK:
            pass
        elif device is None:
            why = "no part is attached to SSI0"
        elif not self.chip.has_pins("a", DATA_PINS):
            why = "PA2, PA4 and PA5 are not set to SSI0 (AFSEL and DEN)"
        elif (mode := state.cr0 >> 5 & 2 | state.cr0 >> 7 & 1) != device.spi_mode:
            why = f"SPI mode {mode} (SPO, SPH); the part works in mode {device.spi_mode}"
        elif (rate_Hz := self.chip.clock.hz // (state.cpsr * (1 + (state.cr0 >> 8)))) > device.fastest_Hz:
            why = f"bit rate {rate_Hz} Hz; the part follows {device.fastest_Hz} Hz at most"
        if why:
            raise self.not_modelled("write", offset, value, why)
        state.ready = 1
        state.part = None if self._selects_itself else self.native_half or None

    @property
    def _selects_itself(self) -> bool:
        """PA3 is SSI0Fss; otherwise the part's select is the board's and the firmware's matter."""
        return self.chip.has_pins("a", 1 << SELECT_PIN)

    # Words

    def _read_data(self) -> int:
        if not self.state.rx_count:
            raise self.not_modelled("read", DR, None, "the receive FIFO is empty; check RNE in SR first")
        word = self._read_native(DR)
        self._follow()
        return word

    def _write_data(self, value: int) -> None:
        state = self.state
        if state.cr1 & ENABLE and state.due_ns == NEVER_NS and not state.ready:
            self._check_line(DR, value)
        self._write_native(DR, value)

    def _word_ended(self, word: int, bits: int, at_ns: int) -> int:
        """A word ended: the part's answer. Called by the native core."""
        try:
            self.world.now_ns = at_ns
            device = self.device
            if device is None:
                raise self.not_modelled("write", DR, word, "no part is attached to SSI0")  # noqa: TRY301 - told as others
            if not self._selects_itself:
                return device.exchange(word, bits, at_ns)
            # SSI0Fss stays low over words back to back with SPH 1, and rises between them with 0.
            device.select(True)
            answer = device.exchange(word, bits, at_ns)
            if not self.state.tx_count or not self.state.cr0 & SECOND_EDGE:
                device.select(False)
        except BaseException as error:  # noqa: BLE001 - C can't carry it; whoever drives the block raises it again
            self.fail(error)
            return 0
        return answer

    def fail(self, error: BaseException) -> None:
        """Something went wrong inside the native core: whoever drives the block raises it."""
        if self.state.core:
            self.chip.stop_with(error)
        else:
            self._raised = error

    # Interrupts

    def _write_mask(self, value: int) -> None:
        if value & INT_TIMEOUT or value & ~0xF:
            raise self.not_modelled("write", IM, value, "the receive time-out interrupt is not modelled")
        self.state.im = value
        self._changed()

    def _clear_interrupts(self, bits: int) -> None:
        self.state.overrun &= ~bits
        self._changed()

    def _changed(self) -> None:
        self._native.tb_block_changed(self.place)
        self._follow()

    # State

    def restore(self, state: dict[str, int]) -> None:
        """Take back what ``capture`` gave."""
        super().restore(state)
        self.doubt()

    def reset_block(self) -> None:
        """Reset values; a word on the line is cut off."""
        self.doubt()
        super().reset_block()

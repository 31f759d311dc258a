"""The synchronous serial interface: Freescale SPI words shifted to an attached part, or in loop-back.

Source: LM3S6965 data sheet, chapter "Synchronous Serial Interface"; StellarisWare ``hw_ssi.h``. Bit rate = core clock /
(CPSDVSR x (1 + SCR)). A word of n bits takes n bit times; the part answers each word with one.

Words that have left by now are exchanged when somebody looks: at an access, at the part's select, and at the one word
whose end can change the interrupt line. An event per word would cost more than all the rest of a meter's sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from harness.emulation.lm3s6965.block import Block, Chip, Reader, Writer

FIFO_DEPTH = 8
SELECT_PIN = 3
DATA_PINS = 1 << 2 | 1 << 4 | 1 << 5
"""SSI0Fss; clock, receive, transmit: all of port A."""
SECOND_EDGE = 0x80
"""SPH in CR0."""
LOOPBACK, ENABLE = 0x1, 0x2
INT_OVERRUN, INT_TIMEOUT, INT_RX, INT_TX = 0x1, 0x2, 0x4, 0x8


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
        """The word sent while ``word`` was received; ``at_ns``, now or just before, is when its last bit ended."""


@dataclass
class SsiState:
    """Registers and FIFOs; ``shifting`` is the word on the line, and when its last bit ends."""

    cr0: int = 0
    cr1: int = 0
    cpsr: int = 0
    im: int = 0
    overrun: int = 0
    tx: list[int] = field(default_factory=list)
    rx: list[int] = field(default_factory=list)
    shifting: int | None = None
    shift_end_ns: int = 0
    look_ns: int = -1
    """When the event is due that looks at the interrupt line again; -1: none is."""


class Ssi(Block):
    """SSI0 at 0x40008000 as master. ``device`` is set by the board; none attached is an error at the first word."""

    state: SsiState

    def __init__(self, chip: Chip, irq: int) -> None:
        self.irq_lines = (irq,)
        self.device: SpiDevice | None = None
        self.state = SsiState()
        super().__init__(chip, "ssi0")
        self.readers[0x000], self.writers[0x000] = lambda: self.state.cr0, self._write_format
        self.readers[0x004], self.writers[0x004] = lambda: self.state.cr1, self._write_control
        self.readers[0x008], self.writers[0x008] = self._read_data, self._write_data
        self.readers[0x00C] = self._flags
        self.add_field(0x010, "cpsr", 0xFE)
        self.readers[0x014], self.writers[0x014] = lambda: self.state.im, self._write_mask
        self.readers[0x018] = self._raw_status
        self.readers[0x01C] = lambda: self._raw_status() & self.state.im
        self.writers[0x020] = self._clear_interrupts

    def read(self, offset: int) -> int:
        """A 32-bit read, after what has been shifted by now."""
        self.catch_up()
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """A 32-bit write, after what has been shifted by now."""
        self.catch_up()
        super().write(offset, value)
        self._plan_look()

    def reader_at(self, offset: int) -> Reader | None:
        """Catching up comes before every access; data and flags are read so often that they have a way of their own."""
        if offset not in self.readers:
            return None
        return {0x008: self._read_data_now, 0x00C: self._flags_now}.get(offset) or partial(self.read, offset)

    def writer_at(self, offset: int) -> Writer | None:
        """Catching up comes before every access, planning after a write."""
        if offset not in self.writers:
            return None
        return self._write_data_now if offset == 0x008 else partial(self.write, offset)

    def _read_data_now(self) -> int:
        state = self.state
        if state.shifting is not None and state.shift_end_ns <= self.world.now_ns:
            self.catch_up()
        return self._read_data()

    def _flags_now(self) -> int:
        state = self.state
        if state.shifting is not None and state.shift_end_ns <= self.world.now_ns:
            self.catch_up()
        return self._flags()

    def _write_data_now(self, value: int) -> None:
        """A word into the queue behind one that is being shifted; anything else takes the long way."""
        state = self.state
        tx = state.tx
        if state.shifting is None or state.shift_end_ns <= self.world.now_ns or len(tx) >= FIFO_DEPTH:
            self.write(0x008, value)
            return
        tx.append(value & (2 << (state.cr0 & 0xF)) - 1)
        if state.im & INT_TX:
            self.drive_irq()
            self._plan_look()
        elif state.im and state.look_ns < 0 and len(tx) + len(state.rx) + 1 >= FIFO_DEPTH // 2:
            self._plan_look()  # a word more in the queue moves nothing that was planned before

    @property
    def word_bits(self) -> int:
        """Bits of a word (DSS + 1)."""
        return (self.state.cr0 & 0xF) + 1

    def _write_format(self, value: int) -> None:
        if value & 0xF < 3 or value & 0x30:
            raise self.not_modelled("write", 0x000, value, "expected Freescale SPI with 4 to 16 bits")
        self.state.cr0 = value & 0xFFFF

    def _write_control(self, value: int) -> None:
        if value & ~(LOOPBACK | ENABLE):
            raise self.not_modelled("write", 0x004, value, "slave mode is not modelled")
        self.state.cr1 = value
        self._start_next()

    def _write_data(self, value: int) -> None:
        if len(self.state.tx) < FIFO_DEPTH:
            self.state.tx.append(value & ((1 << self.word_bits) - 1))
        self._start_next()
        self.drive_irq()

    def _read_data(self) -> int:
        state = self.state
        if not state.rx:
            raise self.not_modelled("read", 0x008, None, "the receive FIFO is empty; check RNE in SR first")
        word = state.rx.pop(0)
        if state.im and len(state.rx) == FIFO_DEPTH // 2 - 1:
            self.drive_irq()
        if state.im and state.shifting is not None and state.look_ns < 0:
            self._plan_look()
        return word

    @property
    def _word_ns(self) -> int:
        cycles = self.word_bits * self.state.cpsr * (1 + (self.state.cr0 >> 8))
        return self.chip.clock.to_ns(cycles)

    def _start_next(self) -> None:
        """Begin the next word now if the line is free."""
        state = self.state
        if state.shifting is not None or not state.tx or not state.cr1 & ENABLE:
            return
        if state.cpsr < 2:
            raise self.not_modelled("write", 0x008, state.tx[0], "CPSDVSR is below 2: no bit clock")
        if not state.cr1 & LOOPBACK:
            self._check_line(state.tx[0])
        state.shifting = state.tx.pop(0)
        state.shift_end_ns = self.world.now_ns + self._word_ns

    def _check_line(self, word: int) -> None:
        """A line set up for another part than the one attached would move bits on the wrong edges."""
        state, device = self.state, self.device
        why = ""
        if device is None:
            why = "no part is attached to SSI0"
        elif not self.chip.has_pins("a", DATA_PINS):
            why = "PA2, PA4 and PA5 are not set to SSI0 (AFSEL and DEN)"
        elif (mode := state.cr0 >> 5 & 2 | state.cr0 >> 7 & 1) != device.spi_mode:
            why = f"SPI mode {mode} (SPO, SPH); the part works in mode {device.spi_mode}"
        elif (rate_Hz := self.chip.clock.hz // (state.cpsr * (1 + (state.cr0 >> 8)))) > device.fastest_Hz:
            why = f"bit rate {rate_Hz} Hz; the part follows {device.fastest_Hz} Hz at most"
        if why:
            raise self.not_modelled("write", 0x008, word, why)

    @property
    def _selects_itself(self) -> bool:
        """PA3 is SSI0Fss; otherwise the part's select is the board's and the firmware's matter."""
        return self.chip.has_pins("a", 1 << SELECT_PIN)

    def catch_up(self) -> None:
        """Exchange the words that have ended by now, each at its own time; the next one follows back to back."""
        state, now_ns = self.state, self.world.now_ns
        if state.shifting is None or state.shift_end_ns > now_ns:
            return
        word_ns, device = self._word_ns, None if state.cr1 & LOOPBACK else self.device
        own_select = self._selects_itself
        while state.shifting is not None and state.shift_end_ns <= now_ns:
            word, at_ns = state.shifting, state.shift_end_ns
            if device is not None and own_select:
                word = self._exchange(device, word, at_ns)
            elif device is not None:
                word = device.exchange(word, (state.cr0 & 0xF) + 1, at_ns)
            if len(state.rx) < FIFO_DEPTH:
                state.rx.append(word)
            else:
                state.overrun = INT_OVERRUN
            if state.tx and state.cr1 & ENABLE:
                state.shifting = state.tx.pop(0)
                state.shift_end_ns = at_ns + word_ns
            else:
                state.shifting = None

    def _plan_look(self) -> None:
        """Look again at the end of the first word that can change the masked status; a look too early does no harm."""
        state = self.state
        look_ns = -1
        if not state.im or state.shifting is None:
            return
        if state.im != INT_RX or len(state.rx) + len(state.tx) + 1 >= FIFO_DEPTH // 2:
            coming = 1 + len(state.tx)
            words = never = FIFO_DEPTH + 2
            for bit, count in (
                (INT_RX, FIFO_DEPTH // 2 - len(state.rx)),
                (INT_TX, len(state.tx) - FIFO_DEPTH // 2),
                (INT_OVERRUN, FIFO_DEPTH + 1 - len(state.rx)),
            ):
                if state.im & bit and 0 < count <= coming:
                    words = min(words, count)
            if words < never:
                look_ns = state.shift_end_ns + (words - 1) * self._word_ns
        if look_ns >= 0 and (state.look_ns < 0 or look_ns < state.look_ns):
            self.world.cancel(self.name, "look")
            self.world.schedule(look_ns, self.name, "look")
            state.look_ns = look_ns

    def on_event(self, kind: str, argument: Any) -> None:
        """A word has ended with which the interrupt line may change."""
        if kind != "look":
            super().on_event(kind, argument)
        self.state.look_ns = -1
        self.catch_up()
        self._plan_look()
        self.drive_irq()

    def _exchange(self, device: SpiDevice, sent: int, at_ns: int) -> int:
        """The part's answer. SSI0Fss stays low over words back to back with SPH 1, and rises between them with 0."""
        device.select(True)
        word = device.exchange(sent, self.word_bits, at_ns)
        if not self.state.tx or not self.state.cr0 & SECOND_EDGE:
            device.select(False)
        return word

    def _flags(self) -> int:
        state = self.state
        flags = (0x01 if not state.tx else 0) | (0x02 if len(state.tx) < FIFO_DEPTH else 0)
        flags |= (0x04 if state.rx else 0) | (0x08 if len(state.rx) >= FIFO_DEPTH else 0)
        return flags | (0x10 if state.shifting is not None or state.tx else 0)

    def _raw_status(self) -> int:
        state = self.state
        half = FIFO_DEPTH // 2
        return state.overrun | (INT_RX if len(state.rx) >= half else 0) | (INT_TX if len(state.tx) <= half else 0)

    def _write_mask(self, value: int) -> None:
        if value & INT_TIMEOUT or value & ~0xF:
            raise self.not_modelled("write", 0x014, value, "the receive time-out interrupt is not modelled")
        self.state.im = value
        self.drive_irq()

    def _clear_interrupts(self, bits: int) -> None:
        self.state.overrun &= ~bits
        self.drive_irq()

    def drive_irq(self) -> None:
        """The line follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self._raw_status() & self.state.im))

    def reset_block(self) -> None:
        """Reset values; a word on the line is cut off."""
        self.world.cancel(self.name, "look")
        self.state = SsiState()
        self.drive_irq()

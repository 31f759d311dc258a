"""A UART: the PL011 of the Stellaris parts, with its FIFOs, its interrupts and the exact time of every character.

Source: LM3S6965 data sheet, chapter "UART"; ARM DDI 0183 (PL011) for the FIFO trigger and time-out rules.
Divisor: BRD = IBRD + FBRD / 64 = core clock / (16 x baud), so one bit lasts (64 IBRD + FBRD) / 4 core clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.emulation.lm3s6965.block import Block, Chip, CoreClock
from harness.emulation.nets import Net
from harness.emulation.parts.serial_frame import FrameSink, LineSettings, decode_character, encode_character

FIFO_DEPTH = 16
RX_LEVELS = (2, 4, 8, 12, 14)
TX_LEVELS = (2, 4, 8, 12, 14)
RX_TIMEOUT_BITS = 32

INT_RX, INT_TX, INT_RX_TIMEOUT = 0x010, 0x020, 0x040
INT_FRAMING, INT_PARITY, INT_BREAK, INT_OVERRUN = 0x080, 0x100, 0x200, 0x400
INT_MASK = 0x7F0

DR_FRAMING, DR_PARITY, DR_BREAK, DR_OVERRUN = 0x100, 0x200, 0x400, 0x800

LCRH_BREAK, LCRH_PARITY, LCRH_EVEN, LCRH_TWO_STOPS, LCRH_FIFO, LCRH_STICK = 0x01, 0x02, 0x04, 0x08, 0x10, 0x80
CTL_ENABLE, CTL_TX, CTL_RX = 0x001, 0x100, 0x200
CTL_MODELLED = CTL_ENABLE | CTL_TX | CTL_RX


@dataclass
class UartState:
    """Registers, the two FIFOs (receive entries carry their error bits), the character on the line."""

    ibrd: int = 0
    fbrd: int = 0
    lcrh: int = 0
    ctl: int = CTL_TX | CTL_RX
    ifls: int = 0x12
    imsc: int = 0
    ris: int = 0
    rsr: int = 0
    divisor: int = 0
    """64 IBRD + FBRD as taken over by the last write of LCRH, which is when the chip takes it over."""
    rx: list[int] = field(default_factory=list)
    tx: list[int] = field(default_factory=list)
    overrun: bool = False
    shifting: tuple[bool, ...] = ()
    shifting_bit_fs: int = 0
    shift_end_ns: int = 0
    rx_end_ns: int = 0
    timeout_pending: bool = False


@lru_cache(maxsize=64)
def _line_settings(lcrh: int, divisor: int, hz: int, error_ppb: int) -> LineSettings:
    """Asked for at every character."""
    parity = "none"
    if lcrh & LCRH_PARITY:
        parity = "even" if lcrh & LCRH_EVEN else "odd"
    bit_fs = CoreClock(hz, error_ppb).to_fs(divisor) // 4
    return LineSettings(bit_fs, 5 + (lcrh >> 5 & 3), parity, 2 if lcrh & LCRH_TWO_STOPS else 1)


class Uart(Block):
    """UART0 to UART2. The board sets ``tx_net``, the wire a probe sees, and ``link``, the part at the other end."""

    state: UartState

    def __init__(self, chip: Chip, index: int, irq: int, pins: tuple[str, int, int]) -> None:
        self.irq_lines = (irq,)
        self.port, self.rx_pin, self.tx_pin = pins
        self.tx_net: Net | None = None
        self.link: FrameSink | None = None
        self.state = UartState()
        super().__init__(chip, f"uart{index}")
        self.readers[0x000], self.writers[0x000] = self._read_data, self._write_data
        self.readers[0x004], self.writers[0x004] = lambda: self.state.rsr, self._clear_errors
        self.readers[0x018] = self._flags
        self.add_field(0x024, "ibrd", 0xFFFF)
        self.add_field(0x028, "fbrd", 0x3F)
        self.readers[0x02C], self.writers[0x02C] = lambda: self.state.lcrh, self._write_line_control
        self.readers[0x030], self.writers[0x030] = lambda: self.state.ctl, self._write_control
        self.readers[0x034], self.writers[0x034] = lambda: self.state.ifls, self._write_levels
        self.readers[0x038], self.writers[0x038] = lambda: self.state.imsc, self._write_mask
        self.readers[0x03C] = lambda: self.state.ris
        self.readers[0x040] = lambda: self.state.ris & self.state.imsc
        self.writers[0x044] = self._clear_interrupts

    @property
    def line(self) -> LineSettings:
        """What LCRH and the divisor say about a character."""
        clock = self.chip.clock
        return _line_settings(self.state.lcrh, self.state.divisor, clock.hz, clock.error_ppb)

    @property
    def depth(self) -> int:
        """Characters a FIFO holds: 16, or one with FEN off."""
        return FIFO_DEPTH if self.state.lcrh & LCRH_FIFO else 1

    @property
    def needs_clock(self) -> bool:
        """While characters wait to be sent."""
        return bool(self.state.shifting or self.state.tx)

    def _flags(self) -> int:
        state, depth = self.state, self.depth
        flags = 0x08 if state.shifting or state.tx else 0
        flags |= (0x80 if not state.tx else 0) | (0x20 if len(state.tx) >= depth else 0)
        return flags | (0x10 if not state.rx else 0) | (0x40 if len(state.rx) >= depth else 0)

    # Transmit

    def _write_data(self, value: int) -> None:
        """A character into the transmit FIFO; into a full one it is lost, as on the chip."""
        state = self.state
        if len(state.tx) >= self.depth:
            return
        state.tx.append(value & 0xFF)
        if len(state.tx) > self._tx_level():
            state.ris &= ~INT_TX
        self._start_next(self.world.now_ns)
        self.drive_irq()

    def _tx_level(self) -> int:
        return TX_LEVELS[self.state.ifls & 7] if self.state.lcrh & LCRH_FIFO else 0

    def _start_next(self, start_ns: int) -> None:
        """Shift the next character out if the transmitter is on and free."""
        state = self.state
        if state.shifting or not state.tx or state.ctl & (CTL_ENABLE | CTL_TX) != CTL_ENABLE | CTL_TX:
            return
        if not state.divisor >> 6:
            raise self.not_modelled("write", 0x000, state.tx[0], "IBRD is 0: the transmitter has no baud rate")
        if not self.chip.is_peripheral_pin(self.port, self.tx_pin):
            pin = f"P{self.port.upper()}{self.tx_pin}"
            raise self.not_modelled("write", 0x000, state.tx[0], f"{pin} is not set to the UART (AFSEL and DEN)")
        byte = state.tx.pop(0)
        if len(state.tx) == self._tx_level():
            # PL011: the interrupt comes when the FIFO drains through its level, never for one that started below.
            state.ris |= INT_TX
        line = self.line
        state.shifting, state.shifting_bit_fs = encode_character(byte, line), line.bit_fs
        state.shift_end_ns = start_ns + len(state.shifting) * line.bit_fs // 1_000_000
        if self.tx_net is not None:
            self.tx_net.send_frame(state.shifting, line.bit_fs, start_ns)
        self.world.schedule(max(state.shift_end_ns, self.world.now_ns), self.name, "sent")

    def _sent(self) -> None:
        state = self.state
        bits, bit_fs, end_ns = state.shifting, state.shifting_bit_fs, state.shift_end_ns
        state.shifting = ()
        self._start_next(end_ns)
        self.drive_irq()
        if self.link is not None:
            self.link.take_frame(bits, bit_fs, end_ns)

    # Receive

    def take_frame(self, bits: tuple[bool, ...], bit_fs: int, end_ns: int) -> None:
        """A character from outside ended on the receive pin."""
        state = self.state
        if state.ctl & (CTL_ENABLE | CTL_RX) != CTL_ENABLE | CTL_RX or not state.divisor >> 6:
            return
        if not self.chip.is_peripheral_pin(self.port, self.rx_pin):
            return
        line = self.line
        character = decode_character(bits, bit_fs, line)
        if len(state.rx) >= self.depth:
            state.overrun = True
            state.rsr |= DR_OVERRUN >> 8
            state.ris |= INT_OVERRUN
        else:
            entry = character.byte
            for wrong, bit, interrupt in (
                (character.framing_error, DR_FRAMING, INT_FRAMING),
                (character.parity_error, DR_PARITY, INT_PARITY),
                (character.is_break, DR_BREAK, INT_BREAK),
                (state.overrun, DR_OVERRUN, 0),
            ):
                if wrong:
                    entry |= bit
                    state.ris |= interrupt
            state.overrun = False
            state.rx.append(entry)
            if len(state.rx) >= self._rx_level():
                state.ris |= INT_RX
        self._restart_timeout(end_ns, line.bit_fs)
        self.drive_irq()

    def _rx_level(self) -> int:
        return RX_LEVELS[self.state.ifls >> 3 & 7] if self.state.lcrh & LCRH_FIFO else 1

    def _restart_timeout(self, end_ns: int, bit_fs: int) -> None:
        self.state.rx_end_ns = end_ns
        if not self.state.timeout_pending:
            self.state.timeout_pending = True
            due_ns = end_ns + RX_TIMEOUT_BITS * bit_fs // 1_000_000
            self.world.schedule(max(due_ns, self.world.now_ns), self.name, "rx time-out")

    def _timed_out(self) -> None:
        """32 bit times without a character while some wait unread; a later character moved the moment on."""
        state = self.state
        state.timeout_pending = False
        due_ns = state.rx_end_ns + RX_TIMEOUT_BITS * self.line.bit_fs // 1_000_000
        if not state.rx:
            return
        if due_ns > self.world.now_ns:
            self._restart_timeout(state.rx_end_ns, self.line.bit_fs)
            return
        state.ris |= INT_RX_TIMEOUT
        self.drive_irq()

    def _read_data(self) -> int:
        state = self.state
        if not state.rx:
            raise self.not_modelled("read", 0x000, None, "the receive FIFO is empty; check RXFE in FR first")
        entry = state.rx.pop(0)
        state.rsr = state.rsr & (DR_OVERRUN >> 8) | entry >> 8
        if len(state.rx) < self._rx_level():
            state.ris &= ~INT_RX
        if not state.rx:
            state.ris &= ~INT_RX_TIMEOUT
        self.drive_irq()
        return entry

    # Registers

    def _clear_errors(self, value: int) -> None:
        del value  # a write of anything clears
        self.state.rsr = 0

    def _write_line_control(self, value: int) -> None:
        state = self.state
        if value & (LCRH_BREAK | LCRH_STICK):
            raise self.not_modelled("write", 0x02C, value, "sending breaks and stick parity are not modelled")
        if (value ^ state.lcrh) & LCRH_FIFO:
            state.rx.clear()
            state.tx.clear()
        state.lcrh = value & 0x7E
        state.divisor = state.ibrd * 64 + state.fbrd

    def _write_control(self, value: int) -> None:
        if value & ~CTL_MODELLED:
            raise self.not_modelled("write", 0x030, value, "only UARTEN, TXE and RXE are modelled")
        self.state.ctl = value
        self._start_next(self.world.now_ns)
        self.drive_irq()

    def _write_levels(self, value: int) -> None:
        if value & 7 > 4 or value >> 3 & 7 > 4 or value >> 6:
            raise self.not_modelled("write", 0x034, value, "reserved FIFO level")
        self.state.ifls = value

    def _write_mask(self, value: int) -> None:
        if value & ~INT_MASK:
            raise self.not_modelled("write", 0x038, value, f"only bits 0x{INT_MASK:03X} exist")
        self.state.imsc = value
        self.drive_irq()

    def _clear_interrupts(self, bits: int) -> None:
        self.state.ris &= ~bits
        self.drive_irq()

    def drive_irq(self) -> None:
        """One line for all sources."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.ris & self.state.imsc))

    def on_event(self, kind: str, argument: Any) -> None:
        """End of a character sent, or of the receive time-out."""
        if kind == "sent":
            self._sent()
        elif kind == "rx time-out":
            self._timed_out()
        else:
            super().on_event(kind, argument)

    def reset_block(self) -> None:
        """Reset values; a character on its way out is cut off."""
        self.world.cancel(self.name, "sent")
        self.world.cancel(self.name, "rx time-out")
        if self.tx_net is not None and self.state.shifting:
            self.tx_net.cut_frame()
        self.state = UartState()
        self.drive_irq()

"""The I2C master block: one MCS command is one byte, with the START and STOP that the command asks for.

Source: LM3S6965 data sheet, chapter "I2C Interface" (I2CMCS table, SCL_PRD = 2 x (1 + TPR) x (6 + 4) x CLK_PRD);
StellarisWare ``hw_i2c.h``. A command passes through steps, each ending an event: START and address byte (10 bit
times, 11 for a repeated START, see ``i2c_wire``), a data byte (9), a STOP (1). Arbitration is never lost: there is no
second master on the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.emulation.lm3s6965.block import Block, Chip, Writer
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.i2c_wire import STEP_BITS, Told

RUN, START, STOP, ACK = 0x1, 0x2, 0x4, 0x8
BUSY, ERROR, ADDRESS_NACK, DATA_NACK, IDLE, BUS_BUSY = 0x01, 0x02, 0x04, 0x08, 0x20, 0x40
MASTER_ENABLE = 0x10
MCS, MDR = 0x004, 0x008
SCL, SDA = 1 << 2, 1 << 3
"""Pins of port B."""
SCL_CLOCKS = 2 * (6 + 4)
_EVENTS = ("address", "address", "data", "stop")
"""By kind of step (``Told``), the event that ends it."""


@dataclass
class I2cState:
    """Registers and the command under way."""

    msa: int = 0
    mdr: int = 0
    mtpr: int = 1
    mimr: int = 0
    mris: int = 0
    mcr: int = 0
    command: int = 0
    busy: bool = False
    error: int = 0
    bus_owned: bool = False
    receiving: bool = False


class I2cMaster(Block):
    """I2C0 master at 0x40020000; SCL and SDA are PB2 and PB3."""

    state: I2cState
    standing_offsets = (MCS, MDR)

    def __init__(self, chip: Chip, bus: I2cBus, irq: int) -> None:
        self.bus = bus
        self.irq_lines = (irq,)
        # Times of a bit and of each kind of step, for the rate they were worked out for.
        self._rate = (-1, 0)
        self._step_ns: tuple[int, ...] = ()
        self.state = I2cState()
        super().__init__(chip, "i2c0")
        self.add_field(0x000, "msa", 0xFF)
        self.readers[MCS], self.writers[MCS] = self._status, self._write_command
        self.add_field(MDR, "mdr", 0xFF)
        self.writers[MDR] = partial(self._write_data, self.writers[MDR])
        self.add_field(0x00C, "mtpr", 0xFF)
        self.readers[0x010], self.writers[0x010] = lambda: self.state.mimr, self._write_mask
        self.readers[0x014] = lambda: self.state.mris
        self.readers[0x018] = lambda: self.state.mris & self.state.mimr
        self.writers[0x01C] = self._clear_interrupt
        self.add_field(0x020, "mcr", MASTER_ENABLE)

    @property
    def bit_cycles(self) -> int:
        """Core clocks per bit."""
        return SCL_CLOCKS * (1 + self.state.mtpr)

    @property
    def needs_clock(self) -> bool:
        """During a command."""
        return self.state.busy

    def _status(self) -> int:
        """While BUSY is set the other bits are not valid; the chip shows BUSY alone with the bus state."""
        state = self.state
        if state.busy:
            return BUSY | BUS_BUSY
        return state.error | (BUS_BUSY if state.bus_owned else IDLE)

    def _write_data(self, write: Writer, value: int) -> None:
        self.standing[MDR].forget()
        write(value)

    def _write_command(self, value: int) -> None:
        state = self.state
        self.standing[MCS].forget()
        command = value & (RUN | START | STOP | ACK)
        self._check_command(value)
        if command == STOP and not state.bus_owned:
            # StellarisWare sends an error stop after every failed transfer, also when the chip made the STOP itself.
            state.error = 0
            return
        state.command, state.busy, state.error = command, True, 0
        if command & START:
            state.receiving = bool(state.msa & 1)
            self._begin(Told.REPEATED_START if state.bus_owned else Told.START, state.msa)
        elif command & RUN:
            self._begin_data()
        else:
            self._begin(Told.STOP, 0)

    def _check_command(self, value: int) -> None:
        state = self.state
        why = ""
        if not state.mcr & MASTER_ENABLE:
            why = "the master is off (MFE in MCR)"
        elif state.busy:
            why = "the command before is still busy"
        elif value & ~0xF or not value & (RUN | STOP) or (value & START and not value & RUN):
            why = "not a command of the MCS table"
        elif value & RUN and not value & START and not state.bus_owned:
            why = "RUN without START while the bus is idle"
        elif self.chip.has_pins("b", SCL | SDA, open_drain=SDA):
            return
        elif not self.chip.has_pins("b", SCL | SDA):
            why = "PB2 and PB3 are not set to I2C0 (AFSEL and DEN)"
        else:
            why = "PB3 (SDA) is not open drain (ODR): the master would drive against a device"
        raise self.not_modelled("write", MCS, value, why)

    def _begin(self, kind: Told, byte: int) -> None:
        rate = self.state.mtpr, self.chip.clock.hz
        if rate != self._rate:
            to_ns, cycles = self.chip.clock.to_ns, self.bit_cycles
            self._rate, self._step_ns = rate, (to_ns(cycles), *(to_ns(bits * cycles) for bits in STEP_BITS))
        due_ns = self.world.now_ns + self._step_ns[1 + kind]
        self.bus.wire.begin(kind, byte, self._step_ns[0], due_ns)
        self.world.schedule(due_ns, self.name, _EVENTS[kind])

    def _begin_data(self) -> None:
        self._begin(Told.BYTE, 0xFF if self.state.receiving else self.state.mdr)

    def on_event(self, kind: str, argument: Any) -> None:
        """The end of a step of the command."""
        if kind == "data":
            self._data_done()
        elif kind == "address":
            self._address_sent()
        elif kind == "stop":
            self._stopped()
        else:
            super().on_event(kind, argument)

    def _address_sent(self) -> None:
        state = self.state
        state.bus_owned = True
        acknowledged = self.bus.address(state.msa >> 1, state.receiving, self.chip.clock.to_ns(self.bit_cycles))
        self.bus.wire.end(state.msa, acknowledged)
        if acknowledged:
            self._begin_data()
        else:
            self._fail(ADDRESS_NACK)

    def _data_done(self) -> None:
        state = self.state
        if state.receiving:
            state.mdr = self.bus.read()
            self.bus.wire.end(state.mdr, bool(state.command & ACK))
        else:
            acknowledged = self.bus.write(state.mdr)
            self.bus.wire.end(state.mdr, acknowledged)
            if not acknowledged:
                self._fail(DATA_NACK)
                return
        self._finish()

    def _fail(self, cause: int) -> None:
        self.state.error = ERROR | cause
        self._finish()

    def _finish(self) -> None:
        if self.state.command & STOP:
            self._begin(Told.STOP, 0)
        else:
            self._complete()

    def _stopped(self) -> None:
        self.bus.wire.end(0, False)
        self.bus.stop()
        self.state.bus_owned = False
        self._complete()

    def _complete(self) -> None:
        state = self.state
        state.busy = False
        state.mris = 1
        # The firmware's handler is about to ask for both, after each byte.
        self.standing[MCS].hold(self._status())
        self.standing[MDR].hold(state.mdr)
        self.drive_irq()

    def _write_mask(self, value: int) -> None:
        self.state.mimr = value & 1
        self.drive_irq()

    def _clear_interrupt(self, value: int) -> None:
        self.state.mris &= ~value
        self.drive_irq()

    def drive_irq(self) -> None:
        """The line follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.mris & self.state.mimr))

    def reset_block(self) -> None:
        """Reset values; the master lets go of the bus, possibly in the middle of a byte, as by a real reset."""
        self.bus.wire.let_go()
        for step in ("address", "data", "stop"):
            self.world.cancel(self.name, step)
        self.state = I2cState()
        for word in self.standing.values():
            word.forget()
        self.drive_irq()

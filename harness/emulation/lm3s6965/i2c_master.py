"""The I2C master block: one MCS command is one byte, with the START and STOP that the command asks for.

Source: LM3S6965 data sheet, chapter "I2C Interface" (I2CMCS table, SCL_PRD = 2 x (1 + TPR) x (6 + 4) x CLK_PRD);
StellarisWare ``hw_i2c.h``. A command passes through steps, each with its end: START and address byte (10 bit
times, 11 for a repeated START, see ``i2c_wire``), a data byte (9), a STOP (1). Arbitration is never lost: there is no
second master on the board.

Registers and steps live in ``i2c_master.c``, inside the native core, since more than half of all that happens on a
meter's board are bytes on this bus. Here are what it asks of the bus at the end of each step, what sets it up, and the
words for what it refuses. Without a processor of ours beside it, the world's events drive it.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any, ClassVar

from harness.emulation.cpu.native import I2C_TOLD, load_native_core
from harness.emulation.lm3s6965.block import Chip
from harness.emulation.lm3s6965.native_block import NativeBlock, NativeRegisters, check_size
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.i2c_wire import Told

RUN, START, STOP, ACK = 0x1, 0x2, 0x4, 0x8
MASTER_ENABLE = 0x10
MSA, MCS, MDR, MTPR, MIMR, MRIS, MMIS, MICR, MCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C, 0x20
SCL, SDA = 1 << 2, 1 << 3
"""Pins of port B."""
SCL_CLOCKS = 2 * (6 + 4)
_START, _REPEATED_START, _WRITE, _STOP, _READ, _NONE, _LOGGED = range(7)
"""``enum tb_i2c_step`` of i2c_master.h."""
_KINDS = (Told.START, Told.REPEATED_START, Told.BYTE, Told.STOP, Told.BYTE)
LOG_STEPS = 64
"""``TB_I2C_LOG``."""
_REGISTERS = (
    "mtpr",
    "msa",
    "mdr",
    "mimr",
    "mris",
    "command",
    "busy",
    "error",
    "bus_owned",
    "receiving",
    "step",
    "ahead_count",
)


class I2cRegisters(NativeRegisters):
    """``struct tb_i2c`` of i2c_master.h, the same bytes, and the register that only Python knows."""

    _fields_: ClassVar = [
        *((name, ctypes.c_uint32) for name in ("ready", *_REGISTERS)),
        *((name, ctypes.c_uint64) for name in ("ahead", "begin_ns")),
        ("told", ctypes.c_void_p),
        *((name, ctypes.c_uint64) for name in ("watched", "log_count")),
        *((name, ctypes.c_uint64 * LOG_STEPS) for name in ("log_from_ns", "log_to_ns", "log_steps")),
    ]
    mcr = 0


class I2cMaster(NativeBlock):
    """I2C0 master at ``base``; SCL and SDA are PB2 and PB3."""

    state: I2cRegisters
    kept = dict.fromkeys(_REGISTERS, 0) | {"mtpr": 1, "mcr": 0, "ahead": 0, "begin_ns": 0, "step": _NONE}
    native_reads = (MSA, MCS, MDR, MTPR, MIMR, MRIS, MMIS)
    native_writes = (MSA, MDR, MTPR, MIMR, MICR)

    def __init__(self, chip: Chip, bus: I2cBus, irq: int, base: int) -> None:
        self.bus = bus
        self._told = I2C_TOLD(self._step_done)  # the structure holds only its address
        registers, native = I2cRegisters(), load_native_core()
        check_size(registers, native.tb_i2c_size())
        native.tb_i2c_init(ctypes.addressof(registers), self._told)
        super().__init__(chip, "i2c0", irq, base, registers)
        bus.wire.master = self
        self.writers[MCS] = self._write_command
        self.add_field(MCR, "mcr", MASTER_ENABLE)
        self.writers[MCR] = partial(self._write_set_up, self.writers[MCR])

    @property
    def bit_ns(self) -> int:
        """The time of a bit on the wires."""
        return self.chip.clock.to_ns(SCL_CLOCKS * (1 + self.state.mtpr))

    @property
    def needs_clock(self) -> bool:
        """During a command."""
        return bool(self.state.busy)

    # What sets it up

    def doubt(self) -> None:
        """Pins or set-up were changed: the next command is looked at here again."""
        self.state.ready = 0

    def _write_set_up(self, write: Any, value: int) -> None:
        write(value)
        self.doubt()

    def refused(self, offset: int, value: int) -> str:
        """The registers have eight bits."""
        return "only bits 0x000000FF are modelled"

    def _write_command(self, value: int) -> None:
        self._check_command(value)
        self.state.ready = 1
        self._write_native(MCS, value)

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

    # Steps

    def _step_done(self, step: int, byte: int, bit_ns: int, now_ns: int) -> int:
        """A step ended: what the bus answers. Called by the native core."""
        try:
            self.world.now_ns = now_ns
            bus = self.bus
            if step == _READ:
                octet = bus.read()
                if byte and (ahead := bus.read_ahead()):
                    state = self.state
                    state.ahead, state.ahead_count = int.from_bytes(ahead, "little"), len(ahead)
                return octet
            if step == _LOGGED:
                self.collect()
                return 0
            if self.state.ahead_count:
                self._give_back()
            if step == _WRITE:
                return int(bus.write(byte))
            if step == _STOP:
                bus.stop()
                return 0
            return int(bus.address(byte >> 1, bool(byte & 1), bit_ns))
        except BaseException as error:  # noqa: BLE001 - C can't carry it; whoever drives the block raises it again
            if self.state.core:
                self.chip.stop_with(error)
            else:
                self._raised = error
            return 0

    def _give_back(self) -> None:
        """Octets that the part handed over in advance and that nobody read."""
        state = self.state
        if state.ahead_count:
            self.bus.unread(state.ahead_count)
            state.ahead_count = state.ahead = 0

    # The wires

    def show_step(self) -> None:
        """Somebody looks at the wires: tell them of the step under way."""
        state = self.state
        if state.step != _NONE:
            sent = 0xFF if state.step == _READ else 0 if state.step == _STOP else state.mdr
            byte = state.msa if state.step in (_START, _REPEATED_START) else sent
            self.bus.wire.begin(_KINDS[state.step], byte, self.bit_ns, state.due_ns, from_ns=state.begin_ns)

    def collect(self) -> None:
        """Hand the wires what was logged."""
        state = self.state
        count = state.log_count
        if count:
            state.log_count = 0
            self.bus.wire.tell_all(state.log_from_ns[:count], state.log_to_ns[:count], state.log_steps[:count])

    def discard(self) -> None:
        """What was logged is of another past."""
        self.state.log_count = 0

    def watch(self, on: bool) -> None:
        """Somebody wants to hear of the next step at once."""
        self.state.watched = on

    # State

    def restore(self, state: dict[str, int]) -> None:
        """Take back what ``capture`` gave."""
        super().restore(state)
        self.doubt()

    def reset_block(self) -> None:
        """Reset values; the master lets go of the bus, possibly in the middle of a byte, as by a real reset."""
        self._give_back()
        self.bus.wire.let_go()
        self.doubt()
        super().reset_block()

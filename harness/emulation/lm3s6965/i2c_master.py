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
from typing import Any

from harness.emulation.cpu.errors import NativeCoreError
from harness.emulation.cpu.native import I2C_TOLD, load_native_core
from harness.emulation.lm3s6965.block import Block, Chip
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.i2c_wire import Told, step_number

RUN, START, STOP, ACK = 0x1, 0x2, 0x4, 0x8
MASTER_ENABLE = 0x10
MSA, MCS, MDR, MTPR, MIMR, MRIS, MMIS, MICR, MCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C, 0x20
SCL, SDA = 1 << 2, 1 << 3
"""Pins of port B."""
SCL_CLOCKS = 2 * (6 + 4)
PPB = 1_000_000_000
NEVER_NS = (1 << 64) - 1
"""``TB_NEVER`` of tb_core.h."""
_START, _REPEATED_START, _WRITE, _STOP, _READ, _NONE = range(6)
"""``enum tb_i2c_step`` of i2c_master.h."""
_KINDS = (Told.START, Told.REPEATED_START, Told.BYTE, Told.STOP, Told.BYTE)
_KEPT = ("mtpr", "msa", "mdr", "mimr", "mris", "command", "busy", "error", "bus_owned", "receiving", "line", "step")


class I2cRegisters(ctypes.Structure):
    """``struct tb_i2c`` of i2c_master.h, the same bytes, and the register that only Python knows."""

    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("base", "open")),
        ("due_ns", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("read", "write", "take_step", "core")),
        *((name, ctypes.c_uint32) for name in ("irq", "ready", *_KEPT)),
        *((name, ctypes.c_uint64) for name in ("begin_ns", "hz", "ppb")),
        ("told", ctypes.c_void_p),
    ]
    mcr = 0


class I2cMaster(Block):
    """I2C0 master at ``base``; SCL and SDA are PB2 and PB3."""

    state: I2cRegisters

    def __init__(self, chip: Chip, bus: I2cBus, irq: int, base: int) -> None:
        self.bus = bus
        self.irq_lines = (irq,)
        self._native = load_native_core()
        if self._native.tb_i2c_size() != ctypes.sizeof(I2cRegisters):
            raise NativeCoreError(
                f"the I2C master has {self._native.tb_i2c_size()} bytes in the native core; rebuild it"
            )
        self._told = I2C_TOLD(self._step_done)  # the structure holds only its address
        self._raised: BaseException | None = None
        self.state = I2cRegisters()
        self._native.tb_i2c_init(self.place, base, irq, self._told)
        super().__init__(chip, "i2c0")
        bus.wire.before_look = self._show_step
        for offset in (MSA, MCS, MDR, MTPR, MIMR, MRIS, MMIS):
            self.readers[offset] = partial(self._read_native, offset)
        for offset in (MSA, MDR, MTPR, MIMR, MICR):
            self.writers[offset] = partial(self._write_native, offset)
        self.writers[MCS] = self._write_command
        self.add_field(MCR, "mcr", MASTER_ENABLE)
        self.writers[MCR] = partial(self._write_set_up, self.writers[MCR])

    @property
    def place(self) -> int:
        """Where the registers lie, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self.state)

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
        """Pins, clock or set-up were changed: the next command is looked at here again."""
        self.state.ready = 0

    def clock_switched(self, on: bool) -> None:
        """The chip's gate of this block; closed, an access is a bus fault."""
        self.state.open = on
        self.doubt()

    def _write_set_up(self, write: Any, value: int) -> None:
        write(value)
        self.doubt()

    # Registers, asked for from here

    def _read_native(self, offset: int) -> int:
        value = ctypes.c_uint32()
        if not self._native.tb_i2c_read(self.place, offset, ctypes.byref(value)):
            raise self.not_modelled("read", offset, None)
        return value.value

    def _write_native(self, offset: int, value: int) -> None:
        if not self._native.tb_i2c_write(self.place, offset, value, self.world.now_ns):
            raise self.not_modelled("write", offset, value, "only bits 0x000000FF are modelled")
        self._follow()

    def _write_command(self, value: int) -> None:
        self._check_command(value)
        clock = self.chip.clock
        self.state.hz, self.state.ppb = clock.hz, PPB + clock.error_ppb
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

    def _step_done(self, step: int, byte: int, bit_ns: int, begin_ns: int, now_ns: int) -> int:
        """A step ended: what the bus answers. Called by the native core."""
        try:
            self.world.now_ns = now_ns
            bus = self.bus
            if step == _READ:
                octet = bus.read()
                bus.wire.tell(begin_ns, step_number(Told.BYTE, octet, not byte, bit_ns))
                return octet
            if step == _WRITE:
                acknowledged = bus.write(byte)
            elif step == _STOP:
                bus.wire.tell(begin_ns, step_number(Told.STOP, 0, True, bit_ns))
                bus.stop()
                return 0
            else:
                acknowledged = bus.address(byte >> 1, bool(byte & 1), bit_ns)
            bus.wire.tell(begin_ns, step_number(_KINDS[step], byte, not acknowledged, bit_ns))
        except BaseException as error:  # noqa: BLE001 - C can't carry it; whoever drives the block raises it again
            if self.state.core:
                self.chip.stop_with(error)
            else:
                self._raised = error
            return 0
        return int(acknowledged)

    def _show_step(self) -> None:
        """Somebody looks at the wires: tell them of the step under way."""
        state = self.state
        if state.step != _NONE:
            sent = 0xFF if state.step == _READ else 0 if state.step == _STOP else state.mdr
            byte = state.msa if state.step in (_START, _REPEATED_START) else sent
            self.bus.wire.begin(_KINDS[state.step], byte, self.bit_ns, state.due_ns, from_ns=state.begin_ns)

    def _follow(self) -> None:
        """Let whoever drives the block know of what was changed from here: the native core, or the world's events."""
        state = self.state
        if state.core:
            self._native.tb_i2c_changed(self.place)
            return
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised
        self.chip.set_irq(self.irq_lines[0], bool(state.line))
        self.world.cancel(self.name, "step")
        if state.due_ns != NEVER_NS:
            self.world.schedule(state.due_ns, self.name, "step")

    def on_event(self, kind: str, argument: Any) -> None:
        """The end of a step, without a native core."""
        if kind != "step":
            super().on_event(kind, argument)
        self._native.tb_i2c_step(self.place)
        self._follow()

    # State

    def capture(self) -> dict[str, int]:
        """All registers, as plain data."""
        return {name: int(getattr(self.state, name)) for name in ("mcr", "begin_ns", "due_ns", "hz", "ppb", *_KEPT)}

    def restore(self, state: dict[str, int]) -> None:
        """Take back what ``capture`` gave."""
        self._put(state)

    def _put(self, values: dict[str, int]) -> None:
        for name, value in values.items():
            setattr(self.state, name, value)
        self.doubt()
        self._native.tb_i2c_changed(self.place)

    def reset_block(self) -> None:
        """Reset values; the master lets go of the bus, possibly in the middle of a byte, as by a real reset."""
        self.bus.wire.let_go()
        line = self.state.line
        self._put(
            dict.fromkeys(_KEPT, 0)
            | {"mtpr": 1, "mcr": 0, "begin_ns": 0, "due_ns": NEVER_NS, "hz": 1, "step": _NONE, "line": line}
        )
        self._follow()

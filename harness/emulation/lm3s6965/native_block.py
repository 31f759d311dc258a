"""A block whose registers and steps live inside the native core (``struct tb_block`` of tb_core.h).

What a meter's board does thousands of times a second must not leave the core for Python each time. The native core
answers for such a block's registers and lets it do what is due between two instructions; here is what it has of a
block of the chip: set-up, state, and the words for what it refuses. Without a processor of ours beside it, the
world's events drive it.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any, ClassVar

from harness.emulation.cpu.errors import NativeCoreError
from harness.emulation.cpu.native import load_native_core
from harness.emulation.lm3s6965.block import Block, Chip

PPB = 1_000_000_000
NEVER_NS = (1 << 64) - 1
"""``TB_NEVER`` of tb_core.h."""


class NativeRegisters(ctypes.Structure):
    """``struct tb_block``, the same bytes; a block's own registers follow."""

    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("base", "open")),
        *((name, ctypes.c_uint64) for name in ("due_ns", "hz", "ppb")),
        *((name, ctypes.c_void_p) for name in ("read", "write", "take_step", "level", "core")),
        *((name, ctypes.c_uint32) for name in ("irq", "line")),
    ]


class NativeBlock(Block):
    """A block at ``base``. ``registers`` is zeroed memory that a native function has made one of its kind."""

    state: NativeRegisters
    kept: ClassVar[dict[str, int]]
    """What a snapshot keeps, by name, with the value after a reset; ``due_ns`` and ``line`` are always kept."""
    native_reads: ClassVar[tuple[int, ...]]
    native_writes: ClassVar[tuple[int, ...]]
    """Offsets of the registers that the native core answers for."""

    def __init__(self, chip: Chip, name: str, irq: int, base: int, registers: NativeRegisters) -> None:
        self._native = load_native_core()
        self._raised: BaseException | None = None
        self.irq_lines = (irq,)
        self.state = registers
        registers.irq, registers.base, registers.due_ns = irq, base, NEVER_NS
        super().__init__(chip, name)
        self.clock_changed()
        for offset in self.native_reads:
            self.readers[offset] = partial(self._read_native, offset)
        for offset in self.native_writes:
            self.writers[offset] = partial(self._write_native, offset)

    @property
    def place(self) -> int:
        """Where the registers lie, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self.state)

    def clock_switched(self, on: bool) -> None:
        """The chip's gate of this block; closed, an access is a bus fault."""
        self.state.open = on

    def clock_changed(self) -> None:
        """The core clock has another rate."""
        self.state.hz, self.state.ppb = self.chip.clock.hz, PPB + self.chip.clock.error_ppb

    def refused(self, offset: int, value: int) -> str:
        """Why the native core does not take this write."""
        return f"0x{value:X} is not a value of the register at offset 0x{offset:03X}"

    # Registers, asked for from here

    def _read_native(self, offset: int) -> int:
        value = ctypes.c_uint32()
        if not self._native.tb_block_read(self.place, offset, self.world.now_ns, ctypes.byref(value)):
            raise self.not_modelled("read", offset, None)
        return value.value

    def _write_native(self, offset: int, value: int) -> None:
        if not self._native.tb_block_write(self.place, offset, value, self.world.now_ns):
            raise self.not_modelled("write", offset, value, self.refused(offset, value))
        self._follow()

    # Without a native core: the world's events

    def _follow(self) -> None:
        """Raise what went wrong, hand on the line, time the next step."""
        state = self.state
        if state.core:
            return
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised
        self.chip.set_irq(self.irq_lines[0], bool(state.line))
        self.world.cancel(self.name, "step")
        if state.due_ns != NEVER_NS:
            self.world.schedule(max(state.due_ns, self.world.now_ns), self.name, "step")

    def on_event(self, kind: str, argument: Any) -> None:
        """What was due."""
        if kind != "step":
            super().on_event(kind, argument)
        self._native.tb_block_step(self.place)
        self._follow()

    # State

    def capture(self) -> dict[str, int]:
        """All registers, as plain data."""
        return {name: int(getattr(self.state, name)) for name in ("due_ns", "line", *self.kept)}

    def restore(self, state: dict[str, int]) -> None:
        """Take back what ``capture`` gave."""
        self._put(state)

    def _put(self, values: dict[str, int]) -> None:
        for name, value in values.items():
            setattr(self.state, name, value)
        self._native.tb_block_changed(self.place)

    def reset_block(self) -> None:
        """Reset values; nothing is due any more."""
        self._put(self.kept | {"due_ns": NEVER_NS})
        self._follow()


def check_size(registers: NativeRegisters, native_bytes: int) -> None:
    """Python and C must mean the same bytes; raises NativeCoreError."""
    if native_bytes != ctypes.sizeof(registers):
        raise NativeCoreError(
            f"{type(registers).__name__} has {ctypes.sizeof(registers)} bytes, {native_bytes} in the native core"
        )

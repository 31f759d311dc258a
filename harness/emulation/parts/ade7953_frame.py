"""The ADE7953's bus frame, whose work is done inside the native core (``ade7953_frame.c``).

A meter reads three registers ten times a second, of six octets each; only the register's content is asked of Python.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar

from harness.emulation.cpu.errors import NativeCoreError
from harness.emulation.cpu.native import ADE7953_ASK, load_native_core

KEPT = ("selected", "count", "address", "operation", "value", "last_op", "last_address", "last_data")


class Asked(IntEnum):
    """``enum tb_ade7953_asked`` of ade7953_frame.h."""

    READ = 0
    WRITE = 1
    BITS = 2
    OPERATION = 3
    TOO_LONG = 4


Ask = Callable[[int, int, int, int], int]
"""What is asked (``Asked``), the register's address, a value, the time in ns; returns a register's content."""


class FrameRegisters(ctypes.Structure):
    """``struct tb_ade7953`` of ade7953_frame.h, the same bytes."""

    _fields_: ClassVar = [
        *((name, ctypes.c_void_p) for name in ("exchange", "select")),
        *((name, ctypes.c_uint32) for name in KEPT),
        ("ask", ctypes.c_void_p),
    ]


class Ade7953Frame:
    """Chip select, the frame under way, and the last communication."""

    def __init__(self, ask: Ask) -> None:
        self._native = load_native_core()
        self._ask = ADE7953_ASK(ask)  # the structure holds only its address
        self.registers = FrameRegisters()
        if ctypes.sizeof(self.registers) != self._native.tb_ade7953_size():
            raise NativeCoreError(
                f"FrameRegisters has {ctypes.sizeof(self.registers)} bytes, not those of the native core"
            )
        self._native.tb_ade7953_init(self.place, self._ask)

    @property
    def place(self) -> int:
        """Where it lies, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self.registers)

    def select(self, low: bool) -> None:
        """The chip select wire."""
        self._native.tb_ade7953_select(self.place, low)

    def exchange(self, word: int, bits: int, at_ns: int) -> int:
        """One word both ways."""
        return int(self._native.tb_ade7953_exchange(self.place, word, bits, at_ns))

    def capture(self) -> dict[str, int]:
        """All of it, as plain data."""
        return {name: int(getattr(self.registers, name)) for name in KEPT}

    def restore(self, values: dict[str, int]) -> None:
        """Take back what ``capture`` gave."""
        for name, value in values.items():
            setattr(self.registers, name, value)

    def clear(self) -> None:
        """No supply, or a new one: nothing is selected, nothing was communicated."""
        self.restore(dict.fromkeys(KEPT, 0))

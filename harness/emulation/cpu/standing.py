"""Registers whose content is known before they are read: the native core answers for them, without a call to Python.

A call costs about 1 us, a word told here 0.1 us, and a meter's sample asks some 35 times for what was known before:
counters that run freely, the status and the byte of a transfer that has just ended. Only for registers whose reading
changes nothing. What is told here is no state of its own: it is forgotten at a restore and told again.
"""

from __future__ import annotations

import ctypes

from harness.emulation.cpu.errors import CpuError

WORDS = 16
"""TB_WORDS in tb_core.h."""
_NOWHERE = 0xFFFF_FFFF
_UNKNOWN, _HELD, _COUNTING = 0, 1, 2


class StandingWord(ctypes.Structure):
    """``struct tb_word`` of tb_core.h: one register."""

    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("address", "kind", "value", "load")),
        ("start_ns", ctypes.c_uint64),
    ]

    def hold(self, value: int) -> None:
        """It reads as ``value`` until told otherwise."""
        self.value = value
        self.kind = _HELD

    def count_down(self, value: int, load: int, start_ns: int) -> None:
        """It was ``value`` at ``start_ns`` and counts down with the core clock, from 0 on to ``load`` and again."""
        self.value, self.load, self.start_ns = value, load, start_ns
        self.kind = _COUNTING

    def forget(self) -> None:
        """The next read asks the peripheral."""
        self.kind = _UNKNOWN


class StandingWords:
    """All such registers of one processor's bus."""

    def __init__(self) -> None:
        self._words = (StandingWord * WORDS)()
        self._used = 0
        for word in self._words:
            word.address = _NOWHERE

    @property
    def place(self) -> int:
        """Where they lie, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self._words)

    def add(self, address: int) -> StandingWord:
        """The register at ``address``, nothing known of it yet."""
        if self._used == WORDS:
            raise CpuError(f"more than {WORDS} standing words, at {address:#x}; raise TB_WORDS and WORDS together")
        word = self._words[self._used]
        self._used += 1
        word.address = address
        return word

    def forget_all(self) -> None:
        """Nothing is known any more: another state was put in place, or a block's clock was switched."""
        for word in self._words:
            word.kind = _UNKNOWN

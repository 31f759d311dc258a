"""Registers whose content is known before they are read: the native core answers for them, without a call to Python.

A call costs about 1 us, a word told here 0.1 us. For registers that are read again and again while nothing changes them
(a port's pins, the words that the battery keeps), and whose reading changes nothing. What is told here is no state of
its own: it is forgotten at a restore and told again.
"""

from __future__ import annotations

import ctypes

WORDS = 16
"""TB_WORDS in tb_core.h."""
_NOWHERE = 0xFFFF_FFFF
_UNKNOWN, _HELD = 0, 1


class StandingWord(ctypes.Structure):
    """``struct tb_word`` of tb_core.h: one register."""

    _fields_ = [(name, ctypes.c_uint32) for name in ("address", "kind", "value")]

    def hold(self, value: int) -> None:
        """It reads as ``value`` until told otherwise."""
        self.value = value
        self.kind = _HELD

    def forget(self) -> None:
        """The next read asks the peripheral."""
        self.kind = _UNKNOWN

    @property
    def is_known(self) -> bool:
        """True while the native core answers for it."""
        return bool(self.kind == _HELD)


class StandingWords:
    """All such registers of one processor's bus: the first that ask for a place get one."""

    def __init__(self) -> None:
        self._words = (StandingWord * WORDS)()
        self._used = 0
        for word in self._words:
            word.address = _NOWHERE

    @property
    def place(self) -> int:
        """Where they lie, for the native core; valid as long as this object lives."""
        return ctypes.addressof(self._words)

    def add(self, address: int) -> StandingWord | None:
        """The register at ``address``, nothing known of it yet; None if there is no place left: it is asked then."""
        if self._used == WORDS:
            return None
        word = self._words[self._used]
        self._used += 1
        word.address = address
        return word

    def forget_all(self) -> None:
        """Nothing is known any more: another state was put in place, or a block's clock was switched."""
        for word in self._words:
            word.kind = _UNKNOWN

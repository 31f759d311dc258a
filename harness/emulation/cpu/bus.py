"""What the processor needs of the bus that its peripherals are on."""

from __future__ import annotations

from typing import Protocol


class Bus(Protocol):
    """The peripherals, seen from the processor.

    A bus may keep dictionaries ``word_readers`` and ``word_writers``: functions by address that stand for ``read`` and
    ``write`` of words there, as long as they are in them; ``standing``, the words that need no call at all; and
    ``native_blocks``, the addresses of the blocks that work inside the native core (``struct tb_block``).
    """

    def read(self, address: int, width: int) -> int:
        """The value of ``width`` (1, 2 or 4) bytes at ``address``."""

    def write(self, address: int, width: int, value: int) -> None:
        """Store ``width`` (1, 2 or 4) bytes at ``address``."""

"""The world's only source of chance: named streams of bits that depend on the seed and the name, nothing else.

A stream is SHAKE-128 over its key and a block counter. That is exact on every machine (no floating point),
fast in bulk (about 1 GB/s) and its whole state is one integer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_BLOCK_BYTES = 64


@dataclass
class StreamState:
    """Which stream and how much of it was used."""

    key: bytes
    block: int = 0


class SeededStream:
    """A deterministic stream of random integers; two streams of different names are independent."""

    def __init__(self, key: bytes) -> None:
        self.state = StreamState(key)

    def take_bytes(self, count: int) -> bytes:
        """The next ``count`` bytes (whole blocks are used up, so the cost is one hash call)."""
        state = self.state
        data = hashlib.shake_128(state.key + state.block.to_bytes(8, "big")).digest(count)
        state.block += 1
        return data

    def take_int(self, low: int, high: int) -> int:
        """A uniform integer with ``low <= value <= high``; the bias of the modulus is below 2**-60."""
        if high < low:
            raise ValueError(f"empty range {low}..{high}")
        raw = int.from_bytes(self.take_bytes(16), "big")
        return low + raw % (high - low + 1)

    def take_around(self, value: int, ppm: int) -> int:
        """A uniform integer within ``ppm`` millionths of ``value``."""
        return value + value * self.take_int(-ppm, ppm) // 1_000_000


def stream_key(seed: int, label: str, name: str) -> bytes:
    """The key of stream ``name`` in the world of ``seed``, for the part of the run called ``label``."""
    return hashlib.sha256(f"tamperbench/{seed}/{label}/{name}".encode()).digest()

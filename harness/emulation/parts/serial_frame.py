"""One asynchronous serial character: from a byte to bits on a line and back, with the receiver's errors.

A character travels as the tuple of its bits and the sender's bit time. The receiver samples it at its own bit
time, so wrong parity, word length and rate have the effect they have on a wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

MAX_BAUD_MISMATCH_PERMILLE = 40
"""Beyond this a receiver must be expected to fail. Sampling 9.5 bit times after the start edge errs by half a bit
at 5.3 %; 4 % leaves room for the 16-fold oversampling's own quantisation of 1/16 bit at the start edge."""

_REMEMBERED = 4096
"""Characters whose bits, or whose bits' meaning, are not worked out again: all 256 on a dozen lines and more."""


@dataclass(frozen=True)
class LineSettings:
    """How one end of a serial line sends and expects characters."""

    bit_fs: int
    data_bits: int = 8
    parity: str = "none"
    stop_bits: int = 1

    @property
    def frame_bits(self) -> int:
        """Bits of one character with start, parity and stop bits."""
        return 1 + self.data_bits + (self.parity != "none") + self.stop_bits


@dataclass(frozen=True)
class ReceivedCharacter:
    """What a receiver made of one character."""

    byte: int
    framing_error: bool = False
    parity_error: bool = False
    is_break: bool = False

    @property
    def ok(self) -> bool:
        """True without any error."""
        return not (self.framing_error or self.parity_error or self.is_break)


class FrameSink(Protocol):
    """The other end of a line: is handed each character when its last stop bit has ended."""

    def take_frame(self, bits: tuple[bool, ...], bit_fs: int, end_ns: int) -> None:
        """A character ended on the line at ``end_ns``."""


def line_settings(baud: int, framing: str = "8N1") -> LineSettings:
    """Settings from a rate and the usual three characters, such as ``7E1``."""
    parity = {"N": "none", "E": "even", "O": "odd"}.get(framing[1:2].upper())
    if len(framing) != 3 or parity is None or framing[0] not in "5678" or framing[2] not in "12":
        raise ValueError(f"serial framing {framing!r} is unknown; expected such as '8N1' or '7E1'")
    return LineSettings(1_000_000_000_000_000 // baud, int(framing[0]), parity, int(framing[2]))


@lru_cache(maxsize=_REMEMBERED)
def encode_character(byte: int, line: LineSettings) -> tuple[bool, ...]:
    """The bits of one character in the order they are sent: start, data from bit 0, parity, stop."""
    data = [bool(byte >> index & 1) for index in range(line.data_bits)]
    bits = [False, *data]
    if line.parity != "none":
        bits.append((sum(data) % 2 == 1) == (line.parity == "even"))
    return tuple(bits + [True] * line.stop_bits)


@lru_cache(maxsize=_REMEMBERED)
def decode_character(bits: tuple[bool, ...], bit_fs: int, line: LineSettings) -> ReceivedCharacter:
    """Sample a character in the middle of each bit the receiver expects; after its end the line is idle (high)."""
    wanted = 1 + line.data_bits + (line.parity != "none") + 1
    if bit_fs == line.bit_fs:
        samples = [bits[index] if index < len(bits) else True for index in range(wanted)]
    else:
        places = [(2 * index + 1) * line.bit_fs // (2 * bit_fs) for index in range(wanted)]
        samples = [bits[place] if place < len(bits) else True for place in places]
    data = samples[1 : 1 + line.data_bits]
    byte = sum(1 << index for index, bit in enumerate(data) if bit)
    parity_error = False
    if line.parity != "none":
        parity_error = samples[1 + line.data_bits] != ((sum(data) % 2 == 1) == (line.parity == "even"))
    mismatch = abs(bit_fs - line.bit_fs) * 1000 > MAX_BAUD_MISMATCH_PERMILLE * line.bit_fs
    return ReceivedCharacter(
        byte=byte,
        framing_error=mismatch or not samples[-1],
        parity_error=parity_error,
        is_break=not any(samples),
    )

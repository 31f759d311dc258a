"""Reading octets with bounds: no length that was received is trusted, and every error knows its offset."""

from __future__ import annotations

from dataclasses import dataclass

from harness.meter.errors import CodecError

LENGTH_CLAUSE = "IEC 61334-6, A-XDR length"
_LONG_FORM = 0x80
# Four octets of length reach 4 GB; more can't be meant on a meter's link.
_MAX_LENGTH_OCTETS = 4


@dataclass
class OctetReader:
    """A cursor over octets. ``base`` is the offset of the first one in the outermost message."""

    octets: bytes
    layer: str
    clause: str
    base: int = 0
    at: int = 0

    @property
    def offset(self) -> int:
        """Offset of the next octet in the outermost message."""
        return self.base + self.at

    @property
    def left(self) -> int:
        """How many octets are not read yet."""
        return len(self.octets) - self.at

    def error(self, expected: str, found: str, offset: int | None = None) -> CodecError:
        """An error of this layer, at ``offset`` or at the next octet."""
        return CodecError(self.layer, self.offset if offset is None else offset, expected, found, self.clause)

    def take(self, count: int, what: str) -> bytes:
        """The next ``count`` octets; ``what`` they are is said when they are missing."""
        if count > self.left:
            raise self.error(f"{count} octet(s) of {what}", f"{self.left} left")
        taken = self.octets[self.at : self.at + count]
        self.at += count
        return taken

    def uint(self, count: int, what: str) -> int:
        """An unsigned integer of ``count`` octets, most significant first."""
        return int.from_bytes(self.take(count, what), "big")

    def constant(self, value: int, what: str) -> None:
        """One octet that has only one right value."""
        start = self.offset
        found = self.uint(1, what)
        if found != value:
            raise self.error(f"{what} {value:#04x}", f"{found:#04x}", start)

    def length(self, what: str) -> int:
        """An A-XDR length, in its shortest form.

        A longer form is refused: with one encoding per message, a changed copy of a signed message can't
        differ from it in octets that the signature does not cover and still be taken for it.
        """
        start = self.offset
        first = self.uint(1, f"length of {what}")
        if first < _LONG_FORM:
            return first
        count = first - _LONG_FORM
        if not 1 <= count <= _MAX_LENGTH_OCTETS:
            raise self.error(f"length of {what} in 1 to {_MAX_LENGTH_OCTETS} octets", f"{count} octets", start)
        value = self.uint(count, f"length of {what}")
        if encode_length(value)[0] != first:
            raise self.error(f"length of {what} in its shortest form", f"{value} written in {count} octet(s)", start)
        return value

    def octet_string(self, what: str) -> bytes:
        """Octets with their A-XDR length before them."""
        return self.take(self.length(what), what)

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise self.error("the end", f"{self.left} more octet(s)")


def encode_length(value: int) -> bytes:
    """An A-XDR length in its shortest form."""
    if not 0 <= value < 1 << (8 * _MAX_LENGTH_OCTETS):
        raise CodecError("A-XDR", None, "a length below 2**32", str(value), LENGTH_CLAUSE)
    if value < _LONG_FORM:
        return bytes([value])
    count = (value.bit_length() + 7) // 8
    return bytes([_LONG_FORM + count]) + value.to_bytes(count, "big")


def encode_octet_string(octets: bytes) -> bytes:
    """Octets with their A-XDR length before them."""
    return encode_length(len(octets)) + octets


def encode_uint(value: int, count: int, layer: str, what: str, clause: str) -> bytes:
    """An unsigned integer in ``count`` octets, most significant first."""
    if not 0 <= value < 1 << (8 * count):
        raise CodecError(layer, None, f"{what} within {count} octet(s), unsigned", str(value), clause)
    return value.to_bytes(count, "big")

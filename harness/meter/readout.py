"""The data readout of the optical port (IEC 62056-21, mode C): a block of data lines, strictly taken apart.

A block is STX, data lines, ``!`` CR LF, ETX, BCC. A line is one or more data sets ``code(value*unit)`` and CR LF.
Sans-I/O: ``decode_block`` takes a whole block, ``BlockReader`` finds one in what arrives. Every octet must be in its
place; a block whose BCC is wrong gives nothing at all. What the values mean is for whoever asks for them by code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor

from harness.meter.errors import CodecError, ValueMissingError

LAYER = "62056-21 data readout"
CLAUSE = "IEC 62056-21, data messages and data sets"
STX, ETX = 0x02, 0x03
CRLF = b"\r\n"
END_LINE = b"!" + CRLF
MAX_BLOCK_OCTETS = 16 * 1024
"""Of a reference block's 281; a reader must not collect without end."""

_PRINTABLE = r"\x20\x22-\x27\x2b-\x2e\x30-\x7e"  # neither ! ( ) * / nor control characters: they separate
_SET = re.compile(rf"([{_PRINTABLE}]{{0,16}})\(([{_PRINTABLE}]{{0,128}})(?:\*([{_PRINTABLE}]{{1,16}}))?\)".encode())
_NUMBER = re.compile(r"-?\d{1,16}(\.\d{1,16})?", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,32}", re.ASCII)


@dataclass(frozen=True)
class DataSet:
    """One value as it was sent: text, and a unit if it has one. An empty ``value`` means that the meter has none."""

    code: str
    value: str
    unit: str | None = None

    def encode(self) -> bytes:
        """The set's characters."""
        unit = "" if self.unit is None else f"*{self.unit}"
        try:
            octets = f"{self.code}({self.value}{unit})".encode("ascii")
        except UnicodeEncodeError:
            octets = b""
        match = _SET.fullmatch(octets)
        if match is None or _set_of(match) != self:
            raise CodecError(LAYER, None, "code(value*unit) in seven-bit characters", repr(self), CLAUSE)
        return octets


@dataclass(frozen=True)
class Readout:
    """A block's data sets, in the order they were sent."""

    sets: tuple[DataSet, ...]

    def find(self, code: str) -> DataSet:
        """The data set of that code; raises ValueMissingError."""
        for data_set in self.sets:
            if data_set.code == code:
                return data_set
        there = ", ".join(data_set.code for data_set in self.sets) or "none"
        raise ValueMissingError(code, f"a data set {code}(...)", f"the codes {there}")

    def number(self, code: str, unit: str | None) -> float:
        """A number that has exactly this unit; raises ValueMissingError, also where the meter sent no value."""
        data_set = self.find(code)
        expected = f"a number in {unit}" if unit is not None else "a number without a unit"
        if not _NUMBER.fullmatch(data_set.value) or data_set.unit != unit:
            raise ValueMissingError(code, expected, _said(data_set))
        return float(data_set.value)

    def bits(self, code: str) -> int:
        """Hexadecimal digits as an integer; raises ValueMissingError."""
        data_set = self.find(code)
        if not _HEXADECIMAL.fullmatch(data_set.value) or data_set.unit is not None:
            raise ValueMissingError(code, "hexadecimal digits", _said(data_set))
        return int(data_set.value, 16)


def _said(data_set: DataSet) -> str:
    return repr(data_set.encode().decode("ascii")) + (", no value" if not data_set.value else "")


def bcc_of(octets: bytes) -> int:
    """Block check character: exclusive-or of everything after STX up to and including ETX."""
    return reduce(xor, octets, 0)


def encode_block(lines: list[list[DataSet]]) -> bytes:
    """A right block, for tests and tools; each inner list is one line."""
    data = b"".join(b"".join(one.encode() for one in line) + CRLF for line in lines)
    checked = data + END_LINE + bytes([ETX])
    return bytes([STX]) + checked + bytes([bcc_of(checked)])


def decode_block(block: bytes) -> Readout:
    """A whole block from STX to BCC and nothing else; raises CodecError at the first octet that is not in its place."""
    if not block or block[0] != STX:
        raise _error(0, "STX", block[:1])
    for offset, octet in enumerate(block[:-1]):
        if octet > 0x7F:
            raise _error(offset, "a character of seven bits (is the port set to 7E1?)", block[offset : offset + 1])
    etx = block.find(ETX)
    if etx < 0 or etx != len(block) - 2:
        found = block[etx + 1 :] if etx >= 0 else block[-1:]
        raise _error(max(etx, 0), "ETX and one octet of BCC at the end", found)
    expected = bcc_of(block[1 : etx + 1])
    if block[-1] != expected:
        raise _error(len(block) - 1, f"BCC {expected:#04x}", block[-1:])
    if block[etx - 3 : etx] != END_LINE or etx < 4:
        raise _error(etx, "! CR LF before ETX", block[max(etx - 3, 0) : etx])
    return Readout(_decode_lines(block[1 : etx - 3]))


def _decode_lines(data: bytes) -> tuple[DataSet, ...]:
    sets: list[DataSet] = []
    at, seen = 0, set()
    while at < len(data):
        end = data.find(CRLF, at)
        if end < 0:
            raise _error(1 + at, "a data line that ends with CR LF", data[at:])
        if end == at:
            raise _error(1 + at, "a data set", data[at : at + 2])
        while at < end:
            match = _SET.match(data, at, end)
            if match is None:
                raise _error(1 + at, "code(value) or code(value*unit)", data[at:end])
            data_set = _set_of(match)
            if data_set.code and data_set.code in seen:
                raise _error(1 + at, "each code once", match[0])
            seen.add(data_set.code)
            sets.append(data_set)
            at = match.end()
        at = end + len(CRLF)
    return tuple(sets)


def _set_of(match: re.Match[bytes]) -> DataSet:
    unit = match[3]
    return DataSet(match[1].decode("ascii"), match[2].decode("ascii"), None if unit is None else unit.decode("ascii"))


def _error(offset: int, expected: str, found: bytes) -> CodecError:
    return CodecError(LAYER, offset, expected, repr(found[:40]), CLAUSE)


class BlockReader:
    """Finds one block in what arrives. ``echo`` is what was sent last: optical heads reflect it, before the block."""

    def __init__(self, echo: bytes = b"") -> None:
        self._echo = echo
        self._octets = bytearray()

    @property
    def received(self) -> bytes:
        """What has arrived so far."""
        return bytes(self._octets)

    def feed(self, data: bytes) -> Readout | None:
        """Take what arrived; a readout once its last octet is there. Anything around the block is a CodecError."""
        self._octets += data
        start = len(self._echo) if self._echo and self._octets.startswith(self._echo) else 0
        block = bytes(self._octets[start:])
        if not block or self._echo.startswith(bytes(self._octets)):
            return None  # nothing yet, or nothing but what may still become the echo
        if block[0] != STX:
            raise _error(start, "STX", block[:1])
        etx = block.find(ETX)
        if 0 <= etx < len(block) - 1:
            return decode_block(block)
        if len(block) > MAX_BLOCK_OCTETS:
            raise _error(len(self._octets), f"ETX within {MAX_BLOCK_OCTETS} octets", block[-1:])
        return None

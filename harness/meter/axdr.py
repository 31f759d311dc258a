"""A-XDR: COSEM data as octets, both ways.

A value is a ``Data``: its tag and what stands under it. Lengths and counts that were received are checked
against what is there before anything is made of them, and nesting is bounded, so no input costs more than
its own size. Date, time and date-time stay octets here; ``cosem_time`` gives them their meaning.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from harness.meter.errors import CodecError
from harness.meter.octets import OctetReader, encode_length, encode_octet_string

LAYER = "A-XDR data"
CLAUSE = "IEC 62056-6-2 data types in IEC 61334-6 encoding"
# Deeper than any object of the Blue Book nests; it keeps recursion bounded on hostile input.
MAX_DEPTH = 16


class Tag(IntEnum):
    """The tag octet of each data type."""

    NULL = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255


@dataclass(frozen=True)
class BitString:
    """``bits`` bits, first one in the highest bit of the first octet; padding is kept as it came."""

    bits: int
    octets: bytes


@dataclass(frozen=True)
class TypeDescription:
    """What one element of a compact array looks like."""

    tag: Tag
    count: int = 0
    members: tuple[TypeDescription, ...] = ()


@dataclass(frozen=True)
class CompactArray:
    """Elements of one described type, their octets without tags, as they stand on the wire."""

    description: TypeDescription
    contents: bytes


Value: TypeAlias = "bool | int | float | bytes | str | BitString | CompactArray | tuple[Data, ...] | None"


@dataclass(frozen=True)
class Data:
    """One COSEM value with its type."""

    tag: Tag
    value: Value = None


# Octets and sign of the integer types.
_INTEGERS: dict[Tag, tuple[int, bool]] = {
    Tag.INTEGER: (1, True),
    Tag.LONG: (2, True),
    Tag.DOUBLE_LONG: (4, True),
    Tag.LONG64: (8, True),
    Tag.UNSIGNED: (1, False),
    Tag.LONG_UNSIGNED: (2, False),
    Tag.DOUBLE_LONG_UNSIGNED: (4, False),
    Tag.LONG64_UNSIGNED: (8, False),
    Tag.ENUM: (1, False),
    Tag.DELTA_INTEGER: (1, True),
    Tag.DELTA_LONG: (2, True),
    Tag.DELTA_DOUBLE_LONG: (4, True),
    Tag.DELTA_UNSIGNED: (1, False),
    Tag.DELTA_LONG_UNSIGNED: (2, False),
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: (4, False),
}
# Octets of the types that are carried as they are.
_FIXED: dict[Tag, int] = {Tag.DATE_TIME: 12, Tag.DATE: 5, Tag.TIME: 4, Tag.BCD: 1}
_FLOATS: dict[Tag, str] = {Tag.FLOAT32: ">f", Tag.FLOAT64: ">d"}
_TEXTS: dict[Tag, str] = {Tag.VISIBLE_STRING: "ascii", Tag.UTF8_STRING: "utf-8"}
_EMPTY = (Tag.NULL, Tag.DONT_CARE)


def decode(octets: bytes, base: int = 0) -> Data:
    """Exactly one value; octets behind it are an error."""
    reader = OctetReader(octets, LAYER, CLAUSE, base)
    data = read(reader)
    reader.end()
    return data


def read(reader: OctetReader, depth: int = 0) -> Data:
    """The next value at ``reader``."""
    if depth > MAX_DEPTH:
        raise reader.error(f"at most {MAX_DEPTH} levels of nesting", "one more")
    tag = _read_tag(reader)
    if tag in (Tag.ARRAY, Tag.STRUCTURE):
        return Data(tag, _read_members(reader, depth))
    if tag is Tag.COMPACT_ARRAY:
        description = _read_description(reader, depth)
        return Data(tag, CompactArray(description, reader.octet_string("compact array contents")))
    return Data(tag, _read_simple(reader, tag))


def _read_tag(reader: OctetReader) -> Tag:
    start = reader.offset
    number = reader.uint(1, "tag")
    try:
        return Tag(number)
    except ValueError:
        raise reader.error("a tag of the data type table", str(number), start) from None


def _read_members(reader: OctetReader, depth: int) -> tuple[Data, ...]:
    start = reader.offset
    count = reader.length("member count")
    if count > reader.left:  # every member needs its tag octet at least
        raise reader.error(f"a count that {reader.left} octets can hold", str(count), start)
    return tuple(read(reader, depth + 1) for _ in range(count))


def _read_simple(reader: OctetReader, tag: Tag) -> Value:
    name = tag.name.lower()
    value: Value = None
    if tag in _INTEGERS:
        size, signed = _INTEGERS[tag]
        value = int.from_bytes(reader.take(size, name), "big", signed=signed)
    elif tag is Tag.BOOLEAN:
        value = reader.uint(1, name) != 0
    elif tag in _FIXED:
        value = reader.take(_FIXED[tag], name)
    elif tag in _FLOATS:
        code = _FLOATS[tag]
        value = float(struct.unpack(code, reader.take(struct.calcsize(code), name))[0])
    elif tag is Tag.BIT_STRING:
        bits = reader.length(name)
        value = BitString(bits, reader.take((bits + 7) // 8, name))
    elif tag is Tag.OCTET_STRING:
        value = reader.octet_string(name)
    elif tag in _TEXTS:
        value = _read_text(reader, tag)
    return value


def _read_text(reader: OctetReader, tag: Tag) -> str:
    start = reader.offset
    octets = reader.octet_string(tag.name.lower())
    try:
        return octets.decode(_TEXTS[tag])
    except UnicodeDecodeError:
        raise reader.error(f"{_TEXTS[tag]} text", octets.hex(" "), start) from None


def _read_description(reader: OctetReader, depth: int) -> TypeDescription:
    if depth > MAX_DEPTH:
        raise reader.error(f"at most {MAX_DEPTH} levels of nesting", "one more")
    tag = _read_tag(reader)
    if tag is Tag.ARRAY:
        count = reader.uint(2, "array count of a type description")
        return TypeDescription(tag, count, (_read_description(reader, depth + 1),))
    if tag is Tag.STRUCTURE:
        start = reader.offset
        count = reader.length("member count of a type description")
        if count > reader.left:
            raise reader.error(f"a count that {reader.left} octets can hold", str(count), start)
        members = tuple(_read_description(reader, depth + 1) for _ in range(count))
        return TypeDescription(tag, count, members)
    return TypeDescription(tag)


def encode(data: Data) -> bytes:
    """The octets of ``data``."""
    tag, value = data.tag, data.value
    match value:
        case None if tag in _EMPTY:
            tail = b""
        case bool() if tag is Tag.BOOLEAN:
            tail = bytes([int(value)])
        case int() if tag in _INTEGERS and not isinstance(value, bool):
            tail = _encode_integer(tag, value)
        case float() if tag in _FLOATS:
            tail = _encode_float(tag, value)
        case bytes() if tag in _FIXED and len(value) == _FIXED[tag]:
            tail = value
        case bytes() if tag is Tag.OCTET_STRING:
            tail = encode_octet_string(value)
        case str() if tag in _TEXTS:
            tail = encode_octet_string(_encode_text(tag, value))
        case BitString() if tag is Tag.BIT_STRING and len(value.octets) == (value.bits + 7) // 8:
            tail = encode_length(value.bits) + value.octets
        case tuple() if tag in (Tag.ARRAY, Tag.STRUCTURE):
            tail = encode_length(len(value)) + b"".join(encode(member) for member in value)
        case CompactArray() if tag is Tag.COMPACT_ARRAY:
            tail = _encode_description(value.description) + encode_octet_string(value.contents)
        case _:
            raise CodecError(LAYER, None, f"a value that fits {tag.name.lower()}", repr(value), CLAUSE)
    return bytes([tag]) + tail


def _encode_integer(tag: Tag, value: int) -> bytes:
    size, signed = _INTEGERS[tag]
    try:
        return value.to_bytes(size, "big", signed=signed)
    except OverflowError:
        kind = "signed" if signed else "unsigned"
        raise CodecError(LAYER, None, f"{tag.name.lower()} in {size} octet(s), {kind}", str(value), CLAUSE) from None


def _encode_float(tag: Tag, value: float) -> bytes:
    try:
        return struct.pack(_FLOATS[tag], value)
    except OverflowError:
        raise CodecError(LAYER, None, f"a value in the range of {tag.name.lower()}", str(value), CLAUSE) from None


def _encode_text(tag: Tag, value: str) -> bytes:
    try:
        return value.encode(_TEXTS[tag])
    except UnicodeEncodeError:
        raise CodecError(LAYER, None, f"{_TEXTS[tag]} text", repr(value), CLAUSE) from None


def _encode_description(description: TypeDescription) -> bytes:
    head = bytes([description.tag])
    members = b"".join(_encode_description(member) for member in description.members)
    if description.tag is Tag.ARRAY:
        if len(description.members) != 1 or not 0 <= description.count < 1 << 16:
            raise CodecError(LAYER, None, "one element type and a 16 bit count", repr(description), CLAUSE)
        return head + description.count.to_bytes(2, "big") + members
    if description.tag is Tag.STRUCTURE:
        return head + encode_length(len(description.members)) + members
    return head

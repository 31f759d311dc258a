"""The blocks of a pcapng file: section, interface and packet, as the format's draft describes them.

Source: draft-ietf-opsawg-pcapng, sections 4.1 (section header), 4.2 (interface description), 4.3 (enhanced packet) and
3.5 (options). Written in little-endian order, as a capture on an ordinary computer would be; the section header's
byte-order magic says so. Times are nanoseconds since 1970 (option if_tsresol 9).
"""

from __future__ import annotations

import struct
from enum import IntEnum


class LinkType(IntEnum):
    """What the packets of an interface begin with (numbers of the tcpdump group's registry)."""

    RAW_IP = 101
    RTAC_SERIAL = 250


class Way(IntEnum):
    """Direction in a packet's flags, seen from the bench (4.3.1, bits 0 and 1)."""

    IN = 1
    OUT = 2


_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_MAGIC = 0x1A2B3C4D
_OPT_COMMENT = 1
_SHB_APPLICATION = 4
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL = 2, 3, 9
_EPB_FLAGS = 2
_NANOSECONDS = 9
_MOST_OPTION_OCTETS = 0xFFFF
_WHOLE_PACKETS = 0


def section(application: str, comment: str) -> bytes:
    """The file's first block; ``comment`` is for whoever opens the file."""
    options = _text(_SHB_APPLICATION, application) + _text(_OPT_COMMENT, comment)
    return _block(_SECTION, struct.pack("<IHHq", _MAGIC, 1, 0, -1) + _closed(options))


def interface(link_type: LinkType, name: str, description: str) -> bytes:
    """One interface; the first in the file has number 0."""
    options = _text(_IF_NAME, name) + _text(_IF_DESCRIPTION, description)
    options += _option(_IF_TSRESOL, bytes([_NANOSECONDS]))
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, _WHOLE_PACKETS) + _closed(options))


def packet(number: int, at_ns: int, data: bytes, way: Way, comment: str = "") -> bytes:
    """One packet on interface ``number``, ``at_ns`` after 1970."""
    stamp = at_ns & 0xFFFF_FFFF_FFFF_FFFF
    head = struct.pack("<IIIII", number, stamp >> 32, stamp & 0xFFFF_FFFF, len(data), len(data))
    options = _option(_EPB_FLAGS, struct.pack("<I", way))
    if comment:
        options += _text(_OPT_COMMENT, comment)
    return _block(_PACKET, head + _padded(data) + _closed(options))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _text(code: int, text: str) -> bytes:
    """Text in UTF-8, cut between characters where an option can't hold it."""
    octets = text.encode()
    if len(octets) > _MOST_OPTION_OCTETS:
        octets = octets[:_MOST_OPTION_OCTETS].decode(errors="ignore").encode()
    return _option(code, octets)


def _closed(options: bytes) -> bytes:
    return options + struct.pack("<HH", 0, 0)


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)

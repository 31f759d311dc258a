"""The EEPROM's pages as firmware_ref/core/log_page.h describes them, read and made independently of the firmware."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

PAGE = 64
FIRST_PAGE, ENTRIES, STATES_PAGE, CAUSES = 4, 150, 454, 27
RECORD, CURSOR, STATE, POSITION = b"TBE1", b"TBC2", b"TBT1", b"TBI1"
CASE_OPENED, MAGNET = 0x2C, 0x09
CASE_INDEX = 17
BEGINNINGS = {CASE_OPENED: CASE_OPENED, CASE_OPENED + 1: CASE_OPENED, MAGNET: MAGNET, MAGNET + 1: MAGNET}


@dataclass(frozen=True)
class Record:
    """One entry of the ring."""

    sequence: int
    counter: int
    seconds: int
    code: int
    count: int


@dataclass(frozen=True)
class State:
    """What is kept of one cause."""

    sequence: int
    count: int
    first_s: int
    last_s: int
    ended_s: int
    code: int
    active: bool


def sealed(body: bytes) -> bytes:
    """A page's octets with their CRC."""
    return body + zlib.crc32(body).to_bytes(4, "big")


def is_whole(octets: bytes, magic: bytes) -> bool:
    """Whether a page's octets are what was written."""
    return octets[:4] == magic and zlib.crc32(octets[:-4]).to_bytes(4, "big") == octets[-4:]


def record_at(array: bytes | bytearray, slot: int) -> Record | None:
    """The whole record of a slot, or None."""
    start = (FIRST_PAGE + 3 * slot) * PAGE
    octets = bytes(array[start : start + 32])
    if not is_whole(octets, RECORD):
        return None
    sequence, counter, seconds = struct.unpack(">III", octets[4:16])
    return Record(sequence, counter, seconds, octets[24], int.from_bytes(octets[25:27], "big"))


def state_of(array: bytes | bytearray, index: int) -> State | None:
    """The newer whole copy of a cause's state, or None."""
    found = []
    for copy in (0, 1):
        start = (STATES_PAGE + 2 * index + copy) * PAGE
        octets = bytes(array[start : start + 36])
        if is_whole(octets, STATE):
            sequence, count, first_s = struct.unpack(">III", octets[4:16])
            last_s, ended_s = (int.from_bytes(octets[at : at + 4], "big") for at in (18, 24))
            found.append(State(sequence, count, first_s, last_s, ended_s, octets[30], octets[31] != 0))
    return max(found, key=lambda state: state.sequence, default=None)


def states(array: bytes | bytearray) -> dict[int, State]:
    """All that there are, by the code that begins them."""
    found = (state_of(array, index) for index in range(CAUSES))
    return {state.code: state for state in found if state is not None}


def positions(page: bytes) -> list[tuple[int, int, int]]:
    """The whole records of installed positions, in thousandths of g, oldest first (firmware_ref/core/position.c)."""
    records = (page[at : at + 16] for at in range(0, len(page), 16))
    return [struct.unpack(">hhh", octets[4:10]) for octets in records if is_whole(octets, POSITION)]


def filled(entries: int, first_s: int) -> bytearray:
    """An EEPROM whose ring holds so many confirmed openings and closings: the day begins near its end."""
    array = bytearray(b"\xff" * 512 * PAGE)

    def put(page: int, body: bytes) -> None:
        octets = sealed(body)
        array[page * PAGE : page * PAGE + len(octets)] = octets

    def utc(seconds: int) -> bytes:
        return seconds.to_bytes(4, "big") + b"\0\0"

    for sequence in range(1, entries + 1):
        at_s = first_s + 60 * sequence
        code = CASE_OPENED + (sequence + 1) % 2
        numbers = struct.pack(">II", sequence, sequence)
        put(FIRST_PAGE + 3 * (sequence % ENTRIES), RECORD + numbers + 2 * utc(at_s) + bytes([code, 0, 1, 0]))
    put(0, CURSOR + struct.pack(">IIH", 4, entries, 0) + bytes(19 + 3))
    last_s = first_s + 60 * (entries - 1)
    numbers = struct.pack(">II", entries, entries // 2)
    put(
        STATES_PAGE + 2 * CASE_INDEX,
        STATE + numbers + utc(first_s + 60) + utc(last_s) + utc(last_s + 60) + bytes([CASE_OPENED, 0]),
    )
    return array

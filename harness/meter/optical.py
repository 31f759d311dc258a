"""The optical port's sign-on (IEC 62056-21): request, identification, option select, as octets.

Characters are seven bits; even parity is the port's business (7E1). ``SignOn`` follows one exchange: it is
fed what arrives, passes over an echo of the request (optical heads reflect), and ends in an identification
with its times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.meter.errors import CodecError

LAYER = "62056-21 sign-on"
CLAUSE = "IEC 62056-21, data messages"
START_BAUD = 300
CRLF = b"\r\n"
ACK = 0x06
_MAX_ADDRESS_CHARACTERS = 32
# Identification: "/", 3 letters, baud character, at most 16 characters, CR LF, and room for wake-up noise.
_MAX_LINE_OCTETS = 64
_ADDRESS = re.compile(rb"[0-9A-Za-z ]*")
_TEXT = re.compile(rb"[\x20-\x7e]{0,16}")
# Baud characters: digits are mode C (and E), letters mode B (change without acknowledgement).
BAUD_BY_CHARACTER = {
    character: 300 << step
    for characters, first in (("0123456", 0), ("ABCDEF", 1))
    for step, character in enumerate(characters, first)
}


@dataclass(frozen=True)
class Identification:
    """Who answered. ``maker`` are three letters, the last in lower case for the fast reaction time (20 ms)."""

    maker: str
    baud_character: str
    text: str

    @property
    def baud(self) -> int | None:
        """The proposed rate; None when the character proposes none (mode A)."""
        return BAUD_BY_CHARACTER.get(self.baud_character)

    @property
    def min_reaction_ns(self) -> int:
        """The least time between messages that this meter asks for."""
        return 20_000_000 if self.maker[2].islower() else 200_000_000

    def encode(self) -> bytes:
        """The line's octets, with CR LF."""
        try:
            line = f"/{self.maker}{self.baud_character}{self.text}".encode("ascii") + CRLF
        except UnicodeEncodeError:
            raise CodecError(LAYER, None, "seven-bit characters", repr(self), CLAUSE) from None
        decode_identification(line)
        return line


def encode_request(address: str = "") -> bytes:
    """``/?address!`` CR LF; an empty address calls whichever meter is under the head."""
    octets = address.encode("utf-8")
    if len(octets) > _MAX_ADDRESS_CHARACTERS or not _ADDRESS.fullmatch(octets):
        expected = f"an address of at most {_MAX_ADDRESS_CHARACTERS} digits, letters, blanks"
        raise CodecError(LAYER, None, expected, repr(address), CLAUSE)
    return b"/?" + octets + b"!" + CRLF


def decode_request(line: bytes) -> str:
    """The address in a request line."""
    if not (line.startswith(b"/?") and line.endswith(b"!" + CRLF)):
        raise CodecError(LAYER, 0, "/?address! CR LF", repr(line), CLAUSE)
    address = line[2:-3]
    if len(address) > _MAX_ADDRESS_CHARACTERS or not _ADDRESS.fullmatch(address):
        raise CodecError(LAYER, 2, "digits, letters, blanks as address", repr(address), CLAUSE)
    return address.decode("ascii")


def decode_identification(line: bytes) -> Identification:
    """The parts of an identification line, CR LF included."""
    if not line.startswith(b"/") or not line.endswith(CRLF) or len(line) < 1 + 3 + 1 + 2:
        raise CodecError(LAYER, 0, "/ maker baud-character text CR LF", repr(line), CLAUSE)
    maker, baud, text = line[1:4], line[4:5], line[5:-2]
    if not maker.isalpha():
        raise CodecError(LAYER, 1, "three letters of the maker", repr(maker), CLAUSE)
    if not 0x20 < baud[0] < 0x7F:
        raise CodecError(LAYER, 4, "a printable baud character", repr(baud), CLAUSE)
    if not _TEXT.fullmatch(text):
        raise CodecError(LAYER, 5, "at most 16 printable characters", repr(text), CLAUSE)
    return Identification(maker.decode("ascii"), baud.decode("ascii"), text.decode("ascii"))


def encode_option_select(protocol: str = "0", baud_character: str = "0", mode: str = "0") -> bytes:
    """ACK, protocol control, baud character, mode control, CR LF."""
    characters = (protocol + baud_character + mode).encode("utf-8")
    if len(characters) != 3 or not characters.isalnum():
        found = repr((protocol, baud_character, mode))
        raise CodecError(LAYER, None, "one digit or letter each", found, CLAUSE)
    return bytes([ACK]) + characters + CRLF


@dataclass(frozen=True)
class Answer:
    """An identification and when its first and last octet arrived."""

    identification: Identification
    first_octet_at_ns: int
    last_octet_at_ns: int


class SignOn:
    """One sign-on: send ``request``, feed what comes back until ``feed`` gives an answer."""

    def __init__(self, address: str = "") -> None:
        self.request = encode_request(address)
        self._octets = bytearray()
        self._times: list[int] = []

    def feed(self, data: bytes, at_ns: int) -> Answer | None:
        """Take what arrived at ``at_ns``; a line that is neither echo nor identification is a `CodecError`."""
        self._octets += data
        self._times += [at_ns] * len(data)
        while (end := self._octets.find(CRLF)) >= 0:
            line, first_ns = bytes(self._octets[: end + 2]), self._times[0]
            last_ns = self._times[end + 1]
            del self._octets[: end + 2], self._times[: end + 2]
            if line != self.request:
                return Answer(decode_identification(line), first_ns, last_ns)
        if len(self._octets) > _MAX_LINE_OCTETS:
            raise CodecError(
                LAYER, _MAX_LINE_OCTETS, "CR LF by then", repr(bytes(self._octets[:_MAX_LINE_OCTETS])), CLAUSE
            )
        return None

"""What the meter said and heard, as a pcapng file for Wireshark and its like.

Each test has interfaces of its own, named after it, since its times count from its own start: a packet's time is the
run's start plus the time in the test, so times compare within a test and not between tests.

* A modem link carries wrapper PDUs (IEC 62056-47) over a serial line. They are shown as UDP port 4059 between two
  documentation addresses (RFC 5737), which is where a protocol analyser looks for them. IP and UDP headers are made
  up, and every file and interface says so.
* Any other link to the meter (the optical port), and octets on a modem link that are no wrapper PDU, are shown as
  what they are: octets on a serial line (LINKTYPE_RTAC_SERIAL).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.evidence.model import Traffic
from harness.evidence.reader import Attempt, Run
from reports.pcapng_blocks import LinkType, Way, interface, packet, section
from reports.safe_text import visible

WRAPPER_CHANNELS = frozenset({"modem"})
DLMS_PORT = 4059
BENCH_ADDRESS, METER_ADDRESS = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
_WRAPPER_HEAD = 8
_WRAPPER_VERSION = b"\x00\x01"
_UDP, _TTL, _VERSION_AND_HEADER_WORDS = 17, 64, 0x45
_IP_OCTETS, _UDP_OCTETS = 20, 8
_TX_START, _RX_END = 1, 4
_NS_PER_S, _NS_PER_US = 1_000_000_000, 1000
_SILENCE_NS = 100_000_000
"""After this half a frame is given up (docs/alert-format.md), so that a wrong length swallows no later frame."""
_MADE_UP = "IP and UDP headers are made up for the analyser: the link is a serial line that carries wrapper PDUs"
_ABOUT = (
    "Meter traffic of run {run}, made from its record. Times: the run's start by the bench's clock plus the time in "
    "the test; they compare within a test only. " + _MADE_UP + "."
)


@dataclass
class _Capture:
    """Interfaces as they come up, and packets in order."""

    begin_ns: int
    interfaces: dict[str, bytes] = field(default_factory=dict)
    packets: list[bytes] = field(default_factory=list)

    def add(self, name: str, link: LinkType, about: str, at_ns: int, data: bytes, way: Way, comment: str) -> None:
        """One packet on the interface of that name."""
        if name not in self.interfaces:
            self.interfaces[name] = interface(link, visible(name), visible(about))
        number = list(self.interfaces).index(name)
        self.packets.append(packet(number, self.begin_ns + at_ns, data, way, visible(comment)))


@dataclass
class Framer:
    """Cuts one direction of a link into wrapper PDUs; what is none comes out as it is."""

    held: bytes = b""
    at_ns: int = 0

    def feed(self, data: bytes, at_ns: int) -> Iterator[tuple[int, bytes, bool]]:
        """Time, octets and whether they are one whole PDU, for everything that is decided now."""
        if at_ns - self.at_ns > _SILENCE_NS:
            yield from self.rest()
        self.held += data
        self.at_ns = at_ns
        while len(self.held) >= _WRAPPER_HEAD and self.held.startswith(_WRAPPER_VERSION):
            length = _WRAPPER_HEAD + int.from_bytes(self.held[6:8], "big")
            if len(self.held) < length:
                return
            pdu, self.held = self.held[:length], self.held[length:]
            yield at_ns, pdu, True
        if not _WRAPPER_VERSION.startswith(self.held[:2]):
            yield from self.rest()

    def rest(self) -> Iterator[tuple[int, bytes, bool]]:
        """What is left and will not become a PDU any more."""
        if self.held:
            held, self.held = self.held, b""
            yield self.at_ns, held, False


def render_traffic(run: Run) -> bytes:
    """The whole capture of a run."""
    capture = _Capture(run.header.bench_utc_ns)
    instruments = {instrument.role for instrument in run.header.instruments}
    for test in run.tests:
        for attempt in test.attempts:
            of_attempt = f", attempt {attempt.number}" if attempt.number > 1 else ""
            _add_attempt(capture, attempt, f"{test.planned.test_id}{of_attempt}", instruments)
    record = "" if run.summary is None else f", record {run.summary.get('record_digest', '')}"
    head = section("tamperbench", visible(_ABOUT.format(run=f"{run.header.plan}{record}")))
    return head + b"".join(capture.interfaces.values()) + b"".join(capture.packets)


def _add_attempt(capture: _Capture, attempt: Attempt, test: str, instruments: set[str]) -> None:
    """Instruments speak text and are in the record; octets on a channel that is no instrument's are a meter's."""
    framers: dict[tuple[str, str], Framer] = {}
    for entry in attempt.entries:
        body = entry.body
        if not isinstance(body, Traffic) or body.encoding != "hex" or body.channel in instruments:
            continue
        try:
            data = bytes.fromhex(body.data)
        except ValueError:
            continue  # a changed record; verifying it names the entry
        if body.channel not in WRAPPER_CHANNELS:
            _add_octets(capture, test, body.channel, body.direction, entry.at_ns, data, "")
            continue
        framer = framers.setdefault((body.channel, body.direction), Framer())
        for found in framer.feed(data, entry.at_ns):
            _add_found(capture, test, body.channel, body.direction, found)
    for (channel, direction), framer in framers.items():
        for found in framer.rest():
            _add_found(capture, test, channel, direction, found)


def _add_found(capture: _Capture, test: str, channel: str, direction: str, found: tuple[int, bytes, bool]) -> None:
    at_ns, data, is_pdu = found
    if not is_pdu:
        _add_octets(capture, test, f"{channel} octets", direction, at_ns, data, "no wrapper PDU, or half of one")
        return
    way = _way(direction)
    name = f"{test} {channel}"
    about = f"{channel} link of test {test}. {_MADE_UP}"
    capture.add(name, LinkType.RAW_IP, about, at_ns, as_udp(data, way), way, _direction_text(way))


def _add_octets(
    capture: _Capture, test: str, channel: str, direction: str, at_ns: int, data: bytes, remark: str
) -> None:
    way = _way(direction)
    comment = "; ".join(part for part in (_direction_text(way), remark) if part)
    about = f"{channel}: octets on a serial line to the meter, test {test}"
    octets = as_serial(data, way, at_ns)
    capture.add(f"{test} {channel}", LinkType.RTAC_SERIAL, about, at_ns, octets, way, comment)


def as_udp(data: bytes, way: Way) -> bytes:
    """A PDU behind made-up IPv4 and UDP headers (RFC 791, RFC 768; the UDP checksum 0 says that there is none)."""
    source, target = (METER_ADDRESS, BENCH_ADDRESS) if way is Way.IN else (BENCH_ADDRESS, METER_ADDRESS)
    udp = struct.pack(">HHHH", DLMS_PORT, DLMS_PORT, _UDP_OCTETS + len(data), 0)
    length = _IP_OCTETS + len(udp) + len(data)
    head = struct.pack(">BBHHHBBH", _VERSION_AND_HEADER_WORDS, 0, length, 0, 0, _TTL, _UDP, 0) + source + target
    total = sum(struct.unpack(">10H", head))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", total ^ 0xFFFF) + head[12:] + udp + data


def as_serial(data: bytes, way: Way, at_ns: int) -> bytes:
    """Octets behind the 12-octet head of LINKTYPE_RTAC_SERIAL: time in the test, event, control lines, footer."""
    since_ns = max(at_ns, 0)
    event = _RX_END if way is Way.IN else _TX_START
    head = struct.pack(">IIBBH", since_ns // _NS_PER_S & 0xFFFF_FFFF, since_ns % _NS_PER_S // _NS_PER_US, event, 0, 0)
    return head + data


def _way(direction: str) -> Way:
    return Way.OUT if direction == ">" else Way.IN


def _direction_text(way: Way) -> str:
    return "from the meter" if way is Way.IN else "to the meter"

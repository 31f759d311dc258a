"""Decodes an alert straight from docs/alert-format.md, octet by octet; shares nothing with harness or firmware."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


@dataclass(frozen=True)
class DecodedAlert:
    transaction_id: bytes
    originator: bytes
    recipient: bytes
    date_time: bytes
    invoke_id: int
    code: int
    counter: int
    event_time: datetime
    event_clock_status: int
    sequence: int
    severity: int
    signed_part: bytes
    signature: bytes

    def is_signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        r, s = int.from_bytes(self.signature[:32], "big"), int.from_bytes(self.signature[32:], "big")
        try:
            key.verify(utils.encode_dss_signature(r, s), self.signed_part, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def confirmation(self) -> bytes:
        apdu = b"\x10" + self.invoke_id.to_bytes(4, "big") + b"\x0c" + self.date_time
        return bytes.fromhex("000100010001") + len(apdu).to_bytes(2, "big") + apdu


class Octets:
    def __init__(self, octets: bytes) -> None:
        self.octets, self.at = octets, 0

    def take(self, count: int) -> bytes:
        assert self.at + count <= len(self.octets), "ends too soon"
        self.at += count
        return self.octets[self.at - count : self.at]

    def expect(self, hex_octets: str) -> None:
        wanted = bytes.fromhex(hex_octets)
        found = self.take(len(wanted))
        assert found == wanted, f"at {self.at}: expected {wanted.hex()}, found {found.hex()}"

    def string(self) -> bytes:
        return self.take(self.take(1)[0])


def read_date_time(octets: bytes) -> tuple[datetime, int]:
    assert len(octets) == 12
    year, (month, day, weekday, hour, minute, second, hundredths) = int.from_bytes(octets[:2], "big"), octets[2:9]
    assert octets[9:11] == b"\0\0", "deviation: UTC"
    when = datetime(year, month, day, hour, minute, second, hundredths * 10_000, tzinfo=UTC)
    assert weekday == when.isoweekday()
    return when, octets[11]


def split_frames(octets: bytes) -> list[bytes]:
    """What came over a line, frame by frame: each wrapper says how long its frame is. Ends with a whole one."""
    frames, at = list[bytes](), 0
    while at < len(octets):
        end = at + 8 + int.from_bytes(octets[at + 6 : at + 8], "big")
        assert end <= len(octets), f"the frame at {at} ends too soon"
        frames.append(octets[at:end])
        at = end
    return frames


def decode_alert(frame: bytes) -> DecodedAlert:
    """The one event of a frame that carries one."""
    (alert,) = decode_alerts(frame)
    return alert


def decode_alerts(frame: bytes) -> list[DecodedAlert]:
    """The events of a frame, in their order; each with the payload's signature and confirmation."""
    outer = Octets(frame)
    outer.expect("000100010001")
    assert int.from_bytes(outer.take(2), "big") == len(frame) - 8
    outer.expect("df")
    start = outer.at
    transaction_id, originator, recipient, date_time = (outer.string() for _ in range(4))
    outer.expect("00")
    size = outer.take(1)[0]
    if size == 0x81:
        size = outer.take(1)[0]
        assert size >= 0x80, "the shortest form of a length"
    content = outer.take(size)
    signed_part = frame[start : outer.at]
    signature = outer.string()
    assert (outer.at, len(signature)) == (len(frame), 64)

    inner = Octets(content)
    inner.expect("0f")
    invoke_id = int.from_bytes(inner.take(4), "big")
    assert inner.string() == date_time
    count = 1
    if content[inner.at] == 0x01:
        inner.take(1)
        count = inner.take(1)[0]
        assert count > 1, "one event is no array"
    events = [read_event(inner) for _ in range(count)]
    assert inner.at == len(content)
    counters = [event[1] for event in events]
    assert counters == sorted(set(counters))
    assert transaction_id == counters[-1].to_bytes(8, "big")
    assert invoke_id == 0xC0000000 | counters[-1] & 0xFFFFFF
    return [
        DecodedAlert(transaction_id, originator, recipient, date_time, invoke_id, *event, signed_part, signature)
        for event in events
    ]


def read_event(inner: Octets) -> tuple[int, int, datetime, int, int, int]:
    inner.expect("0206 0906 0000600b01ff 11")
    code = inner.take(1)[0]
    inner.expect("06")
    counter = int.from_bytes(inner.take(4), "big")
    inner.expect("09")
    event_time, status = read_date_time(inner.string())
    inner.expect("06")
    sequence = int.from_bytes(inner.take(4), "big")
    inner.expect("16")
    return code, counter, event_time, status, sequence, inner.take(1)[0]

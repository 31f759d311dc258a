"""The wrapper of IEC 62056-47: a frame is version, source wPort, destination wPort, length, APDU.

The wrapper has no mark to find a frame's beginning again after disturbed octets. ``WrapperDecoder`` does:
by the header's constant part, the largest length, and silence on the line. What belongs to no frame is
handed out too, so every octet that was fed comes out exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.meter.errors import CodecError
from harness.meter.octets import OctetReader, encode_uint

LAYER = "62056-47 wrapper"
CLAUSE = "IEC 62056-47, wrapper protocol data unit"
VERSION = 1
HEADER_OCTETS = 8
_VERSION_OCTETS = VERSION.to_bytes(2, "big")
MAX_APDU_OCTETS = 2048
# Far above one character (87 µs at 115,200 baud), below the first repeat of an alert (2 s), and within the
# 20 ms to 6 s that a class 23 object allows as inter-octet time-out.
GAP_TIMEOUT_NS = 1_000_000_000


@dataclass(frozen=True)
class WrapperFrame:
    """One frame. ``first_octet_at_ns`` and ``last_octet_at_ns`` are the times its octets were fed with."""

    source: int
    destination: int
    apdu: bytes
    first_octet_at_ns: int = 0
    last_octet_at_ns: int = 0

    @property
    def octets(self) -> bytes:
        """The whole frame as on the wire."""
        return encode_frame(self.apdu, self.source, self.destination)


@dataclass(frozen=True)
class Discarded:
    """Octets that belong to no frame, and why."""

    octets: bytes
    reason: str
    first_octet_at_ns: int
    last_octet_at_ns: int


def encode_frame(
    apdu: bytes, source: int = 1, destination: int = 1, *, version: int = VERSION, length: int | None = None
) -> bytes:
    """A frame; ``version`` and ``length`` can be set wrong on purpose."""
    fields = (
        ("version", version),
        ("source wPort", source),
        ("destination wPort", destination),
        ("length", len(apdu) if length is None else length),
    )
    return b"".join(encode_uint(value, 2, LAYER, name, CLAUSE) for name, value in fields) + apdu


def decode_frame(octets: bytes) -> WrapperFrame:
    """Exactly one frame and nothing behind it."""
    reader = OctetReader(octets, LAYER, CLAUSE)
    version = reader.uint(2, "version")
    if version != VERSION:
        raise reader.error(f"version {VERSION}", str(version), 0)
    source = reader.uint(2, "source wPort")
    destination = reader.uint(2, "destination wPort")
    apdu = reader.take(reader.uint(2, "length"), "APDU")
    reader.end()
    return WrapperFrame(source, destination, apdu)


class WrapperDecoder:
    """Finds frames in a stream of octets; what it finds does not depend on how the stream was cut."""

    def __init__(
        self,
        max_apdu_octets: int = MAX_APDU_OCTETS,
        gap_timeout_ns: int = GAP_TIMEOUT_NS,
        wports: tuple[int, int] = (1, 1),
    ) -> None:
        if max_apdu_octets < 1 or gap_timeout_ns < 1:
            raise CodecError(LAYER, None, "limits above 0", f"{max_apdu_octets} octets, {gap_timeout_ns} ns", CLAUSE)
        self._max_apdu_octets = max_apdu_octets
        self._gap_timeout_ns = gap_timeout_ns
        self._searched_header = b"".join(number.to_bytes(2, "big") for number in (VERSION, *wports))
        self._octets = bytearray()
        self._times: list[int] = []
        self._skipped = 0  # leading octets that are known to belong to no frame

    @property
    def pending_octets(self) -> int:
        """Octets that were fed and not yet handed out."""
        return len(self._octets)

    @property
    def expires_at_ns(self) -> int | None:
        """When silence will end what is pending; None if nothing is."""
        return self._times[-1] + self._gap_timeout_ns if self._times else None

    def feed(self, data: bytes, at_ns: int) -> list[WrapperFrame | Discarded]:
        """Take octets that arrived at ``at_ns``; give what became complete, in the order of arrival."""
        found = self.expire(at_ns)
        self._octets += data
        self._times += [at_ns] * len(data)
        return found + self._scan()

    def expire(self, now_ns: int) -> list[WrapperFrame | Discarded]:
        """After silence of the gap time nothing pending will be completed: hand it out.

        A false beginning may have swallowed a true frame behind it, so the pending octets are searched again.
        """
        due_ns = self.expires_at_ns
        if due_ns is None or now_ns < due_ns:
            return []
        found: list[WrapperFrame | Discarded] = []
        reason = "octets without a frame header"
        while self._skipped < len(self._octets):
            if len(self._octets) - self._skipped >= len(_VERSION_OCTETS):
                reason = "a frame began here and was not completed before the line fell silent"
            self._skipped += 1
            found += self._scan()
        return found + self._hand_out_skipped(reason)

    def _scan(self) -> list[WrapperFrame | Discarded]:
        found: list[WrapperFrame | Discarded] = []
        while True:
            while self._skipped < len(self._octets) and not self._may_begin(self._skipped):
                self._skipped += 1
            start = self._skipped
            if len(self._octets) - start < HEADER_OCTETS:
                return found
            end = start + HEADER_OCTETS + self._announced(start)
            if end > len(self._octets):
                return found
            found += self._hand_out_skipped("octets without a frame header")
            found.append(self._hand_out_frame(end - start))

    def _may_begin(self, start: int) -> bool:
        # Right after silence or a frame any wPorts are taken, so a wrongly addressed frame is still shown as one.
        # Inside disturbed octets only the expected ones: 00 01 is version and wPort alike, and a looser search
        # would find a frame that begins two octets late.
        header = self._searched_header if start else _VERSION_OCTETS
        if not header.startswith(bytes(self._octets[start : start + len(header)])):
            return False
        if len(self._octets) - start < HEADER_OCTETS:
            return True
        return (1 if start else 0) <= self._announced(start) <= self._max_apdu_octets

    def _announced(self, start: int) -> int:
        return int.from_bytes(self._octets[start + 6 : start + 8], "big")

    def _hand_out_skipped(self, reason: str) -> list[WrapperFrame | Discarded]:
        count, self._skipped = self._skipped, 0
        if not count:
            return []
        octets, first_ns, last_ns = self._cut(count)
        return [Discarded(octets, reason, first_ns, last_ns)]

    def _hand_out_frame(self, count: int) -> WrapperFrame:
        octets, first_ns, last_ns = self._cut(count)
        frame = decode_frame(octets)
        return WrapperFrame(frame.source, frame.destination, frame.apdu, first_ns, last_ns)

    def _cut(self, count: int) -> tuple[bytes, int, int]:
        octets, times = bytes(self._octets[:count]), self._times[:count]
        del self._octets[:count], self._times[:count]
        return octets, times[0], times[-1]

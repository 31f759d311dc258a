"""A head-end for the sweep: plain data that branches with the world. It confirms what it hears, while it is online."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.headend.listener.identity import MeterIdentity
from harness.meter.alert import Alert, alerts_of
from harness.meter.apdu import GeneralSigning
from harness.meter.errors import CodecError
from harness.meter.wrapper import decode_frame, encode_frame

HEADER = 8


@dataclass
class HeadEnd:
    """What was heard and confirmed, by counter, and what was wrong with it."""

    octets: bytearray = field(default_factory=bytearray)
    heard: dict[int, Alert] = field(default_factory=dict)
    confirmed: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    is_reachable: bool = True
    ciphered: dict[int, bytes] = field(default_factory=dict)
    """By invocation counter, the one text that was encrypted with it."""

    def copy(self) -> HeadEnd:
        """Another one that has heard the same."""
        return HeadEnd(
            bytearray(self.octets),
            dict(self.heard),
            set(self.confirmed),
            list(self.wrong),
            self.is_reachable,
            dict(self.ciphered),
        )

    def take(self, data: bytes, identity: MeterIdentity) -> bytes:
        """What came in; returns the confirmations."""
        self.octets += data
        answer = b""
        while len(self.octets) >= HEADER:
            length = HEADER + int.from_bytes(self.octets[6:8], "big")
            if len(self.octets) < length:
                break
            frame, self.octets = bytes(self.octets[:length]), self.octets[length:]
            answer += self._take_frame(frame, identity)
        return answer

    def _take_frame(self, frame: bytes, identity: MeterIdentity) -> bytes:
        try:
            signing = GeneralSigning.decode(decode_frame(frame).apdu, HEADER)
            alerts = alerts_of(signing, keys=identity.keys)
        except CodecError as error:
            self.wrong.append(f"octets that can't be read: {error}")
            return b""
        if not identity.signature_fits(alerts[-1].signed_octets, alerts[-1].signature):
            self.wrong.append(f"counter {alerts[-1].counter}: the signature does not fit")
        if identity.keys is not None:
            self._check_ciphering(alerts[-1], signing.content)
        for alert in alerts:
            known = self.heard.setdefault(alert.counter, alert)
            if known.event_octets != alert.event_octets:
                self.wrong.append(f"counter {alert.counter} was used for two events")
        if not self.is_reachable:
            return b""
        self.confirmed.update(alert.counter for alert in alerts)
        return encode_frame(alerts[-1].confirmation().encode(), 1, 1)

    def _check_ciphering(self, last: Alert, content: bytes) -> None:
        """With keys nothing goes in clear, and no invocation counter is used for two texts: it would give both away."""
        if last.invocation_counter is None:
            self.wrong.append(f"counter {last.counter} was sent in clear")
            return
        if not last.ciphering_valid:
            self.wrong.append(f"counter {last.counter}: the ciphering's tag is not that of the meter's keys")
        if self.ciphered.setdefault(last.invocation_counter, content) != content:
            self.wrong.append(f"invocation counter {last.invocation_counter} was used for two texts")

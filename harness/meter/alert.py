"""The alert: what a tamper event means, inside a general-signing APDU (``docs/alert-format.md``).

Encoding goes in steps, ``alert_body`` → ``notification_of`` → ``signing_of`` → ``signed_with``, so that a
test can make any step wrong. Decoding checks the shape only; whether to believe it is the listener's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from harness.meter import axdr, cosem_time
from harness.meter.apdu import (
    CONFIRMED_SERVICE,
    HIGH_PRIORITY,
    INVOKE_ID_MASK,
    INVOKE_OCTETS,
    DataNotification,
    DataNotificationConfirm,
    GeneralSigning,
)
from harness.meter.axdr import Data, Tag
from harness.meter.ciphering import CipherKeys, GeneralGloCiphering, cipher, has_right_tag, read_unchecked
from harness.meter.errors import CodecError

LAYER = "alert"
CLAUSE = "docs/alert-format.md"
ALERT_OBIS = bytes((0, 0, 96, 11, 1, 255))
TITLE_OCTETS = 8
TRANSACTION_ID_OCTETS = 8
SIGNATURE_OCTETS = 64


class EventCode(IntEnum):
    """IDIS event codes of the alerts the reference meter sends; another meter may send others."""

    CASE_OPENED = 44
    CASE_CLOSED = 45


class Severity(IntEnum):
    """How urgent the meter says it is."""

    MAJOR = 1
    MINOR = 2


@dataclass(frozen=True)
class AlertContent:
    """What an alert says. Codes and severity are plain numbers, since a wrong one must be expressible."""

    event_code: int
    counter: int
    event_time_utc_ns: int
    log_sequence: int
    severity: int
    originator_title: bytes
    recipient_title: bytes
    generated_utc_ns: int
    event_time_status: int = 0
    obis: bytes = ALERT_OBIS


@dataclass(frozen=True)
class Alert(AlertContent):
    """A decoded alert: its content and what is needed to check and to confirm it.

    Several events may share one payload, and then transaction-id, invoke-id and signature too: those of the last.
    """

    transaction_id: bytes = b""
    invoke_id_and_priority: int = 0
    date_time: bytes = b""
    signing_date_time: bytes = b""
    signed_octets: bytes = b""
    signature: bytes = b""
    invocation_counter: int | None = None
    """Of the ciphering that the alert came in; None: it came in clear."""
    ciphering_valid: bool = True
    """Whether the ciphering's tag is right, if there is one: else the text may be anyone's."""
    event_octets: bytes = b""
    """The event itself, as it was encoded: the same in every payload that carries it."""

    @property
    def event_time_invalid(self) -> bool:
        """The meter itself says that its event time is invalid."""
        return cosem_time.marks_invalid(self.event_time_status)

    def confirmation(self) -> DataNotificationConfirm:
        """The APDU that confirms this very alert."""
        return DataNotificationConfirm(self.invoke_id_and_priority, self.date_time)


def alert_body(content: AlertContent) -> Data:
    """The data-notification's body."""
    event_time = cosem_time.from_utc_ns(content.event_time_utc_ns, status=content.event_time_status)
    return Data(
        Tag.STRUCTURE,
        (
            Data(Tag.OCTET_STRING, content.obis),
            Data(Tag.UNSIGNED, content.event_code),
            Data(Tag.DOUBLE_LONG_UNSIGNED, content.counter),
            Data(Tag.OCTET_STRING, cosem_time.encode(event_time)),
            Data(Tag.DOUBLE_LONG_UNSIGNED, content.log_sequence),
            Data(Tag.ENUM, content.severity),
        ),
    )


def notification_of(*contents: AlertContent) -> DataNotification:
    """The APDU inside. Several events are an array, in the order of their counters; the last stands for them."""
    last = contents[-1]
    date_time = cosem_time.encode(cosem_time.from_utc_ns(last.generated_utc_ns))
    bodies = tuple(alert_body(content) for content in contents)
    body = bodies[0] if len(bodies) == 1 else Data(Tag.ARRAY, bodies)
    return DataNotification(expected_invoke_id(last.counter), date_time, body)


def signing_of(content: AlertContent, notification: DataNotification) -> GeneralSigning:
    """The APDU around it, without signature yet."""
    return GeneralSigning(
        transaction_id=expected_transaction_id(content.counter),
        originator_system_title=content.originator_title,
        recipient_system_title=content.recipient_title,
        date_time=notification.date_time,
        other_information=b"",
        content=notification.encode(),
    )


def ciphered_signing_of(content: AlertContent, ciphered: GeneralGloCiphering) -> GeneralSigning:
    """The APDU around a ciphered notification, without signature yet: nothing in it tells of the event."""
    return GeneralSigning(
        transaction_id=expected_transaction_id(ciphered.invocation_counter),
        originator_system_title=content.originator_title,
        recipient_system_title=content.recipient_title,
        date_time=b"",
        other_information=b"",
        content=ciphered.encode(),
    )


def encode_ciphered_alert(
    content: AlertContent, sign: Callable[[bytes], bytes], keys: CipherKeys, invocation_counter: int
) -> bytes:
    """A right alert APDU, ciphered."""
    ciphered = cipher(notification_of(content).encode(), keys, content.originator_title, invocation_counter)
    return ciphered_signing_of(content, ciphered).signed_with(sign).encode()


def encode_alert(content: AlertContent, sign: Callable[[bytes], bytes]) -> bytes:
    """A right alert APDU; ``sign`` gives r and s, 32 octets each, over the octets it gets."""
    return signing_of(content, notification_of(content)).signed_with(sign).encode()


def expected_invoke_id(counter: int) -> int:
    """The long-invoke-id-and-priority that belongs to an event counter."""
    return HIGH_PRIORITY | CONFIRMED_SERVICE | (counter & INVOKE_ID_MASK)


def expected_transaction_id(counter: int) -> bytes:
    """The transaction-id that belongs to an event counter."""
    if not 0 <= counter < 1 << 32:
        raise CodecError(LAYER, None, "a counter of 32 bits", str(counter), CLAUSE)
    return counter.to_bytes(TRANSACTION_ID_OCTETS, "big")


def decode_alert(apdu: bytes, base: int = 0, keys: CipherKeys | None = None) -> Alert:
    """The last alert in a general-signing APDU; ``base`` is the APDU's offset in what was received."""
    return alert_of(GeneralSigning.decode(apdu, base), base, keys)


def alert_of(signing: GeneralSigning, base: int = 0, keys: CipherKeys | None = None) -> Alert:
    """The last alert in a decoded general-signing APDU: the one that stands for the payload."""
    return alerts_of(signing, base, keys)[-1]


def ciphering_of(signing: GeneralSigning, base: int = 0) -> GeneralGloCiphering | None:
    """The ciphering inside; None where the content is in clear."""
    if signing.content[:1] != bytes([GeneralGloCiphering.TAG]):
        return None
    return GeneralGloCiphering.decode(signing.content, base + signing.content_offset)


def alerts_of(signing: GeneralSigning, base: int = 0, keys: CipherKeys | None = None) -> tuple[Alert, ...]:
    """The alerts in a decoded general-signing APDU, as they follow each other; ``keys`` open a ciphered one."""
    content_at = base + signing.content_offset
    content = signing.content
    ciphered = ciphering_of(signing, base)
    if ciphered is not None:
        if keys is None:
            raise CodecError(LAYER, content_at, "an alert in clear, since no keys are known", "a ciphered one", CLAUSE)
        if ciphered.system_title != signing.originator_system_title:
            raise CodecError(LAYER, content_at, "the originator's title again", ciphered.system_title.hex(" "), CLAUSE)
        content = read_unchecked(ciphered, keys)
        content_at += ciphered.text_offset
    alerts = _alerts_in(content, signing, content_at)
    if ciphered is None or keys is None:
        return alerts
    counter, is_valid = ciphered.invocation_counter, has_right_tag(ciphered, keys)
    return tuple(replace(alert, invocation_counter=counter, ciphering_valid=is_valid) for alert in alerts)


def _alerts_in(content: bytes, signing: GeneralSigning, content_at: int) -> tuple[Alert, ...]:
    notification = DataNotification.decode(content, content_at)
    body = notification.body
    body_at = content_at + 1 + INVOKE_OCTETS + 1 + len(notification.date_time)
    if body.tag is not Tag.ARRAY:
        return (_alert_of_body(signing, notification, body, body_at, content_at),)
    if not isinstance(body.value, tuple) or len(body.value) < 2:
        raise CodecError(LAYER, body_at, "an array of two events or more", "fewer", CLAUSE)
    alerts: list[Alert] = []
    at = body_at + 2
    for one in body.value:
        alerts.append(_alert_of_body(signing, notification, one, at, content_at))
        at += len(alerts[-1].event_octets)
    counters = [alert.counter for alert in alerts]
    if any(not low < high for low, high in pairwise(counters)):
        raise CodecError(LAYER, body_at, "events in the order of their counters", str(counters), CLAUSE)
    return tuple(alerts)


def _alert_of_body(
    signing: GeneralSigning, notification: DataNotification, body: Data, body_at: int, content_at: int
) -> Alert:
    obis, event_code, counter, event_time_data, log_sequence, severity = _body_members(body, body_at)
    # Structure tag and count, OBIS (tag, length), event code, counter, then tag and length of the event time.
    event_time_at = body_at + 2 + 2 + len(_octets(obis, body_at)) + 2 + 5 + 2
    event_time = cosem_time.decode(_octets(event_time_data, event_time_at), event_time_at)
    date_time_at = content_at + 1 + INVOKE_OCTETS + 1
    generated = cosem_time.decode(notification.date_time, date_time_at)
    return Alert(
        event_code=_number(event_code, body_at),
        counter=_number(counter, body_at),
        event_time_utc_ns=event_time.utc_ns(event_time_at),
        log_sequence=_number(log_sequence, body_at),
        severity=_number(severity, body_at),
        originator_title=signing.originator_system_title,
        recipient_title=signing.recipient_system_title,
        generated_utc_ns=generated.utc_ns(date_time_at),
        event_time_status=event_time.status,
        obis=_octets(obis, body_at),
        transaction_id=signing.transaction_id,
        invoke_id_and_priority=notification.invoke_id_and_priority,
        date_time=notification.date_time,
        signing_date_time=signing.date_time,
        signed_octets=signing.signed_octets,
        signature=signing.signature,
        event_octets=axdr.encode(body),
    )


_BODY_TAGS = (
    Tag.OCTET_STRING,
    Tag.UNSIGNED,
    Tag.DOUBLE_LONG_UNSIGNED,
    Tag.OCTET_STRING,
    Tag.DOUBLE_LONG_UNSIGNED,
    Tag.ENUM,
)


def _body_members(body: Data, offset: int) -> tuple[Data, ...]:
    members = body.value if body.tag is Tag.STRUCTURE and isinstance(body.value, tuple) else ()
    found = tuple(member.tag for member in members)
    if found != _BODY_TAGS:
        expected = "a structure of " + ", ".join(tag.name.lower() for tag in _BODY_TAGS)
        names = ", ".join(tag.name.lower() for tag in found) or body.tag.name.lower()
        raise CodecError(LAYER, offset, expected, names, CLAUSE)
    return members


def _number(data: Data, offset: int) -> int:
    if not isinstance(data.value, int):
        raise CodecError(LAYER, offset, "a number", data.tag.name.lower(), CLAUSE)
    return data.value


def _octets(data: Data, offset: int) -> bytes:
    if not isinstance(data.value, bytes):
        raise CodecError(LAYER, offset, "octets", data.tag.name.lower(), CLAUSE)
    return data.value

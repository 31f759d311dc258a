"""The APDUs of a signed and confirmed push: data-notification, its confirm, and general-signing.

Each is a frozen dataclass with ``encode()`` and ``decode()``; a wrong one on purpose is made with
``dataclasses.replace``. Layouts: ``docs/alert-format.md``, from the xDLMS services of IEC 62056-5-3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from harness.meter import axdr
from harness.meter.axdr import Data
from harness.meter.octets import OctetReader, encode_octet_string, encode_uint

CLAUSE = "IEC 62056-5-3, xDLMS application layer"
INVOKE_OCTETS = 4
# Bits 31 and 30 of long-invoke-id-and-priority: high priority, confirmed service.
HIGH_PRIORITY = 0x8000_0000
CONFIRMED_SERVICE = 0x4000_0000
INVOKE_ID_MASK = 0x00FF_FFFF


@dataclass(frozen=True)
class DataNotification:
    """Data that the meter sends unasked. ``date_time`` is 0 or 12 octets."""

    TAG: ClassVar[int] = 0x0F
    invoke_id_and_priority: int
    date_time: bytes
    body: Data

    def encode(self) -> bytes:
        """The APDU's octets."""
        invoke = _encode_invoke(self.invoke_id_and_priority, "data-notification")
        return bytes([self.TAG]) + invoke + encode_octet_string(self.date_time) + axdr.encode(self.body)

    @classmethod
    def decode(cls, octets: bytes, base: int = 0) -> DataNotification:
        """Exactly one APDU."""
        reader = OctetReader(octets, "data-notification", CLAUSE, base)
        reader.constant(cls.TAG, "tag")
        invoke = reader.uint(INVOKE_OCTETS, "long-invoke-id-and-priority")
        date_time = reader.octet_string("date-time")
        body = axdr.decode(octets[reader.at :], reader.offset)
        return cls(invoke, date_time, body)


@dataclass(frozen=True)
class DataNotificationConfirm:
    """The receiver's word that a notification arrived; it names that one by invoke-id and date-time."""

    TAG: ClassVar[int] = 0x10
    invoke_id_and_priority: int
    date_time: bytes

    def encode(self) -> bytes:
        """The APDU's octets."""
        invoke = _encode_invoke(self.invoke_id_and_priority, "data-notification-confirm")
        return bytes([self.TAG]) + invoke + encode_octet_string(self.date_time)

    @classmethod
    def decode(cls, octets: bytes, base: int = 0) -> DataNotificationConfirm:
        """Exactly one APDU."""
        reader = OctetReader(octets, "data-notification-confirm", CLAUSE, base)
        reader.constant(cls.TAG, "tag")
        invoke = reader.uint(INVOKE_OCTETS, "long-invoke-id-and-priority")
        date_time = reader.octet_string("date-time")
        reader.end()
        return cls(invoke, date_time)


@dataclass(frozen=True)
class GeneralSigning:
    """A signed APDU. The signature covers transaction-id up to content, each with its length."""

    TAG: ClassVar[int] = 0xDF
    transaction_id: bytes
    originator_system_title: bytes
    recipient_system_title: bytes
    date_time: bytes
    other_information: bytes
    content: bytes
    signature: bytes = b""

    @property
    def signed_octets(self) -> bytes:
        """What the signature covers. Lengths have one form only, so these are also the octets received."""
        fields = (
            self.transaction_id,
            self.originator_system_title,
            self.recipient_system_title,
            self.date_time,
            self.other_information,
            self.content,
        )
        return b"".join(encode_octet_string(field) for field in fields)

    @property
    def content_offset(self) -> int:
        """Where the content's first octet stands in the APDU."""
        return 1 + len(self.signed_octets) - len(self.content)

    def signed_with(self, sign: Callable[[bytes], bytes]) -> GeneralSigning:
        """The same with the signature that ``sign`` makes over the signed octets."""
        return replace(self, signature=sign(self.signed_octets))

    def encode(self) -> bytes:
        """The APDU's octets."""
        return bytes([self.TAG]) + self.signed_octets + encode_octet_string(self.signature)

    @classmethod
    def decode(cls, octets: bytes, base: int = 0) -> GeneralSigning:
        """Exactly one APDU; the content is left as octets, since nothing says yet that it can be trusted."""
        reader = OctetReader(octets, "general-signing", CLAUSE, base)
        reader.constant(cls.TAG, "tag")
        signing = cls(
            transaction_id=reader.octet_string("transaction-id"),
            originator_system_title=reader.octet_string("originator-system-title"),
            recipient_system_title=reader.octet_string("recipient-system-title"),
            date_time=reader.octet_string("date-time"),
            other_information=reader.octet_string("other-information"),
            content=reader.octet_string("content"),
            signature=reader.octet_string("signature"),
        )
        reader.end()
        return signing


def _encode_invoke(value: int, layer: str) -> bytes:
    return encode_uint(value, INVOKE_OCTETS, layer, "long-invoke-id-and-priority", CLAUSE)

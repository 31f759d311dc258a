"""What a head-end asks of the meter: to set its clock, to push billing data; and the meter's answers.

SET and ACTION, normal, of IEC 62056-5-3, without authentication until the security suites: ``docs/alert-format.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.meter import axdr, cosem_time
from harness.meter.apdu import CLAUSE
from harness.meter.axdr import Data, Tag
from harness.meter.octets import OctetReader

INVOKE = 0xC1
"""Invoke-id 1, confirmed, high priority."""
NORMAL = 0x01
SET_REQUEST, ACTION_REQUEST, SET_RESPONSE, ACTION_RESPONSE = 0xC1, 0xC3, 0xC5, 0xC7
RESPONSE_TAGS = (bytes([SET_RESPONSE]), bytes([ACTION_RESPONSE]))
CLOCK = bytes((0, 8, 0, 0, 1, 0, 0, 255, 2))
"""Class 8, 0-0:1.0.0.255, attribute 2: time."""
PUSH_SETUP = bytes((0, 40, 0, 0, 25, 9, 0, 255, 1))
"""Class 40, 0-0:25.9.0.255, method 1: push."""
DONE = 0


@dataclass(frozen=True)
class Response:
    """The meter's answer; ``result`` is 0 for done, else why it was not."""

    tag: int
    invoke: int
    result: int

    @classmethod
    def decode(cls, apdu: bytes) -> Response:
        """Exactly one SET or ACTION response without data; raises CodecError."""
        reader = OctetReader(apdu, "response", CLAUSE)
        tag = reader.uint(1, "tag")
        reader.constant(NORMAL, "choice")
        response = cls(tag, reader.uint(1, "invoke-id-and-priority"), reader.uint(1, "result"))
        if tag == ACTION_RESPONSE:
            reader.constant(0, "no data")
        reader.end()
        return response


def set_clock_request(utc_ns: int) -> bytes:
    """The APDU that sets the meter's clock."""
    time = cosem_time.encode(cosem_time.from_utc_ns(utc_ns))
    return bytes((SET_REQUEST, NORMAL, INVOKE)) + CLOCK + b"\x00" + axdr.encode(Data(Tag.OCTET_STRING, time))


def push_billing_request(frames: int) -> bytes:
    """The APDU that has the meter push so many frames of billing data."""
    parameter = axdr.encode(Data(Tag.LONG_UNSIGNED, frames))
    return bytes((ACTION_REQUEST, NORMAL, INVOKE)) + PUSH_SETUP + b"\x01" + parameter

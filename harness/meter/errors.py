"""Errors of the codecs: bytes that don't follow their format. Never a verdict. A failed link is the bench's."""

from __future__ import annotations


class MeterError(Exception):
    """Base of all errors raised under ``harness.meter``."""


class CodecError(MeterError):
    """Octets that do not follow their format, or values that have no encoding.

    ``offset`` counts from the first octet given to the outermost decoder, so it can be found in a recorded
    exchange; it is None for a value that can't be encoded.
    """

    def __init__(self, layer: str, offset: int | None, expected: str, found: str, clause: str) -> None:
        self.layer = layer
        self.offset = offset
        self.expected = expected
        self.found = found
        self.clause = clause
        where = "while encoding" if offset is None else f"at octet {offset}"
        todo = "correct the value" if offset is None else "compare the recorded octets with the format named here"
        super().__init__(f"{layer}, {where}: expected {expected}, found {found} ({clause}); {todo}")

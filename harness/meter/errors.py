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


class ValueMissingError(MeterError):
    """A value that was asked for by its code is not in a readout, is empty, or is of another kind or unit."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        self.code = code
        self.expected = expected
        self.found = found
        super().__init__(
            f"data readout: expected {expected} for {code}, found {found}; check the codes in the meter file, and "
            "whether what the meter measures with answers it (a meter sends an empty value for one that it has not)"
        )

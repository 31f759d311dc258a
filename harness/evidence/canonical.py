"""Canonical JSON: one value, one sequence of bytes, so that a digest means the same everywhere.

Keys sorted, no spaces, UTF-8, whole numbers as such, other numbers by their shortest repr (Python's, the same on
every machine with IEEE doubles). JSON has no NaN: a number that is none is written by its user as null with the
reason beside it (:func:`number_or_reason`), and reaching this module with one is an error.
"""

from __future__ import annotations

import hashlib
import json
import math
import numbers

from harness.evidence.errors import RecordError

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
"""Made once: verifying a run encodes each of its entries three times."""


def canonical_json(value: object) -> bytes:
    """The bytes that digests are taken of."""
    try:
        return _ENCODER.encode(value).encode()
    except (ValueError, TypeError) as error:
        raise RecordError(
            f"a record entry can't be written as JSON: {error}; expected text, finite numbers, booleans, null, "
            "lists and tables of these: convert the value before it is recorded"
        ) from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 as lower-case hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def number_or_reason(value: float) -> tuple[float | int | None, str]:
    """A finite number as plain int or float with no reason; NaN and infinities as None with the reason."""
    if isinstance(value, bool):
        raise RecordError(f"{value} is a truth value, not a number; judge a count or a measured value instead")
    if isinstance(value, numbers.Integral):
        return int(value), ""
    number = float(value)
    if math.isnan(number):
        return None, "not a number (NaN)"
    if math.isinf(number):
        return None, "over range (+infinity)" if number > 0 else "over range (-infinity)"
    return number, ""

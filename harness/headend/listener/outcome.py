"""How a reception can end. Every octet that the listener received ends in exactly one of these."""

from __future__ import annotations

from enum import StrEnum

SIGNATURE_ERROR_CODE = 0xF2


class Outcome(StrEnum):
    """The listener's finding on one frame, or on octets that belong to none."""

    ACCEPTED = "accepted"
    """Signed by the meter, new, in order, at a plausible time."""
    RETRANSMISSION = "retransmission"
    """The same signed octets again while the meter can't know yet that they arrived."""
    REPLAYED = "replayed"
    """A counter used before: the same octets long after their confirmation, or other content under it."""
    REORDERED = "reordered"
    """A new counter, below one that was already received."""
    SIGNATURE_INVALID = "signature_invalid"
    """The signature does not belong to these octets and this meter's key (error code 0xF2)."""
    CIPHERING_INVALID = "ciphering_invalid"
    """Rightly signed, but the tag of its ciphering does not belong to this meter's keys."""
    MALFORMED = "malformed"
    """Not an alert by its format, or one whose signed parts contradict each other."""
    UNKNOWN_METER = "unknown_meter"
    """Sent in the name of another system title."""
    WRONG_RECIPIENT = "wrong_recipient"
    """Rightly signed, but addressed to another head-end."""
    TIME_IMPLAUSIBLE = "time_implausible"
    """Rightly signed and new, but its event time can't be right."""
    ORDINARY = "ordinary"
    """No alert but ordinary traffic: billing data, or the answer to a request."""

    @property
    def error_code(self) -> int | None:
        """The catalogue's error code for this outcome (LOG-3), where it has one."""
        return SIGNATURE_ERROR_CODE if self is Outcome.SIGNATURE_INVALID else None

    @property
    def authentic(self) -> bool:
        """The meter itself made these octets; when and how often they came is another question."""
        return self in _AUTHENTIC


_AUTHENTIC = frozenset(
    (
        Outcome.ACCEPTED,
        Outcome.RETRANSMISSION,
        Outcome.REORDERED,
        Outcome.TIME_IMPLAUSIBLE,
    )
)

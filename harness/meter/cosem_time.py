"""COSEM date-time (12 octets) and UTC in nanoseconds, both ways.

Each field may be "not specified" (all ones); such a date-time is valid data but names no instant, so asking
for its UTC is an error that says which field is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.meter.errors import CodecError
from harness.meter.octets import OctetReader

LAYER = "COSEM date-time"
CLAUSE = "IEC 62056-6-2, date and time formats"
OCTETS = 12
NS_PER_HUNDREDTH = 10_000_000
_NS_PER_SECOND = 1_000_000_000
_NS_PER_DAY = 86_400 * _NS_PER_SECOND
_EPOCH_DAY = date(1970, 1, 1).toordinal()
UNSPECIFIED_YEAR = 0xFFFF
UNSPECIFIED = 0xFF
UNSPECIFIED_DEVIATION = -0x8000
STATUS_INVALID = 0x01
STATUS_DOUBTFUL = 0x02
STATUS_DST = 0x80


@dataclass(frozen=True)
class CosemDateTime:
    """The fields as they stand on the wire; nothing is corrected."""

    year: int
    month: int
    day: int
    weekday: int
    hour: int
    minute: int
    second: int
    hundredths: int
    deviation_min: int
    status: int

    def utc_ns(self, base: int = 0) -> int:
        """The instant in ns since 1970; hundredths that are not specified count as 0, deviation must be there.

        ``base`` is where the date-time stands in what was received, for the errors' offset.

        UTC = local + deviation (minutes from local time to UTC), the Blue Book's sign; a market whose meters
        send the opposite sign has to say so in its profile.
        """
        day = self._day_number(base)
        limits = (("hour", self.hour, 23), ("minute", self.minute, 59), ("second", self.second, 59))
        for at, (name, value, largest) in enumerate(limits, base + 5):
            if value > largest:
                raise _no_instant(f"{name} 0 to {largest}", value, at)
        hundredths = 0 if self.hundredths == UNSPECIFIED else self.hundredths
        if hundredths > 99:
            raise _no_instant("hundredths 0 to 99", hundredths, base + 8)
        if not -720 <= self.deviation_min <= 840:
            raise _no_instant("deviation -720 to 840 minutes", self.deviation_min, base + 9)
        seconds = self.hour * 3600 + (self.minute + self.deviation_min) * 60 + self.second
        return day * _NS_PER_DAY + seconds * _NS_PER_SECOND + hundredths * NS_PER_HUNDREDTH

    def _day_number(self, base: int) -> int:
        try:
            ordinal = date(self.year, self.month, self.day).toordinal()
        except ValueError:
            raise _no_instant("a calendar date", f"{self.year}-{self.month}-{self.day}", base) from None
        # The first of January of year 1 was a Monday, so ordinals and weekdays run together.
        weekday = (ordinal - 1) % 7 + 1
        if self.weekday not in (weekday, UNSPECIFIED):
            raise _no_instant(f"weekday {weekday} or not specified", self.weekday, base + 4)
        return ordinal - _EPOCH_DAY


def marks_invalid(status: int) -> bool:
    """Whether a clock status says that the time beside it is invalid (the meter's clock was lost)."""
    return status != UNSPECIFIED and bool(status & STATUS_INVALID)


def _no_instant(expected: str, found: object, offset: int) -> CodecError:
    return CodecError(LAYER, offset, expected, str(found), CLAUSE)


def decode(octets: bytes, base: int = 0) -> CosemDateTime:
    """The fields of exactly 12 octets."""
    if len(octets) != OCTETS:
        raise CodecError(LAYER, base, f"{OCTETS} octets", f"{len(octets)}", CLAUSE)
    reader = OctetReader(octets, LAYER, CLAUSE, base)
    year = reader.uint(2, "year")
    month, day, weekday, hour, minute, second, hundredths = reader.take(7, "date and time")
    deviation = int.from_bytes(reader.take(2, "deviation"), "big", signed=True)
    status = reader.uint(1, "clock status")
    return CosemDateTime(year, month, day, weekday, hour, minute, second, hundredths, deviation, status)


def encode(value: CosemDateTime) -> bytes:
    """The 12 octets of ``value``, right or wrong: only what does not fit its octets is refused."""
    try:
        return (
            value.year.to_bytes(2, "big")
            + bytes([value.month, value.day, value.weekday, value.hour, value.minute, value.second])
            + bytes([value.hundredths])
            + value.deviation_min.to_bytes(2, "big", signed=True)
            + bytes([value.status])
        )
    except (OverflowError, ValueError):
        raise CodecError(LAYER, None, "fields that fit their octets", repr(value), CLAUSE) from None


def from_utc_ns(utc_ns: int, deviation_min: int = 0, status: int = 0) -> CosemDateTime:
    """The date-time of an instant, cut (not rounded) to hundredths: a time stamp never lies in the future."""
    local_ns = utc_ns - deviation_min * 60 * _NS_PER_SECOND
    day, in_day_ns = divmod(local_ns, _NS_PER_DAY)
    try:
        at = date.fromordinal(day + _EPOCH_DAY)
    except (ValueError, OverflowError):
        raise CodecError(LAYER, None, "an instant in the years 1 to 9999", f"{utc_ns} ns", CLAUSE) from None
    seconds, ns = divmod(in_day_ns, _NS_PER_SECOND)
    return CosemDateTime(
        at.year,
        at.month,
        at.day,
        at.isoweekday(),
        seconds // 3600,
        seconds // 60 % 60,
        seconds % 60,
        ns // NS_PER_HUNDREDTH,
        deviation_min,
        status,
    )

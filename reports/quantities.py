"""Values as text: grouped digits, as many places as the uncertainty supports, never rounded across a limit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

NARROW_SPACE = "\u202f"
NO_NUMBER = "no number"

_SIGNS = {"us": "µs", "uA": "µA", "uT": "µT", "Ohm": "Ω", "kOhm": "kΩ", "MOhm": "MΩ", "degC": "°C", "deg": "°", "1": ""}
_TIME_STEPS = (("s", 9), ("ms", 6), ("us", 3), ("ns", 0))
_MOST_PLACES = 12
_PLAIN_DIGITS = 7
_NS_PER_US = 1000


@dataclass(frozen=True)
class Scale:
    """How a column of values is shown: recorded value × 10^-power, in ``unit``."""

    unit: str
    power: int = 0

    def shown(self, value: float) -> Decimal:
        """The recorded value in this scale, exactly."""
        return Decimal(repr(value)).scaleb(-self.power)

    @property
    def sign(self) -> str:
        """The unit as it is printed; empty for a plain count."""
        return _SIGNS.get(self.unit, self.unit)


def scale_for(unit: str, values: Iterable[float | int | None]) -> Scale:
    """The scale for values that stand together: nanoseconds become µs, ms or s by the largest of them."""
    largest = max((abs(value) for value in values if value is not None), default=0)
    if unit == "ns":
        for name, power in _TIME_STEPS:
            if largest >= 10**power:
                return Scale(name, power)
    return Scale(unit)


def places_for(uncertainty: float, scale: Scale) -> int | None:
    """Decimal places for two significant digits of the uncertainty (GUM 7.2.6); None if there is none."""
    if not uncertainty or not math.isfinite(uncertainty):
        return None
    return max(0, 1 - (Decimal(repr(abs(uncertainty))).scaleb(-scale.power)).adjusted())


def number(
    value: float | int | None, scale: Scale, *, places: int | None = None, limits: Iterable[float | int | None] = ()
) -> str:
    """The value in ``scale``; more places than asked for where fewer would move it onto or over a limit."""
    if value is None:
        return NO_NUMBER
    exact = scale.shown(value)
    if places is None:
        return _grouped(_significant(exact))
    fixed = [scale.shown(limit) for limit in limits if limit is not None]
    while True:
        rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
        if places >= _MOST_PLACES or all(_side(rounded, limit) == _side(exact, limit) for limit in fixed):
            return _grouped(rounded)
        places += 1


def quantity(value: float | int | None, unit: str) -> str:
    """One value with its unit, standing alone."""
    scale = scale_for(unit, [value])
    text = number(value, scale)
    return text if value is None or not scale.sign else f"{text}{NARROW_SPACE}{scale.sign}"


def duration(at_ns: int) -> str:
    """Bench time since a test's start, in seconds to the microsecond."""
    sign = "−" if at_ns < 0 else ""
    micros = abs(at_ns) // _NS_PER_US
    return f"{sign}{micros // 1_000_000}.{micros % 1_000_000:06d}{NARROW_SPACE}s"


def utc(at_ns: int) -> str:
    """UTC in nanoseconds since 1970, to the millisecond."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // _NS_PER_US)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"


def _side(value: Decimal, limit: Decimal) -> int:
    return (value > limit) - (value < limit)


def _significant(exact: Decimal) -> Decimal:
    """Whole numbers in full; others to seven significant digits, trailing zeros dropped."""
    if exact == exact.to_integral_value():
        return exact.quantize(Decimal(1))
    places = max(_PLAIN_DIGITS - 1 - exact.adjusted(), 0)
    shortened = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return shortened.quantize(Decimal(1)) if shortened == shortened.to_integral_value() else shortened.normalize()


def _grouped(value: Decimal) -> str:
    text = f"{value:f}"
    sign = "−" if text.startswith("-") else ""
    whole, point, rest = text.lstrip("-").partition(".")
    groups: list[str] = []
    while len(whole) > 4:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    groups.insert(0, whole)
    return sign + NARROW_SPACE.join(groups) + point + rest

"""Where an axis has its marks, and what stands at them."""

from __future__ import annotations

import math
from decimal import Decimal

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10), Decimal(20))
_MOST_PLACES = 9


def choose_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """At most ``most`` round numbers between ``low`` and ``high`` with their texts, equally far apart."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    rough = Decimal(repr((high - low) / max(most, 1)))
    power = Decimal(1).scaleb(rough.adjusted())
    for factor in _STEPS:
        step = factor * power
        first, last = math.ceil(Decimal(repr(low)) / step), math.floor(Decimal(repr(high)) / step)
        if last - first < most:
            break
    return [(float(place * step), tick_text(place * step, step)) for place in range(first, last + 1)]


def tick_text(value: Decimal, step: Decimal) -> str:
    """The value with as many places as its step needs; very large and very small ones with a power of ten."""
    places = max(0, -int(step.normalize().as_tuple().exponent))
    text = f"{value:.{places}f}" if places <= _MOST_PLACES and abs(value) < 10**9 else f"{float(value):.4g}"
    return text.replace("-", "−") if value else text.lstrip("-")

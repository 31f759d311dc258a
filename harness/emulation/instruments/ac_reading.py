"""How a measuring instrument of the mains' bench is wrong: gain, offset and noise of one unit, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from harness.emulation.seeded import SeededStream

PPM = 1_000_000
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Accuracy:
    """A data sheet's half width: parts of the reading and a constant, in millionths of the unit."""

    reading_ppm: int
    constant_u: int


@dataclass(frozen=True)
class UnitError:
    """What one unit is off by within its data sheet; the rest of the half width is left for noise."""

    gain_ppm: int
    offset_u: int
    noise_u: int

    def true_to_reading_u(self, value_u: int, stream: SeededStream) -> int:
        """What the unit finds for ``value_u``, never below 0: quantities here are rms values."""
        noise_u = stream.take_int(-self.noise_u, self.noise_u)
        return max(value_u + value_u * self.gain_ppm // PPM + self.offset_u + noise_u, 0)


def draw_error(stream: SeededStream, accuracy: Accuracy) -> UnitError:
    """A unit in calibration: gain anywhere within its part, offset within nine tenths of its part, noise the rest."""
    return UnitError(
        gain_ppm=stream.take_int(-accuracy.reading_ppm, accuracy.reading_ppm),
        offset_u=stream.take_int(-accuracy.constant_u * 9 // 10, accuracy.constant_u * 9 // 10),
        noise_u=accuracy.constant_u // 10,
    )


def format_nr2(value_u: int, decimals: int, *, sign: bool = True) -> str:
    """Millionths as a decimal number with so many places, rounded half to even (IEEE 488.2 8.7.3)."""
    number = Decimal(value_u).scaleb(-6, _EXACT).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return f"{number:+f}" if sign else f"{number:f}"

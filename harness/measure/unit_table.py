"""The closed table of units that plans, bench files and records may use.

A unit has one dimension and an exact factor to the base unit of that dimension, so a conversion is exact until it
is asked for as a float. Codes: UNECE Recommendation 20 (common code), and the DLMS/COSEM unit enumeration (Blue
Book ed. 12.2, table 4) with the power of ten that belongs to the prefix. Where a list has no code the entry says None.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fractions import Fraction

from harness.measure.errors import UnitError


@dataclass(frozen=True)
class Unit:
    """One unit: ``factor`` base units make one of it; ``dlms`` is (unit code, power of ten) or None."""

    symbol: str
    dimension: str
    factor: Fraction
    rec20: str | None
    dlms: tuple[int, int] | None = None


def _scaled(power: int) -> Fraction:
    return Fraction(10) ** power


_ROWS: tuple[Unit, ...] = (
    Unit("s", "time", Fraction(1), "SEC", (7, 0)),
    Unit("ms", "time", _scaled(-3), "C26", (7, -3)),
    Unit("us", "time", _scaled(-6), "B98", (7, -6)),
    Unit("ns", "time", _scaled(-9), "C47", (7, -9)),
    Unit("min", "time", Fraction(60), "MIN", (6, 0)),
    Unit("h", "time", Fraction(3600), "HUR", (5, 0)),
    Unit("d", "time", Fraction(86400), "DAY", (4, 0)),
    Unit("V", "voltage", Fraction(1), "VLT", (35, 0)),
    Unit("mV", "voltage", _scaled(-3), "2Z", (35, -3)),
    Unit("kV", "voltage", _scaled(3), "KVT", (35, 3)),
    Unit("A", "current", Fraction(1), "AMP", (33, 0)),
    Unit("mA", "current", _scaled(-3), "4K", (33, -3)),
    Unit("uA", "current", _scaled(-6), "B84", (33, -6)),
    Unit("T", "flux_density", Fraction(1), "D33", (41, 0)),
    Unit("mT", "flux_density", _scaled(-3), "C29", (41, -3)),
    Unit("uT", "flux_density", _scaled(-6), "D81", (41, -6)),
    Unit("T/s", "flux_density_rate", Fraction(1), None),
    Unit("mT/s", "flux_density_rate", _scaled(-3), None),
    Unit("Hz", "frequency", Fraction(1), "HTZ", (44, 0)),
    Unit("kHz", "frequency", _scaled(3), "KHZ", (44, 3)),
    Unit("MHz", "frequency", _scaled(6), "MHZ", (44, 6)),
    Unit("GHz", "frequency", _scaled(9), "A86", (44, 9)),
    Unit("Bd", "symbol_rate", Fraction(1), "J38"),
    Unit("W", "power", Fraction(1), "WTT", (27, 0)),
    Unit("mW", "power", _scaled(-3), "C31", (27, -3)),
    Unit("kW", "power", _scaled(3), "KWT", (27, 3)),
    Unit("VA", "apparent_power", Fraction(1), "D46", (28, 0)),
    Unit("var", "reactive_power", Fraction(1), "D44", (29, 0)),
    Unit("Wh", "energy", Fraction(1), "WHR", (30, 0)),
    Unit("kWh", "energy", _scaled(3), "KWH", (30, 3)),
    Unit("Ah", "charge", Fraction(1), "AMH", (57, 0)),
    Unit("mAh", "charge", _scaled(-3), "E09", (57, -3)),
    Unit("Ohm", "resistance", Fraction(1), "OHM", (38, 0)),
    Unit("mOhm", "resistance", _scaled(-3), "E45", (38, -3)),
    Unit("kOhm", "resistance", _scaled(3), "B49", (38, 3)),
    Unit("H", "inductance", Fraction(1), "81", (43, 0)),
    Unit("mH", "inductance", _scaled(-3), "C14", (43, -3)),
    Unit("F", "capacitance", Fraction(1), "FAR", (37, 0)),
    Unit("uF", "capacitance", _scaled(-6), "4O", (37, -6)),
    Unit("degC", "temperature", Fraction(1), "CEL", (9, 0)),
    Unit("K", "temperature_difference", Fraction(1), "KEL", (52, 0)),
    Unit("deg", "angle", Fraction(1), "DD", (8, 0)),
    Unit("deg/s", "angular_rate", Fraction(1), "E96"),
    Unit("m", "length", Fraction(1), "MTR", (11, 0)),
    Unit("mm", "length", _scaled(-3), "MMT", (11, -3)),
    Unit("m/s2", "acceleration", Fraction(1), "MSK"),
    Unit("g", "acceleration", Fraction("9.80665"), "K40"),
    Unit("mg", "acceleration", Fraction("9.80665") / 1000, None),
    Unit("1", "count", Fraction(1), "C62", (255, 0)),
    Unit("%", "ratio", _scaled(-2), "P1", (56, 0)),
    Unit("ppm", "ratio", _scaled(-6), "59"),
    Unit("B", "data", Fraction(1), "AD"),
    Unit("KiB", "data", Fraction(1024), "E64"),
    Unit("1/s", "rate", Fraction(1), "C97"),
)

UNITS: dict[str, Unit] = {unit.symbol: unit for unit in _ROWS}

SPELLINGS: dict[str, str] = {"µs": "us", "µA": "uA", "µT": "uT", "µF": "uF", "Ω": "Ohm", "kΩ": "kOhm", "°C": "degC",
                             "°": "deg", "baud": "Bd", "m/s²": "m/s2", "mΩ": "mOhm"}  # fmt: skip
"""Signs people type for an entry of the table; the record always holds the entry's own symbol."""


def units_of(dimension: str) -> str:
    """The symbols of one dimension, for messages; an unknown dimension is an error."""
    symbols = [unit.symbol for unit in UNITS.values() if unit.dimension == dimension]
    if not symbols:
        known = ", ".join(sorted({unit.dimension for unit in UNITS.values()}))
        raise UnitError(f"dimension {dimension!r} is not in the table of units (known: {known})")
    return ", ".join(symbols)


def find_unit(symbol: str, dimension: str = "") -> Unit:
    """The table's entry for a symbol or one of its other spellings; an unknown one names its near misses.

    ``dimension`` narrows the near misses only; whether the unit fits is for the caller to say.
    """
    written = symbol.replace("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}")
    unit = UNITS.get(SPELLINGS.get(written, written))
    if unit is not None:
        return unit
    candidates = {
        known.casefold(): UNITS[SPELLINGS.get(known, known)]
        for known in reversed((*SPELLINGS, *UNITS))
        if dimension in {"", UNITS[SPELLINGS.get(known, known)].dimension}
    }
    near = difflib.get_close_matches(written.casefold(), candidates, n=3, cutoff=0.5)
    symbols = [candidates[name].symbol for name in near] or [known.symbol for known in candidates.values()]
    hint = "near" if near else "known"
    raise UnitError(f"unit {symbol!r} is not in the table of units ({hint}: {', '.join(dict.fromkeys(symbols))})")

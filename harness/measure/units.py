"""Reading a quantity such as ``500 ms``, and field types for plan and bench files, where no number stands alone.

The field types are ``Annotated`` types for pydantic models. In the file the value is text with a unit; in Python it
is a plain number in the unit that the field's name ends with: ``debounce_ns: DurationNs`` reads ``"50 ms"`` as
50_000_000. The units themselves are in :mod:`harness.measure.unit_table`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from harness.measure.errors import UnitError
from harness.measure.unit_table import Unit, find_unit, units_of

_QUANTITY = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)(\s+\S+|[^\s\d.]\S*)\s*")
"""Number and unit. The exponent is kept short, so that no text makes a number of a million digits."""


@dataclass(frozen=True)
class Quantity:
    """An exact number with its unit."""

    value: Fraction
    unit: Unit

    def in_unit(self, symbol: str) -> Fraction:
        """The exact value in another unit of the same dimension."""
        target = find_unit(symbol)
        if target.dimension != self.unit.dimension:
            raise UnitError(
                f"{self.unit.symbol} is a unit of {self.unit.dimension}, {target.symbol} of {target.dimension}; "
                f"convert between {units_of(target.dimension)} only"
            )
        return self.value * self.unit.factor / target.factor


USUAL = {"time": "ms", "flux_density": "mT", "temperature": "degC"}
"""Dimension → the unit of an example, where that is not the one a field is read in."""


def parse_quantity(text: str, dimension: str) -> Quantity:
    """Read ``500 ms``, ``-1.5e-3 V`` or ``50mT``. The unit must be there and be one of ``dimension``."""
    choices = units_of(dimension)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(
            f"{text!r} is not a quantity: expected a number and a unit of {dimension}, "
            f"one of {choices}, as in {_example(dimension)!r}"
        )
    unit = find_unit(match.group(2).strip(), dimension)
    if unit.dimension != dimension:
        raise UnitError(
            f"{text!r} is a quantity of {unit.dimension}; expected one of {dimension}: "
            f"use one of {choices}, as in {_example(dimension)!r}"
        )
    return Quantity(Fraction(Decimal(match.group(1))), unit)


def convert(value: float, from_symbol: str, to_symbol: str) -> float:
    """A float in another unit of the same dimension: one exact ratio, one rounding."""
    return float(Quantity(Fraction(value), find_unit(from_symbol)).in_unit(to_symbol))


def _example(dimension: str) -> str:
    return f"5 {_usual(dimension, units_of(dimension).split(', ')[0])}"


def _usual(dimension: str, otherwise: str) -> str:
    """The unit in which a person states such a value: a debounce in ms, whatever the harness counts in."""
    return USUAL.get(dimension, otherwise)


def _reader(dimension: str, symbol: str, *, whole: bool, lowest: int | None) -> Callable[[object], float]:
    """A validator; pydantic wants ValueError, so the table's own error is told on as one.

    ``lowest`` is checked here and not by ``Field(ge=...)`` in the type: that would take the place of a field's own.
    """

    def read(value: object) -> float:
        if not isinstance(value, str):
            raise ValueError(  # noqa: TRY004 - pydantic reports ValueError with the field's place, TypeError not
                f"{value!r} has no unit; write it as text with one of {units_of(dimension)}, as in "
                f'"{value} {_usual(dimension, symbol)}"'
            )
        try:
            quantity = parse_quantity(value, dimension)
            number = quantity.in_unit(symbol)
        except UnitError as error:
            raise ValueError(str(error)) from error
        if lowest is not None and number < lowest:
            raise ValueError(f"expected at least {lowest} {quantity.unit.symbol if lowest == 0 else symbol}")
        if not whole:
            try:
                return float(number)
            except OverflowError:
                raise ValueError("is beyond every number that can be worked with") from None
        if number.denominator != 1:
            raise ValueError(f"{value!r} is finer than 1 {symbol}, the step of this field; round it")
        return int(number)

    return read


def _quantity(
    dimension: str, symbol: str, *, whole: bool = False, lowest: int | None = None
) -> tuple[BeforeValidator, WithJsonSchema]:
    schema = {"type": "string", "description": f"a number and a unit: {units_of(dimension)}"}
    return BeforeValidator(_reader(dimension, symbol, whole=whole, lowest=lowest)), WithJsonSchema(schema)


_TIME, _TIME_SCHEMA = _quantity("time", "ns", whole=True, lowest=0)
_VOLTAGE, _VOLTAGE_SCHEMA = _quantity("voltage", "V")
_CURRENT, _CURRENT_SCHEMA = _quantity("current", "A")
_FIELD, _FIELD_SCHEMA = _quantity("flux_density", "mT")
_FIELD_RATE, _FIELD_RATE_SCHEMA = _quantity("flux_density_rate", "mT/s")
_TEMPERATURE, _TEMPERATURE_SCHEMA = _quantity("temperature", "degC")
_RISE, _RISE_SCHEMA = _quantity("temperature_difference", "K")
_ANGLE, _ANGLE_SCHEMA = _quantity("angle", "deg")
_RESISTANCE, _RESISTANCE_SCHEMA = _quantity("resistance", "Ohm")
_FREQUENCY, _FREQUENCY_SCHEMA = _quantity("frequency", "Hz")
_BAUD, _BAUD_SCHEMA = _quantity("symbol_rate", "Bd", whole=True, lowest=1)
_CHARGE, _CHARGE_SCHEMA = _quantity("charge", "Ah")
_PERCENT, _PERCENT_SCHEMA = _quantity("ratio", "%")
_ACCELERATION, _ACCELERATION_SCHEMA = _quantity("acceleration", "g", lowest=0)

DurationNs = Annotated[int, _TIME, _TIME_SCHEMA]
VoltageV = Annotated[float, _VOLTAGE, _VOLTAGE_SCHEMA]
CurrentA = Annotated[float, _CURRENT, _CURRENT_SCHEMA]
FieldMt = Annotated[float, _FIELD, _FIELD_SCHEMA]
FieldRateMtPerS = Annotated[float, _FIELD_RATE, _FIELD_RATE_SCHEMA]
TemperatureDegC = Annotated[float, _TEMPERATURE, _TEMPERATURE_SCHEMA]
RiseK = Annotated[float, _RISE, _RISE_SCHEMA]
AngleDeg = Annotated[float, _ANGLE, _ANGLE_SCHEMA]
AccelerationG = Annotated[float, _ACCELERATION, _ACCELERATION_SCHEMA]
ResistanceOhm = Annotated[float, _RESISTANCE, _RESISTANCE_SCHEMA]
FrequencyHz = Annotated[float, _FREQUENCY, _FREQUENCY_SCHEMA]
BaudBd = Annotated[int, _BAUD, _BAUD_SCHEMA]
ChargeAh = Annotated[float, _CHARGE, _CHARGE_SCHEMA]
PercentPct = Annotated[float, _PERCENT, _PERCENT_SCHEMA]

"""The closed table of units and the reading of quantities."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from harness.measure.errors import UnitError
from harness.measure.unit_table import SPELLINGS, UNITS, find_unit
from harness.measure.units import BaudBd, DurationNs, FieldMt, convert, parse_quantity


class Settings(BaseModel):
    debounce_ns: DurationNs = 0
    field_mT: FieldMt = 0.0
    baud_Bd: BaudBd = 115_200


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("500 ms", 500_000_000),
        ("1.2 s", 1_200_000_000),
        ("0.1us", 100),
        ("5 \N{GREEK SMALL LETTER MU}s", 5_000),
        ("5 \N{MICRO SIGN}s", 5_000),
        ("2e-3 s", 2_000_000),
    ],
)
def test_a_duration_is_read_exactly(text: str, expected_ns: int) -> None:
    assert Settings(debounce_ns=text).debounce_ns == expected_ns  # type: ignore[arg-type]


class Watching(BaseModel):
    watch_ns: DurationNs = Field(ge=1_000_000_000)
    speed_Bd: BaudBd = Field(default=9600, ge=300)


def test_a_fields_own_bound_holds_beside_the_types() -> None:
    assert Watching(watch_ns="1 s").watch_ns == 1_000_000_000  # type: ignore[arg-type]
    for wrong in ({"watch_ns": "10 ms"}, {"watch_ns": "-1 s"}, {"watch_ns": "1 s", "speed_Bd": "299 Bd"}):
        with pytest.raises(ValidationError):
            Watching(**wrong)  # type: ignore[arg-type]


def test_a_number_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(ValidationError, match="beyond every number"):
        Settings(field_mT="1e400 mT")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (500, '500 has no unit.*as in "500 ms"'),
        ("500", "not a quantity"),
        ("5 V", "use one of s, ms, us, ns, min, h, d"),
        ("500 msec", "near: ms"),
        ("0.5 ns", "finer than 1 ns"),
        ("-1 ms", "at least 0 ms"),
        ("nan ms", "not a quantity"),
        ("inf ms", "not a quantity"),
        ("1e99999 ms", "not a quantity"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_way_out(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings(debounce_ns=value)  # type: ignore[arg-type]


def test_other_fields_are_in_the_unit_of_their_name() -> None:
    settings = Settings(field_mT="0.055 T", baud_Bd="300 Bd")  # type: ignore[arg-type]
    assert (settings.field_mT, settings.baud_Bd) == (55.0, 300)


def test_conversion_is_exact_until_the_last_step() -> None:
    assert parse_quantity("0.1 s", "time").in_unit("us") == Fraction(100_000)
    assert convert(0.3, "s", "ms") == 300.0
    assert convert(1.0, "h", "s") == 3600.0


def test_units_of_other_dimensions_do_not_convert() -> None:
    with pytest.raises(UnitError, match="V is a unit of voltage, ms of time"):
        convert(1.0, "V", "ms")


def test_an_unknown_dimension_names_those_there_are() -> None:
    with pytest.raises(UnitError, match=r"known: .*voltage"):
        parse_quantity("5 V", "tension")


def test_the_table_is_consistent() -> None:
    for symbol, unit in UNITS.items():
        assert unit.symbol == symbol
        assert unit.factor > 0
    for code in {unit.rec20 for unit in UNITS.values()} - {None}:
        assert sum(unit.rec20 == code for unit in UNITS.values()) == 1, code
    assert all(find_unit(spelling).symbol == symbol for spelling, symbol in SPELLINGS.items())


@pytest.mark.parametrize(("prefix", "power"), [("m", -3), ("u", -6), ("n", -9), ("k", 3)])
def test_prefixes_agree_with_factor_and_dlms_scaler(prefix: str, power: int) -> None:
    """Against the SI prefix itself, not against the table's own figures."""
    for unit in UNITS.values():
        base = UNITS.get(unit.symbol.removeprefix(prefix))
        if unit.symbol.startswith(prefix) and base is not None and base.dimension == unit.dimension and base != unit:
            assert unit.factor == base.factor * Fraction(10) ** power, unit
            if base.dlms is not None:
                assert unit.dlms == (base.dlms[0], base.dlms[1] + power), unit


@given(st.text(max_size=20))
def test_no_text_raises_anything_but_a_unit_error(text: str) -> None:
    try:
        quantity = parse_quantity(text, "time")
    except UnitError:
        return
    assert quantity.unit.dimension == "time"


@given(st.integers(min_value=0, max_value=10**15))
def test_every_whole_nanosecond_survives(value_ns: int) -> None:
    assert Settings(debounce_ns=f"{value_ns} ns").debounce_ns == value_ns  # type: ignore[arg-type]

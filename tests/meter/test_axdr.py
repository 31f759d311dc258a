"""A-XDR data: known octets, round trips of every type, and no error but its own on any input."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.meter import axdr
from harness.meter.axdr import BitString, CompactArray, Data, Tag, TypeDescription
from harness.meter.errors import CodecError
from tests.meter.properties import REPEATABLE

VECTORS = [
    (Data(Tag.NULL), "00"),
    (Data(Tag.BOOLEAN, True), "03 01"),
    (Data(Tag.BIT_STRING, BitString(9, b"\xa5\x80")), "04 09 A5 80"),
    (Data(Tag.DOUBLE_LONG, -2), "05 FF FF FF FE"),
    (Data(Tag.DOUBLE_LONG_UNSIGNED, 261), "06 00 00 01 05"),
    (Data(Tag.OCTET_STRING, b"\x01\x02"), "09 02 01 02"),
    (Data(Tag.OCTET_STRING, bytes(128)), "09 81 80" + "00" * 128),
    (Data(Tag.OCTET_STRING, bytes(256)), "09 82 01 00" + "00" * 256),
    (Data(Tag.VISIBLE_STRING, "TBR"), "0A 03 54 42 52"),
    (Data(Tag.UTF8_STRING, "µ"), "0C 02 C2 B5"),
    (Data(Tag.BCD, b"\x42"), "0D 42"),
    (Data(Tag.INTEGER, -1), "0F FF"),
    (Data(Tag.LONG, -60), "10 FF C4"),
    (Data(Tag.UNSIGNED, 44), "11 2C"),
    (Data(Tag.LONG_UNSIGNED, 4059), "12 0F DB"),
    (
        Data(Tag.COMPACT_ARRAY, CompactArray(TypeDescription(Tag.UNSIGNED), b"\x01\x02")),
        "13 11 02 01 02",
    ),
    (Data(Tag.LONG64, -1), "14 FF FF FF FF FF FF FF FF"),
    (Data(Tag.LONG64_UNSIGNED, 1 << 63), "15 80 00 00 00 00 00 00 00"),
    (Data(Tag.ENUM, 1), "16 01"),
    (Data(Tag.FLOAT32, -0.5), "17 BF 00 00 00"),
    (Data(Tag.FLOAT64, 1.0), "18 3F F0 00 00 00 00 00 00"),
    (Data(Tag.TIME, b"\x01\x02\x03\x04"), "1B 01 02 03 04"),
    (Data(Tag.DELTA_LONG, -3), "1D FF FD"),
    (Data(Tag.DONT_CARE), "FF"),
    (
        Data(Tag.STRUCTURE, (Data(Tag.ENUM, 2), Data(Tag.ARRAY, (Data(Tag.NULL),)))),
        "02 02 16 02 01 01 00",
    ),
]


@pytest.mark.parametrize(("data", "octets"), VECTORS, ids=lambda value: str(value)[:24])
def test_known_octets_both_ways(data: Data, octets: str) -> None:
    assert axdr.encode(data) == bytes.fromhex(octets)
    assert axdr.decode(bytes.fromhex(octets)) == data


def _integers() -> st.SearchStrategy[Data]:
    ranges = {
        Tag.INTEGER: (-(1 << 7), (1 << 7) - 1),
        Tag.LONG: (-(1 << 15), (1 << 15) - 1),
        Tag.DOUBLE_LONG: (-(1 << 31), (1 << 31) - 1),
        Tag.LONG64: (-(1 << 63), (1 << 63) - 1),
        Tag.UNSIGNED: (0, (1 << 8) - 1),
        Tag.LONG_UNSIGNED: (0, (1 << 16) - 1),
        Tag.DOUBLE_LONG_UNSIGNED: (0, (1 << 32) - 1),
        Tag.LONG64_UNSIGNED: (0, (1 << 64) - 1),
        Tag.ENUM: (0, 255),
        Tag.DELTA_INTEGER: (-128, 127),
        Tag.DELTA_DOUBLE_LONG_UNSIGNED: (0, (1 << 32) - 1),
    }
    return st.one_of(*(st.builds(Data, st.just(tag), st.integers(low, high)) for tag, (low, high) in ranges.items()))


def _bit_strings() -> st.SearchStrategy[BitString]:
    return st.integers(0, 40).flatmap(
        lambda bits: st.binary(min_size=(bits + 7) // 8, max_size=(bits + 7) // 8).map(
            lambda octets: BitString(bits, octets)
        )
    )


_descriptions = st.recursive(
    st.sampled_from([Tag.UNSIGNED, Tag.OCTET_STRING, Tag.DATE_TIME]).map(TypeDescription),
    lambda inner: (
        st.builds(lambda count, member: TypeDescription(Tag.ARRAY, count, (member,)), st.integers(0, 65535), inner)
        | st.lists(inner, max_size=4).map(lambda m: TypeDescription(Tag.STRUCTURE, len(m), tuple(m)))
    ),
    max_leaves=6,
)
_leaves = st.one_of(
    _integers(),
    st.sampled_from([Data(Tag.NULL), Data(Tag.DONT_CARE), Data(Tag.BOOLEAN, True), Data(Tag.BOOLEAN, False)]),
    st.builds(Data, st.just(Tag.OCTET_STRING), st.binary(max_size=300)),
    st.builds(Data, st.just(Tag.UTF8_STRING), st.text(st.characters(codec="utf-8"), max_size=40)),
    st.builds(Data, st.just(Tag.VISIBLE_STRING), st.text(st.characters(codec="ascii"), max_size=40)),
    st.builds(Data, st.just(Tag.DATE_TIME), st.binary(min_size=12, max_size=12)),
    st.builds(Data, st.just(Tag.BIT_STRING), _bit_strings()),
    st.builds(Data, st.just(Tag.FLOAT32), st.floats(width=32, allow_nan=False)),
    st.builds(Data, st.just(Tag.FLOAT64), st.floats(allow_nan=False)),
    st.builds(Data, st.just(Tag.COMPACT_ARRAY), st.builds(CompactArray, _descriptions, st.binary(max_size=20))),
)
_any_data = st.recursive(
    _leaves,
    lambda inner: st.builds(Data, st.sampled_from([Tag.ARRAY, Tag.STRUCTURE]), st.lists(inner, max_size=5).map(tuple)),
    max_leaves=20,
)


@REPEATABLE
@given(_any_data)
def test_round_trip(data: Data) -> None:
    assert axdr.decode(axdr.encode(data)) == data


@REPEATABLE
@given(st.binary(max_size=64))
def test_any_octets_give_a_value_or_its_own_error(octets: bytes) -> None:
    try:
        data = axdr.decode(octets)
    except CodecError as caught:
        error = caught
    else:
        again = axdr.decode(axdr.encode(data))
        assert again == data or "nan" in repr(data)
        return
    assert error.offset is not None
    assert 0 <= error.offset <= len(octets)
    assert error.expected


@pytest.mark.parametrize(
    ("octets", "offset", "expected"),
    [
        ("", 0, "1 octet(s) of tag"),
        ("07", 0, "a tag of the data type table"),
        ("06 00 00", 1, "4 octet(s) of double_long_unsigned"),
        ("09 05 00", 2, "5 octet(s) of octet_string"),
        ("09 81 05" + "00" * 5, 1, "shortest form"),
        ("09 80", 1, "1 to 4 octets"),
        ("09 85 00 00 00 00 01", 1, "1 to 4 octets"),
        ("01 84 FF FF FF FF 00", 1, "a count that 1 octets can hold"),
        ("0A 01 FF", 1, "ascii text"),
        ("0C 01 FF", 1, "utf-8 text"),
        ("11 2C 00", 2, "the end"),
        ("01 01" * 17 + "00", 34, "at most 16 levels"),
        ("13 02 05 11", 2, "a count that 1 octets can hold"),
    ],
)
def test_errors_name_the_place(octets: str, offset: int, expected: str) -> None:
    with pytest.raises(CodecError) as caught:
        axdr.decode(bytes.fromhex(octets))
    assert caught.value.offset == offset
    assert expected in caught.value.expected


def test_sixteen_levels_are_still_read() -> None:
    octets = bytes.fromhex("01 01" * 16 + "00")
    assert axdr.encode(axdr.decode(octets)) == octets


@pytest.mark.parametrize(
    "data",
    [
        Data(Tag.UNSIGNED, 256),
        Data(Tag.UNSIGNED, -1),
        Data(Tag.UNSIGNED, True),
        Data(Tag.NULL, 0),
        Data(Tag.OCTET_STRING, "text"),
        Data(Tag.DATE_TIME, bytes(11)),
        Data(Tag.VISIBLE_STRING, "µ"),
        Data(Tag.UTF8_STRING, "\ud800"),
        Data(Tag.FLOAT32, 1e300),
        Data(Tag.BIT_STRING, BitString(9, b"\x00")),
        Data(Tag.COMPACT_ARRAY, CompactArray(TypeDescription(Tag.ARRAY, 3), b"")),
    ],
    ids=repr,
)
def test_values_without_encoding_are_refused(data: Data) -> None:
    with pytest.raises(CodecError) as caught:
        axdr.encode(data)
    assert caught.value.offset is None


def test_not_a_number_stays_not_a_number() -> None:
    value = axdr.decode(axdr.encode(Data(Tag.FLOAT32, math.nan))).value
    assert isinstance(value, float)
    assert math.isnan(value)

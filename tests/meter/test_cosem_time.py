"""COSEM date-time against known instants and against the standard library."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.meter import cosem_time
from harness.meter.errors import CodecError
from tests.meter.hand_written import EVENT_UTC_NS, NEW_YEAR_UTC_NS
from tests.meter.properties import REPEATABLE

_EVENT = bytes.fromhex("07EA 01 01 04 00 00 00 19 0000 00")


def test_known_instant_both_ways() -> None:
    assert cosem_time.decode(_EVENT).utc_ns() == EVENT_UTC_NS
    assert cosem_time.encode(cosem_time.from_utc_ns(EVENT_UTC_NS)) == _EVENT


def test_deviation_counts_minutes_from_local_time_to_utc() -> None:
    # One hour east of Greenwich: local midnight of New Year is 23:00 UTC of the day before.
    local = bytes.fromhex("07EA 01 01 04 00 00 00 00 FFC4 00")
    assert cosem_time.decode(local).utc_ns() == NEW_YEAR_UTC_NS - 3_600_000_000_000
    assert cosem_time.encode(cosem_time.from_utc_ns(NEW_YEAR_UTC_NS - 3_600_000_000_000, -60)) == local


def test_leap_day() -> None:
    octets = cosem_time.encode(cosem_time.from_utc_ns(1_709_208_000_000_000_000))  # 2024-02-29T12:00Z, Thursday
    assert octets == bytes.fromhex("07E8 02 1D 04 0C 00 00 00 0000 00")


@REPEATABLE
@given(
    st.integers(0, 4_102_444_800_000_000_000),
    st.integers(-720, 840),
    st.integers(0, 255),
)
def test_round_trip_and_the_standard_library_agree(utc_ns: int, deviation_min: int, status: int) -> None:
    value = cosem_time.from_utc_ns(utc_ns, deviation_min, status)
    assert cosem_time.decode(cosem_time.encode(value)) == value
    assert value.utc_ns() == utc_ns - utc_ns % 10_000_000
    expected = datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC) - timedelta(minutes=deviation_min)
    assert (value.year, value.month, value.day, value.weekday) == (*expected.timetuple()[:3], expected.isoweekday())
    assert (value.hour, value.minute, value.second) == (expected.hour, expected.minute, expected.second)


@REPEATABLE
@given(st.binary(min_size=12, max_size=12))
def test_any_octets_give_an_instant_or_the_codecs_error(octets: bytes) -> None:
    value = cosem_time.decode(octets)
    assert cosem_time.encode(value) == octets
    with suppress(CodecError):
        value.utc_ns()


@pytest.mark.parametrize(
    ("octets", "offset", "expected"),
    [
        ("FFFF 01 01 FF 00 00 00 00 0000 00", 0, "calendar date"),
        ("07EA 02 1E FF 00 00 00 00 0000 00", 0, "calendar date"),
        ("07EA FD 01 FF 00 00 00 00 0000 00", 0, "calendar date"),
        ("07EA 01 01 05 00 00 00 00 0000 00", 4, "weekday 4"),
        ("07EA 01 01 04 18 00 00 00 0000 00", 5, "hour 0 to 23"),
        ("07EA 01 01 04 00 3C 00 00 0000 00", 6, "minute 0 to 59"),
        ("07EA 01 01 04 00 00 3C 00 0000 00", 7, "second 0 to 59"),
        ("07EA 01 01 04 00 00 00 64 0000 00", 8, "hundredths 0 to 99"),
        ("07EA 01 01 04 00 00 00 00 8000 00", 9, "deviation"),
    ],
)
def test_what_names_no_instant_is_said(octets: str, offset: int, expected: str) -> None:
    with pytest.raises(CodecError) as caught:
        cosem_time.decode(bytes.fromhex(octets)).utc_ns(100)
    assert caught.value.offset == 100 + offset
    assert expected in caught.value.expected


def test_hundredths_and_weekday_may_be_unspecified() -> None:
    octets = bytes.fromhex("07EA 01 01 FF 00 00 00 FF 0000 FF")
    assert cosem_time.decode(octets).utc_ns() == NEW_YEAR_UTC_NS


@pytest.mark.parametrize(
    ("status", "invalid"), [(0x00, False), (0x01, True), (0x81, True), (0x80, False), (0xFF, False)]
)
def test_invalid_mark(status: int, invalid: bool) -> None:
    assert cosem_time.marks_invalid(status) is invalid


@pytest.mark.parametrize("size", [0, 11, 13])
def test_length_is_exact(size: int) -> None:
    with pytest.raises(CodecError, match="12 octets"):
        cosem_time.decode(bytes(size))

"""Serial decoding: values, times, errors, tolerance of the baud rate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.measure.errors import WaveformError
from harness.measure.uart import BAUD_TOLERANCE, Parity, UartFormat, decode
from harness.measure.waveform import Waveform
from tests.measure.signals import LEVELS, serial_edges, square_wave

LINE = UartFormat(115_200)
BIT_NS = 1e9 / 115_200
FRAME_NS = 10 * BIT_NS


def line_of(edges: list[float], end_ns: float, step_ns: float = 1000.0, noise: int = 0) -> Waveform:
    return square_wave(edges, start_high=True, from_ns=-50_000.0, to_ns=end_ns, step_ns=step_ns, noise=noise)


@settings(max_examples=60)
@given(
    data=st.binary(min_size=1, max_size=40),
    error=st.floats(min_value=-BAUD_TOLERANCE, max_value=BAUD_TOLERANCE),
    gap_bits=st.floats(min_value=0.0, max_value=3.0),
    offset_ns=st.floats(min_value=0.0, max_value=1000.0),
)
def test_any_bytes_at_one_megasample_and_two_percent(
    data: bytes, error: float, gap_bits: float, offset_ns: float
) -> None:
    bit_ns = BIT_NS / (1 + error)
    starts = [offset_ns + place * (10 + gap_bits) * bit_ns for place in range(len(data))]
    edges = serial_edges(list(zip(starts, data, strict=True)), bit_ns)
    characters = decode(line_of(edges, starts[-1] + 2 * FRAME_NS, noise=8), LEVELS, LINE)
    assert bytes(character.value for character in characters) == data
    assert all(character.sound for character in characters)
    for character, start_ns in zip(characters, starts, strict=True):
        assert abs(character.start_ns - start_ns) <= 1000.0
        assert character.end_ns == pytest.approx(character.start_ns + FRAME_NS)


@given(data=st.lists(st.integers(min_value=0, max_value=127), min_size=1, max_size=20))
def test_seven_bits_even_parity_at_300_baud(data: list[int]) -> None:
    bit_ns = 1e9 / 300
    starts = [place * 10 * bit_ns for place in range(len(data))]
    edges = serial_edges(list(zip(starts, data, strict=True)), bit_ns, data_bits=7, parity="even")
    waveform = line_of(edges, starts[-1] + 12 * bit_ns, step_ns=100_000.0)
    characters = decode(waveform, LEVELS, UartFormat(300, 7, Parity.EVEN))
    assert [character.value for character in characters] == data
    assert all(character.sound for character in characters)
    odd = decode(waveform, LEVELS, UartFormat(300, 7, Parity.ODD))
    assert all(character.parity_error for character in odd)


def test_a_missing_stop_bit_is_a_framing_error_and_the_next_character_is_found() -> None:
    low_until = 30 * BIT_NS  # a break: low for three characters' time
    edges = [0.0, low_until, *serial_edges([(low_until + 5 * BIT_NS, 0x41)], BIT_NS)]
    characters = decode(line_of(edges, low_until + 30 * BIT_NS), LEVELS, LINE)
    assert [(character.value, character.framing_error) for character in characters] == [(0, True), (0x41, False)]


def test_a_glitch_is_no_start_bit() -> None:
    edges = [0.0, 0.3 * BIT_NS, *serial_edges([(3 * BIT_NS, 0x5A)], BIT_NS)]
    characters = decode(line_of(edges, 30 * BIT_NS), LEVELS, LINE)
    assert [character.value for character in characters] == [0x5A]


def test_a_character_cut_by_the_end_of_the_record_is_left_out() -> None:
    edges = serial_edges([(0.0, 0x41), (FRAME_NS, 0x42)], BIT_NS)
    whole = decode(line_of(edges, 2 * FRAME_NS + 2_000), LEVELS, LINE)
    cut = decode(line_of(edges, 2 * FRAME_NS - 2_000), LEVELS, LINE)
    assert [character.value for character in whole] == [0x41, 0x42]
    assert [character.value for character in cut] == [0x41]


def test_a_record_that_begins_low_waits_for_idle() -> None:
    edges = [10 * BIT_NS, *serial_edges([(12 * BIT_NS, 0x33)], BIT_NS)]
    waveform = square_wave(edges, start_high=False, from_ns=0.0, to_ns=40 * BIT_NS)
    assert [character.value for character in decode(waveform, LEVELS, LINE)] == [0x33]


def test_an_idle_line_says_nothing_and_a_dead_probe_is_an_error() -> None:
    assert decode(line_of([], 1e6), LEVELS, LINE) == []
    dead = Waveform(line_of([], 1e6).samples * 0 + 113, 0.02, 0.0, 28, 1000.0, 0.0, "DEAD")
    with pytest.raises(WaveformError, match="check the probe"):
        decode(dead, LEVELS, LINE)


def test_too_coarse_a_waveform_is_refused_with_the_rate_needed() -> None:
    with pytest.raises(WaveformError, match=r"at most 2170\.\d+ ns per sample"):
        decode(line_of([], 1e6, step_ns=5_000.0), LEVELS, LINE)


@pytest.mark.parametrize("change", [{"baud_Bd": 0}, {"data_bits": 9}, {"stop_bits": 3}])
def test_impossible_formats_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(WaveformError, match="expected a baud rate"):
        UartFormat(**{"baud_Bd": 9600, **change})

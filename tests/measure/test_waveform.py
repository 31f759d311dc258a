"""Waveforms: scaling, levels, edges with hysteresis and interpolation."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.errors import WaveformError
from harness.measure.waveform import LogicLevels, Waveform, WaveformUnit, find_edges, find_level_changes
from tests.measure.signals import LEVELS, square_wave


def ramp(codes: list[int], step_ns: float = 10.0) -> Waveform:
    return Waveform(np.array(codes, dtype=np.uint8), 0.02, 0.0, 28, step_ns, -20.0, "RAMP")


def test_volts_and_times() -> None:
    waveform = Waveform(np.array([0, 128, 255], dtype=np.uint8), 0.5, 1.0, 128, 4.0, -4.0, "X")
    assert waveform.values().tolist() == [-63.0, 1.0, 64.5]
    assert waveform.times_ns().tolist() == [-4.0, 0.0, 4.0]
    assert waveform.end_ns == 4.0
    assert waveform.code_at(64.5) == 255


def test_a_crossing_is_interpolated_between_its_samples() -> None:
    edges = find_edges(ramp([28, 28, 193, 193]), LEVELS)
    # 1.65 V is half of 3.3 V, so half way between the samples at -10 and 0 ns.
    assert edges.times_ns.tolist() == [-5.0]
    assert edges.initial_level is False
    assert edges.level_after(0) is True


def test_a_slow_edge_is_one_edge_at_the_threshold() -> None:
    # 0.8, 1.2, 1.6, 1.7, 2.1, 2.5 V: the threshold 1.65 V lies half way between the third and the fourth.
    edges = find_edges(ramp([68, 88, 108, 113, 133, 153]), LEVELS)
    assert edges.times_ns.tolist() == [pytest.approx(5.0)]


def test_noise_between_the_levels_makes_no_edge() -> None:
    edges = find_edges(ramp([28, 113, 100, 120, 28, 28, 113, 28]), LEVELS)
    assert len(edges) == 0
    assert edges.initial_level is False


def test_a_sample_exactly_at_a_level_counts() -> None:
    assert len(find_edges(ramp([28, 143, 28]), LEVELS)) == 2  # 143 is 2.3 V
    assert len(find_edges(ramp([28, 142, 28]), LEVELS)) == 0


def test_the_level_at_a_moment() -> None:
    edges = find_edges(square_wave([5_500.0, 9_500.0], start_high=True, from_ns=0, to_ns=20_000), LEVELS)
    assert [edges.level_at(at) for at in (0.0, 5_400.0, 5_600.0, 9_400.0, 9_600.0)] == [True, True, False, False, True]


def test_a_line_at_no_level_is_told() -> None:
    edges = find_edges(ramp([113, 113, 112]), LEVELS)
    assert edges.initial_level is None
    with pytest.raises(WaveformError, match="check the probe"):
        edges.level_at(0.0)


@pytest.mark.parametrize("codes", [[], [28], [193]])
def test_short_waveforms_have_no_edges(codes: list[int]) -> None:
    assert len(find_edges(ramp(codes), LEVELS)) == 0


@given(
    st.lists(st.integers(min_value=3, max_value=50), min_size=1, max_size=30),
    st.booleans(),
    st.integers(min_value=0, max_value=15),
)
def test_every_edge_is_found_within_a_sample(gaps: list[int], start_high: bool, noise: int) -> None:
    true_ns = np.cumsum(gaps) * 1000.0 + 137.0
    waveform = square_wave(true_ns, start_high=start_high, from_ns=0, to_ns=true_ns[-1] + 5000, noise=noise)
    edges = find_edges(waveform, LEVELS)
    assert edges.initial_level is start_high
    assert len(edges) == len(true_ns)
    assert np.all(np.abs(edges.times_ns - true_ns) < 1000.0)


def test_what_is_no_waveform_is_refused() -> None:
    with pytest.raises(WaveformError, match="uint8"):
        Waveform(np.zeros(3), 1.0, 0.0, 0, 1.0, 0.0, "X")  # type: ignore[arg-type]
    with pytest.raises(WaveformError, match="preamble"):
        Waveform(np.zeros(3, dtype=np.uint8), 1.0, 0.0, 0, 0.0, 0.0, "X")
    with pytest.raises(WaveformError, match="V_IL"):
        LogicLevels(2.0, 1.0)


def digital(levels: list[int], unit: WaveformUnit = "1") -> Waveform:
    return Waveform(np.array(levels, dtype=np.uint8), 1.0, 0.0, 0, 10.0, 100.0, "D0", unit)


def test_a_digital_channel_changes_half_way_between_two_samples() -> None:
    edges = find_level_changes(digital([1, 1, 0, 0, 1]))
    assert edges.initial_level is True
    assert edges.times_ns.tolist() == [115.0, 135.0]
    assert find_level_changes(digital([])).initial_level is None


def test_volts_amperes_and_levels_are_not_taken_for_one_another() -> None:
    with pytest.raises(WaveformError, match="no digital channel"):
        find_level_changes(digital([0, 1], "V"))
    with pytest.raises(WaveformError, match="no digital channel"):
        find_level_changes(digital([0, 2]))
    with pytest.raises(WaveformError, match="logic levels are in V"):
        find_edges(digital([0, 1], "A"), LogicLevels(0.2, 0.8))
    with pytest.raises(WaveformError, match="expected one of V, A, 1"):
        digital([0, 1], cast(WaveformUnit, "mT"))

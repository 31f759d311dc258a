"""When an alternating current begins: over every phase and polarity, in noise, and where nothing can be said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.errors import WaveformError
from harness.measure.onset import LEVEL_OF_PEAK, find_onset
from harness.measure.onset_latency import measure_onset_latency
from harness.measure.waveform import Waveform
from tests.measure.test_latency import ALERT, BIT_NS, MS, SETTINGS, modem_line
from tests.meter.properties import REPEATABLE

PER_CODE_A = 1.0 / 199
STEP_NS = 5_000
PEAK_A = 0.38
LENGTH_MS = len(ALERT) * 10 * BIT_NS / MS


def wave(values_A: np.ndarray, noise: float = 0.6, seed: int = 1, step_ns: float = STEP_NS) -> Waveform:
    """Quantised as an 8-bit converter does, 0 A at code 128, with normal noise; the record begins at -60 ms."""
    codes = values_A / PER_CODE_A + 128 + noise * np.random.default_rng(seed).standard_normal(len(values_A))
    codes = np.clip(np.rint(codes), 1, 255).astype(np.uint8)
    return Waveform(codes, PER_CODE_A, 0.0, 128, step_ns, -60 * MS, "SHUNT_I", "A")


def times_ms(to_ms: float = 200.0) -> np.ndarray:
    return np.arange(-60, to_ms, STEP_NS / MS)


def sinusoid(
    phase_deg: float, begin_ms: float = 0.0, peak_A: float = PEAK_A, frequency_Hz: float = 50.0, to_ms: float = 200.0
) -> np.ndarray:
    """Nothing before ``begin_ms``; there the sinusoid stands at ``phase_deg``."""
    since_ms = times_ms(to_ms) - begin_ms
    angle = 2 * np.pi * frequency_Hz * since_ms / 1000 + np.radians(phase_deg)
    return np.where(since_ms >= 0, peak_A * np.sin(angle), 0.0)


def flowing(shown: np.ndarray, noise: float = 0.6, frequency_Hz: float = 50.0, seed: int = 1) -> Any:
    found, reason = find_onset(wave(shown, noise, seed), frequency_Hz)
    assert found is not None, reason
    return found


@REPEATABLE
@given(st.floats(0, 360), st.floats(-15, 15), st.sampled_from([0.3, 0.6, 1.5]), st.sampled_from([45.0, 50.0, 60.0]))
def test_wherever_the_contact_closes_it_is_never_early_and_late_by_no_more_than_said(
    phase_deg: float, begin_ms: float, noise: float, frequency_Hz: float
) -> None:
    found = flowing(sinusoid(phase_deg, begin_ms, frequency_Hz=frequency_Hz), noise, frequency_Hz)
    late_ns = found.at_ns - begin_ms * MS
    assert -found.width_ns / 2 - STEP_NS <= late_ns <= found.hidden_ns + found.width_ns / 2 + STEP_NS
    assert found.peak == pytest.approx(PEAK_A, rel=0.01)
    assert found.hidden_ns < 0.06e9 / frequency_Hz  # 1.2 ms at 50 Hz


@pytest.mark.parametrize("phase_deg", [90.0, 270.0, 10.0, 190.0])
def test_at_the_sinusoids_height_it_is_seen_at_once_in_either_polarity(phase_deg: float) -> None:
    assert flowing(sinusoid(phase_deg)).at_ns == pytest.approx(0.0, abs=30_000)


@pytest.mark.parametrize("phase_deg", [-5.0, 175.0])
def test_just_before_its_zero_it_is_hidden_nearly_twice_the_time_from_zero_to_level(phase_deg: float) -> None:
    """The bound is no mere caution: a contact that closes at -5 degrees is seen at +5.7 degrees."""
    found = flowing(sinusoid(phase_deg))
    seen_ns = (5.0 + np.degrees(np.arcsin(LEVEL_OF_PEAK))) / 360 * 20 * MS
    assert found.at_ns == pytest.approx(seen_ns, abs=60_000)
    assert found.at_ns > 0.6 * found.hidden_ns


def test_gain_and_zero_of_the_oscilloscope_fall_out() -> None:
    plain = flowing(sinusoid(0.0)).at_ns
    assert flowing(sinusoid(0.0) * 1.1 + 0.05).at_ns == pytest.approx(plain, abs=30_000)
    assert flowing(sinusoid(0.0) * 0.9 - 0.05).at_ns == pytest.approx(plain, abs=30_000)


def test_a_wild_sample_is_no_onset() -> None:
    shown = sinusoid(90.0)
    shown[[100, 6_000, 11_000]] = 0.09  # 18 codes; the level is 7.6
    assert flowing(shown).at_ns == pytest.approx(0.0, abs=30_000)


def test_a_contact_that_bounces_begins_with_its_first_touch() -> None:
    shown, at = sinusoid(60.0), times_ms()
    shown[(at > 0.3) & (at < 1.2)] = 0.0
    assert flowing(shown).at_ns == pytest.approx(0.0, abs=30_000)


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (sinusoid(0.0, -200.0), "at the start of the record already"),
        (sinusoid(0.0, -45.0), "at the start of the record already"),
        (sinusoid(0.0) + 0.5 * sinusoid(0.0, -200.0), "at the start of the record already"),
        (sinusoid(0.0) + 0.06 * sinusoid(0.0, -200.0), "at the start of the record already"),
        (np.zeros(len(times_ms())), "no current at the end"),
        (np.where(times_ms() < 100, sinusoid(0.0), 0.0), "no current at the end"),
        (sinusoid(0.0, peak_A=0.02), "too little to tell"),
        (sinusoid(0.0, peak_A=0.7), "beyond the oscilloscope's screen"),
    ],
)
def test_what_can_not_be_seen_is_not_guessed(shown: np.ndarray, reason: str) -> None:
    found, said = find_onset(wave(shown), 50.0)
    assert found is None
    assert reason in said


def test_a_record_too_short_or_too_coarse_is_refused() -> None:
    with pytest.raises(WaveformError, match="5 periods"):
        find_onset(wave(sinusoid(0.0, to_ms=35.0)), 50.0)
    with pytest.raises(WaveformError, match="finer"):
        find_onset(wave(sinusoid(0.0), step_ns=4 * MS), 50.0)


def test_from_the_onset_to_the_last_stop_bit() -> None:
    shown, line = wave(sinusoid(90.0, to_ms=600.0)), modem_line([(200.0, ALERT)])
    found = measure_onset_latency(shown, line, ALERT, 50.0, SETTINGS)
    assert found.value_ms == pytest.approx(200.0 + LENGTH_MS, abs=0.05)
    assert not found.lower_bound
    assert found.budget is not None
    parts = {part.name: part.value for part in found.budget.contributions}
    assert 0.64 * MS < parts["current below the level"] < 1.0 * MS
    assert {"oscilloscope timebase", "last character's duration", "mean over samples at the onset"} <= parts.keys()
    assert 0.7 < found.budget.expanded() < 1.2


def test_without_the_alert_the_rest_of_the_record_is_a_lower_bound() -> None:
    other = bytes(reversed(ALERT))
    shown = wave(sinusoid(90.0, to_ms=600.0))
    found = measure_onset_latency(shown, modem_line([(100.0, other)]), None, 50.0, SETTINGS, [other])
    assert found.lower_bound
    assert found.value_ms == pytest.approx(600.0, abs=0.1)
    assert measure_onset_latency(shown, modem_line([(100.0, other)]), None, 50.0, SETTINGS).value_ms is None


def test_a_current_that_flows_already_or_a_line_that_ends_gives_no_value() -> None:
    line = modem_line([(200.0, ALERT)])
    found = measure_onset_latency(wave(sinusoid(90.0, -200.0)), line, ALERT, 50.0, SETTINGS)
    assert (found.value_ms, found.t0_ns) == (None, None)
    assert "already" in found.reason
    late = wave(sinusoid(90.0, 20.0))
    found = measure_onset_latency(late, modem_line([], to_ms=10), ALERT, 50.0, SETTINGS)
    assert found.value_ms is None
    assert "ends before the current begins" in found.reason

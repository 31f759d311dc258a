"""Where an analogue waveform crosses a level: against closed forms, in noise, and where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.crossing import find_crossing
from harness.measure.errors import WaveformError
from harness.measure.waveform import Waveform
from tests.meter.properties import REPEATABLE

TAU_NS = 20e6
PER_CODE_A = 8 / 199


def wave(values_A: np.ndarray, step_ns: float, noise: float = 0.6, seed: int = 1, origin_ns: float = 0.0) -> Waveform:
    """Quantised as an 8-bit converter does, 0 A at code 78, with normal noise."""
    codes = values_A / PER_CODE_A + 78 + noise * np.random.default_rng(seed).standard_normal(len(values_A))
    return Waveform(
        np.clip(np.rint(codes), 1, 255).astype(np.uint8), PER_CODE_A, 0.0, 78, step_ns, origin_ns, "COIL_I", "A"
    )


def rise(step_ns: float, final_A: float = 3.0, seed: int = 1, noise: float = 0.6) -> Waveform:
    times = np.arange(-20e6, 180e6, step_ns)
    return wave(
        np.where(times > 0, final_A * (1 - np.exp(-np.clip(times, 0, None) / TAU_NS)), 0.0), step_ns, noise, seed, -20e6
    )


@pytest.mark.parametrize("step_ns", [200, 2_000, 10_000, 200_000])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_exponential_rise_crosses_where_its_law_says(step_ns: float, sign: int) -> None:
    errors, claimed = [], []
    for seed in range(12):
        shown = rise(step_ns, sign * 3.0, seed)
        found, reason = find_crossing(shown, sign * 2.0, rising=sign > 0)
        assert found is not None, reason
        errors.append(found.at_ns - TAU_NS * np.log(3.0))
        claimed.append(found.noise_ns)
        assert found.slope_per_ns == pytest.approx(sign / TAU_NS, rel=0.2)
    bias_ns = 0.05 * PER_CODE_A * TAU_NS  # a twentieth of a code
    assert abs(np.mean(errors)) < bias_ns + 3 * np.mean(claimed) / 12**0.5
    assert np.std(errors) < 2 * np.mean(claimed)
    assert np.std(errors) > np.mean(claimed) / 8


def test_the_noise_about_the_curve_is_told() -> None:
    for sigma in (0.6, 2.0):
        found, _ = find_crossing(rise(1_000, noise=sigma), 2.0, rising=True)
        assert found is not None
        assert found.noise == pytest.approx(np.hypot(sigma, 12**-0.5) * PER_CODE_A, rel=0.15)
        assert found.time_of(0.1) == pytest.approx(0.1 / abs(found.slope_per_ns))


@REPEATABLE
@given(
    st.floats(0.5, 2.5), st.floats(0.2, 20), st.floats(0, 1), st.sampled_from([100.0, 1000.0, 40_000.0]), st.booleans()
)
def test_a_straight_ramp_of_any_slope(level_A: float, ramp_ms: float, phase: float, step_ns: float, up: bool) -> None:
    times = np.arange(-5e6, 25e6, step_ns) + phase * step_ns
    truth = 3.0 * np.clip(times / (ramp_ms * 1e6), 0, 1)
    shown = wave(truth if up else 3.0 - truth, step_ns, origin_ns=float(times[0]))
    found, reason = find_crossing(shown, level_A, rising=up)
    assert found is not None, reason
    expected = ramp_ms * 1e6 * (level_A if up else 3.0 - level_A) / 3.0
    slope = 3.0 / (ramp_ms * 1e6)
    assert found.at_ns == pytest.approx(expected, abs=5 * found.noise_ns + 0.1 * PER_CODE_A / slope + step_ns)


def test_a_step_lies_between_its_two_samples() -> None:
    shown = wave(np.where(np.arange(1000) < 500, 0.0, 3.0), 1_000, noise=0.0)
    found, _ = find_crossing(shown, 2.0, rising=True)
    assert found is not None
    assert 499_000 < found.at_ns < 500_000
    assert found.at_ns == pytest.approx(499_000 + 1_000 * 2 / 3, abs=20)


def test_the_first_of_several_crossings_counts() -> None:
    times = np.arange(0, 100e6, 1e4)
    for rising in (True, False):
        shown = wave(1.5 - (1.4 if rising else -1.4) * np.cos(2 * np.pi * times / 20e6), 1e4)
        found, _ = find_crossing(shown, 1.5, rising=rising)
        assert found is not None
        assert found.at_ns == pytest.approx(5e6, abs=3e4)


@pytest.mark.parametrize(
    ("values_A", "level_A", "reason"),
    [
        (np.zeros(1000), 2.0, "does not cross"),
        (np.full(1000, 3.0), 2.0, "does not begin clearly before"),
        (np.linspace(1.9, 3.0, 1000), 2.0, "does not begin clearly before"),
        (np.linspace(0.0, 2.05, 1000), 2.0, "does not cross"),
        (np.linspace(0.0, 3.0, 1000), 7.5, "outside"),
        (np.linspace(0.0, 3.0, 1000), -3.2, "outside"),
    ],
)
def test_what_can_not_be_seen_is_not_guessed(values_A: np.ndarray, level_A: float, reason: str) -> None:
    found, said = find_crossing(wave(values_A, 1_000), level_A, rising=True)
    assert found is None
    assert reason in said


def test_a_record_of_a_few_samples_is_refused() -> None:
    with pytest.raises(WaveformError, match="too few"):
        find_crossing(wave(np.zeros(7), 1_000), 2.0, rising=True)

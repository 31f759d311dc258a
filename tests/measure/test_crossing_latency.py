"""Magnet latency: t0 from the coil's current, the end from the line, and what the level's uncertainty makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.measure.crossing_latency import CrossingLevel, measure_crossing_latency
from harness.measure.waveform import Waveform
from tests.measure.test_crossing import wave
from tests.measure.test_latency import ALERT, BIT_NS, MS, SETTINGS, modem_line

TAU_MS = 20.0
LEVEL = CrossingLevel(2.0, 0.05, gain=0.16, offset=0.1, ratio=0.02)
T0_MS = TAU_MS * np.log(3.0)
LENGTH_MS = len(ALERT) * 10 * BIT_NS / MS


def current(final_A: float = 3.0) -> Waveform:
    times_ms = np.arange(-50, 600, 0.001)
    return wave(final_A * (1 - np.exp(-np.clip(times_ms, 0, None) / TAU_MS)), 1_000, origin_ns=-50 * MS)


def test_from_the_crossing_to_the_last_stop_bit() -> None:
    found = measure_crossing_latency(current(), modem_line([(200.0, ALERT)]), ALERT, LEVEL, SETTINGS)
    assert found.value_ms == pytest.approx(200.0 + LENGTH_MS - T0_MS, abs=0.3)
    assert found.t0_ns == pytest.approx(T0_MS * MS, abs=0.3 * MS)
    assert not found.lower_bound


def test_the_other_polarity_is_the_same() -> None:
    level = replace(LEVEL, value=-2.0)
    found = measure_crossing_latency(current(-3.0), modem_line([(200.0, ALERT)]), ALERT, level, SETTINGS)
    assert found.value_ms == pytest.approx(200.0 + LENGTH_MS - T0_MS, abs=0.3)
    assert measure_crossing_latency(current(3.0), modem_line([]), ALERT, level, SETTINGS).value_ms is None


def test_an_error_of_the_level_is_an_error_of_the_time_by_the_slope() -> None:
    found = measure_crossing_latency(current(), modem_line([(200.0, ALERT)]), ALERT, LEVEL, SETTINGS)
    assert found.budget is not None
    parts = {part.name: part.standard for part in found.budget.contributions}
    ms_per_A = TAU_MS / 1.0  # at 2 A of 3 A the current still has 1 A to go
    assert parts["level that must trip"] == pytest.approx(0.025 * ms_per_A, rel=0.05)
    assert parts["ratio of the probe"] == pytest.approx(0.01 * ms_per_A, rel=0.05)
    assert parts["vertical gain"] == pytest.approx(0.16 / 3**0.5 * ms_per_A, rel=0.05)
    assert parts["vertical offset"] == pytest.approx(0.1 / 3**0.5 * ms_per_A, rel=0.05)
    assert 0 < parts["noise at the crossing"] < 0.1
    assert {"oscilloscope timebase", "last character's duration", "sampling of the last start bit"} <= parts.keys()


def test_an_alert_before_the_crossing_has_a_latency_below_zero() -> None:
    """The meter was sure before it had to be; that is no missing alert."""
    found = measure_crossing_latency(current(), modem_line([(5.0, ALERT)]), ALERT, LEVEL, SETTINGS)
    assert found.value_ms == pytest.approx(5.0 + LENGTH_MS - T0_MS, abs=0.3)
    assert found.value_ms < 0


def test_without_the_alert_the_rest_of_the_record_is_a_lower_bound() -> None:
    found = measure_crossing_latency(current(), modem_line([]), None, LEVEL, SETTINGS)
    assert found.lower_bound
    assert found.value_ms == pytest.approx(600.0 - T0_MS, abs=0.3)


def test_alerts_of_other_causes_on_the_line_are_none_of_this_one() -> None:
    """Whole frames of them leave the lower bound as it is; anything beside them is something nobody could read."""
    other = bytes(reversed(ALERT))
    line = modem_line([(200.0, other), (300.0, other)])
    found = measure_crossing_latency(current(), line, None, LEVEL, SETTINGS, [other])
    assert found.lower_bound
    assert found.value_ms == pytest.approx(600.0 - T0_MS, abs=0.3)
    line = modem_line([(200.0, other), (300.0, other[:-1])])
    assert measure_crossing_latency(current(), line, None, LEVEL, SETTINGS, [other]).value_ms is None


@pytest.mark.parametrize(
    ("shown", "line", "alert", "reason"),
    [
        (current(1.5), modem_line([(200.0, ALERT)]), ALERT, "does not cross"),
        (wave(np.full(650_000, 3.0), 1_000, origin_ns=-50 * MS), modem_line([(200.0, ALERT)]), ALERT, "does not begin"),
        (current(), modem_line([(200.0, ALERT)]), None, "is no alert received"),
        (current(), modem_line([], to_ms=10), None, "ends before"),
        (current(), modem_line([], extra=[-49 * MS, 100 * MS]), None, "carries something"),
    ],
)
def test_what_can_not_be_seen_is_not_guessed(shown: Waveform, line: Waveform, alert: bytes | None, reason: str) -> None:
    found = measure_crossing_latency(shown, line, alert, LEVEL, SETTINGS)
    assert found.value_ms is None
    assert reason in found.reason

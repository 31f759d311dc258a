"""Case-open latency: what is t0, what is the end, and what is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.measure.latency import LatencySettings, measure_case_latency
from harness.measure.uart import UartFormat
from harness.measure.waveform import Waveform
from tests.measure.signals import LEVELS, serial_edges, square_wave

MS = 1e6
BIT_NS = 1e9 / 115_200
ALERT = bytes.fromhex("00010001000100 05 df010203ff".replace(" ", ""))
SETTINGS = LatencySettings(
    case_levels=LEVELS,
    line_levels=LEVELS,
    line=UartFormat(115_200),
    bounce_ns=5_000_000,
    lasting_ns=60_000_000,
    timebase_ppm=1.6,
    edge_time_ns=20.0,
)


def case_line(edges_ms: list[float], *, start_open: bool = False, from_ms: float = -50, to_ms: float = 600) -> Waveform:
    edges = [edge * MS for edge in edges_ms]
    return square_wave(edges, start_high=start_open, from_ns=from_ms * MS, to_ns=to_ms * MS, label="CASE_SW")


def modem_line(frames: list[tuple[float, bytes]], to_ms: float = 600, extra: list[float] | None = None) -> Waveform:
    edges = list(extra or [])
    for start_ms, data in frames:
        starts = [start_ms * MS + place * 10 * BIT_NS for place in range(len(data))]
        edges += serial_edges(list(zip(starts, data, strict=True)), BIT_NS)
    return square_wave(sorted(edges), start_high=True, from_ns=-50 * MS, to_ns=to_ms * MS, label="MODEM_TX")


def test_from_the_first_bounce_to_the_last_stop_bit() -> None:
    case = case_line([0.0, 0.4, 0.9, 1.1, 3.0])
    line = modem_line([(200.0, ALERT)])
    latency = measure_case_latency(case, line, ALERT, SETTINGS)
    end_ms = 200.0 + len(ALERT) * 10 * BIT_NS / MS
    assert latency.value_ms == pytest.approx(end_ms, abs=0.002)
    assert latency.t0_ns == pytest.approx(0.0, abs=1000)
    assert not latency.lower_bound
    assert latency.budget is not None
    assert abs(latency.value_ms - end_ms) < latency.budget.expanded()


@pytest.mark.parametrize(
    ("edges_ms", "t0_ms"),
    [
        ([-40.0, -39.0, 0.0], 0.0),
        ([-40.0, -8.0, 0.0], 0.0),
        ([-5.2, -5.1, 0.0], 0.0),
        ([-4.8, -4.7, 0.0], -4.8),
        ([-8.0, -4.0, 0.0], -8.0),
        ([0.0, 30.0, 40.0], 40.0),
        ([0.0, 59.0, 60.0, 60.5, 62.0], 0.0),
        ([0.0, 40.0, 200.0, 200.3, 201.0], 200.0),
    ],
    ids=[
        "short glitch long before",
        "longer pulse over before the bounce time",
        "glitch just outside the bounce time",
        "bounce just inside the bounce time",
        "open interval that reaches into the bounce time",
        "pulse below the lasting time",
        "long open interval joined by a short gap",
        "second opening after a short first one",
    ],
)
def test_what_belongs_to_the_lasting_opening(edges_ms: list[float], t0_ms: float) -> None:
    latency = measure_case_latency(case_line(edges_ms), modem_line([(400.0, ALERT)]), ALERT, SETTINGS)
    assert latency.t0_ns == pytest.approx(t0_ms * MS, abs=1000)


def test_a_copy_with_a_framing_error_is_not_the_end() -> None:
    last_ns = 100.0 * MS + (len(ALERT) - 1) * 10 * BIT_NS  # 0xFF: high from its first data bit on
    no_stop_bit = [last_ns + 9 * BIT_NS, last_ns + 10.5 * BIT_NS]
    line = modem_line([(100.0, ALERT), (200.0, ALERT)], extra=no_stop_bit)
    latency = measure_case_latency(case_line([0.0]), line, ALERT, SETTINGS)
    assert latency.value_ms == pytest.approx(200.0 + len(ALERT) * 10 * BIT_NS / MS, abs=0.002)


def test_another_frame_is_not_the_end() -> None:
    other = ALERT[:-1] + b"\x00"
    latency = measure_case_latency(
        case_line([0.0]), modem_line([(100.0, other), (200.0, ALERT), (300.0, ALERT)]), ALERT, SETTINGS
    )
    assert latency.value_ms == pytest.approx(200.0 + len(ALERT) * 10 * BIT_NS / MS, abs=0.002)


def test_an_end_outside_the_record_is_a_lower_bound() -> None:
    latency = measure_case_latency(case_line([0.0]), modem_line([(599.5, ALERT)]), ALERT, SETTINGS)
    assert latency.lower_bound
    assert latency.value_ms == pytest.approx(600.0, abs=0.01)
    assert latency.end_ns is None
    assert "not inside the record" in latency.reason


def test_no_alert_on_a_quiet_line_is_a_lower_bound_and_on_a_busy_one_nothing() -> None:
    quiet = measure_case_latency(case_line([0.0]), modem_line([]), None, SETTINGS)
    assert quiet.lower_bound
    busy = measure_case_latency(case_line([0.0]), modem_line([(100.0, b"hello")]), None, SETTINGS)
    assert busy.value_ms is None
    assert "is no alert received" in busy.reason


@pytest.mark.parametrize(
    ("case", "line", "reason"),
    [
        (case_line([]), modem_line([(100.0, ALERT)]), "no lasting opening"),
        (case_line([0.0, 30.0]), modem_line([(100.0, ALERT)]), "no lasting opening"),
        (case_line([580.0]), modem_line([]), "no lasting opening"),
        (case_line([], start_open=True), modem_line([(100.0, ALERT)]), "open at the start"),
        (case_line([-1.0, 0.0], start_open=True, from_ms=-6), modem_line([]), "open at the start"),
        (case_line([0.0], from_ms=-4), modem_line([(100.0, ALERT)]), "does not reach back"),
        (case_line([0.0]), modem_line([], extra=[-40 * MS]), "errors"),
        (case_line([0.0]), square_wave([], start_high=False, from_ns=0, to_ns=600 * MS), "not idle"),
        (case_line([300.0]), modem_line([], to_ms=200), "ends before the case opens"),
        (replace(case_line([0.0]), y_increment=1e-6), modem_line([]), "lasting opening"),
    ],
)
def test_what_is_not_known_gives_no_value(case: Waveform, line: Waveform, reason: str) -> None:
    latency = measure_case_latency(case, line, ALERT, SETTINGS)
    assert latency.value_ms is None
    assert reason in latency.reason


def test_the_budget_is_made_of_the_instruments_errors() -> None:
    latency = measure_case_latency(case_line([0.0]), modem_line([(400.0, ALERT)]), ALERT, SETTINGS)
    assert latency.budget is not None
    parts = {part.name: part.standard for part in latency.budget.contributions}
    third = 3**0.5
    assert parts["oscilloscope timebase"] == pytest.approx(401.1e-6 * 1.6 / third, rel=0.01)
    assert parts["sampling of the opening"] == pytest.approx(1e-3 / third)
    assert parts["edge time of the opening"] == pytest.approx(20e-6 / third)
    # By hand, half-widths in us: 0.642, 1, 1, 0.02, 0.02, 1.736; root of the sum of squares 2.330, × 2 ÷ √3 = 2.690.
    assert latency.budget.expanded() == pytest.approx(0.002690, rel=0.001)
    worse = measure_case_latency(
        case_line([0.0]), modem_line([(400.0, ALERT)]), ALERT, replace(SETTINGS, timebase_ppm=100.0)
    )
    assert worse.budget is not None
    assert worse.budget.expanded() > 0.04

"""The parts of a report: values as text, what is drawn, what is left out."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.model import Alert, Entry, Judgement, Reading, Traffic, WaveformEntry
from harness.evidence.reader import load_run
from harness.measure.decision import Rule
from harness.measure.verdict import Verdict
from harness.measure.waveform import Waveform
from reports import figures, histogram_figure, rows, waveform_figure
from reports.acquisitions import LAST_BEFORE_STOP, OUTSIDE, WORST, choose, group
from reports.errors import FigureError
from reports.figures import choose_acquisitions
from reports.first_page import rule_in_words
from reports.histogram_figure import Limits, bin_edges
from reports.quantities import Scale, duration, number, quantity, scale_for
from tests.reports.made_up_run import PLANNED, case_waveform, finished_run, latency, modem_waveform


def judgement(value: float | None, verdict: Verdict = Verdict.PASS, **other: object) -> Judgement:
    fields = {
        "name": "latency", "value": value, "unit": "ms", "at_least": None, "at_most": 500.0, "accept_at_least": None,
        "accept_at_most": 499.99, "uncertainty": 0.01, "coverage_factor": 2.0, "rule": Rule.GUARDED,
        "verdict": verdict, "requirements": ("COM-1",),
    }  # fmt: skip
    return Judgement(**{**fields, **other})  # type: ignore[arg-type]


def plain(text: str) -> float:
    return float(text.replace("\u202f", "").replace("−", "-"))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 4))
def test_rounding_never_moves_a_value_over_a_limit(value: float, limit: float, places: int) -> None:
    shown = plain(number(value, Scale("ms"), places=places, limits=[limit]))
    # Closer together than the last of twelve places, text can't tell them apart.
    if abs(value - limit) > 1e-11:
        assert (shown > limit, shown < limit) == (value > limit, value < limit)


def test_a_value_just_over_the_limit_is_not_printed_as_the_limit() -> None:
    row = rows.judgement_row(0, judgement(500.0004, Verdict.FAIL))
    assert row.value == "500.0004"
    assert row.limit == ("≤\u202f500",)
    assert row.accept == ("≤\u202f499.990",)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (123_456_789, "ns", "123.4568\u202fms"),
        (1_500, "ns", "1.5\u202fµs"),
        (0, "ns", "0\u202fns"),
        (12345, "1", "12\u202f345"),
        (-0.25, "V", "−0.25\u202fV"),
        (100, "ms", "100\u202fms"),
        (None, "ms", "no number"),
    ],
)
def test_quantities_as_text(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_time_since_start_and_scale() -> None:
    assert duration(1_234_567_890) == "1.234567\u202fs"
    assert duration(-5_000) == "−0.000005\u202fs"
    assert scale_for("ns", [1, 2_000_000]).unit == "ms"


def test_a_lower_bound_and_a_missing_value_are_said() -> None:
    assert rows.judgement_row(0, judgement(600.0, Verdict.FAIL, lower_bound=True)).value.startswith("more than 600")
    assert rows.judgement_row(0, judgement(None, Verdict.INCONCLUSIVE)).value == "no number"


def test_the_rule_states_its_risk() -> None:
    assert "at most 2.3 %" in " ".join(rule_in_words(Rule.GUARDED, 2.0))
    assert "at most 0.13 %" in " ".join(rule_in_words(Rule.GUARDED, 3.0))
    assert "up to 50 %" in " ".join(rule_in_words(Rule.SIMPLE, 2.0))


def test_shortening_keeps_what_did_not_pass() -> None:
    judged = [(place, judgement(1.0)) for place in range(300)]
    judged[250] = (250, judgement(900.0, Verdict.FAIL))
    kept, more = rows.shorten_judgements(judged, 10)
    assert more == 290
    assert [at for at, _ in kept] == [*range(9), 250]


def test_traffic_keeps_beginning_and_end() -> None:
    entries = [Entry(n, n, Traffic("modem", "<", "hex", f"{n:04x}" * 200), "") for n in range(1, 101)]
    (channel,) = rows.collapse_traffic(entries, 30, 240)
    assert (channel.total, channel.skipped, len(channel.head), len(channel.tail)) == (100, 70, 10, 20)
    assert channel.tail[-1].data.startswith("00 64 00 64")
    assert channel.tail[-1].left_out == "320 more octets"


def test_readings_without_a_number_are_counted_not_drawn() -> None:
    entries = [Entry(n, n, Reading("a", None if n == 2 else float(n), "ms", "NaN"), "") for n in range(4)]
    (series,) = rows.group_readings(entries)
    assert series.values == [0.0, 1.0, 3.0]
    assert len(series.readings) == 4
    assert not series.drawn


def line(samples: list[int], *, origin: float = 0.0, label: str = "A") -> Waveform:
    return Waveform(np.array(samples, dtype=np.uint8), 0.02, 0.0, 0, 1000.0, origin, label)


def test_the_envelope_keeps_a_pulse_of_one_sample() -> None:
    codes = [10] * 100_000
    codes[54_321] = 250
    times, volts = waveform_figure.envelope(line(codes), 0, 99_999_000, 500)
    assert len(volts) == 1000
    assert volts.max() == pytest.approx(5.0)
    assert times[int(volts.argmax())] == pytest.approx(54_321_000, abs=200_000)


def test_the_envelope_outside_the_samples_is_an_error() -> None:
    with pytest.raises(FigureError, match="no sample"):
        waveform_figure.envelope(line([1, 2, 3]), 1e9, 2e9, 10)


def test_close_ups_show_the_bounce_at_t0_and_the_characters_at_the_end() -> None:
    chance = random.Random(3)  # noqa: S311 - made-up data, the same each time
    channels = [case_waveform(1_250_000, chance), modem_waveform(1_250_000, 110e6, chance)]
    first, last = waveform_figure.choose_zooms(channels, {"t0": 0.0, "end": 110e6})
    assert (first.cursor, channels[first.channel].channel_label) == ("t0", "CASE_SW")
    assert (last.cursor, channels[last.channel].channel_label) == ("end", "MODEM_TX")
    assert first.from_ns < 0
    assert 1e6 < first.to_ns < 20e6
    assert last.from_ns < 110e6 < last.to_ns
    assert last.to_ns - last.from_ns < 5e6


def test_a_cursor_outside_the_acquisition_makes_no_close_up() -> None:
    assert waveform_figure.choose_zooms([line([0, 255] * 50)], {"t0": 1e12}) == []


def test_too_short_an_acquisition_is_an_error_not_a_crash() -> None:
    with pytest.raises(FigureError, match="fewer than two samples"):
        waveform_figure.draw([line([1])], {}, "x", "x")


def test_drawings_have_ids_of_their_own_words_for_the_blind_and_page_colours() -> None:
    drawing, words = waveform_figure.draw([line([0, 255] * 50)], {"t0": 50_000.0}, "fig-7", "a $title$ <b>")
    assert 'aria-labelledby="fig-7-t fig-7-d"' in drawing
    assert "t0 at" in words
    assert "<b>" not in drawing
    assert "var(--signal)" in drawing
    assert "#040404" not in drawing
    for found in drawing.split(' id="')[1:]:
        assert found.startswith("fig-7-")


def test_histograms_hold_every_value_and_say_the_limits() -> None:
    values = [100.0, 101.0, 101.5, 130.0]
    edges = bin_edges(values)
    assert edges[0] == 100.0
    assert edges[-1] == 130.0
    assert bin_edges([5.0, 5.0])[0] < 5.0 < bin_edges([5.0, 5.0])[1]
    _, words = histogram_figure.draw(values, Limits(at_most=500.0, accept_at_most=499.5), Scale("ms"), "h", "x")
    with pytest.raises(FigureError):
        histogram_figure.draw([float("nan")], None, Scale("ms"), "h", "x")
    assert "4 values from 100 to 130 ms; upper limit 500 ms; upper acceptance limit 499.5 ms." in words


def test_a_guard_band_is_hatched() -> None:
    drawing, _ = histogram_figure.draw([1.0, 2.0], Limits(at_most=5.0, accept_at_most=4.0), Scale("ms"), "h", "x")
    (pattern,) = re.findall(r'<pattern id="([^"]+)"', drawing)
    assert f"url(#{pattern})" in drawing


def test_facts_are_shown_with_their_unit() -> None:
    facts = {"age_ns": 596_000_000, "event_code": 9, "event_time_utc_ns": 1_780_300_804_670_000_000, "signed": True}
    row = rows.alert_row(Entry(1, 0, Alert("modem", "accepted", "00"), ""), Alert("modem", "accepted", "00", facts))
    assert row.facts == (
        ("age", "596\u202fms"),
        ("event code", "0x09"),
        ("event time", "2026-06-01 08:00:04.670 UTC"),
        ("signed", "yes"),
    )


def acquired(name: str, label: str) -> WaveformEntry:
    return WaveformEntry(name, f"{name}.zlib", "00", 100, label, 0.02, 0.0, 0, 1000.0, 0.0, "V", {"t0": 0.0})


def entries_of(values: list[float]) -> list[Entry]:
    bodies: list[WaveformEntry | Reading] = []
    for place, value in enumerate(values, 1):
        bodies += [acquired(f"opening {place}", "CASE_SW"), acquired(f"opening {place}", "MODEM_TX")]
        bodies.append(Reading("latency", value, "ms"))
    return [Entry(n, n, body, "") for n, body in enumerate(bodies, 1)]


def test_the_first_the_worst_and_the_failing_acquisitions_are_chosen() -> None:
    found = group(entries_of([100, 120, 600, 110, 499.995]))
    assert [len(one.waveforms) for one in found] == [2] * 5
    chosen = choose(found, [judgement(600.0, Verdict.FAIL)], stopped=False)
    assert [one.number for one in chosen] == [1, 3, 5]
    assert chosen[1].why == [OUTSIDE, WORST]
    assert chosen[2].why == [OUTSIDE]


def test_without_a_judgement_the_last_acquisition_before_the_stop_is_shown() -> None:
    chosen = choose(group(entries_of([100, 120, 110])), [], stopped=True)
    assert [one.number for one in chosen] == [1, 3]
    assert chosen[1].why == [LAST_BEFORE_STOP]


def test_a_reading_that_names_its_waveform_goes_to_it() -> None:
    entries = [
        Entry(1, 1, acquired("first", "A"), ""),
        Entry(2, 2, acquired("second", "A"), ""),
        Entry(3, 3, Reading("latency", 5.0, "ms", facts={"waveform": "first"}), ""),
    ]
    found = group(entries)
    assert [len(one.readings) for one in found] == [1, 0]


def test_failing_acquisitions_are_drawn_before_others_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_ACQUISITIONS", 8)

    def all_late(record):
        latency(30, 3000, worst_ms=700.0)(record)

    finished_run(tmp_path / "run", {planned.test_id: all_late for planned in PLANNED})
    chosen = choose_acquisitions(load_run(tmp_path / "run"))
    drawn = [one for of_attempt in chosen.values() for one in of_attempt.drawn]
    assert len(drawn) == 8
    assert all(OUTSIDE in one.why for one in drawn)
    assert all(of_attempt.total == 30 for of_attempt in chosen.values())


def test_a_served_emulation_is_said_to_be_emulated_although_its_bench_file_says_real():
    from dataclasses import replace

    from harness.evidence.model import Instrument
    from tests.evidence.runs import header

    plain = replace(header(), bench_kind="real", instruments=())
    assert not plain.is_emulated
    scope = Instrument("scope", "keysight-infiniivision", "KEYSIGHT", "MSO-X 3014T", "EMU58490001", "07")
    assert replace(plain, instruments=(scope,)).is_emulated
    assert not replace(plain, instruments=(replace(scope, serial="MY58490001"),)).is_emulated

"""Analogue nets on the oscilloscope: shown as their laws say, triggered where they cross, wrong with a wrong ratio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.emulation.analog_net import Segment
from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.scope_unit import Probe
from harness.instruments.errors import SettingError
from harness.instruments.infiniivision import InfiniiVision
from harness.measure.crossing import find_crossing
from tests.instruments.scope_bench import NO_ERRORS, ScopeBench, make_scope_bench
from tests.instruments.small_bench import WorldClock

MS = 1_000_000
TAU_NS = 20 * MS
TURN_ON = (1 - np.exp(-1.0)) * 3.0
"""A after one time constant on the way to 3 A."""


@pytest.fixture
def bench() -> ScopeBench:
    return make_scope_bench()


def rise(bench: ScopeBench, to_uA: int = 3_000_000, tau_ns: int = TAU_NS) -> int:
    """The coil's current begins to rise now, exponentially."""
    now_ns = bench.world.now_ns
    bench.coil.follow(Segment(now_ns, final_u=to_uA, initial_u=bench.coil.value_u(now_ns), tau_ns=tau_ns))
    return now_ns


def acquire(bench: ScopeBench, level_A: float = TURN_ON, points: int = 100_000) -> tuple[InfiniiVision, int]:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0, label="COIL_I")
    scope.arm_single(3, level_A, "rising", window_before_ns=50 * MS, window_after_ns=150 * MS, points=points)
    bench.wait(7 * MS)
    started_ns = rise(bench)
    assert scope.wait_acquired(400 * MS)
    return scope, started_ns


def test_a_rise_is_shown_as_its_law_says(bench: ScopeBench) -> None:
    scope, started_ns = acquire(bench)
    shown = scope.read_waveform(3)
    assert (shown.unit, shown.channel_label) == ("A", "COIL_I")
    since_ns = shown.times_ns() + bench.scope.state.trigger_ps / 1000 - started_ns
    truth_A = np.where(since_ns > 0, 3.0 * (1 - np.exp(-np.clip(since_ns, 0, None) / TAU_NS)), 0.0)
    off = (shown.values() - truth_A) / shown.y_increment  # in codes
    assert abs(off.mean()) < 0.1
    assert off.std() == pytest.approx(np.hypot(0.6, 12**-0.5), abs=0.05)  # noise, and what quantising adds
    assert abs(off).max() < 0.6 * 5 + 0.5
    means = off[: len(off) // 1000 * 1000].reshape(-1, 1000).mean(axis=1)
    assert abs(means).max() < 0.12  # nowhere does the drawing leave the law: a chord's error and a step of rounding


def test_the_trigger_comes_where_the_law_crosses(bench: ScopeBench) -> None:
    _, started_ns = acquire(bench)
    assert bench.scope.state.trigger_ps / 1000 - started_ns == pytest.approx(TAU_NS, abs=20)


@pytest.mark.parametrize(("slope", "turns"), [("rising", 1 / 12), ("falling", 5 / 12)])
def test_a_sinusoid_crosses_where_its_phase_says(bench: ScopeBench, slope: str, turns: float) -> None:
    scope = bench.driver()
    scope.configure_channel(1, 400.0, 0.0)
    now_ns = bench.world.now_ns
    bench.mains.follow(Segment(now_ns, peak_u=100_000_000, frequency_mHz=50_000))
    scope.arm_single(1, 50.0, slope, window_before_ns=40 * MS, window_after_ns=60 * MS, points=100_000)
    assert scope.wait_acquired(400 * MS)
    at_turns = (bench.scope.state.trigger_ps / 1000 - now_ns) / 20e6
    assert at_turns % 1 == pytest.approx(turns, abs=1e-6)
    shown = scope.read_waveform(1)
    truth_V = 100 * np.sin(2 * np.pi * ((shown.times_ns() + bench.scope.state.trigger_ps / 1000 - now_ns) / 20e6))
    before = shown.times_ns() < -(bench.scope.state.trigger_ps / 1000 - now_ns)
    off = (shown.values() - np.where(before, 0.0, truth_V)) / shown.y_increment
    means = off[: len(off) // 500 * 500].reshape(-1, 500).mean(axis=1)
    assert abs(means).max() < 0.2


def test_a_new_law_takes_back_the_crossing_of_the_old_one(bench: ScopeBench) -> None:
    """The supply is switched off before the current gets there; later it does."""
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    scope.arm_single(3, 2.0, "rising", window_before_ns=1 * MS, window_after_ns=10 * MS, points=10_000)
    rise(bench)
    bench.wait(10 * MS)
    assert bench.scope.state.run == "found"
    rise(bench, to_uA=0, tau_ns=1 * MS)
    bench.wait(100 * MS)
    assert not scope.triggered()
    assert bench.scope.state.run == "waiting"
    started_ns = rise(bench, tau_ns=1 * MS)
    assert scope.wait_acquired(100 * MS)
    assert bench.scope.state.trigger_ps / 1000 - started_ns == pytest.approx(MS * np.log(3), abs=20)


def test_a_new_law_may_cross_sooner_and_a_step_crosses_at_once(bench: ScopeBench) -> None:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    scope.arm_single(3, 2.0, "rising", window_before_ns=1 * MS, window_after_ns=10 * MS, points=10_000)
    rise(bench)
    bench.wait(5 * MS)
    stepped_ns = bench.world.now_ns
    bench.coil.hold(2_500_000)
    bench.wait(MS)
    assert scope.triggered()  # not only where the law before would have crossed
    assert scope.wait_acquired(100 * MS)
    assert bench.scope.state.trigger_ps == stepped_ns * 1000
    shown = scope.read_waveform(3)
    assert shown.values()[shown.times_ns() >= 0].mean() == pytest.approx(2.5, abs=0.02)


@pytest.mark.parametrize("level_A", [-0.5, 3.0001, 5.0])
def test_a_level_the_law_never_reaches_does_not_trigger(bench: ScopeBench, level_A: float) -> None:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    scope.arm_single(3, level_A, "rising", window_before_ns=1 * MS, window_after_ns=10 * MS, points=10_000)
    rise(bench)
    assert not scope.wait_acquired(700 * MS)


def test_a_shared_return_is_the_sum_of_its_laws(bench: ScopeBench) -> None:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    scope.arm_single(3, 3.5, "rising", window_before_ns=1 * MS, window_after_ns=100 * MS, points=100_000)
    now_ns = bench.world.now_ns
    parts = (Segment(now_ns, 3_000_000, 0, TAU_NS), Segment(now_ns, 1_000_000, 0, 5 * MS))
    bench.coil.follow(Segment(now_ns, plus=parts))
    assert scope.wait_acquired(400 * MS)
    at_ns = bench.scope.state.trigger_ps / 1000 - now_ns
    assert 3 * (1 - np.exp(-at_ns / TAU_NS)) + 1 - np.exp(-at_ns / 5e6) == pytest.approx(3.5, abs=1e-5)
    shown = scope.read_waveform(3)
    since_ns = np.clip(shown.times_ns() + at_ns, 0, None)
    off = (shown.values() - 3 * (1 - np.exp(-since_ns / TAU_NS)) - 1 + np.exp(-since_ns / 5e6)) / shown.y_increment
    assert abs(off[: len(off) // 1000 * 1000].reshape(-1, 1000).mean(axis=1)).max() < 0.12


def test_gain_and_offset_of_the_unit_count_for_currents_too() -> None:
    bench = make_scope_bench(errors=None)
    scope, _ = acquire(bench)
    shown, errors = scope.read_waveform(3), bench.scope.errors
    offset_A = errors.offset_millidivisions[2] / 1000 * 1.0 + errors.offset_uV[2] * 1e-6 * 10
    top_A = 3.0 * (1 - np.exp(-7.0)) * (1 + errors.gain_ppm[2] * 1e-6) + offset_A
    assert shown.values()[: len(shown) // 8].mean() == pytest.approx(offset_A, abs=0.005)
    assert shown.values()[-100:].mean() == pytest.approx(top_A, abs=0.02)


@pytest.mark.parametrize("ppb", [-1_000_000, 1_000_000])
def test_a_wrong_clock_shows_a_law_as_slower_or_faster(bench: ScopeBench, ppb: int) -> None:
    """A thousandth, so that it is seen: a fast clock shows the rise as longer ago than it was."""
    bench.scope.errors = replace(NO_ERRORS, timebase_ppb=ppb)
    scope = bench.driver()
    scope.configure_channel(1, 400.0, 0.0)
    bench.mains.follow(Segment(bench.world.now_ns, peak_u=100_000_000, frequency_mHz=50_000))
    scope.arm_single(1, 0.0, "rising", window_before_ns=MS, window_after_ns=1_000 * MS, points=200_000)
    assert scope.wait_acquired(2_000 * MS)
    shown = scope.read_waveform(1)
    late = shown.times_ns() > 935 * MS
    crossing, reason = find_crossing(
        replace(shown, samples=shown.samples[late], x_origin_ns=float(shown.times_ns()[late][0])), 0.0, rising=True
    )
    assert crossing is not None, reason
    assert crossing.at_ns % (20 * MS) == pytest.approx(-ppb * 1e-9 * crossing.at_ns % (20 * MS), abs=50_000)


def test_a_wrong_ratio_is_a_wrong_current_and_the_unit_changes_no_number(bench: ScopeBench) -> None:
    session = bench.open()
    for command in ("*RST", ":STOP", ":CHANnel3:DISPlay ON", ":CHANnel1:DISPlay OFF"):
        session.write(command)
    assert (session.query(":CHAN3:UNIT?"), float(session.query(":CHAN3:PROB?"))) == ("VOLT", 1.0)  # no ring on a clamp
    session.write(":CHAN3:RANG 0.8;OFFS 0.2;:CHAN3:UNITs AMPere;:TIM:RANG 0.1;:WAV:SOUR CHAN3;POIN 1000;POIN:MODE RAW")
    assert session.query(":SYST:ERR?").startswith("+0")
    assert session.query(":CHAN3:UNIT?") == "AMP"
    bench.coil.hold(3_000_000)
    session.write(":TRIG:SWE AUTO;:SING")
    bench.wait(400 * MS)
    codes = session.query_binary_values(":WAV:DATA?", datatype="B", container=np.ndarray)
    seen = (codes.mean() - 128) * float(session.query(":WAV:YINC?")) + float(session.query(":WAV:YOR?"))
    assert seen == pytest.approx(0.3, abs=0.003)  # 0.1 V/A: 0.3 V, whatever the unit says
    assert session.query(":SYST:ERR?").startswith("+0")


def test_the_driver_wants_volts_and_amperes_told_apart(bench: ScopeBench) -> None:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    with pytest.raises(SettingError, match="clamp"):
        scope.configure_channel(3, 8.0, 0.0)
    with pytest.raises(SettingError, match="more than 0"):
        scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=0.0)
    scope.reset()
    scope.configure_channel(3, 8.0, 0.0)


def test_laws_that_the_net_has_forgotten_are_still_in_the_record(bench: ScopeBench) -> None:
    scope, _ = acquire(bench)
    first = scope.read_waveform(3).samples
    snapshot = bench.world.snapshot()
    for _ in range(3):
        bench.wait(90_000 * MS)
        bench.coil.hold(0)
    assert len(bench.coil.state.segments) <= 3
    assert np.array_equal(scope.read_waveform(3).samples, first)
    bench.world.restore(snapshot)
    assert np.array_equal(scope.read_waveform(3).samples, first)


@pytest.mark.parametrize("moment_ns", [0, 10 * MS, 60 * MS])
def test_a_restored_scope_goes_on_exactly_as_it_did(bench: ScopeBench, moment_ns: int) -> None:
    scope = bench.driver()
    scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    scope.arm_single(3, TURN_ON, "rising", window_before_ns=1 * MS, window_after_ns=100 * MS, points=10_000)
    rise(bench)
    bench.wait(moment_ns)
    snapshot = bench.world.snapshot()
    seen = []
    for _ in range(2):
        bench.world.restore(snapshot)
        bench.wait(500 * MS)
        codes = bench.scope.codes("CHAN3", 1)
        seen.append((codes.tobytes(), bench.world.snapshot().digest()))
    assert seen[0] == seen[1]


def test_a_probe_goes_on_a_net_only(bench: ScopeBench) -> None:
    with pytest.raises(TypeError, match="no digital net"):
        make_infiniivision(bench.world, "second", {}, digital={0: "COIL_I"})
    with pytest.raises(TypeError, match="no net"):
        make_infiniivision(bench.world, "third", {1: Probe("wire")})


def test_a_ratio_that_the_instrument_did_not_take_is_an_error(bench: ScopeBench) -> None:
    """A probe with an interface of its own sets the ratio itself; what was asked for is read back."""

    def plug_in(direction: str, text: str, at_ns: int) -> None:
        if (direction, text) == (">", ":CHANnel3:PROBe?"):
            bench.scope.state.channels[3].probe_milli = 1_000

    scope = InfiniiVision(bench.open(), WorldClock(bench.world), name="scope", traffic=plug_in)
    scope.reset()
    with pytest.raises(SettingError, match="ratio 1; expected AMP and 10"):
        scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)

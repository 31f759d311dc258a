"""Digital channels: which bit is whose, where a comparator turns over, a bus caught between two of its bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.emulation.instruments.scope_unit import SKEW_PS_MAX, THRESHOLD_UV_MAX, draw_unit_errors
from harness.emulation.world import World
from harness.instruments.errors import CommandError, SettingError
from harness.instruments.infiniivision import InfiniiVision
from harness.measure.waveform import Waveform
from tests.instruments.scope_bench import NO_ERRORS, ScopeBench, make_scope_bench

MS = 1_000_000


@pytest.fixture
def bench() -> ScopeBench:
    return make_scope_bench()


@pytest.fixture
def scope(bench: ScopeBench) -> InfiniiVision:
    driver = bench.driver()
    driver.configure_digital({0: "SCL", 9: "SDA", 1: ""}, 1.65)
    return driver


def edges_ns(wave: Waveform, bench: ScopeBench) -> np.ndarray:
    """Where a digital waveform changes, in the world's time; the middle between two samples."""
    at = np.flatnonzero(wave.samples[1:] != wave.samples[:-1]) + 0.5
    return at * wave.x_increment_ns + wave.x_origin_ns + bench.scope.state.trigger_ps / 1000


def test_each_line_is_in_its_own_bit_and_pod(bench: ScopeBench, scope: InfiniiVision) -> None:
    scope.arm_digital(9, "falling", window_before_ns=MS // 10, window_after_ns=MS, points=10_000)
    started_ns = bench.world.now_ns
    bench.sender.send(0x3C, 0x02, 0x00)
    bench.world.run_until(started_ns + 200_000)
    bench.line.drive(False)
    assert scope.wait_acquired(10 * MS)
    pod1, pod2 = scope.read_digital(1), scope.read_digital(2)
    assert {number: wave.channel_label for number, wave in (pod1 | pod2).items()} == {0: "SCL", 1: "D1", 9: "SDA"}
    assert all(wave.unit == "1" and set(np.unique(wave.samples)) <= {0, 1} for wave in pod1.values())
    seen = edges_ns(pod1[0], bench)
    expected = [start + place for start in range(10_000, 290_000, 10_000) for place in (0, 6_000)][:-1]
    assert seen[: len(expected)] - started_ns == pytest.approx(np.array(expected), abs=200)
    assert edges_ns(pod1[1], bench) - started_ns == pytest.approx([200_000], abs=200)
    assert edges_ns(pod2[9], bench)[0] - started_ns == pytest.approx(5_000, abs=200)  # the START
    assert bench.scope.state.trigger_ps / 1000 - started_ns == pytest.approx(5_060, abs=70)


def test_a_pod_read_as_bytes_has_one_bit_a_channel(bench: ScopeBench) -> None:
    session = bench.open()
    for command in (
        "*RST",
        ":STOP",
        ":POD1:DISPlay ON",
        ":POD1:THReshold TTL",
        ":TIM:RANG 1ms;POS 0",
        ":TRIG:SOUR DIG1;SLOP NEG;:TRIG:SWE NORM",
        ":SING",
    ):
        session.write(command)
        assert session.query(":SYST:ERR?").startswith("+0"), command
    assert session.query(":DIG7:DISP?") == "1"
    assert float(session.query(":DIGital3:THReshold?")) == 1.4
    assert session.query(":TRIGger:EDGE:SOURce?") == "DIG1"
    bench.wait(2 * MS)
    bench.line.drive(False)
    bench.wait(2 * MS)
    session.write(":WAV:SOUR POD1;POIN 1000;POIN:MODE RAW;:WAV:FORM BYTE")
    codes = session.query_binary_values(":WAV:DATA?", datatype="B", container=np.ndarray)
    assert set(codes[:495]) == {0b11}
    assert set(codes[505:]) == {0b01}
    assert [float(session.query(f":WAV:{what}?")) for what in ("YINC", "YOR", "YREF")] == [1, 0, 0]
    session.write(":WAV:FORM WORD;BYT LSBF")
    words = session.query_binary_values(":WAV:DATA?", datatype="H", is_big_endian=False, container=np.ndarray)
    assert np.array_equal(words, codes)
    session.write(":WAV:SOUR POD2;DATA?")
    assert session.query(":SYST:ERR?").startswith("-221")
    session.write(":TRIG:LEV 1.0")
    assert session.query(":SYST:ERR?").startswith("-221")  # a digital source has its pod's threshold
    session.write(":DIG:DISP OFF")  # without a number it is the other command of that short form
    assert session.query(":SYST:ERR?").startswith("-113")


def test_the_comparator_turns_over_where_the_edge_passes_its_threshold(bench: ScopeBench) -> None:
    """An edge from 0 to 3.3 V takes 25 ns: thresholds of 0.33 V and 2.97 V are 20 ns apart."""
    seen = {}
    for threshold_V in (0.33, 2.97):
        one = make_scope_bench()
        scope = one.driver()
        scope.configure_digital({1: "LINE"}, threshold_V)
        one.line.drive(False)
        scope.arm_digital(1, "rising", window_before_ns=1000, window_after_ns=9000, points=100_000)
        driven_ns = one.world.now_ns
        one.line.drive(True)
        assert scope.wait_acquired(10 * MS)
        seen[threshold_V] = edges_ns(scope.read_digital(1)[1], one)[0] - driven_ns
        assert one.scope.state.trigger_ps / 1000 - driven_ns == pytest.approx(seen[threshold_V], abs=1)
    assert seen[2.97] - seen[0.33] == pytest.approx(0.8 * 25.4, abs=2)


def test_threshold_errors_and_skew_are_the_units_own(bench: ScopeBench) -> None:
    units = [draw_unit_errors(World(seed).stream("scope/unit")) for seed in range(100)]
    assert 0.95 * THRESHOLD_UV_MAX < max(abs(part) for unit in units for part in unit.threshold_uV) <= THRESHOLD_UV_MAX
    assert 0.95 * SKEW_PS_MAX < max(abs(part) for unit in units for part in unit.skew_ps) <= SKEW_PS_MAX
    bench.scope.errors = replace(NO_ERRORS, threshold_uV=(100_000, 0), threshold_ppm=(30_000, 0))
    scope = bench.driver()
    scope.configure_digital({1: "LINE"}, 3.15)
    scope.arm_digital(1, "falling", window_before_ns=1000, window_after_ns=9000, points=1000)
    bench.line.drive(False)
    assert not scope.wait_acquired(10 * MS)  # 3.15 V + 0.1 V + 3 % is above the line's 3.3 V


def test_a_channel_is_late_by_its_skew_and_no_faster_than_its_sampler(bench: ScopeBench) -> None:
    seen = []
    for skew_ps in (0, 1_000_000):
        one = make_scope_bench()
        one.scope.errors = replace(NO_ERRORS, skew_ps=(0, skew_ps, *(0,) * 14))
        scope = one.driver()
        scope.configure_channel(2, 6.6, 1.65)
        scope.configure_digital({1: "LINE"}, 1.65)
        scope.arm_single(2, 1.65, "falling", window_before_ns=10_000, window_after_ns=40_000, points=4_000_000)
        one.line.drive(False)
        assert scope.wait_acquired(10 * MS)
        digital = scope.read_digital(1)[1]
        assert digital.x_increment_ns == 0.8  # the analogue input alone would give 0.2 ns
        seen.append(float(edges_ns(digital, one)[0]) - one.scope.state.trigger_ps / 1000)
    assert seen == pytest.approx([0, 1000], abs=1)


def test_an_acquisition_that_ends_within_a_byte_waits_for_the_rest_of_it(
    bench: ScopeBench, scope: InfiniiVision
) -> None:
    """The bus tells a byte at its end; what of it lies inside the window is in the record all the same."""
    scope.arm_digital(1, "falling", window_before_ns=1000, window_after_ns=45_000, points=4600)
    started_ns = bench.world.now_ns
    bench.sender.send(0x3C, 0x02)
    bench.line.drive(False)
    bench.wait(60_000)  # the window is over, the byte is not
    assert bench.scope.state.run == "triggered"
    bench.wait(50_000)
    assert bench.scope.state.run == "stopped"
    seen = edges_ns(scope.read_digital(1)[0], bench) - started_ns
    assert seen == pytest.approx([10_000, 16_000, 20_000, 26_000, 30_000, 36_000, 40_000], abs=100)


def test_a_long_acquisition_fills_the_memory(bench: ScopeBench, scope: InfiniiVision) -> None:
    """3 s at 1.25 MSa/s, the step next to 1 MSa/s that fits; with a byte now and then."""
    scope.arm_digital(9, "falling", window_before_ns=10 * MS, window_after_ns=2_990 * MS, points=4_000_000)
    for _ in range(29):
        bench.sender.send(0x3C, 0x02)
        bench.wait(100 * MS)
    assert scope.wait_acquired(3_000 * MS)
    scl = scope.read_digital(1)[0]
    assert (len(scl), scl.x_increment_ns) == (3_750_000, 800.0)
    assert len(edges_ns(scl, bench)) == 29 * (1 + 2 * 18 + 1)  # START's fall, each bit's rise and fall, STOP's rise


def test_what_is_off_can_not_be_asked_for(bench: ScopeBench, scope: InfiniiVision) -> None:
    with pytest.raises(SettingError, match="digital channel 5 is off"):
        scope.arm_digital(5, "rising", window_before_ns=0, window_after_ns=MS, points=1000)
    with pytest.raises(SettingError, match="digital channel 16"):
        scope.configure_digital({16: "no"}, 1.65)
    scope.configure_digital({1: "LINE"}, 1.65)
    with pytest.raises(SettingError, match="pod 2"):
        scope.read_digital(2)
    with pytest.raises(CommandError, match="corrupt or stale"):
        scope.read_digital(1)  # nothing acquired
    with pytest.raises(CommandError):
        scope.configure_digital({1: "LINE"}, 9.0)


def test_a_restored_scope_goes_on_exactly_as_it_did(bench: ScopeBench, scope: InfiniiVision) -> None:
    scope.arm_digital(9, "falling", window_before_ns=1000, window_after_ns=450_000, points=4510)
    bench.wait(MS)
    for moment_ns in (0, 35_000, 150_000):
        bench.sender.send(0x3C, 0x02, 0x55)
        bench.wait(moment_ns)
        snapshot = bench.world.snapshot()
        seen = []
        for _ in range(2):
            bench.world.restore(snapshot)
            bench.wait(5 * MS)
            codes = bench.scope.codes("POD1", 1).tobytes() + bench.scope.codes("POD2", 1).tobytes()
            seen.append((codes, bench.world.snapshot().digest()))
        assert seen[0] == seen[1]
        bench.wait(5 * MS)
        scope.arm_digital(9, "falling", window_before_ns=1000, window_after_ns=450_000, points=4510)

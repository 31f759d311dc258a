"""The oscilloscope's physics: what it shows of a known signal, and where its limits are."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.oscilloscope import ARMING_NS, AUTO_TRIGGER_NS
from harness.emulation.instruments.scope_rendering import make_noise_table
from harness.emulation.instruments.scope_unit import GAIN_PPM_MAX, TIMEBASE_PPB_MAX, Probe, draw_unit_errors
from harness.emulation.world import World
from tests.instruments.small_bench import SCOPE, SmallBench, arm_on_case, make_bench


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


def codes(scope: MessageBasedResource, channel: int) -> np.ndarray:
    scope.write(f":WAV:SOUR CHAN{channel}")
    return scope.query_binary_values(":WAV:DATA?", datatype="B", container=np.ndarray, chunk_size=1 << 22)


def rising(samples: np.ndarray) -> np.ndarray:
    return np.flatnonzero((samples[1:] > 128) & (samples[:-1] <= 128)) + 1


def test_edges_stand_where_the_scopes_own_clock_puts_them(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":STOP;:TIM:RANG 4;POS 1.9;REF CENT;:SING")
    bench.wait(110_000_000)
    t0_ns = bench.world.now_ns
    for _ in range(2):
        bench.case.drive(True)
        bench.wait(1_000_000)
        bench.case.drive(False)
        bench.wait(3_500_000_000 - 1_000_000)
    assert int(scope.query(":OPER:COND?")) == 0
    x_increment = float(scope.query(":WAV:XINC?"))
    x_origin = float(scope.query(":WAV:XOR?"))
    first, second = rising(codes(scope, 1)) * x_increment + x_origin
    seen_s = second - first
    assert seen_s == pytest.approx(3.5 * (1 - bench.scope.errors.timebase_ppb * 1e-9), abs=1.1 * x_increment)
    assert x_increment == 2e-6  # 4 s in 2 Mpts: two inputs of one pair are on
    assert first == pytest.approx(0.0, abs=x_increment)
    assert t0_ns * 1000 < bench.scope.state.record.trigger_ps < t0_ns * 1000 + 30_000


def test_the_clock_error_is_seen_over_a_long_time() -> None:
    """10 s at 1.6 ppm are 16 µs: the scope with the fast clock shows an interval as longer."""
    shown = {}
    for ppb in (-1600, 0, 1600):
        bench = make_bench()
        bench.scope.errors = type(bench.scope.errors)(ppb, (0,) * 4, (0,) * 4, (0,) * 4)
        scope = arm_on_case(bench)
        scope.write(":STOP;:CHAN2:DISP OFF;:TIM:RANG 12;POS 5.99;:SING")  # the first sample lies before the edge
        bench.wait(20_000_000)
        bench.case.drive(True)
        bench.wait(10_000_000)
        bench.case.drive(False)
        bench.wait(9_990_000_000)
        bench.case.drive(True)
        bench.wait(3_000_000_000)
        step_s = float(scope.query(":WAV:XINC?"))
        first, second = rising(codes(scope, 1))
        shown[ppb] = (second - first) * step_s
    assert shown[0] == pytest.approx(10.0, abs=5e-6)
    assert shown[0] - shown[1600] == pytest.approx(16e-6, abs=8e-6)
    assert shown[-1600] - shown[0] == pytest.approx(16e-6, abs=8e-6)


def test_noise_gain_and_offset_are_within_the_data_sheet(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    scope.write(":WAV:POIN 100000")
    samples = codes(scope, 1).astype(float)
    low, high = samples[:20_000], samples[-50_000:]
    assert 0.45 <= low.std() <= 0.85  # 0.6 code and what quantising adds
    per_code_V = 4.0 / 199
    assert (high.mean() - low.mean()) * per_code_V == pytest.approx(3.3, rel=0.0201)
    assert low.mean() == pytest.approx(128 - 1.65 / per_code_V, abs=(0.05 + 0.022) / per_code_V)


def test_units_differ_by_seed_within_their_limits() -> None:
    units = [draw_unit_errors(World(seed).stream("scope/unit")) for seed in range(200)]
    clocks = [unit.timebase_ppb for unit in units]
    assert max(map(abs, clocks)) <= TIMEBASE_PPB_MAX
    assert max(clocks) > 1400
    assert min(clocks) < -1400
    gains = [gain for unit in units for gain in unit.gain_ppm]
    assert GAIN_PPM_MAX * 0.95 < max(map(abs, gains)) <= GAIN_PPM_MAX


def test_the_noise_table_is_a_symmetrical_bell() -> None:
    table = make_noise_table()
    assert abs(int(table.sum())) <= 128  # a quantile is the first whole step, so the mean may lie half a step high
    assert table.std() == pytest.approx(9.6, rel=0.03)
    assert list(table) == sorted(table)
    assert -table[0] - table[-1] in (-1, 0, 1)


def test_edges_before_the_scope_is_armed_are_no_trigger(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":STOP;:TIM:RANG 100ms;POS 0;:SING")  # 50 ms of pre-trigger to fill
    bench.wait(20_000_000)
    bench.case.drive(True)
    bench.wait(1_000)
    bench.case.drive(False)
    assert int(scope.query(":OPER:COND?")) == 8  # running, not waiting
    bench.wait(50_000_000)
    assert int(scope.query(":OPER:COND?")) == 0x28
    assert scope.query(":TER?") == "+0"
    bench.case.drive(True)
    bench.wait(1_000)
    assert scope.query(":TER?") == "+1"


@pytest.mark.parametrize("level", ["-1", "0", "3.3", "5"])
def test_a_level_outside_the_signal_never_triggers(bench: SmallBench, level: str) -> None:
    scope = arm_on_case(bench)
    scope.write(f":TRIG:LEV {level}")
    for _ in range(4):
        bench.case.drive(not bench.case.state.level)
        bench.wait(1_000_000)
    assert scope.query(":TER?") == "+0"
    scope.write(":TRIG:LEV 1.0")
    assert scope.query(":TER?") == "+0"  # the edges of before are past
    bench.case.drive(True)
    bench.wait(1_000)
    assert scope.query(":TER?") == "+1"


def test_the_falling_edge_when_it_is_asked_for(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":TRIG:SLOP NEG")
    bench.case.drive(True)
    bench.wait(1_000_000)
    assert scope.query(":TER?") == "+0"
    bench.case.drive(False)
    bench.wait(1_000)
    assert scope.query(":TER?") == "+1"


def test_a_wrong_probe_ratio_is_a_wrong_voltage(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    assert scope.query(":CHAN1:PROB?") == "+1.00000E+01"
    scope.write(":STOP;:CHAN1:PROB 1")
    assert float(scope.query(":CHAN1:SCAL?")) == pytest.approx(0.05)  # the input's own setting stays
    scope.write(":CHAN1:SCAL 0.05;OFFS 0.165;:TRIG:LEV 0.165;:SING")
    bench.wait(2_000_000)
    bench.case.drive(True)
    bench.wait(5_000_000)
    scope.write(":WAV:POIN 1000")
    samples = codes(scope, 1).astype(float)
    assert (samples[-100:].mean() - samples[:100].mean()) * 0.4 / 199 == pytest.approx(0.33, rel=0.025)


def test_what_is_too_big_for_the_screen_clips_and_says_so(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":STOP;:CHAN1:SCAL 0.1;OFFS 1.65;:SING")
    bench.wait(2_000_000)
    bench.case.drive(True)
    bench.wait(5_000_000)
    samples = codes(scope, 1)
    at_trigger = round(-float(scope.query(":WAV:XOR?")) / float(scope.query(":WAV:XINC?")))
    assert 1 < samples[at_trigger] < 255  # a nanosecond each: the one nearest to the trigger is on the edge
    assert set(samples[: at_trigger - 50]) == {1}
    assert set(samples[at_trigger + 50 :]) == {255}


def test_words_are_the_bytes_shifted_left(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    scope.write(":WAV:POIN 500")
    as_bytes = codes(scope, 1)
    assert scope.query(":WAV:YREF?") == "+128"
    scope.write(":WAV:FORM WORD")
    words = scope.query_binary_values(":WAV:DATA?", datatype="H", is_big_endian=True, container=np.ndarray)
    assert np.array_equal(words >> 8, as_bytes)
    assert scope.query(":WAV:YREF?") == "+32768"
    scope.write(":WAV:BYT LSBF")
    words = scope.query_binary_values(":WAV:DATA?", datatype="H", is_big_endian=False, container=np.ndarray)
    assert np.array_equal(words >> 8, as_bytes)
    assert float(scope.query(":WAV:YINC?")) == pytest.approx(4.0 / 199 / 256, rel=1e-5)


def test_fewer_points_are_every_so_many_th_of_the_same_record(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    every, origin_s = codes(scope, 1), float(scope.query(":WAV:XOR?"))

    def first() -> int:
        return round((float(scope.query(":WAV:XOR?")) - origin_s) / 1e-9)

    scope.write(":WAV:POIN 1000")
    assert 0 <= first() < 2000
    assert np.array_equal(codes(scope, 1), every[first() :: 2000][:1000])
    scope.write(":WAV:POIN:MODE NORM;:WAV:POIN MAX")
    assert int(scope.query(":WAV:POIN?")) == 62_500
    assert 0 <= first() < 32
    assert np.array_equal(codes(scope, 1), every[first() :: 32][:62_500])


def test_sample_rate_and_depth_follow_the_time_base_and_the_inputs_in_use(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.write("*RST;:TIM:RANG 100us")
    assert (scope.query(":ACQ:SRAT?"), scope.query(":ACQ:POIN?")) == ("+5.00000E+09", "+500000")
    scope.write(":CHAN3:DISP ON")  # another pair: nothing is shared
    assert scope.query(":ACQ:SRAT?") == "+5.00000E+09"
    scope.write(":CHAN2:DISP ON")
    assert scope.query(":ACQ:SRAT?") == "+2.50000E+09"
    scope.write(":TIM:RANG 10")
    assert (scope.query(":ACQ:SRAT?"), scope.query(":ACQ:POIN?")) == ("+2.00000E+05", "+2000000")
    scope.write(":CHAN2:DISP OFF")
    assert scope.query(":ACQ:SRAT?") == "+2.50000E+05"  # steps of 1-2-4-5-8: 4 µs


def test_nothing_to_read_before_the_first_acquisition_or_of_an_input_that_was_off(bench: SmallBench) -> None:
    scope = bench.open(SCOPE)
    scope.write("*CLS;:STOP;:WAV:DATA?")
    assert scope.query(":SYST:ERR?") == '-230,"Data corrupt or stale"'
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    scope.write(":WAV:SOUR CHAN4;PRE?")
    assert scope.query(":SYST:ERR?") == '-221,"Settings conflict"'


def test_a_serial_characters_start_bit_triggers_and_all_its_bits_are_shown(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":TRIG:SOUR CHAN2;SLOP NEG")
    bench.send_characters(b"\x55\xa5")
    bench.wait(5_000_000)
    samples = codes(scope, 2)
    high = samples > 128
    edges_s = (np.flatnonzero(high[1:] != high[:-1]) + 1) * 1e-9 - 0.5e-3
    bit_s = 1 / 115_200
    # 0x55 and 0xA5, low bit first, between start and stop bits: 10 edges and 8 edges.
    expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18]
    assert edges_s == pytest.approx(np.array(expected) * bit_s, abs=30e-9)


def test_a_rising_edge_inside_a_character_triggers_at_its_own_time(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":TRIG:SOUR CHAN2;SLOP POS")
    start_ns = bench.world.now_ns
    bench.send_characters(b"\xf0")
    bench.wait(5_000_000)
    assert scope.query(":TER?") == "+1"
    # Start bit and four zeros: the first rise is five bits after the start.
    assert bench.scope.state.record.trigger_ps / 1000 - start_ns == pytest.approx(5e9 / 115_200, abs=30)


def test_auto_sweep_gives_up_waiting_and_normal_does_not(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.wait(1_000_000_000)
    assert int(scope.query(":OPER:COND?")) == 0x28
    scope.write(":STOP;:TRIG:SWE AUTO;:SING")
    bench.wait(100_000_000)
    assert int(scope.query(":OPER:COND?")) == 0
    assert len(codes(scope, 1)) == 2_000_000


def test_run_goes_on_and_stop_ends_it(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":RUN")
    for _ in range(3):
        bench.wait(50_000_000)
        assert int(scope.query(":OPER:COND?")) & 8
        bench.case.drive(True)
        bench.wait(1_000)
        bench.case.drive(False)
        assert scope.query(":TER?") == "+1"
    bench.wait(50_000_000)
    scope.write(":STOP")
    assert scope.query(":OPER:COND?") == "+0"
    assert len(codes(scope, 1)) == 2_000_000


def test_force_and_trg(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":TRIG:FORC")
    bench.wait(5_000_000)
    assert int(scope.query(":OPER:COND?")) == 0


def digest(bench: SmallBench) -> str:
    scope = bench.open(SCOPE)
    scope.write(":WAV:FORM BYTE;POIN:MODE RAW;:WAV:POIN 100000;SOUR CHAN1;DATA?")
    data = scope.read_raw()
    return hashlib.sha256(data + bench.world.snapshot().digest().encode()).hexdigest()


@pytest.mark.parametrize("moment_ns", [0, 100_000, 700_000, 1_700_000])
def test_a_restored_scope_goes_on_exactly_as_it_did(bench: SmallBench, moment_ns: int) -> None:
    """Armed, just triggered, and in the middle of an acquisition."""
    arm_on_case(bench)
    if moment_ns:
        bench.world.schedule(bench.world.now_ns + 50_000, "case_switch", "plunger", True)
        bench.wait(moment_ns)
    snapshot = bench.world.snapshot()
    seen = []
    for level in (True, True, False):
        bench.world.restore(snapshot)
        bench.world.schedule(bench.world.now_ns + 300_000, "case_switch", "plunger", level)
        bench.wait(10_000_000)
        if not level:
            bench.case.drive(True)
            bench.wait(10_000_000)
        seen.append(digest(bench))
    assert seen[0] == seen[1]
    assert seen[2] != seen[0]  # nothing rendered before the restore is shown after it


def test_a_restore_brings_back_the_record_that_was_there(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    bench.case.drive(True)
    bench.wait(5_000_000)
    snapshot = bench.world.snapshot()
    first = codes(scope, 1)
    bench.world.restore(snapshot)
    scope.write(":CHAN1:SCAL 1;:SING")
    bench.case.drive(False)
    bench.wait(2_000_000)
    bench.case.drive(True)
    bench.wait(5_000_000)
    assert not np.array_equal(codes(scope, 1), first)
    bench.world.restore(snapshot)
    assert np.array_equal(codes(scope, 1), first)


@pytest.mark.parametrize(("before_ns", "level_V", "triggers"), [(20, 0.33, False), (5, 3.0, True)])
def test_it_is_the_crossing_that_counts_not_the_beginning_of_the_edge(
    bench: SmallBench, before_ns: int, level_V: float, triggers: bool
) -> None:
    """An edge takes 25 ns; one that begins before the scope is armed may still cross its level afterwards."""
    scope = arm_on_case(bench)
    scope.write(f":STOP;:TRIG:LEV {level_V};:SING")
    armed_ns = bench.world.now_ns + ARMING_NS + 500_000  # 0.5 ms of pre-trigger
    bench.world.schedule(armed_ns - before_ns, "case_switch", "plunger", True)
    bench.wait(5_000_000)
    assert scope.query(":AER?") == "+1"
    assert scope.query(":TER?") == f"+{int(triggers)}"


def test_each_acquisition_waits_its_own_time_for_a_trigger(bench: SmallBench) -> None:
    scope = arm_on_case(bench)
    scope.write(":STOP;:TRIG:SWE AUTO;:RUN")
    bench.wait(5_000_000)
    bench.case.drive(True)
    bench.wait(1_000_000)
    assert scope.query(":TER?") == "+1"
    bench.wait(AUTO_TRIGGER_NS)  # counted from the first acquisition's arming this would be too long
    assert scope.query(":TER?") == "+0"
    bench.wait(AUTO_TRIGGER_NS // 2)
    assert scope.query(":TER?") == "+1"


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    def acquire(seed: int) -> str:
        bench = make_bench(seed)
        arm_on_case(bench)
        bench.case.drive(True)
        bench.wait(5_000_000)
        return digest(bench)

    assert acquire(5) == acquire(5)
    assert acquire(5) != acquire(6)


def test_a_probe_goes_on_a_net_only(bench: SmallBench) -> None:
    with pytest.raises(TypeError, match="no net"):
        make_infiniivision(bench.world, "second", {1: Probe("case_switch")})

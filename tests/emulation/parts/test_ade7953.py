"""The metrology front end: frames, register map as published, RMS values against hand-computed codes, settling."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin, sqrt

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.ade7953 import Ade7953
from harness.emulation.parts.ade7953_peaks import FULL_SCALE_PEAK_CODES, FULL_SCALE_PEAK_UA, peak_uA
from harness.emulation.parts.current_transformer import CurrentTransformer, one_sided_ppm
from harness.emulation.world import World
from tests.emulation.parts.sources import HandMade, sine

MS = 1_000_000
S = 1_000 * MS
FULL_SCALE = 9_032_007
IRMSA, IRMSB, VRMS = 0x21A, 0x21B, 0x21C


class Bench:
    """World and part, its select and clock worked by hand."""

    def __init__(self, seed: int = 1, *, set_up: bool = True) -> None:
        self.world = World(seed)
        self.around = HandMade()
        self.part = Ade7953(self.world, "front end", self.around)
        self.part.power_on()
        if set_up:
            self.frame("00FE 00 AD")
            self.frame("0120 00 0030")

    def frame(self, octets: str) -> bytes:
        self.part.select(True)
        answer = bytes(self.part.exchange(octet, 8, self.world.now_ns) for octet in bytes.fromhex(octets))
        self.part.select(False)
        return answer

    def read(self, address: int, octets: int) -> int:
        return int.from_bytes(self.frame(f"{address:04X} 80" + "00" * octets)[3:], "big")

    def write(self, address: int, octets: int, value: int) -> None:
        self.frame(f"{address:04X} 00 {value:0{2 * octets}X}")

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)

    def current_A(self, address: int = IRMSA) -> float:
        return self.read(address, 3) * 100 / FULL_SCALE


# Reset values of the data sheet's register tables, by address and length.
RESET_VALUES = [
    (0x000, 1, 0x00),
    (0x004, 1, 0x40),
    (0x100, 2, 0xFFFF),
    (0x102, 2, 0x8004),
    (0x103, 2, 0x003F),
    (0x107, 2, 0x0300),
    (0x203, 3, 0x00E419),
    (0x224, 3, 0xFFFFFF),
    (0x22C, 3, 0x100000),
    (0x280, 3, 0x400000),
    (0x380, 4, 0x00400000),
    (0x28C, 3, 0x400000),
]


@pytest.mark.parametrize(("address", "octets", "value"), RESET_VALUES)
def test_reset_values(address: int, octets: int, value: int) -> None:
    assert Bench(set_up=False).read(address, octets) == value


def test_a_frame_on_the_wire() -> None:
    bench = Bench(set_up=False)
    assert bench.frame("0102 80 0000") == bytes.fromhex("FFFFFF 8004")
    assert bench.frame("0203 80 000000") == bytes.fromhex("FFFFFF 00E419")


def test_words_of_sixteen_bits_carry_the_same_frame() -> None:
    bench = Bench(set_up=False)
    bench.part.select(True)
    answers = [bench.part.exchange(word, 16, 0) for word in (0x0203, 0x8000, 0x0000)]
    assert answers == [0xFFFF, 0xFF00, 0xE419]


def test_not_selected_it_is_not_there() -> None:
    bench = Bench()
    assert [bench.part.exchange(octet, 8, bench.world.now_ns) for octet in bytes.fromhex("010280 0000")] == [0xFF] * 5


def test_24_and_32_bit_addresses_are_one_register() -> None:
    bench = Bench()
    bench.write(0x380, 4, 0x00412345)
    assert bench.read(0x280, 3) == 0x412345
    bench.write(0x280, 3, 0x3ABCDE)
    assert bench.read(0x380, 4) == 0x003ABCDE


def test_register_120_needs_its_unlocking_right_before() -> None:
    bench = Bench(set_up=False)
    bench.write(0x120, 2, 0x30)
    assert bench.read(0x120, 2) == 0
    bench.write(0x0FE, 1, 0xAD)
    bench.write(0x001, 1, 0x00)
    bench.write(0x120, 2, 0x30)
    assert bench.read(0x120, 2) == 0
    bench.write(0x0FE, 1, 0xAD)
    bench.write(0x120, 2, 0x30)
    assert bench.read(0x120, 2) == 0x30


def test_a_frame_cut_short_has_no_effect() -> None:
    bench = Bench()
    bench.frame("0280 00 3ABC")
    assert bench.read(0x280, 3) == 0x400000


def test_write_protection_by_register_length() -> None:
    bench = Bench()
    bench.write(0x040, 1, 0x04)
    bench.write(0x280, 3, 0x300000)
    bench.write(0x101, 2, 0x0123)
    assert (bench.read(0x280, 3), bench.read(0x101, 2)) == (0x400000, 0x0123)
    bench.write(0x040, 1, 0x00)
    bench.write(0x280, 3, 0x300000)
    assert bench.read(0x280, 3) == 0x300000


def test_last_communication() -> None:
    bench = Bench()
    bench.write(0x101, 2, 0x0123)
    assert (bench.read(0x0FD, 1), bench.read(0x1FE, 2), bench.read(0x1FF, 2)) == (0xCA, 0x101, 0x123)
    bench.read(0x203, 3)
    assert (bench.read(0x0FD, 1), bench.read(0x1FE, 2), bench.read(0x2FF, 3)) == (0x35, 0x203, 0xE419)


def test_reset_interrupt_status_is_cleared_by_its_reading() -> None:
    bench = Bench()
    assert bench.read(0x22D, 3) == bench.read(0x22E, 3) == 1 << 20
    assert bench.read(0x22D, 3) == 0


def test_software_reset() -> None:
    bench = Bench()
    bench.write(0x101, 2, 5)
    bench.write(0x102, 2, 0x8084)
    assert (bench.read(0x101, 2), bench.read(0x102, 2), bench.read(0x120, 2)) == (0, 0x8004, 0)


@pytest.mark.parametrize("rms_A", [0.1, 1, 5, 60, 100])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_both_currents_as_codes(seed: int, rms_A: float) -> None:
    bench = Bench(seed)
    bench.around.mains = {"LINE_I": [sine(round(rms_A * 1e6))], "NEUTRAL_I": [sine(round(rms_A * 2e5))]}
    bench.wait(3 * S)
    # 0.2 % of gain, 0.2 % at a thousandth of full scale by the floor of 6.3 mA, 0.03 % of noise.
    for address, true_A in ((IRMSA, rms_A), (IRMSB, rms_A / 5)):
        expected_A = sqrt(true_A**2 + 0.0063**2)
        assert abs(bench.current_A(address) - expected_A) <= expected_A * 0.0024 + 1e-5


def test_voltage_as_code() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_V": [sine(230_000_000)]}
    bench.wait(3 * S)
    assert abs(bench.read(VRMS, 3) - 230 / 500 * FULL_SCALE) < 230 / 500 * FULL_SCALE * 0.0024


def test_nothing_flows_reads_as_the_floor() -> None:
    bench = Bench()
    bench.wait(3 * S)
    assert 0.005 < bench.current_A() < 0.008


def test_full_register_and_no_more() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(400_000_000)]}
    bench.wait(3 * S)
    assert bench.read(IRMSA, 3) == 0xFFFFFF


def test_a_step_is_there_after_200_ms_and_on_its_way_before() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(0), sine(10_000_000, start_ns=1 * S)]}
    bench.wait(1 * S)
    seen = {0: bench.current_A()}
    for after_ms in (36, 100, 200):
        bench.wait(1 * S + after_ms * MS - bench.world.now_ns)
        seen[after_ms] = bench.current_A()
    assert seen[0] < 0.01
    assert abs(seen[36] - 10 * sqrt(1 - 1 / 2.718281828)) < 0.03
    assert seen[36] < seen[100] < seen[200]
    assert abs(seen[200] - 10) <= 10 * (0.002 + 0.0023)


def test_when_it_is_read_does_not_change_what_it_reads() -> None:
    values = []
    for looks in (1, 7):
        bench = Bench()
        bench.around.mains = {
            "LINE_I": [sine(3_000_000), sine(9_000_000, start_ns=500 * MS), sine(0, start_ns=540 * MS)]
        }
        for _ in range(looks):
            bench.wait(560 * MS // looks)
            bench.part._measure(IRMSA, bench.world.now_ns)
        values.append(bench.part.state.channels[IRMSA].mean_square)
    assert abs(values[0] - values[1]) <= values[0] // 10**9


def test_sum_of_two_circuits_is_added_with_phases() -> None:
    bench = Bench()
    later = sine(4_000_000, start_ns=5 * MS, phase_mdeg=60_000)  # 5 ms later: 60 degrees then are -30 degrees at zero
    bench.around.mains = {"LINE_I": [replace(sine(3_000_000), plus=(later,))]}
    bench.wait(3 * S)
    expected_A = sqrt(9 + 16 + 24 * cos(pi / 6))
    assert abs(bench.current_A() - expected_A) < expected_A * 0.0024


def test_gain_register() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(10_000_000)]}
    bench.wait(3 * S)
    before = bench.current_A()
    bench.write(0x280, 3, 0x200000)
    assert abs(bench.current_A() / before - 0.5) < 0.001


def test_without_the_required_setting_it_is_off() -> None:
    readings = []
    for set_up in (True, False):
        bench = Bench(set_up=set_up)
        bench.around.mains = {"LINE_I": [sine(10_000_000)]}
        bench.wait(3 * S)
        readings.append(bench.current_A())
    assert readings[1] / readings[0] > 1.003


def test_a_magnet_at_the_transformer_makes_the_line_read_low_and_only_the_line() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(10_000_000)], "NEUTRAL_I": [sine(10_000_000)]}
    bench.wait(3 * S)
    bench.around.transformer_nT = (0, 75_000_000, 0)
    bench.current_A()
    bench.wait(1 * S)
    passed_ppm, _ = bench.part.transformer.passed_ppm(bench.around.transformer_nT, round(10_000_000 * sqrt(2)))
    expected_A = passed_ppm / 1e5
    assert 3 < expected_A < 9.95
    assert abs(bench.current_A(IRMSA) - expected_A) < expected_A * 0.0024
    assert abs(bench.current_A(IRMSB) - 10) < 0.03


def test_transformer_law() -> None:
    transformer = CurrentTransformer(knee_nT=40_000_000)
    assert transformer.ratio_ppm((0, 0, 0)) == transformer.ratio_ppm((0, -40_000_000, 0)) >= 999_949
    # 40 mT beyond the knee is ten widths: reactance falls 101 times, to 1/1.01 of the burden.
    assert abs(transformer.ratio_ppm((80_000_000, 0, 0)) - 1e6 / sqrt(1 + 1.01**2)) < 2
    fields = [transformer.ratio_ppm((0, 0, field_mT * MS)) for field_mT in range(0, 300, 5)]
    assert fields == sorted(fields, reverse=True)


def one_sided_by_samples(d: float) -> tuple[float, float]:
    """The same law step by step: flux is the output's integral and stops at its limit; settled after some periods."""
    steps, flux, limit = 20_000, 0.0, 0.0
    out = [0.0]
    for step in range(12 * steps):
        value = sin(2 * pi * step / steps) + d
        flux = min(flux + value * 2 * pi / steps, limit)
        out.append(0.0 if flux >= limit and value > 0 else value)
    last = out[-steps:]
    return sqrt(sum(value * value for value in last) / steps * 2), max(abs(value) for value in last)


@pytest.mark.parametrize("d", [0.02, 0.1, 0.3, 0.6, 0.9])
def test_a_biased_core_cuts_one_half_wave_as_its_flux_says(d: float) -> None:
    rms, peak = one_sided_by_samples(d)
    rms_ppm, peak_ppm = one_sided_ppm(round(d * 1e6))
    assert rms_ppm / 1e6 == pytest.approx(rms, abs=0.002)
    assert peak_ppm / 1e6 == pytest.approx(peak, abs=0.002)


def test_bias_hurts_a_small_current_more_and_stops_at_nothing() -> None:
    transformer = CurrentTransformer(knee_nT=40_000_000)
    field = (0, 0, 60_000_000)
    small, large = (transformer.passed_ppm(field, peak_uA) for peak_uA in (1_000_000, 50_000_000))
    assert small[0] < large[0] < transformer.ratio_ppm(field)
    assert small[1] / small[0] > large[1] / large[0] > 1
    assert transformer.passed_ppm((0, 0, 40_000_000), 1_000_000)[0] >= 999_949
    assert transformer.passed_ppm(field, 1) == (0, 0)


def test_peaks_are_the_largest_since_their_reset() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(10_000_000)], "NEUTRAL_I": [sine(10_000_000)]}
    bench.wait(2 * S)
    full_A = FULL_SCALE_PEAK_UA / 1e6 / FULL_SCALE_PEAK_CODES
    for register in (0x228, 0x229, 0x22A, 0x22B):
        assert bench.read(register, 3) * full_A == pytest.approx(10 * sqrt(2), rel=0.006)
    bench.wait(100 * MS)
    bench.around.mains["LINE_I"].append(sine(2_000_000, start_ns=bench.world.now_ns))
    bench.wait(1 * S)
    assert bench.read(0x229, 3) * full_A == pytest.approx(10 * sqrt(2), rel=0.006)
    bench.wait(1 * S)
    assert bench.read(0x229, 3) * full_A == pytest.approx(2 * sqrt(2), rel=0.02)


def test_a_peak_of_several_sinusoids_is_that_of_their_sum() -> None:
    third = sine(3_000_000, frequency_mHz=150_000, phase_mdeg=180_000)
    law = replace(sine(10_000_000), plus=(third,))
    assert peak_uA([law]) == pytest.approx(13 * sqrt(2) * 1e6, rel=0.003)


def test_power_cut_brings_reset_values_and_empty_filters() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(10_000_000)]}
    bench.wait(3 * S)
    bench.write(0x101, 2, 9)
    bench.part.power_off()
    bench.wait(1 * S)
    bench.part.power_on()
    assert bench.read(0x101, 2) == 0
    assert bench.current_A() < 0.01


def test_snapshot_in_the_middle_of_a_frame_goes_on_as_the_original() -> None:
    bench = Bench()
    bench.around.mains = {"LINE_I": [sine(10_000_000)]}
    bench.wait(100 * MS)
    bench.part.select(True)
    for octet in (0x02, 0x1A, 0x80, 0x00):
        bench.part.exchange(octet, 8, bench.world.now_ns)
    snapshot = bench.world.snapshot()

    def go_on() -> tuple[list[int], int, str]:
        rest = [bench.part.exchange(0, 8, bench.world.now_ns) for _ in range(2)]
        bench.part.select(False)
        bench.wait(10 * MS)
        return rest, bench.read(IRMSA, 3), bench.world.snapshot().digest()

    once = go_on()
    bench.world.restore(snapshot)
    assert go_on() == once


@pytest.mark.parametrize(
    "octets",
    ["0210 80", "037F 80", "0007 00 01", "0286 00 000001", "0102 00 0005", "0203 40", "0203 80 00000000", "0600 80"],
)
def test_what_is_not_modelled_is_an_error(octets: str) -> None:
    with pytest.raises(NotModelledError, match="ADE7953"):
        Bench().frame(octets)

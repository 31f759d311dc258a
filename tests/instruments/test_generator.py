"""The waveform generator: what it plays into the plant, its bounds and its trigger, by messages and by the driver."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from math import pi, sin
from typing import Any

import pytest
import pyvisa

from harness.emulation.instruments.trueform import AMPLITUDE_PPM, CLOCK_PPB, OFFSET_UV, Trueform
from harness.emulation.instruments.trueform_dialect import make_trueform
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.plant.played import Played
from harness.emulation.world import PlainComponent, World
from harness.instruments.errors import CommandError, InstrumentError
from harness.instruments.keysight_33500 import Keysight33500
from harness.instruments.limits import Limits
from tests.instruments.small_bench import WorldClock

MS, S = 1_000_000, 1_000_000_000
_BENCHES = itertools.count()


@dataclass
class EndState:
    played: Played | None = None
    times: int = 0


class End(PlainComponent):
    """What hangs at an output: it remembers the last law and how often there was one."""

    state: EndState

    def __init__(self, world: World, name: str) -> None:
        self.state = EndState()
        super().__init__(world, name)

    def drive(self, played: Played | None) -> None:
        self.state.played = played
        self.state.times += played is not None


@dataclass
class Bench:
    """A generator with an end at each of its outputs."""

    seed: int = 1
    world: World = field(init=False)
    unit: Trueform = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.ends = {1: End(self.world, "end 1"), 2: End(self.world, "end 2")}
        self.unit = make_trueform(self.world, "generator", self.ends)
        self.resource = "TCPIP0::generator::inst0::INSTR"
        library = EmulatedVisaLibrary.for_bench(f"generator {next(_BENCHES)}", self.world, {self.resource: self.unit})
        self.resources = pyvisa.ResourceManager(library)
        self.session: Any = self.resources.open_resource(self.resource, read_termination="\n", write_termination="\n")

    def say(self, *messages: str) -> list[int]:
        """Say them; the error numbers that came of it."""
        for message in messages:
            self.session.write(message)
        found = []
        while (number := int(self.session.query("SYSTem:ERRor?").split(",")[0])) != 0:
            found.append(number)
        return found

    def driver(self, peak_V: float = 10.0) -> Keysight33500:
        limits = Limits("generator", {"peak_V": peak_V}, Keysight33500.LIMITS)
        opened: Any = self.resources.open_resource(self.resource, read_termination="\n", write_termination="\n")
        return Keysight33500(opened, WorldClock(self.world), limits=limits, timeout_ms=2000)

    def played(self, channel: int = 1) -> Played:
        law = self.ends[channel].state.played
        assert law is not None, "nothing is played"
        return law


def armed(channel: int = 1) -> tuple[str, ...]:
    return (
        f"SOURce{channel}:BURSt:MODE TRIGgered",
        f"SOURce{channel}:BURSt:STATe ON",
        f"TRIGger{channel}:SOURce BUS",
        f"OUTPut{channel} ON",
    )


def test_reset_leaves_what_the_guide_says() -> None:
    bench = Bench()
    assert bench.say("SOUR1:FREQ 7", "*RST") == []
    for query, value in (
        ("FREQuency", 1000.0),
        ("VOLTage", 0.1),
        ("VOLTage:OFFSet", 0.0),
        ("FUNCtion:PULSe:WIDTh", 1e-4),
        ("FUNCtion:PULSe:PERiod", 1e-3),
        ("FUNCtion:ARBitrary:SRATe", 40e3),
        ("BURSt:NCYCles", 1.0),
    ):
        for channel in (1, 2):
            assert float(bench.session.query(f"SOURce{channel}:{query}?")) == pytest.approx(value)
    assert [bench.session.query(f"OUTPut{channel}?") for channel in (1, 2)] == ["0", "0"]
    assert bench.session.query("SOURce1:FUNCtion?") == "SIN"
    assert bench.session.query("TRIGger1:SOURce?") == "IMM"


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_sine_has_frequency_peak_and_cycles_within_the_units_bounds(seed: int) -> None:
    """The amplitude is peak to peak; 1 % of it and 1 mV, the time base within 2 ppm."""
    bench = Bench(seed)
    assert (
        bench.say("SOURce1:FUNCtion SIN", "SOURce1:FREQuency 10", "SOURce1:VOLTage 1 V", "SOURce1:BURSt:NCYCles 5")
        == []
    )
    assert bench.say(*armed()) == []
    began_ns = bench.world.now_ns
    assert bench.say("*TRG") == []
    law = bench.played()
    assert 0 <= law.start_ns - began_ns <= 10 * MS
    assert law.end_ns - law.start_ns == 5 * law.period_ns
    assert law.period_ns == pytest.approx(100 * MS, rel=CLOCK_PPB / 1e9)
    for part in range(8):
        truth_uV = 500_000 * sin(2 * pi * part / 8)
        shown_uV = law.voltage_uV(law.start_ns + part * law.period_ns // 8)
        assert abs(shown_uV - truth_uV) <= abs(truth_uV) * AMPLITUDE_PPM / 1e6 + OFFSET_UV + 1
    for outside_ns in (law.start_ns - 1, law.end_ns):
        assert abs(law.voltage_uV(outside_ns)) <= OFFSET_UV


def test_pulses_go_from_zero_to_the_height_for_their_width() -> None:
    bench = Bench(2)
    driver = bench.driver()
    driver.prepare_pulses(2, 0.01, 0.1, 3, 3.3)
    assert bench.ends[2].state.times == 0, "prepared, not fired"
    driver.fire()
    law = bench.played(2)
    assert law.end_ns - law.start_ns == 3 * law.period_ns
    tolerance_uV = 3_300_000 * AMPLITUDE_PPM / 1e6 + OFFSET_UV
    for at_ms, volts in ((1, 3.3), (9, 3.3), (11, 0), (99, 0), (101, 3.3), (211, 0), (299, 0), (301, 0)):
        assert abs(law.voltage_uV(law.start_ns + at_ms * MS) - volts * 1e6) <= tolerance_uV
    assert bench.ends[1].state.times == 0, "the other channel has nothing armed"


def test_samples_are_played_at_their_rate_in_parts_of_the_peak() -> None:
    bench = Bench(3)
    driver = bench.driver()
    samples = (0.0, 0.25, 0.5, 1.0, -1.0, -0.5, -0.25, 0.0)
    driver.prepare_samples(1, samples, 100.0, 2.0)
    driver.fire()
    law = bench.played()
    assert law.end_ns - law.start_ns == pytest.approx(80 * MS, rel=1e-5)
    shown = [law.voltage_uV(law.start_ns + (10 * place + 5) * MS) / 2e6 for place in range(len(samples))]
    assert shown == pytest.approx(samples, abs=0.01 + 0.0005)


def test_units_differ_within_their_bounds_and_a_unit_is_itself() -> None:
    units = [Bench(seed).unit for seed in range(1, 25)]
    traits = [(unit.amplitude_ppm[1], unit.amplitude_ppm[2], unit.offset_uV[1], unit.clock_ppb) for unit in units]
    assert len(set(traits)) == len(traits)
    again = Bench(7).unit
    assert (again.amplitude_ppm[1], again.amplitude_ppm[2], again.offset_uV[1], again.clock_ppb) == traits[6]
    assert max(abs(one) for row in traits for one in row[:2]) <= AMPLITUDE_PPM
    assert max(abs(row[3]) for row in traits) <= CLOCK_PPB


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (("SOURce1:VOLTage:OFFSet 8", "SOURce1:VOLTage 8"), -221),  # 12 V at the peak: the output ends at 10 V
        (("SOURce1:VOLTage 25",), -222),
        (("SOURce1:FREQuency 60e6",), -222),
        (("SOURce1:FREQuency 0",), -222),
        (("SOURce3:FREQuency 1",), -114),
        (("SOURce1:FUNCtion SQUare",), -224),
        (("OUTPut1 ON",), -221),  # continuous output is not modelled
        (("SOURce1:DATA:ARBitrary SHORT,0,1,0",), -109),
        (("SOURce1:FUNCtion:ARBitrary NONE",), -256),
        (("OUTPut1:LOAD 50",), None),
        (("*TRG",), -211),
    ],
)
def test_what_it_can_not_do_is_an_error_and_changes_nothing(messages: tuple[str, ...], error: int | None) -> None:
    bench = Bench()
    before = bench.session.query("SOURce1:VOLTage?")
    found = bench.say(*messages)
    assert len(found) == 1
    assert found[0] < 0
    assert error in (None, found[0])
    assert bench.session.query("SOURce1:VOLTage?") == before
    assert bench.ends[1].state.times == 0


def test_it_plays_only_at_the_trigger_and_only_what_is_on() -> None:
    bench = Bench()
    assert bench.say(*armed(1), *armed(2), "OUTPut2 OFF") == []
    assert [end.state.times for end in bench.ends.values()] == [0, 0]
    assert bench.say("*TRG") == []
    assert [end.state.times for end in bench.ends.values()] == [1, 0]


def test_switching_off_ends_what_is_played_and_so_does_reset() -> None:
    for ending in ("OUTPut1 OFF", "*RST"):
        bench = Bench()
        assert bench.say(*armed(), "*TRG") == []
        assert bench.ends[1].state.played is not None
        assert bench.say(ending) == []
        assert bench.ends[1].state.played is None


def test_reset_forgets_the_waveforms() -> None:
    bench = Bench()
    points = ",".join(["0", "1"] * 4)
    assert bench.say(f"SOURce1:DATA:ARBitrary MINE,{points}", "SOURce1:FUNCtion:ARBitrary mine") == []
    assert bench.say("*RST", "SOURce1:FUNCtion:ARBitrary MINE") == [-256]


def test_the_driver_keeps_the_bench_files_limit_and_the_waveforms_bounds() -> None:
    bench = Bench()
    driver = bench.driver(peak_V=2.0)
    for call in (
        lambda: driver.prepare_sine(1, 10.0, 2.1, 5),
        lambda: driver.prepare_pulses(1, 0.01, 0.1, 1, 3.3),
        lambda: driver.prepare_samples(1, [0.0] * 7, 100.0, 1.0),
        lambda: driver.prepare_samples(1, [0.0] * 101, 100.0, 1.0),
        lambda: driver.prepare_samples(1, [0.0] * 7 + [1.1], 100.0, 1.0),
        lambda: driver.off(3),
    ):
        with pytest.raises(InstrumentError):
            call()
    assert bench.ends[1].state.times == 0
    driver.prepare_sine(1, 10.0, 2.0, 5)
    assert driver.outputs_on() == [1]
    driver.all_off()
    assert driver.outputs_on() == []
    driver.reset()
    with pytest.raises(CommandError, match="-211"):
        driver.fire()  # nothing is armed any more


def test_a_snapshot_in_a_burst_goes_on_the_same() -> None:
    bench = Bench(4)
    assert bench.say("SOURce1:FREQuency 3", "SOURce1:BURSt:NCYCles 20", *armed(), "*TRG", "SOURce2:VOLTage 2") == []
    bench.world.run_until(bench.world.now_ns + 777 * MS)
    snapshot = bench.world.snapshot()
    seen = []
    for _ in range(2):
        bench.world.restore(snapshot)
        assert bench.played().voltage_uV(bench.world.now_ns) != 0
        assert bench.say(*armed(2), "*TRG") == []
        bench.world.run_until(bench.world.now_ns + S)
        laws = (bench.played(1), bench.played(2))
        seen.append((laws, bench.session.query("SOURce2:VOLTage?"), bench.world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert seen[0][0][1].peak_uV == pytest.approx(1_000_000, rel=0.01)

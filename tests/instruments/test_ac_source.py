"""The AC source: its dialect, its limits and protection, what it measures, and the driver on it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from pyvisa.resources import MessageBasedResource

from harness.emulation.errors import NotModelledError
from harness.instruments.ac_source import TrippedError
from harness.instruments.errors import BadAnswerError, CommandError, SettingError
from harness.instruments.keysight_ac6800 import SPECIFICATION, KeysightAc6800
from harness.instruments.limits import LimitError, MissingLimitError
from harness.instruments.open import open_instrument
from tests.instruments.mains_bench import MS, MainsBench, S, make_mains_bench

NO_ERROR = '+0,"No error"'


@pytest.fixture
def bench() -> MainsBench:
    return make_mains_bench()


@pytest.fixture
def source(bench: MainsBench) -> MessageBasedResource:
    return bench.open("mains")


@contextmanager
def opened(bench: MainsBench) -> Generator[KeysightAc6800]:
    with open_instrument(bench, "mains", None) as driver:  # type: ignore[arg-type]
        yield driver


def test_it_says_who_it_is_and_begins_off(source: MessageBasedResource) -> None:
    assert source.query("*IDN?").startswith("Keysight Technologies,AC6801B,EMU")
    assert source.query("OUTP?;VOLT?;:VOLT:RANG?;:CURR:PROT:STAT?") == "0;+0.00;+155;0"
    assert source.query("SYST:ERR?") == NO_ERROR


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        (["VOLT 158"], '-222,"Data out of range"'),
        (["VOLT 150;VOLT:RANG 310", "VOLT 230", "VOLT:RANG 155"], '-221,"Settings conflict"'),
        (["VOLT:RANG 200"], '-224,"Illegal parameter value"'),
        (["VOLT 100,90"], '-109,"Missing parameter"'),
        (["VOLT 100,110,120"], '-222,"Data out of range"'),
        (["VOLT 100,90,110", "VOLT:LIM:STAT ON", "VOLT 111"], '-222,"Data out of range"'),
        (["FREQ 39.9"], '-222,"Data out of range"'),
        (["FREQ 50,49,51", "FREQ:LIM:STAT ON", "FREQ 48"], '-222,"Data out of range"'),
        (["CURR 5.3"], '-222,"Data out of range"'),
        (["OUTP:COUP DC"], '-224,"Illegal parameter value"'),
        (["VOLT 10 OHM"], '-131,"Invalid suffix"'),
        (["PHAS 10"], '-113,"Undefined header"'),
    ],
)
def test_what_it_can_not_do_is_refused(source: MessageBasedResource, commands: list[str], error: str) -> None:
    for command in commands:
        source.write(command)
    assert source.query("SYST:ERR?") == error
    assert source.query("SYST:ERR?") == NO_ERROR
    assert source.query("OUTP?") == "0"


def test_a_refused_setting_changes_nothing(source: MessageBasedResource) -> None:
    source.write("VOLT:RANG 310;:VOLT 230,200,250;:FREQ 50")
    source.write("VOLT 260,200,250")
    assert source.query("VOLT?;:VOLT:LIM:UPP?;LOW?") == "+230.00;+250.00;+200.00"


def test_a_limit_that_comes_on_leaves_what_was_set_before(source: MessageBasedResource) -> None:
    source.write("VOLT 120;:VOLT:LIM:UPP 100;:VOLT:LIM:STAT ON")
    assert source.query("VOLT?") == "+120.00"
    source.write("FREQ 60;:FREQ:LIM:UPP 51;:FREQ:LIM:STAT ON")
    assert source.query("FREQ?") == "+60.00"
    assert source.query("SYST:ERR?") == NO_ERROR
    source.write("VOLT 101")
    assert source.query("SYST:ERR?") == '-222,"Data out of range"'


@pytest.mark.parametrize("left", ["VOLT 300", "FREQ 400"])
def test_the_driver_puts_out_nothing_that_another_program_left_beyond_the_limits(bench: MainsBench, left: str) -> None:
    bench.open("mains").write(f"VOLT:RANG 310;:{left}")
    with opened(bench) as source:
        with pytest.raises(SettingError, match="Nothing was put out"):
            source.output_on()
        assert not source.is_on()
        assert bench.mains.source_voltage().rms_u == 0
        source.set_output(230.0, 50.0)
        source.output_on()


def test_mains_come_back_as_fast_as_the_source_takes_the_command(bench: MainsBench) -> None:
    """The moment of a return is told as that of the command: what was set is looked at before the first time only."""
    with opened(bench) as source:
        source.set_output(230.0, 50.0)
        source.output_on()
        source.output_off()
        began_ns = bench.world.now_ns
        source.output_on()
        assert bench.world.now_ns - began_ns < 40 * MS
        source.set_output(231.0, 50.0)
        bench.open("mains").write("FREQ 60;:VOLT:LIM:STAT OFF;:VOLT 300")
        with pytest.raises(SettingError, match="300 V, 60 Hz"):
            source.output_on()


@pytest.mark.parametrize(("found", "chosen"), [(155, 310), (310, None), (135, 270), (270, None)])
def test_the_range_is_one_of_the_series_that_is_there(
    bench: MainsBench, monkeypatch: pytest.MonkeyPatch, found: int, chosen: int | None
) -> None:
    """AC6800B guide: 155 V and 310 V; AC6800 guide: 135 V and 270 V."""
    with opened(bench) as source:
        sent: list[str] = []
        monkeypatch.setattr(source._session, "query_int", lambda text: found)
        monkeypatch.setattr(source._session, "command", lambda *texts: sent.extend(texts))
        source._protect()
        assert [text for text in sent if "RANGe" in text] == ([f"VOLTage:RANGe {chosen}"] if chosen else [])


@pytest.mark.parametrize("coupling", ["DC", "ACDC", ""])
def test_the_driver_puts_out_nothing_in_another_coupling(
    bench: MainsBench, monkeypatch: pytest.MonkeyPatch, coupling: str
) -> None:
    """A direct voltage would come out besides, which neither ``voltage_V`` nor the AC reading knows of."""
    with opened(bench) as source:
        source.set_output(230.0, 50.0)
        honest = source._session.query
        monkeypatch.setattr(source._session, "query", lambda text: coupling if "COUP" in text else honest(text))
        with pytest.raises(SettingError, match="coupling"):
            source.output_on()
        assert not source.is_on()


@pytest.mark.parametrize("seed", range(1, 13))
def test_what_it_puts_out_and_what_it_measures_are_within_its_data_sheet(seed: int) -> None:
    bench = make_mains_bench(seed)
    source = bench.open("mains")
    source.write("VOLT:RANG 310;:VOLT 230;:FREQ 50;:OUTP ON")
    bench.relay("source_feed", True)
    bench.mains.set_load(on=True, current_uA=2_000_000, power_factor_permille=1000)
    bench.wait(S)
    true_V, true_A = bench.mains.source_voltage().rms_u / 1e6, bench.mains.source_current().rms_u / 1e6
    assert true_V == pytest.approx(230, abs=230 * 0.003 + 0.6)
    assert bench.mains.source_voltage().frequency_mHz == pytest.approx(50_000, abs=5)
    limit_A = SPECIFICATION.current_reading_percent / 100 * true_A + SPECIFICATION.current_reading_A + 0.005
    limit_V = SPECIFICATION.voltage_reading_percent / 100 * true_V + SPECIFICATION.voltage_reading_V + 0.005
    assert float(source.query("MEAS:CURR:AC?")) == pytest.approx(true_A, abs=limit_A)
    assert float(source.query("MEAS:VOLT:AC?")) == pytest.approx(true_V, abs=limit_V)
    assert float(source.query("FETC:POW:AC?")) == pytest.approx(true_A * true_V, abs=7)
    assert float(source.query("MEAS:FREQ?")) == pytest.approx(50, abs=0.1)


def test_a_reading_averages_what_was(bench: MainsBench, source: MessageBasedResource) -> None:
    source.write("VOLT:RANG 310;:VOLT 230;:FREQ 50;:OUTP ON")
    bench.wait(S)
    source.write("OUTP OFF")
    bench.wait(40 * MS)
    assert 100 < float(source.query("MEAS:VOLT:AC?")) < 220
    bench.wait(100 * MS)
    assert float(source.query("MEAS:VOLT:AC?")) < 2


def overload(bench: MainsBench, source: MessageBasedResource, trips: str) -> None:
    source.write(f"VOLT:RANG 310;:VOLT 230;:FREQ 50;:CURR 1.5;:CURR:PROT:STAT {trips};:OUTP ON")
    bench.relay("source_feed", True)
    bench.mains.set_load(on=True, current_uA=2_000_000, power_factor_permille=1000)


def test_an_overload_switches_the_output_off_and_keeps_it_off(bench: MainsBench, source: MessageBasedResource) -> None:
    overload(bench, source, "ON")
    bench.wait(S)
    assert source.query("OUTP?;:STAT:QUES:COND?") == "1;+4096"
    bench.wait(3 * S)
    assert source.query("OUTP?;:STAT:QUES:COND?") == "0;+2"
    assert not bench.lamp.lit
    source.write("OUTP ON")
    assert source.query("SYST:ERR?") == '-221,"Settings conflict"'
    bench.mains.set_load(on=False, current_uA=0, power_factor_permille=1000)
    source.write("OUTP:PROT:CLE;:OUTP ON")
    bench.wait(S)
    assert source.query("OUTP?;:STAT:QUES:COND?;EVEN?") == "1;+0;+4098"
    assert bench.lamp.lit


def test_a_short_overload_is_forgotten(bench: MainsBench, source: MessageBasedResource) -> None:
    overload(bench, source, "ON")
    bench.wait(2 * S)
    bench.mains.set_load(on=True, current_uA=1_000_000, power_factor_permille=1000)
    bench.wait(5 * S)
    assert source.query("OUTP?") == "1"


def test_an_overload_without_protection_is_not_modelled(bench: MainsBench, source: MessageBasedResource) -> None:
    overload(bench, source, "OFF")
    with pytest.raises(NotModelledError, match=r"CURRent:PROTection:STATe ON"):
        bench.wait(5 * S)


def test_a_snapshot_in_an_overload_goes_on_as_the_original(bench: MainsBench, source: MessageBasedResource) -> None:
    overload(bench, source, "ON")
    bench.wait(S)
    snapshot = bench.world.snapshot()

    def rest() -> str:
        bench.wait(3 * S)
        source.query("MEAS:CURR:AC?")
        return bench.world.snapshot().digest()

    first = rest()
    bench.world.restore(snapshot)
    assert rest() == first


def test_the_driver_puts_the_bench_files_limits_into_the_instrument(bench: MainsBench) -> None:
    with opened(bench) as driver:
        driver.reset()
        source = bench.open("mains")
        assert source.query("VOLT:RANG?;LIM:UPP?;STAT?") == "+310;+265.00;1"
        assert source.query("FREQ:LIM:LOW?;UPP?;STAT?") == "+45.00;+65.00;1"
        assert source.query("CURR?;:CURR:PROT:STAT?") == "+2.40;1"


@pytest.mark.parametrize(
    ("voltage_V", "frequency_Hz", "limit"),
    [
        (265.1, 50, "voltage_V"),
        (float("nan"), 50, "voltage_V"),
        (230, 65.5, "frequency_max_Hz"),
        (230, 44, "frequency_min_Hz"),
        (230, float("nan"), "frequency_max_Hz"),
    ],
)
def test_nothing_beyond_a_limit_is_sent(bench: MainsBench, voltage_V: float, frequency_Hz: float, limit: str) -> None:
    with opened(bench) as driver:
        driver.reset()
        with pytest.raises(LimitError, match=limit):
            driver.set_output(voltage_V, frequency_Hz)
        assert bench.open("mains").query("VOLT?;:FREQ?") == "+0.00;+60.00"


def test_even_a_driver_without_checks_can_not_exceed_the_limits(bench: MainsBench) -> None:
    with opened(bench) as driver:
        driver.reset()
        with pytest.raises(CommandError, match="-222"):
            driver._session.command("VOLTage 270")
        with pytest.raises(CommandError, match="-222"):
            driver._session.command("FREQuency 66")


def test_a_negative_voltage_is_no_ac_voltage(bench: MainsBench) -> None:
    with opened(bench) as driver, pytest.raises(SettingError, match="expected 0 or more"):
        driver.set_output(-230, 50)


def test_a_missing_limit_is_told_before_anything_is_sent(bench: MainsBench) -> None:
    del bench.file.instruments["mains"].limits["current_A"]
    with pytest.raises(MissingLimitError, match="current_A is missing"), opened(bench):
        pytest.fail("opened without a limit")


def test_the_driver_tells_a_trip(bench: MainsBench) -> None:
    with opened(bench) as driver:
        driver.reset()
        driver.set_output(230, 50)
        driver.output_on()
        driver.check()
        bench.relay("source_feed", True)
        bench.mains.set_load(on=True, current_uA=2_450_000, power_factor_permille=1000)
        bench.wait(S)
        with pytest.raises(TrippedError, match="current limit"):
            driver.check()
        bench.wait(3 * S)
        with pytest.raises(TrippedError, match="overcurrent protection"):
            driver.check()
        assert not driver.is_on()


@pytest.mark.parametrize("answer", ["+9.91E+37", "nan", "-1.0", "inf"])
def test_what_is_no_reading_is_refused(bench: MainsBench, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    with opened(bench) as driver:
        monkeypatch.setattr(driver._session, "query", lambda _text: answer)
        for measure in (driver.voltage_V, driver.current_A, driver.frequency_Hz):
            with pytest.raises(BadAnswerError, match="expected a"):
                measure()


def test_an_output_that_stays_on_is_told(bench: MainsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(bench) as driver:
        monkeypatch.setattr(driver, "is_on", lambda: True)
        with pytest.raises(SettingError, match="still on"):
            driver.output_off()

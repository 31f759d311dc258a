"""The electronic AC load: its dialect, what it draws, its limits, and the driver on it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from pyvisa.resources import MessageBasedResource

from harness.instruments.chroma_63800 import SPECIFICATION, Chroma63800
from harness.instruments.errors import BadAnswerError, CommandError, SettingError
from harness.instruments.limits import LimitError
from harness.instruments.open import open_instrument
from tests.instruments.mains_bench import MS, MainsBench, S, make_mains_bench

NO_ERROR = '+0,"No error"'


@pytest.fixture
def bench() -> MainsBench:
    return make_mains_bench()


@pytest.fixture
def load(bench: MainsBench) -> MessageBasedResource:
    return bench.open("load")


@contextmanager
def opened(bench: MainsBench) -> Generator[Chroma63800]:
    with open_instrument(bench, "load", None) as driver:  # type: ignore[arg-type]
        yield driver


def test_it_says_who_it_is_and_begins_off(load: MessageBasedResource) -> None:
    maker, model, serial, firmware = load.query("*IDN?").split(", ")
    assert (maker, model, serial[:3], firmware) == ("Chroma", "63803", "EMU", "1.00")
    assert load.query("LOAD?;MODE?;CURR?;PFAC?;:SYST:SET:MODE?") == "OFF;CURR;0.000;1.000;AC"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("LOAD 1", '-128,"Numeric data not allowed"'),
        ("MODE POW", '-224,"Illegal parameter value"'),
        ("SYST:SET:MODE DC", '-224,"Illegal parameter value"'),
        ("CURR 36.1", '-222,"Data out of range"'),
        ("CURR:HIGH 1;:CURR 1.1", '-222,"Data out of range"'),
        ("PFAC 1.1", '-222,"Data out of range"'),
        ("CURR:PEAK:MAX 109", '-222,"Data out of range"'),
        ("INR:CAP 100", '-113,"Undefined header"'),
    ],
)
def test_what_it_can_not_do_is_refused(load: MessageBasedResource, command: str, error: str) -> None:
    load.write(command)
    assert load.query("SYST:ERR?") == error
    assert load.query("LOAD?") == "OFF"


@pytest.mark.parametrize("prefix", ["", "LOAD:", ":LOAD:"])
def test_the_first_node_may_be_left_out(load: MessageBasedResource, prefix: str) -> None:
    load.write(f"{prefix}CURR 1.5")
    assert load.query(f"{prefix}CURR?") == "1.500"
    assert load.query("SYST:ERR?") == NO_ERROR


@pytest.mark.parametrize("seed", range(1, 13))
def test_what_it_draws_and_what_it_measures_are_within_its_data_sheet(seed: int) -> None:
    bench = make_mains_bench(seed)
    load = bench.open("load")
    load.write("CURR 2;PFAC 0.8")
    load.write("LOAD ON")
    bench.wait(S)
    true_A = bench.mains.load_current().rms_u / 1e6
    limit_A = SPECIFICATION.current_setting_percent / 100 * 2 + SPECIFICATION.current_setting_A
    assert true_A == pytest.approx(2, abs=limit_A)
    assert float(load.query("MEAS:CURR?")) == pytest.approx(true_A, abs=limit_A)
    assert float(load.query("MEAS:VOLT?")) == pytest.approx(bench.mains.voltage().rms_u / 1e6, abs=0.6)
    apparent_VA = true_A * bench.mains.voltage().rms_u / 1e6
    assert float(load.query("MEAS:POW?")) == pytest.approx(0.8 * apparent_VA, rel=0.002, abs=8)
    assert load.query("MEAS:POW:PFAC?") == "0.800"
    assert float(load.query("MEAS:FREQ?")) == pytest.approx(50, abs=0.06)


@pytest.mark.parametrize(("power_factor", "sign"), [("0.5", -1), ("-0.5", 1)])
def test_a_positive_power_factor_lags(
    bench: MainsBench, load: MessageBasedResource, power_factor: str, sign: int
) -> None:
    load.write(f"CURR 1;PFAC {power_factor};:LOAD ON")
    bench.wait(S)
    assert bench.mains.load_current().phase_mdeg == pytest.approx(sign * 60_000, abs=100)


def test_peaks_are_held(bench: MainsBench, load: MessageBasedResource) -> None:
    load.write("CURR 2;CURR:PEAK:MAX 1.4142;:LOAD ON")
    bench.wait(S)
    assert bench.mains.load_current().rms_u == pytest.approx(1_000_000, abs=30)


def test_without_voltage_it_says_so_and_draws_nothing(bench: MainsBench, load: MessageBasedResource) -> None:
    load.write("CURR 2;:LOAD ON")
    assert load.query("PROT?") == "0"
    bench.relay("source_feed", True)
    assert load.query("PROT?") == "2"
    bench.wait(S)
    assert float(load.query("MEAS:CURR?")) < 0.03


def test_a_reset_ends_it(bench: MainsBench, load: MessageBasedResource) -> None:
    load.write("CURR 2;:LOAD ON")
    load.write("*RST")
    assert load.query("LOAD?;CURR?") == "OFF;0.000"
    assert bench.mains.load_current().rms_u == 0


def test_a_snapshot_in_the_inrush_goes_on_as_the_original(bench: MainsBench, load: MessageBasedResource) -> None:
    load.write("CURR 2;:LOAD ON")
    bench.wait(MS)
    snapshot = bench.world.snapshot()

    def rest() -> str:
        bench.wait(S)
        load.query("MEAS:CURR?")
        return bench.world.snapshot().digest()

    first = rest()
    bench.world.restore(snapshot)
    assert rest() == first


def test_the_driver_sets_draws_and_stops(bench: MainsBench) -> None:
    with opened(bench) as driver:
        driver.reset()
        assert bench.open("load").query("CURR:HIGH?;PEAK:MAX?") == "2.100;11.550"
        driver.set_current(1.5, -0.9)
        assert not driver.is_on()
        driver.load_on()
        bench.wait(S)
        assert driver.current_A() == pytest.approx(1.5, abs=0.06)
        driver.load_off()
        assert not driver.is_on()


@pytest.mark.parametrize("current_A", [2.11, float("nan"), float("inf")])
def test_nothing_beyond_the_limit_is_sent(bench: MainsBench, current_A: float) -> None:
    with opened(bench) as driver:
        driver.reset()
        with pytest.raises(LimitError, match="current_A"):
            driver.set_current(current_A)
        assert bench.open("load").query("CURR?") == "0.000"
        with pytest.raises(CommandError, match="-222"):
            driver._session.command("CURRent 2.2")


@pytest.mark.parametrize(("current_A", "power_factor"), [(-1.0, 1.0), (1.0, 0.0), (1.0, 1.5), (1.0, float("nan"))])
def test_what_is_no_load_is_refused(bench: MainsBench, current_A: float, power_factor: float) -> None:
    with opened(bench) as driver, pytest.raises(SettingError, match="expected 0 A or more"):
        driver.set_current(current_A, power_factor)


def test_a_load_that_does_not_obey_is_told(bench: MainsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(bench) as driver:
        monkeypatch.setattr(driver, "is_on", lambda: True)
        with pytest.raises(SettingError, match="does not say OFF"):
            driver.load_off()


@pytest.mark.parametrize("answer", ["9.9E37", "nan", "", "ON"])
def test_what_is_no_reading_is_refused(bench: MainsBench, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    with opened(bench) as driver:
        monkeypatch.setattr(driver._session, "query", lambda _text: answer)
        with pytest.raises(BadAnswerError):
            driver.current_A()
        if answer != "ON":
            with pytest.raises(BadAnswerError, match="ON or OFF"):
                driver.is_on()

"""The multimeter in a current lead: its dialect, its apertures and ranges, overload, and the driver on it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from pyvisa.resources import MessageBasedResource

from harness.instruments.errors import BadAnswerError, OverloadError, SettingError
from harness.instruments.keysight_34465a import SPECIFICATION, Keysight34465A
from harness.instruments.open import open_instrument
from tests.instruments.mains_bench import MS, MainsBench, S, make_mains_bench

NO_ERROR = '+0,"No error"'


def loaded_bench(seed: int = 1, current_uA: int = 2_000_000) -> MainsBench:
    """A load on the house's mains: the multimeter in its lead is ``load_current``."""
    bench = make_mains_bench(seed)
    bench.mains.set_load(on=True, current_uA=current_uA, power_factor_permille=1000)
    bench.wait(S)
    return bench


@pytest.fixture
def bench() -> MainsBench:
    return loaded_bench()


@pytest.fixture
def meter(bench: MainsBench) -> MessageBasedResource:
    return bench.open("load_current")


@contextmanager
def opened(bench: MainsBench, role: str = "load_current") -> Generator[Keysight34465A]:
    with open_instrument(bench, role, None) as driver:  # type: ignore[arg-type]
        yield driver


def test_each_multimeter_has_a_serial_number_of_its_own(bench: MainsBench) -> None:
    serials = {
        bench.open(role).query("*IDN?").split(",")[2] for role in ("multimeter", "load_current", "supply_current")
    }
    assert len(serials) == 3
    assert all(serial.startswith("EMU54") for serial in serials)


@pytest.mark.parametrize("seed", range(1, 13))
@pytest.mark.parametrize("range_A", [3.0, 10.0])
def test_readings_are_within_the_data_sheet(seed: int, range_A: float) -> None:
    bench = loaded_bench(seed)
    true_A = bench.mains.load_current().rms_u / 1e6
    reading_A = float(bench.open("load_current").query(f"MEAS:CURR:AC? {range_A}"))
    assert reading_A == pytest.approx(true_A, abs=SPECIFICATION.limit_A("AC", range_A, true_A) + 1e-6)
    assert reading_A != true_A


def test_units_differ_and_use_their_tolerance() -> None:
    off = []
    for seed in range(1, 41):
        bench = loaded_bench(seed)
        true_A = bench.mains.load_current().rms_u / 1e6
        limit_A = SPECIFICATION.limit_A("AC", 3.0, true_A)
        off.append((float(bench.open("load_current").query("MEAS:CURR:AC? 3")) - true_A) / limit_A)
    assert min(off) < -0.6
    assert max(off) > 0.6


@pytest.mark.parametrize(("filter_Hz", "least_ns"), [(3, 1660 * MS), (20, 250 * MS), (200, 25 * MS)])
def test_a_reading_takes_its_settling_time(
    bench: MainsBench, meter: MessageBasedResource, filter_Hz: int, least_ns: int
) -> None:
    meter.write("CONF:CURR:AC 3")
    meter.write(f"CURR:AC:BAND {filter_Hz}")
    began_ns = bench.world.now_ns
    meter.query("READ?")
    assert least_ns < bench.world.now_ns - began_ns < least_ns + 1100 * MS


def test_a_reading_knows_what_went_on_in_its_aperture(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3;:CURR:AC:BAND 20")
    meter.write("INIT")
    bench.wait(350 * MS)  # 250 ms of settling, then half of the aperture of 200 ms
    bench.mains.set_load(on=False, current_uA=0, power_factor_permille=1000)
    assert float(meter.query("FETC?")) == pytest.approx(2 / 2**0.5, rel=0.02)


def test_fetch_waits_and_gives_the_same_again(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3;:SAMP:COUN 3")
    meter.write("INIT")
    began_ns = bench.world.now_ns
    readings = meter.query("FETC?")
    assert len(readings.split(",")) == 3
    assert bench.world.now_ns - began_ns > 3 * 250 * MS
    assert meter.query("FETC?") == readings
    assert len(set(readings.split(","))) > 1, "there is noise"


def test_opc_waits_for_the_readings(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3")
    began_ns = bench.world.now_ns
    meter.write("INIT")
    assert meter.query("*OPC?") == "1"
    assert bench.world.now_ns - began_ns > 400 * MS


@pytest.mark.parametrize(("load_uA", "answer"), [(1_150_000, "+1.1"), (1_250_000, "+9.90000000E+37")])
def test_beyond_120_percent_of_the_range_there_is_no_reading(load_uA: int, answer: str) -> None:
    meter = loaded_bench(1, load_uA).open("load_current")
    assert meter.query("MEAS:CURR:AC? 1").startswith(answer)
    assert meter.query("SYST:ERR?") == NO_ERROR, "overload is an answer, not an error"


@pytest.mark.parametrize(
    ("load_uA", "range_text"), [(2_000_000, "+3.0"), (50_000, "+1.00000000E-01"), (500_000, "+1.0")]
)
def test_autoranging_takes_the_lowest_range_that_holds(load_uA: int, range_text: str) -> None:
    meter = loaded_bench(1, load_uA).open("load_current")
    assert float(meter.query("MEAS:CURR:AC?")) == pytest.approx(load_uA / 1e6, rel=0.01)
    assert meter.query("CURR:AC:RANG?").startswith(range_text)
    assert meter.query("CURR:AC:RANG:AUTO?") == "1"


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        (["CONF:CURR:AC 11"], '-222,"Data out of range"'),
        (["CONF:CURR:AC AUTO,1E-6"], '-221,"Settings conflict"'),
        (["CURR:AC:BAND 2"], '-222,"Data out of range"'),
        (["CURR:DC:NPLC 200"], '-222,"Data out of range"'),
        (['FUNC "VOLT"'], '-224,"Illegal parameter value"'),
        (["*TRG"], '-211,"Trigger ignored"'),
        (["INIT", "INIT"], '-213,"Init ignored"'),
        (["SAMP:COUN 0"], '-222,"Data out of range"'),
        (["CONF:VOLT:DC 10"], '-113,"Undefined header"'),
    ],
)
def test_what_it_can_not_do_is_refused(meter: MessageBasedResource, commands: list[str], error: str) -> None:
    for command in commands:
        meter.write(command)
    assert meter.query("SYST:ERR?") == error


@pytest.mark.parametrize("commands", [["FETC?"], ["TRIG:SOUR BUS", "READ?"], ["TRIG:SOUR BUS", "INIT", "FETC?"]])
def test_no_reading_is_no_answer(meter: MessageBasedResource, commands: list[str]) -> None:
    """Above all never an old one."""
    meter.query("MEAS:CURR:AC? 3")
    meter.write("*RST")
    for command in commands:
        meter.write(command)
    assert int(meter.query("SYST:ERR?").partition(",")[0]) in (-230, -214)


def test_a_bus_trigger_starts_the_reading(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3;:TRIG:SOUR BUS;:INIT")
    bench.wait(2 * S)
    meter.write("*TRG")
    assert float(meter.query("FETC?")) == pytest.approx(2, rel=0.01)


def test_a_setting_ends_the_measurement(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3;:SAMP:COUN 8;:INIT")
    bench.wait(100 * MS)
    meter.write("CURR:AC:BAND 200")
    assert meter.query("*OPC?") == "1"
    bench.wait(5 * S)
    assert float(meter.query("READ?").partition(",")[0]) == pytest.approx(2, rel=0.01)


def test_a_snapshot_within_a_reading_goes_on_as_the_original(bench: MainsBench, meter: MessageBasedResource) -> None:
    meter.write("CONF:CURR:AC 3;:SAMP:COUN 2;:INIT")
    bench.wait(300 * MS)
    snapshot = bench.world.snapshot()
    digests = []
    for _ in range(2):
        bench.world.restore(snapshot)
        meter.query("FETC?")
        digests.append(bench.world.snapshot().digest())
    assert digests[0] == digests[1]


def test_a_meter_that_sleeps_draws_little_and_one_without_supply_nothing(bench: MainsBench) -> None:
    with opened(bench, "supply_current") as driver:
        asleep_A = driver.currents_A("DC", 0.1)[0]
        assert 0.02 < asleep_A < 0.03
        bench.lamp.awake = True
        assert driver.currents_A("DC", 0.1)[0] > asleep_A + 0.02
        bench.relay("meter_supply", True)
        assert not bench.lamp.lit
        assert abs(driver.currents_A("DC", 0.1)[0]) < 1e-5


def test_the_driver_reads_in_a_fixed_range(bench: MainsBench, meter: MessageBasedResource) -> None:
    with opened(bench) as driver:
        driver.reset()
        readings = driver.currents_A("AC", 3.0, 4)
        assert readings == pytest.approx([2.0] * 4, rel=0.005)
        assert meter.query("CURR:AC:RANG?;RANG:AUTO?").startswith("+3.0")


def test_many_readings_come_in_several_goes_none_longer_than_the_time_out(bench: MainsBench) -> None:
    with opened(bench) as driver:
        assert driver.currents_A("AC", 3.0, 30) == pytest.approx([2.0] * 30, rel=0.005)


def test_fast_readings_take_0_4_ms_and_are_noisier(bench: MainsBench) -> None:
    with opened(bench, "supply_current") as driver:
        slow_A = driver.currents_A("DC", 0.1, 8)
        began_ns = bench.world.now_ns
        fast_A = driver.fast_currents_A(0.1, 50)
        took_ns = bench.world.now_ns - began_ns
    assert 50 * 400_000 <= took_ns < 50 * 400_000 + 100 * MS, "and some ms for each message"
    assert max(fast_A) - min(fast_A) > max(slow_A) - min(slow_A)
    noise_A = 0.1 * SPECIFICATION.fast_noise_percent / 100
    assert fast_A == pytest.approx([sum(slow_A) / len(slow_A)] * 50, abs=noise_A + 0.000002)


def test_the_driver_raises_on_overload(bench: MainsBench) -> None:
    with opened(bench) as driver:
        for _ in range(2):
            with pytest.raises(OverloadError, match=r"beyond the range of 1 A"):
                driver.currents_A("AC", 1.0)
        assert driver.currents_A("AC", 3.0) == pytest.approx([2.0], rel=0.005)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("+9.90000000E+37", OverloadError),
        ("-9.90000000E+37", OverloadError),
        ("+2.0,+9.90000000E+37", OverloadError),
        ("inf", OverloadError),
        ("nan", BadAnswerError),
        ("+9.91000000E+37", OverloadError),
        ("", BadAnswerError),
        ("+2.0,", BadAnswerError),
        ("+2.0", BadAnswerError),
        ("+2.0,+2.0,+2.0", BadAnswerError),
        ("+2.0,+20.0", BadAnswerError),
        ("+2.0,hello", BadAnswerError),
    ],
)
def test_what_is_no_reading_never_becomes_one(
    bench: MainsBench, monkeypatch: pytest.MonkeyPatch, answer: str, error: type[Exception]
) -> None:
    with opened(bench) as driver:
        true_query = driver._session.query
        monkeypatch.setattr(driver._session, "query", lambda text: answer if text == "READ?" else true_query(text))
        with pytest.raises(error):
            driver.currents_A("AC", 3.0, 2)


@pytest.mark.parametrize(("range_A", "readings"), [(2.0, 1), (3.0, 0)])
def test_a_range_or_a_number_that_is_none_is_refused(bench: MainsBench, range_A: float, readings: int) -> None:
    with opened(bench) as driver, pytest.raises(SettingError, match="expected 1 or more"):
        driver.currents_A("AC", range_A, readings)


def test_the_range_for_a_current(bench: MainsBench) -> None:
    with opened(bench) as driver:
        assert [driver.range_for("AC", amount_A) for amount_A in (0.05, 0.1, 0.11, -1, 2.9, 10)] == [
            0.1,
            0.1,
            1,
            1,
            3,
            10,
        ]
        with pytest.raises(SettingError, match="beyond the highest range"):
            driver.range_for("AC", 10.1)

"""The teslameter: its dialect, what it shows of a field, overload in every way, and the driver."""

from __future__ import annotations

import pytest
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.f71 import (
    CROSS_PPM,
    GAIN_PPM,
    NOISE_NT,
    OFFSET_PPM_OF_RANGE,
    OVERLOAD_BIT,
    RANGES_NT,
)
from harness.emulation.plant.coil import Drive
from harness.emulation.plant.electromagnet import Axis
from harness.instruments.errors import BadAnswerError, IdentityError, InstrumentError, SettingError
from harness.instruments.lakeshore_f71 import RANGES_MT, SPECIFICATION, LakeShoreF71
from harness.instruments.teslameter import OverloadError, Teslameter
from tests.instruments.magnet_bench import TESLAMETER, MagnetBench, make_magnet_bench

MS, S, A = 1_000_000, 1_000_000_000, 1_000_000_000


@pytest.fixture
def bench() -> MagnetBench:
    return make_magnet_bench()


@pytest.fixture
def meter(bench: MagnetBench) -> MessageBasedResource:
    return bench.open(TESLAMETER)


@pytest.fixture
def driver(bench: MagnetBench) -> LakeShoreF71:
    return open_driver(bench)


def open_driver(bench: MagnetBench) -> LakeShoreF71:
    driver = LakeShoreF71(bench.open(TESLAMETER), bench.clock)
    driver.reset()
    return driver


def put_on(bench: MagnetBench, axis: Axis, current_A: float) -> None:
    bench.magnet.drive(axis, Drive(round(current_A * A), round(current_A * A), -6_000_000, 6_000_000))
    bench.wait(2 * S)


def probe_mT(bench: MagnetBench) -> list[float]:
    return [part / 1e6 for part in bench.magnet.field_nT("probe", bench.world.now_ns)]


# The dialect.


def test_identity_and_probe(meter: MessageBasedResource) -> None:
    assert meter.query("*IDN?").startswith("Lake Shore,F71,")
    assert meter.query("PROBE:AXES?") == "3"
    assert meter.query("PROBE:SNUM?").startswith('"')
    assert meter.query("SENS:MODE?") == "DC"
    assert float(meter.query("FETC:TEMP?")) == 23.0


def test_axes_magnitude_and_units(bench: MagnetBench, meter: MessageBasedResource) -> None:
    put_on(bench, "y", -2.0)
    x, y, z = (float(part) for part in meter.query("FETCH:DC? ALL").split(","))
    assert y == pytest.approx(probe_mT(bench)[1] / 1000, rel=0.005)
    assert float(meter.query("FETC:DC? Y")) == pytest.approx(y, abs=1e-5)
    magnitude = float(meter.query("FETC:DC?"))
    assert magnitude == pytest.approx((x * x + y * y + z * z) ** 0.5, abs=1e-5)
    assert magnitude == pytest.approx(float(meter.query("FETC:DC? MAG")), abs=1e-5)
    meter.write("UNIT:FIELD GAUSS")
    assert float(meter.query("FETC:DC? Y")) == pytest.approx(y * 1e4, abs=0.1)
    assert meter.query("UNIT:FIELD?") == "GAUSS"


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("FETC:DC? W", -224),
        ("FETC:DC? X,Y", -108),
        ("SENS:MODE HIFR", -224),
        ("SENS:AVER:COUN 0", -222),
        ("SENS:AVER:COUN 1001", -222),
        ("UNIT:FIELD OERSTED", -224),
        ("SENS:RANGE 1A", -131),
        ("FETC:RMS?", -221),
    ],
)
def test_what_it_can_not_do_is_an_error(meter: MessageBasedResource, command: str, number: int) -> None:
    meter.write(command)
    assert meter.query("SYST:ERR?").startswith(f"{number},")


def test_a_fixed_range_is_the_lowest_that_measures(meter: MessageBasedResource) -> None:
    for expected, given in ((0.01, 0.035), (0.035, 0.035), (0.06, 0.35), (-0.5, 3.5), (9, 3.5)):
        meter.write(f"SENS:RANGE {expected}")
        assert float(meter.query("SENS:RANGE?")) == pytest.approx(given)
    assert meter.query("SENS:RANG:AUTO?") == "0"


def test_beyond_its_range_there_is_no_number(bench: MagnetBench, meter: MessageBasedResource) -> None:
    put_on(bench, "x", 2.0)
    meter.write("SENS:RANGE 0.035")
    assert meter.query("FETC:DC? ALL") == ",".join(["9.90000000E+37"] * 3)
    assert float(meter.query("FETC:DC? Z")) == 9.9e37, "a vector with one axis overloaded is none"
    assert int(meter.query("STAT:OPER:COND?")) == OVERLOAD_BIT
    meter.write("SENS:RANGE:AUTO 1")
    assert float(meter.query("FETC:DC? X")) < 0.1
    assert int(meter.query("STAT:OPER:COND?")) == 0


def test_a_reading_is_the_mean_of_its_window(bench: MagnetBench, meter: MessageBasedResource) -> None:
    meter.write("SENS:RANGE 0.35;AVER:COUN 20")
    put_on(bench, "x", 2.0)
    steady = float(meter.query("FETC:DC? X"))
    bench.magnet.drive("x", Drive(0, 0, -6_000_000, 6_000_000))
    bench.wait(100 * MS)
    half = float(meter.query("FETC:DC? X"))
    assert 0.3 * steady < half < 0.8 * steady
    bench.wait(200 * MS)
    assert abs(float(meter.query("FETC:DC? X"))) < 1e-3


def test_units_are_wrong_within_their_specification() -> None:
    worst = []
    for seed in range(12):
        bench = make_magnet_bench(seed)
        put_on(bench, "x", 2.0)
        driver = open_driver(bench)
        driver.set_range_mT(350.0)
        shown, true = driver.field_mT(), probe_mT(bench)
        for axis in range(3):
            others = sum(abs(part) for index, part in enumerate(true) if index != axis)
            bound = SPECIFICATION.reading_percent / 100 * abs(true[axis]) + SPECIFICATION.range_percent / 100 * 350
            bound += SPECIFICATION.cross_axis_percent / 100 * others + SPECIFICATION.noise_mT + 1e-4
            worst.append((shown[axis] - true[axis]) / bound)
    assert 0.5 < max(abs(part) for part in worst) <= 1.0
    assert min(worst) < 0 < max(worst)
    assert (GAIN_PPM, OFFSET_PPM_OF_RANGE, CROSS_PPM) == (3500, 200, 2000)
    assert NOISE_NT[350_000_000] / 1e6 <= SPECIFICATION.noise_mT
    assert [range_nT / 1e6 for range_nT in RANGES_NT] == list(RANGES_MT)


def test_a_restored_teslameter_shows_the_same(bench: MagnetBench, meter: MessageBasedResource) -> None:
    put_on(bench, "z", 1.0)
    snapshot = bench.world.snapshot()
    answers = []
    for _ in range(2):
        bench.world.restore(snapshot)
        answers.append([meter.query("FETC:DC? ALL") for _ in range(8)])
    assert answers[0] == answers[1]
    assert len(set(answers[0])) > 1, "noise"


# The driver.


def test_the_vector_in_millitesla(bench: MagnetBench, driver: Teslameter) -> None:
    driver.set_range_mT(90.0)
    assert driver.range_mT == 350.0
    put_on(bench, "z", -2.0)
    assert driver.field_mT()[2] == pytest.approx(probe_mT(bench)[2], rel=0.005)
    assert driver.averaging_ns == 110 * MS


def test_a_field_beyond_its_range_raises(bench: MagnetBench, driver: Teslameter) -> None:
    assert driver.range_mT == 35.0
    put_on(bench, "y", 2.0)
    with pytest.raises(OverloadError, match=r"beyond its range of 35 mT.*higher range"):
        driver.field_mT()
    with pytest.raises(SettingError, match="it ends at 3500 mT"):
        driver.set_range_mT(4000.0)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ("9.9E+37,1.0E-03,1.0E-03", "+0", OverloadError),
        ("1.0E-03,-9.9E+37,1.0E-03", "+0", OverloadError),
        ("1.0E-03,1.0E-03,INF", "+0", OverloadError),
        ("1.0E-03,1.0E-03,4.0E-02", "+0", OverloadError),
        ("1.0E-03,1.0E-03,1.0E-03", "+2", OverloadError),
        ("1.0E-03,1.0E-03,1.0E-03", "+1", SettingError),
        ("1.0E-03,1.0E-03,1.0E-03", "+4", BadAnswerError),
        ("1.0E-03,1.0E-03,1.0E-03", "9.9E37", BadAnswerError),
        ("1.0E-03,NAN,1.0E-03", "+0", BadAnswerError),
        ("1.0E-03,1.0E-03", "+0", BadAnswerError),
        ("1.0E-03,,1.0E-03", "+0", BadAnswerError),
        ("OVERLOAD", "+0", BadAnswerError),
        ("", "+0", BadAnswerError),
    ],
)
def test_what_is_no_reading_is_an_error(
    driver: LakeShoreF71, monkeypatch: pytest.MonkeyPatch, answer: str, status: str, error: type[InstrumentError]
) -> None:
    monkeypatch.setattr(driver._session, "query", lambda text: status if "CONDition" in text else answer)
    with pytest.raises(error):
        driver.field_mT()


def test_settings_taken_differently_are_errors(driver: LakeShoreF71, monkeypatch: pytest.MonkeyPatch) -> None:
    session = driver._session
    monkeypatch.setattr(session, "command", lambda *_: None)
    with pytest.raises(SettingError, match="is in the range 35 mT after 350 mT was set"):
        driver.set_range_mT(100.0)
    monkeypatch.setattr(session, "query", lambda text: "GAUSS")
    with pytest.raises(SettingError, match="shows fields in GAUSS"):
        driver.reset()


def test_another_instrument_or_probe_is_refused(bench: MagnetBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bench.teslameter, "identity", bench.supply.identity)
        with pytest.raises(IdentityError, match="this driver is for F71"):
            open_driver(bench)
    with monkeypatch.context() as patch:
        patch.setattr("harness.instruments.visa.Instrument.query_int", lambda *_: 1)
        with pytest.raises(SettingError, match="its probe has 1 axes"):
            open_driver(bench)

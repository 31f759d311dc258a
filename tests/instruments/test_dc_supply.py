"""The coil supply: its dialect, its four quadrants over a coil, its status, and the driver that keeps to limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.n6705 import (
    AT_NEGATIVE_LIMIT,
    AT_POSITIVE_LIMIT,
    CONSTANT_CURRENT,
    CONSTANT_VOLTAGE,
    CURRENT_GAIN_PPM,
    CURRENT_OFFSET_NA,
    OUTPUT_OFF,
    OVER_VOLTAGE,
    READING_GAIN_PPM,
    READING_NOISE_NA,
    READING_OFFSET_NA,
    PowerAnalyzer,
)
from harness.instruments.dc_supply import DcSupply, ProtectionError
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError, InstrumentError, SettingError
from harness.instruments.keysight_n6705 import SPECIFICATION, KeysightN6705
from harness.instruments.limits import LimitError, Limits, MissingLimitError
from tests.instruments.magnet_bench import SUPPLY, MagnetBench, make_magnet_bench

MS, S, A = 1_000_000, 1_000_000_000, 1_000_000_000
BENCH_LIMITS = {"current_A": 3.0, "voltage_V": 6.0}


@pytest.fixture
def bench() -> MagnetBench:
    return make_magnet_bench()


@pytest.fixture
def supply(bench: MagnetBench) -> MessageBasedResource:
    return bench.open(SUPPLY)


@pytest.fixture
def driver(bench: MagnetBench) -> KeysightN6705:
    return open_driver(bench)


def open_driver(bench: MagnetBench, **limits: float) -> KeysightN6705:
    given = BENCH_LIMITS | limits
    return KeysightN6705(bench.open(SUPPLY), bench.clock, limits=Limits("coil_supply", given, KeysightN6705.LIMITS))


def error(supply: MessageBasedResource) -> str:
    return supply.query("SYST:ERR?")


def current_nA(bench: MagnetBench) -> int:
    return bench.magnet.current_nA("x", bench.world.now_ns)


# The dialect.


def test_identity_modules_and_what_reset_leaves(supply: MessageBasedResource) -> None:
    assert supply.query("*IDN?").startswith("Keysight Technologies,N6705C,")
    assert supply.query("SYST:CHAN?") == supply.query("SYSTem:CHANnel:COUNt?") == "4"
    assert supply.query("SYST:CHAN:MOD? (@1,4)") == '"N6784A","N6784A"'
    for command in ("FUNC CURR,(@1)", "CURR 1.5,(@1)", "OUTP ON,(@1)", "*RST"):
        supply.write(command)
    assert supply.query("OUTP? (@1:4)") == "0,0,0,0"
    assert supply.query("FUNC? (@1,2)") == "VOLT,VOLT"
    assert supply.query("CURR? (@1)") == "+0.000000E+00"
    assert error(supply) == '+0,"No error"'


def test_settings_are_read_back_for_each_output_in_turn(supply: MessageBasedResource) -> None:
    supply.write("SOURce:CURRent:LEVel:IMMediate:AMPLitude -1.25,(@2)")
    supply.write("curr 20mA,(@3)")
    assert supply.query("SOUR:CURR? (@3,2,1)") == "+2.000000E-02,-1.250000E+00,+0.000000E+00"
    supply.write("VOLT:LIM 4.5,(@1:2)")
    assert supply.query("VOLT:LIM:NEG? (@1,2,3)") == "-4.500000E+00,-4.500000E+00,-6.000000E+00"
    supply.write("VOLT:LIM:COUP OFF,(@1)")
    supply.write("VOLT:LIM:NEG -2,(@1)")
    assert supply.query("VOLT:LIM? (@1)") == "+4.500000E+00"
    assert supply.query("VOLT:LIM:NEG? (@1)") == "-2.000000E+00"
    assert supply.query("CURR:RANG 0.5,(@4);RANG? (@4)") == "+1.000000E+00"
    assert error(supply) == '+0,"No error"'


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("CURR 3.1,(@1)", -222),
        ("CURR 1,(@5)", -222),
        ("CURR 1,(@1,5)", -222),
        ("CURR 1", -109),
        ("CURR (@1)", -109),
        ("CURR 1,2,(@1)", -108),
        ("CURR 1V,(@1)", -131),
        ("VOLT:LIM 6.2,(@1)", -222),
        ("VOLT:LIM -1,(@1)", -222),
        ("VOLT:PROT:REM 23,(@1)", -222),
        ("FUNC POW,(@1)", -224),
        ("CURR:SLEW 1,(@1)", -113),
        ("OUTP MAYBE,(@1)", -148),
        ("CURR 1,@1", -104),
    ],
)
def test_what_it_can_not_do_is_refused_as_a_whole(supply: MessageBasedResource, command: str, number: int) -> None:
    supply.write(command)
    assert error(supply).startswith(f"{number},")
    assert supply.query("CURR? (@1)") == "+0.000000E+00"
    assert error(supply) == '+0,"No error"'


def test_six_volts_at_three_amperes_or_twenty_at_one(supply: MessageBasedResource) -> None:
    supply.write("VOLT:LIM 20,(@1)")
    assert error(supply).startswith("-222,")
    supply.write("CURR:RANG 1,(@1);:VOLT:LIM 20,(@1)")
    assert error(supply) == '+0,"No error"'
    supply.write("CURR:RANG 3,(@1)")
    assert supply.query("VOLT:LIM? (@1)") == "+6.000000E+00"
    supply.write("CURR 2,(@1);CURR:RANG 1,(@1)")
    assert error(supply).startswith("-221,")


# What the outputs do.


def test_current_priority_of_both_polarities(bench: MagnetBench, supply: MessageBasedResource) -> None:
    supply.write("FUNC CURR,(@1);:VOLT:LIM 6,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
    bench.wait(5 * MS)
    assert int(supply.query("STAT:QUES:COND? (@1)")) == AT_POSITIVE_LIMIT
    assert int(supply.query("STAT:OPER:COND? (@1)")) == CONSTANT_VOLTAGE
    bench.wait(S)
    assert int(supply.query("STAT:QUES:COND? (@1)")) == 0
    assert int(supply.query("STAT:OPER:COND? (@1)")) == CONSTANT_CURRENT
    assert current_nA(bench) == pytest.approx(2 * A, rel=1e-3)
    supply.write("CURR -2,(@1)")
    bench.wait(5 * MS)
    assert int(supply.query("STAT:QUES:COND? (@1)")) == AT_NEGATIVE_LIMIT
    bench.wait(S)
    assert current_nA(bench) == pytest.approx(-2 * A, rel=1e-3)
    resistance = bench.magnet.traits["x"].resistance_uOhm / 1e6
    assert float(supply.query("MEAS:VOLT? (@1)")) == pytest.approx(-2 * resistance, rel=0.01)


def test_voltage_priority_with_a_current_limit(bench: MagnetBench, supply: MessageBasedResource) -> None:
    resistance = bench.magnet.traits["x"].resistance_uOhm / 1e6
    supply.write("VOLT 0.7,(@1);:CURR:LIM 1,(@1);:OUTP ON,(@1)")
    bench.wait(S)
    assert current_nA(bench) / A == pytest.approx(0.7 / resistance, rel=5e-3)
    assert int(supply.query("STAT:OPER:COND? (@1)")) == CONSTANT_VOLTAGE
    supply.write("VOLT 4,(@1)")
    bench.wait(S)
    assert current_nA(bench) == A
    assert int(supply.query("STAT:QUES:COND? (@1)")) == AT_POSITIVE_LIMIT


def test_switched_off_the_current_goes_and_stays_away(bench: MagnetBench, supply: MessageBasedResource) -> None:
    supply.write("FUNC CURR,(@1);:CURR 3,(@1);:OUTP ON,(@1)")
    bench.wait(S)
    supply.write("OUTP OFF,(@1)")
    assert 0 < current_nA(bench) < 3 * A
    bench.wait(100 * MS)
    assert current_nA(bench) == 0
    assert int(supply.query("STAT:OPER:COND? (@1)")) == OUTPUT_OFF


def test_over_voltage_protection_trips_and_latches(bench: MagnetBench, supply: MessageBasedResource) -> None:
    supply.write("VOLT:PROT:REM 2,(@1);:FUNC CURR,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
    assert int(supply.query("STAT:QUES:COND? (@1)")) == OVER_VOLTAGE
    bench.wait(S)
    assert current_nA(bench) == 0
    supply.write("OUTP OFF,(@1);:OUTP ON,(@1)")
    assert int(supply.query("STAT:QUES:COND? (@1)")) == OVER_VOLTAGE, "latched"
    supply.write("*RST;:FUNC CURR,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
    assert int(supply.query("STAT:QUES:COND? (@1)")) == OVER_VOLTAGE, "latched"
    supply.write("OUTP OFF,(@1);:OUTP:PROT:CLE (@1);:VOLT:PROT:REM 8,(@1);:OUTP ON,(@1)")
    bench.wait(S)
    assert current_nA(bench) == pytest.approx(2 * A, rel=1e-3)


def test_an_output_without_a_coil_is_open(supply: MessageBasedResource) -> None:
    supply.write("FUNC CURR,(@4);:CURR 1,(@4);:OUTP ON,(@4)")
    assert abs(float(supply.query("MEAS:CURR? (@4)"))) < 1e-3
    assert float(supply.query("MEAS:VOLT? (@4)")) == pytest.approx(6.0, rel=1e-2)
    assert int(supply.query("STAT:QUES:COND? (@4)")) == AT_POSITIVE_LIMIT


def test_units_differ_within_their_specification() -> None:
    set_errors, read_errors = [], []
    for seed in range(12):
        bench = make_magnet_bench(seed)
        supply = bench.open(SUPPLY)
        supply.write("FUNC CURR,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
        bench.wait(S)
        true_nA = current_nA(bench)
        set_errors.append(true_nA - 2 * A)
        read_errors.append(float(supply.query("MEAS:CURR? (@1)")) * A - true_nA)
    assert max(map(abs, set_errors)) <= 2000 * CURRENT_GAIN_PPM + CURRENT_OFFSET_NA
    assert max(map(abs, read_errors)) <= 2001 * READING_GAIN_PPM + READING_OFFSET_NA + READING_NOISE_NA
    assert len(set(set_errors)) == len(set(read_errors)) == 12
    assert max(map(abs, set_errors)) > 200_000
    assert SPECIFICATION.current_setting_percent * 10_000 >= CURRENT_GAIN_PPM
    assert SPECIFICATION.current_setting_mA * 1_000_000 >= CURRENT_OFFSET_NA
    assert SPECIFICATION.current_reading_percent * 10_000 >= READING_GAIN_PPM
    assert SPECIFICATION.current_reading_mA * 1_000_000 >= READING_OFFSET_NA


def test_a_snapshot_in_the_middle_of_a_rise(bench: MagnetBench, supply: MessageBasedResource) -> None:
    supply.write("FUNC CURR,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
    bench.wait(7 * MS)
    snapshot = bench.world.snapshot()
    answers, digests = [], []
    for _ in range(2):
        bench.world.restore(snapshot)
        answers.append(supply.query("MEAS:CURR? (@1);:STAT:QUES:COND? (@1)"))
        bench.wait(S)
        digests.append(bench.world.snapshot().digest())
    assert answers[0] == answers[1]
    assert digests[0] == digests[1]


# The driver.


def test_it_sets_switches_and_measures(bench: MagnetBench, driver: DcSupply) -> None:
    assert driver.identity().model == "N6705C"
    assert driver.outputs_on() == []
    driver.output_on(1)
    driver.set_current_A(1, -1.5)
    assert driver.limited(1)
    bench.wait(S)
    assert not driver.limited(1)
    assert driver.measured_current_A(1) == pytest.approx(-1.5, abs=2e-3)
    assert driver.outputs_on() == [1]
    driver.output_off(1)
    assert driver.outputs_on() == []
    driver.output_on(1)
    driver.all_off()
    bench.wait(100 * MS)
    assert driver.outputs_on() == []
    assert current_nA(bench) == 0
    assert bench.supply.state.outputs[1].current_nA == 0


def test_opening_it_ends_whatever_it_did_and_puts_the_limits_into_it(
    bench: MagnetBench, supply: MessageBasedResource
) -> None:
    supply.write("CURR:LIM 3,(@2);:VOLT 5,(@2);:OUTP ON,(@2);:VOLT:LIM:COUP OFF,(@1)")
    bench.wait(S)
    open_driver(bench, current_A=0.9, voltage_V=3.5)
    for settings in bench.supply.state.outputs.values():
        assert not settings.on
        assert settings.current_priority
        assert (settings.low_uV, settings.high_uV) == (-3_500_000, 3_500_000)
        assert (settings.low_nA, settings.high_nA) == (-900_000_000, 900_000_000)
        assert (settings.under_uV, settings.over_uV) == (-5_000_000, 5_000_000)


@pytest.mark.parametrize("current_A", [3.01, -3.01, float("nan"), float("inf")])
def test_limits_can_not_be_exceeded(bench: MagnetBench, current_A: float) -> None:
    sent: list[str] = []
    driver = KeysightN6705(
        bench.open(SUPPLY),
        bench.clock,
        limits=Limits("coil_supply", BENCH_LIMITS, KeysightN6705.LIMITS),
        traffic=lambda direction, text, _: sent.append(text),
    )
    sent.clear()
    with pytest.raises(LimitError, match="the bench file allows 3"):
        driver.set_current_A(1, current_A)
    assert sent == []


@pytest.mark.parametrize("given", [{}, {"current_A": 1.0}, BENCH_LIMITS | {"power_W": 3.0}])
def test_a_limit_too_few_or_too_many(given: dict[str, float]) -> None:
    with pytest.raises(MissingLimitError, match="current_A, voltage_V"):
        Limits("coil_supply", given, KeysightN6705.LIMITS)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_limit_that_limits_nothing_is_refused(value: float) -> None:
    with pytest.raises(MissingLimitError, match=f"current_A is {value:g}"):
        Limits("coil_supply", BENCH_LIMITS | {"current_A": value}, KeysightN6705.LIMITS)


def test_limits_the_module_can_not_have_are_refused_at_opening(bench: MagnetBench) -> None:
    with pytest.raises(CommandError, match="-222"):
        open_driver(bench, voltage_V=20.0)
    with pytest.raises(CommandError, match="-222"):
        open_driver(bench, current_A=5.0)


def test_a_tripped_protection_is_an_error(bench: MagnetBench, driver: DcSupply) -> None:
    bench.open(SUPPLY).write("VOLT:PROT:REM 1,(@1)")
    driver.set_current_A(1, 2.0)
    driver.output_on(1)
    with pytest.raises(ProtectionError, match="over-voltage"):
        driver.limited(1)
    driver.reset()
    driver.output_on(1)
    assert not driver.limited(1)


@pytest.mark.parametrize("bit", [3, 5, 7, 8, 10])
def test_an_output_that_is_held_back_says_so(driver: DcSupply, monkeypatch: pytest.MonkeyPatch, bit: int) -> None:
    """N6705C guide, questionable status group: power limits, voltage limits, unregulated."""
    assert isinstance(driver, KeysightN6705)
    monkeypatch.setattr(driver._session, "query_int", lambda text: 1 << bit)
    assert driver.limited(1)


@pytest.mark.parametrize("bit", [0, 1, 2, 4, 6, 9, 11, 12])
def test_each_protection_that_switched_off_is_an_error(
    driver: DcSupply, monkeypatch: pytest.MonkeyPatch, bit: int
) -> None:
    assert isinstance(driver, KeysightN6705)
    monkeypatch.setattr(driver._session, "query_int", lambda text: 1 << bit)
    with pytest.raises(ProtectionError):
        driver.limited(1)


def test_a_current_that_stays_set_behind_an_output_that_is_off_is_told(
    bench: MagnetBench, driver: DcSupply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever switched it on next would have the current at once."""
    driver.set_current_A(1, 1.0)
    assert isinstance(driver, KeysightN6705)
    honest = driver._session._send
    monkeypatch.setattr(driver._session, "_send", lambda text: None if text.startswith("CURRent 0") else honest(text))
    with pytest.raises(SettingError, match="says 1 after 0 was set"):
        driver.all_off()


def test_outputs_that_are_not_there(driver: DcSupply) -> None:
    for call in (lambda: driver.set_current_A(5, 0.1), lambda: driver.output_on(0)):
        with pytest.raises(SettingError, match="there is no output"):
            call()


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        ("+9.900000E+37", lambda driver: driver.measured_current_A(1)),
        ("-9.9E37", lambda driver: driver.measured_current_A(1)),
        ("+4.000000E+00", lambda driver: driver.measured_current_A(1)),
        ("NAN", lambda driver: driver.measured_current_A(1)),
        ("", lambda driver: driver.measured_current_A(1)),
        ("+1.0E+00,+1.0E+00", lambda driver: driver.measured_current_A(1)),
        ("0,0", lambda driver: driver.outputs_on()),
        ("0,0,0,2", lambda driver: driver.outputs_on()),
        ("9.9E37", lambda driver: driver.limited(1)),
        ("65535", lambda driver: driver.limited(1)),
        ("-1", lambda driver: driver.limited(1)),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    bench: MagnetBench,
    driver: KeysightN6705,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    call: Callable[[DcSupply], object],
) -> None:
    monkeypatch.setattr(driver._session, "query", lambda _text: answer)
    with pytest.raises(BadAnswerError):
        call(driver)


def test_an_output_that_does_not_obey_is_an_error(
    bench: MagnetBench, driver: DcSupply, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.output_on(1)
    monkeypatch.setattr(PowerAnalyzer, "set_up", lambda *_: None)
    with pytest.raises(SettingError, match="still on"):
        driver.all_off()
    with pytest.raises(SettingError, match="told OFF"):
        driver.output_off(1)
    with pytest.raises(SettingError, match=r"says 0 after 1\.5 was set"):
        driver.set_current_A(1, 1.5)


def test_another_instrument_or_module_is_refused(bench: MagnetBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InstrumentError, match="serial number"):
        KeysightN6705(
            bench.open(SUPPLY), bench.clock, limits=Limits("s", BENCH_LIMITS, KeysightN6705.LIMITS), serial="MY1"
        )
    monkeypatch.setattr("harness.emulation.instruments.n6705_dialect.MODULE", "N6762A")
    with pytest.raises(SettingError, match=r"N6762A.*this driver is for N6784A"):
        open_driver(bench)
    monkeypatch.setattr(bench.supply, "identity", bench.teslameter.identity)
    with pytest.raises(IdentityError, match="this driver is for N6705"):
        open_driver(bench)

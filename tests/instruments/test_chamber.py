"""The temperature chamber: its dialect, its driver, its limits."""

from __future__ import annotations

import pytest

from harness.emulation.instruments.espec_p300 import EspecP300 as EmulatedChamber
from harness.instruments.chamber import ChamberAlarmError
from harness.instruments.errors import (
    BadAnswerError,
    CommandError,
    IdentityError,
    InstrumentTimeoutError,
    SettingError,
)
from harness.instruments.limits import LimitError
from tests.instruments.line_bench import LineBench, chamber_bench


@pytest.fixture
def bench() -> LineBench:
    return chamber_bench()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("TYPE?", "T,S2,160.0"),
        ("ROM?", "JS20100-06.00"),
        ("MODE?", "STANDBY"),
        ("ALARM?", "0"),
        ("TEMP, S25.0", "OK:TEMP, S25.0"),
        ("TEMP,S-40.0", "OK:TEMP,S-40.0"),
        ("temp, s25", "OK:temp, s25"),
        ("TEMP, S170.0", "NA:DATA OUT OF RANGE"),
        ("TEMP, H20.0", "NA:DATA OUT OF RANGE"),
        ("TEMP, S", "NA:PARA ERR"),
        ("TEMP, X25.0", "NA:PARA ERR"),
        ("TEMP, Snan", "NA:PARA ERR"),
        ("TENMP?", "NA:CMD ERR"),
        ("MODE, CONST", "NA:PARA ERR"),
        ("HUMI?", "NA:CONT NOT READY-1"),
        ("PRGM MON?", "NA:CONT NOT READY-2"),
        ("*IDN?", "NA:CMD ERR"),
    ],
)
def test_the_dialect(bench: LineBench, line: str, answer: str) -> None:
    assert bench.session().query(line) == answer


def test_settings_are_read_back_in_one_line(bench: LineBench) -> None:
    session = bench.session()
    for line in ("TEMP, S-25.0", "TEMP, H85.0", "TEMP, L-40.0", "MODE, CONSTANT"):
        assert session.query(line) == f"OK:{line}"
    assert session.query("TEMP?").split(",")[1:] == ["-25.0", "85.0", "-40.0"]
    measured, humidity, mode, alarms = session.query("MON?").split(",")
    assert (humidity, mode, alarms) == ("", "CONSTANT", "0")
    assert 22.0 < float(measured) < 24.0


def test_a_line_takes_its_characters_time_at_9600_baud(bench: LineBench) -> None:
    session, before_ns = bench.session(), bench.world.now_ns
    session.query("MODE?")
    characters = len("MODE?\r\n") + len("STANDBY\r\n")
    assert bench.world.now_ns - before_ns == pytest.approx(characters * 1_041_667 + 2 * 50_000_000, rel=1e-6)


def test_answers_queue_up_as_on_a_serial_line(bench: LineBench) -> None:
    session = bench.session()
    session.write("MODE?")
    session.write("ALARM?")
    assert [session.read(), session.read()] == ["STANDBY", "0"]


def test_the_driver_brings_the_air_where_it_is_told(bench: LineBench) -> None:
    chamber = bench.driver()
    chamber.reset()
    assert not chamber.conditioning()
    chamber.condition(70.0)
    assert chamber.conditioning()
    bench.wait(3600)
    assert chamber.air_C() == pytest.approx(70.0, abs=0.3)
    climate = bench.instrument.climate  # type: ignore[attr-defined]
    assert climate.air_mC(bench.world.now_ns) == pytest.approx(70_000, abs=400), "within the controller's own error"
    chamber.standby()
    assert not chamber.conditioning()
    bench.wait(24 * 3600)
    assert chamber.air_C() == pytest.approx(23.0, abs=2.3)


def test_the_chambers_own_limits_are_a_margin_outside_the_bench_files(bench: LineBench) -> None:
    bench.driver(temperature_min_C=-25.0, temperature_max_C=60.0).reset()
    assert bench.session().query("TEMP?").split(",")[2:] == ["65.0", "-30.0"]


@pytest.mark.parametrize("wrong_C", [60.1, -25.1, 1e9, float("nan"), float("inf"), -float("inf")])
def test_no_temperature_outside_the_bench_files_limits_is_ever_sent(bench: LineBench, wrong_C: float) -> None:
    chamber = bench.driver(temperature_min_C=-25.0, temperature_max_C=60.0)
    sent = len(bench.traffic)
    with pytest.raises(LimitError, match="nothing was put out"):
        chamber.condition(wrong_C)
    assert bench.traffic[sent:] == []
    chamber.condition(-25.0)
    chamber.condition(60.0)


def test_a_set_point_the_controller_refuses_names_its_reason(bench: LineBench) -> None:
    chamber = bench.driver(temperature_max_C=200.0)
    with pytest.raises(CommandError, match="NA:DATA OUT OF RANGE"):
        chamber.condition(190.0)
    assert not chamber.conditioning()


def test_alarms_are_told_and_no_temperature_is_read(bench: LineBench) -> None:
    chamber = bench.driver()
    bench.instrument.state.alarms = [3, 18]
    with pytest.raises(ChamberAlarmError, match="2,3,18"):
        chamber.air_C()


def test_a_chamber_without_a_serial_number_needs_one_in_the_bench_file(bench: LineBench) -> None:
    identity = bench.driver().identity()
    assert (identity.maker, identity.serial) == ("ESPEC", "S-1")
    assert "serial number declared in the bench file" in identity.model
    assert identity.firmware == "JS20100-06.00"
    with pytest.raises(IdentityError, match=r"instruments\.chamber\.serial"):
        bench.driver(serial=None)


def test_what_an_earlier_program_left_unread_is_read_away(bench: LineBench) -> None:
    left = bench.session()
    for line in ("ROM?", "MODE?", "nonsense"):
        left.write(line)
    chamber = bench.driver()
    assert chamber.identity().model.startswith("P-300 T,S2,160.0")
    assert ("<", "left over: NA:CMD ERR") in [entry[:2] for entry in bench.traffic]


@pytest.mark.parametrize(
    ("honest", "bad", "error"),
    [
        ("TEMP?", "23.0,70.0,90.0", BadAnswerError),
        ("TEMP?", "23.0,70.0,90.0,9.9E37", BadAnswerError),
        ("TEMP?", "23.0,69.0,90.0,-45.0", SettingError),
        ("TEMP, S70.0", "OK:TEMP, S7.0", BadAnswerError),
        ("MODE, CONSTANT", "OK:MODE, STANDBY", BadAnswerError),
        ("MODE?", "STANDBY", SettingError),
        ("MODE?", "CONSTANT ERROR", BadAnswerError),
        ("TEMP?", None, InstrumentTimeoutError),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error(
    bench: LineBench, monkeypatch: pytest.MonkeyPatch, honest: str, bad: str | None, error: type
) -> None:
    chamber = bench.driver()
    execute = EmulatedChamber.execute

    def answer(self: EmulatedChamber, line: str) -> str | None:
        honest_answer = execute(self, line)
        return bad if line == honest else honest_answer

    monkeypatch.setattr(EmulatedChamber, "execute", answer)
    with pytest.raises(error):
        chamber.condition(70.0)


def test_a_snapshot_between_question_and_answer(bench: LineBench) -> None:
    session = bench.session()
    session.write("MODE, CONSTANT")
    session.write("MON?")
    snapshot = bench.world.snapshot()
    seen = []
    for _ in range(2):
        bench.world.restore(snapshot)
        seen.append((session.read(), session.read(), bench.world.snapshot().digest()))
    assert seen[0] == seen[1]


def test_over_an_instr_resource_too() -> None:
    bench = chamber_bench(resource="GPIB0::8::INSTR")
    chamber = bench.driver()
    chamber.reset()
    assert chamber.air_C() == pytest.approx(23.0, abs=2.3)

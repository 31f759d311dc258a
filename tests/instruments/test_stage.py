"""The tilt stage: its dialect, its driver, its limits."""

from __future__ import annotations

import pytest

from harness.emulation.instruments.esp301 import Esp301
from harness.instruments.errors import (
    BadAnswerError,
    CommandError,
    IdentityError,
    InstrumentTimeoutError,
    SettingError,
)
from harness.instruments.limits import LimitError
from tests.instruments.line_bench import LineBench, stage_bench


@pytest.fixture
def bench() -> LineBench:
    return stage_bench()


def error_of(bench: LineBench, *lines: str) -> str:
    """The first error that these commands leave, without its time stamp."""
    session = bench.session()
    for line in lines:
        session.write(line)
    number, _, text = session.query("TB?").split(", ")
    return f"{number} {text}"


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (("1MO", "1PA30.0"), "0 NO ERROR DETECTED"),
        (("1PA30.0",), "113 MOTOR NOT ENABLED"),
        (("2PA-1",), "213 MOTOR NOT ENABLED"),
        (("PA30.0",), "37 AXIS NUMBER MISSING"),
        (("3PA30.0",), "9 AXIS NUMBER OUT OF RANGE"),
        (("1XX",), "6 COMMAND DOES NOT EXIST"),
        (("*IDN?",), "6 COMMAND DOES NOT EXIST"),
        (("1MO", "1PA"), "38 COMMAND PARAMETER MISSING"),
        (("1MO", "1SR45", "1PA45.001"), "106 POSITIVE SOFTWARE LIMIT DETECTED"),
        (("2MO", "2SL-45", "2PA-46"), "207 NEGATIVE SOFTWARE LIMIT DETECTED"),
        (("1VA41",), "110 MAXIMUM VELOCITY EXCEEDED"),
        (("1AC161",), "111 MAXIMUM ACCELERATION EXCEEDED"),
        (("1SN2",), "7 PARAMETER OUT OF RANGE"),
        (("1SL1",), "7 PARAMETER OUT OF RANGE"),
    ],
)
def test_errors_go_into_the_buffer(bench: LineBench, lines: tuple[str, ...], error: str) -> None:
    assert error_of(bench, *lines) == error
    assert error_of(bench) == "0 NO ERROR DETECTED"


def test_the_dialect(bench: LineBench) -> None:
    session = bench.session()
    assert session.query("VE?") == "ESP301 Version 3.0.1 6/1/99"
    assert session.query("1TP") == session.query("1TP?") == "0.000"
    assert session.query("1MD?") == "1"
    assert session.query("1MO?") == "0"
    assert session.query("1SN?") == "7"
    session.write("1MO;1PA30.5;2MO")
    bench.wait(0.3)
    assert session.query("1MD?") == "0"
    assert 0.5 < float(session.query("1TP?")) < 30.5
    assert session.query("1PA?") == session.query("1DP?") == "30.500"
    assert session.query("2MF?") == "0"
    bench.wait(5)
    assert session.query("1TP?") == "30.500"
    assert session.query("1MD?") == "1"
    session.write("1VA-5")
    assert session.query("TE?") == "110"
    assert session.query("1VA?") == "20.000"


def test_wait_stop_holds_what_comes_after_it(bench: LineBench) -> None:
    session = bench.session()
    session.timeout = 20_000
    session.write("1MO;1PA30.0;1WS500;1TP?")
    before_ns = bench.world.now_ns
    assert session.read() == "30.000"
    waited_s = (bench.world.now_ns - before_ns) / 1e9
    assert waited_s == pytest.approx(30 / 20 + 20 / 80 + 0.5, abs=0.05)


def test_wait_stop_survives_a_snapshot(bench: LineBench) -> None:
    session = bench.session()
    session.timeout = 20_000
    session.write("1MO;1PA-10;1WS;1TP?;1MD?")
    bench.wait(0.1)
    snapshot = bench.world.snapshot()
    seen = []
    for _ in range(2):
        bench.world.restore(snapshot)
        seen.append((session.read(), session.read(), bench.world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert seen[0][:2] == ("-10.000", "1")


def test_a_motor_that_goes_off_in_a_move_stops_it(bench: LineBench) -> None:
    session = bench.session()
    session.write("1MO;1PA90")
    bench.wait(1)
    session.write("1MF")
    bench.wait(5)
    assert 10 < float(session.query("1TP?")) < 25
    assert session.query("1MO?") == "0"


def test_the_driver_tilts_the_meter(bench: LineBench) -> None:
    stage = bench.driver()
    stage.reset()
    assert stage.parked()
    stage.go_to(30.0, -12.5)
    assert stage.angles_deg() == (30.0, -12.5)
    attitude = bench.instrument.attitude  # type: ignore[attr-defined]
    true_mdeg = attitude.angles_mdeg(bench.world.now_ns)
    assert true_mdeg == pytest.approx((30_000, -12_500), abs=100), "the meter hangs askew by up to 0.1 degrees"
    assert not stage.parked()
    stage.park()
    assert stage.parked()
    assert stage.angles_deg() == (0.0, 0.0)


def test_a_stop_midway(bench: LineBench) -> None:
    stage = bench.driver()
    stage.reset()
    raw = bench.session()
    raw.write("1MO;1PA80;2MO;2PA-80")
    bench.wait(1)
    stage.stop()
    pitch_deg, roll_deg = stage.angles_deg()
    assert 10 < pitch_deg < 30
    assert -30 < roll_deg < -10
    stage.park()
    assert stage.parked()


@pytest.mark.parametrize("wrong", [(45.1, 0.0), (0.0, -45.1), (float("nan"), 0.0), (0.0, float("inf")), (0.0, 1e9)])
def test_no_angle_beyond_the_bench_files_limit_is_ever_sent(bench: LineBench, wrong: tuple[float, float]) -> None:
    stage = bench.driver(angle_deg=45.0)
    stage.reset()
    assert bench.session().query("2SL?") == "-45.000"
    assert bench.session().query("1SR?") == "45.000", "the controller's own limits hold it too"
    sent = len(bench.traffic)
    with pytest.raises(LimitError, match="angle_deg"):
        stage.go_to(*wrong)
    assert bench.traffic[sent:] == []
    stage.go_to(45.0, -45.0)


def test_an_error_in_the_buffer_names_the_command(bench: LineBench) -> None:
    stage = bench.driver(angle_deg=200.0)
    with pytest.raises(CommandError, match="PARAMETER OUT OF RANGE"):
        stage.reset()


def test_a_stage_that_never_arrives_is_a_time_out(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = bench.driver()
    stage.reset()
    answering(monkeypatch, "1MD?", "0")
    before_ns = bench.world.now_ns
    with pytest.raises(InstrumentTimeoutError, match="MD"):
        stage.go_to(10.0, 0.0)
    assert 60 <= (bench.world.now_ns - before_ns) / 1e9 < 63


@pytest.mark.parametrize(
    ("question", "bad", "error"),
    [
        ("1TP?", "9.9E37", BadAnswerError),
        ("1TP?", "nan", BadAnswerError),
        ("1TP?", "ESP301 Version 3.0.1 6/1/99", BadAnswerError),
        ("2TP?", "0.5", SettingError),
        ("1MO?", "1", SettingError),
        ("2MO?", "2", BadAnswerError),
        ("TB?", "0", BadAnswerError),
        ("TB?", "NO ERROR DETECTED", BadAnswerError),
        ("TB?", "105, 4711, NEGATIVE HARDWARE LIMIT DETECTED", BadAnswerError),
        ("1MD?", "", BadAnswerError),
        ("1MD?", None, InstrumentTimeoutError),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error(
    bench: LineBench, monkeypatch: pytest.MonkeyPatch, question: str, bad: str | None, error: type
) -> None:
    stage = bench.driver()
    stage.reset()
    stage.go_to(5.0, 5.0)
    answering(monkeypatch, question, bad)
    with pytest.raises(error):
        stage.park()


def answering(monkeypatch: pytest.MonkeyPatch, question: str, bad: str | None) -> None:
    """From now on one question is answered wrongly."""
    execute = Esp301.execute

    def answer(self: Esp301, line: str) -> str | None:
        honest = execute(self, line)
        return bad if line == question else honest

    monkeypatch.setattr(Esp301, "execute", answer)


def test_another_controller_is_refused(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "VE?", "XPS-Q8 Firmware V2.6.0")
    with pytest.raises(IdentityError, match="XPS-Q8"):
        bench.driver()


def test_axes_that_do_not_count_in_degrees_are_refused(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "2SN?", "2")
    with pytest.raises(SettingError, match="axis 2 counts in unit 2"):
        bench.driver()


def test_a_controller_without_a_serial_number_needs_one_in_the_bench_file(bench: LineBench) -> None:
    identity = bench.driver().identity()
    assert identity.serial == "S-1"
    assert "serial number declared in the bench file" in identity.model
    with pytest.raises(IdentityError, match=r"instruments\.stage\.serial"):
        bench.driver(serial=None)


def test_over_an_instr_resource_too() -> None:
    bench = stage_bench(resource="GPIB0::1::INSTR")
    stage = bench.driver()
    stage.reset()
    stage.go_to(1.0, 2.0)
    assert stage.angles_deg() == (1.0, 2.0)

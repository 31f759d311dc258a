"""The diagnostic port's lock on the host: passwords, counting, lock-out over resets, a blank page (INT-4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from harness.emulation.factory import ACCESS_ADDRESS, make_access_block
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.test_head_end import EPOCH, set_clock

PASSWORD = "right one 7"
SALT = bytes(range(16))
PAGE = make_parameter_page(access=(PASSWORD, SALT))
LOCK_S = 900
PORT_LOCKED = 0x31


@pytest.fixture
def meter(make_meter: Callable[[], HostMeter]) -> HostMeter:
    made = make_meter()
    made.power_on(parameters=PAGE)
    made.run(1 * S)
    made.forget_sent()
    return made


def say(meter: HostMeter, line: str) -> str:
    meter.forget_sent()
    meter.receive(line.encode() + b"\r", port="diagnostic")
    meter.run(meter.now_us + 100 * MS)
    return meter.banner


def test_the_password_opens_and_another_line_closes(meter: HostMeter) -> None:
    assert say(meter, PASSWORD) == "port open\r\n"
    assert "event log" in say(meter, "state")
    assert say(meter, "") == "port closed\r\n"
    assert say(meter, "state") == "port refused\r\n"


def test_an_open_port_closes_by_itself(meter: HostMeter) -> None:
    say(meter, PASSWORD)
    meter.run(meter.now_us + 301 * S)
    assert say(meter, "state") == "port refused\r\n"


@pytest.mark.parametrize("guess", [PASSWORD[:-1], PASSWORD + " ", PASSWORD * 3, "x" * 24, "x" * 25, "x" * 300])
def test_no_other_line_opens(meter: HostMeter, guess: str) -> None:
    assert say(meter, guess) == "port refused\r\n"
    assert say(meter, PASSWORD) == "port open\r\n"


def test_an_empty_line_is_no_guess(meter: HostMeter) -> None:
    """A terminal sends one to see who is there."""
    assert [say(meter, "") for _ in range(5)] == [""] * 5
    assert [say(meter, "a"), say(meter, "b")] == ["port refused\r\n"] * 2
    assert say(meter, "") == ""
    assert say(meter, PASSWORD) == "port open\r\n"


def test_the_right_password_forgives_wrong_ones(meter: HostMeter) -> None:
    for _ in range(4):
        assert [say(meter, "a"), say(meter, "b"), say(meter, PASSWORD)][2] == "port open\r\n"
        say(meter, "")


def test_the_third_guess_locks_for_a_quarter_of_an_hour(meter: HostMeter) -> None:
    assert [say(meter, "a"), say(meter, "b"), say(meter, "c")][2] == "port locked\r\n"
    meter.run(meter.now_us + (LOCK_S - 2) * S)
    assert say(meter, PASSWORD) == "port locked\r\n"
    meter.run(meter.now_us + 2 * S)
    assert say(meter, PASSWORD) == "port open\r\n"


@pytest.mark.parametrize("by_s", [-60, -1, 55])
def test_setting_the_clock_neither_ends_the_lock_nor_makes_it_longer(meter: HostMeter, by_s: int) -> None:
    for guess in "abc":
        say(meter, guess)
    locked_s = meter.now_us // S
    for number in range(1, 21):
        meter.receive(set_clock(EPOCH + timedelta(seconds=meter.now_us // S + number * by_s)))
        meter.run(meter.now_us + 1 * S)
        assert say(meter, PASSWORD) == "port locked\r\n"
    meter.run((locked_s + LOCK_S + 1) * S)
    assert say(meter, PASSWORD) == "port open\r\n"


def test_a_locked_port_is_one_event(meter: HostMeter) -> None:
    for guess in "abcdefgh":
        say(meter, guess)
    meter.forget_sent()
    meter.run(meter.now_us + 3 * S)
    assert {alert.code for alert in meter.alerts} == {PORT_LOCKED}
    assert len({alert.counter for alert in meter.alerts}) == 1


def test_a_guess_counts_before_it_is_looked_at(meter: HostMeter) -> None:
    say(meter, "a")
    assert meter.kept[1] == 1
    for guess in ("b", "c"):
        meter.power_on(parameters=PAGE)
        meter.run(1 * S)
        answer = say(meter, guess)
    assert answer == "port locked\r\n"


def test_lines_that_come_at_once_are_answered_one_by_one(meter: HostMeter) -> None:
    assert say(meter, PASSWORD) == "port open\r\n"
    answer = say(meter, "state\r\nstate\rstats")
    assert answer.count("event log") == 2
    assert answer.endswith("port closed\r\n"), "as long as the command, but another line"


def test_a_clock_that_was_set_back_does_not_make_the_lock_longer(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.kept[0] = 1_780_300_800 + LOCK_S + 100
    meter.power_on(parameters=PAGE)
    meter.run(1 * S)
    assert say(meter, PASSWORD) == "port open\r\n"


@pytest.mark.parametrize("damage", [None, 64, 70, 90, 119])
def test_without_a_whole_block_nothing_opens(make_meter: Callable[[], HostMeter], damage: int | None) -> None:
    page = bytearray(PAGE)
    if damage is not None:
        page[damage] ^= 1
    meter = make_meter()
    meter.power_on(parameters=None if damage is None else bytes(page))
    meter.run(1 * S)
    assert say(meter, PASSWORD) == "port refused\r\n"


def test_the_emulated_factory_writes_what_the_tool_writes() -> None:
    block = make_access_block(PASSWORD, "TBR00000001")
    page = make_parameter_page(access=(PASSWORD, block[4:20]))
    assert page[ACCESS_ADDRESS & 0x3FF :] == block

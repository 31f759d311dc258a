"""Thresholds set at the diagnostic port, on the host: which lines are, what is allowed, kept and told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.test_motion import TILTED, codes, tilted, turn
from tests.firmware.test_port_guard import PAGE, PASSWORD, SALT, say

CHANGED, DAMAGED = 0x3C, 0x3D
DEFAULT = "limits 50 100 30 500\r\n"
KEPT_LIMITS = 8
FULL_PAGE = make_parameter_page(gains=(1.01, 0.99, 1.0), access=(PASSWORD, SALT), limits=(50, 100, 30, 500))


@pytest.fixture
def meter(make_meter: Callable[[], HostMeter]) -> HostMeter:
    made = make_meter()
    made.power_on(parameters=PAGE)
    made.run(3 * S)
    made.forget_sent()
    say(made, PASSWORD)
    return made


def settle(meter: HostMeter) -> list[int]:
    meter.forget_sent()
    meter.run(meter.now_us + 1500 * MS)
    return codes(meter)


@pytest.mark.parametrize("line", ["20 20 15 200", "100 100 45 5000", "60 90 20 700", "0060 90 020 700"])
def test_what_is_allowed_is_taken_told_and_reported(meter: HostMeter, line: str) -> None:
    told = "limits " + " ".join(str(int(number)) for number in line.split()) + "\r\n"
    assert say(meter, f"limits {line}") == told
    assert settle(meter) == [CHANGED]
    assert say(meter, "limits") == told
    meter.power_on(parameters=PAGE)
    meter.run(3 * S)
    assert CHANGED not in codes(meter) or meter.alerts[0].counter == 1, "at most the repeat of one not confirmed"
    say(meter, PASSWORD)
    assert say(meter, "limits") == told


@pytest.mark.parametrize(
    "line",
    [
        "limits ", "limits 50", "limits 50 100 30", "limits 50 100 30 500 ", "limits 50 100 30 500 1",
        "limits  50 100 30 500", "limits 50 100 30 5x0", "limits a 100 30 500", "limits 19 100 30 500",
        "limits 50 101 30 500", "limits 60 50 30 500", "limits 50 100 14 500", "limits 50 100 46 500",
        "limits 50 100 30 199", "limits 50 100 30 5001", "limits 50 100 30 65736", "limits-50 100 30 500",
    ],
)  # fmt: skip
def test_another_line_is_refused_and_changes_nothing(meter: HostMeter, line: str) -> None:
    assert say(meter, line) == "limits refused\r\n"
    assert say(meter, "limits") == DEFAULT
    assert settle(meter) == []
    assert KEPT_LIMITS not in meter.kept


@pytest.mark.parametrize("line", ["limit", "Limits", "limits 100 100 45 50000 0"])
def test_a_line_that_is_none_or_too_long_closes_the_port(meter: HostMeter, line: str) -> None:
    assert say(meter, line) == "port closed\r\n"


def test_those_in_force_are_no_change(meter: HostMeter) -> None:
    assert say(meter, "limits 50 100 30 500") == DEFAULT
    assert settle(meter) == []


def test_a_closed_port_takes_none(meter: HostMeter) -> None:
    say(meter, "")
    assert say(meter, "limits 60 90 20 700") == "port refused\r\n"
    say(meter, PASSWORD)
    assert say(meter, "limits") == DEFAULT


def test_a_tilt_threshold_is_in_force_at_once(meter: HostMeter) -> None:
    turn(meter, tilted(22))
    assert TILTED not in codes(meter)
    say(meter, "limits 50 100 20 500")
    meter.forget_sent()
    meter.run(meter.now_us + 2 * S)
    assert TILTED in codes(meter)


@pytest.mark.parametrize("word", [1, 0xFFFFFFFF, 0x02002000])
def test_a_word_that_no_requirement_allows_is_none(make_meter: Callable[[], HostMeter], word: int) -> None:
    meter = make_meter()
    meter.kept[KEPT_LIMITS] = word
    meter.power_on(parameters=PAGE)
    meter.run(1 * S)
    say(meter, PASSWORD)
    assert say(meter, "limits") == DEFAULT


@pytest.mark.parametrize("damage", [3, 23, 32, 51, 64, 119, 128, 143])
def test_a_damaged_parameter_page_is_an_event(make_meter: Callable[[], HostMeter], damage: int) -> None:
    """A bit in any of its blocks, magic or checksum; a blank block is none."""
    page = bytearray(FULL_PAGE)
    page[damage] ^= 1
    meter = make_meter()
    meter.power_on(parameters=bytes(page))
    meter.run(1 * S)
    assert codes(meter) == [DAMAGED]


@pytest.mark.parametrize("blank", [(0, 24), (32, 52), (64, 120), (128, 144), (0, 144)])
def test_a_blank_block_is_none(make_meter: Callable[[], HostMeter], blank: tuple[int, int]) -> None:
    page = bytearray(FULL_PAGE)
    page[slice(*blank)] = b"\xff" * (blank[1] - blank[0])
    meter = make_meter()
    meter.power_on(parameters=bytes(page))
    meter.run(1 * S)
    assert codes(meter) == []

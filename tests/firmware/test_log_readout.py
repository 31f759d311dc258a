"""LOG-3: the security log at the optical port, as text lines that a person can follow (docs/readout.md)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.firmware.conftest import SOURCE
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.test_readout import FAST, SLOW, after, read_out, values

LOG_FAST, LOG_SLOW = b"\x06056\r\n", b"\x06006\r\n"
NAMES = re.compile(r"\{EVENT_\w+, \w+, \"([^\"]+)\"\}")


def lines(block: bytes) -> list[str]:
    assert (block[0], block[-2], block[-5:-2]) == (0x02, 0x03, b"!\r\n")
    check = 0
    for octet in block[1:-1]:
        check ^= octet
    assert check == block[-1]
    return block[1:-5].decode("ascii").removesuffix("\r\n").split("\r\n")


def open_and_close(meter: HostMeter, times: int) -> None:
    for index in range(2 * times):
        meter.edge(meter.now_us + 100 * MS, index % 2 == 0)
        after(meter, S)


def test_an_empty_log_is_a_header_alone(meter: HostMeter) -> None:
    assert lines(read_out(meter, LOG_FAST)) == ["0-0:99.98.1(0000000000)"]


def test_many_openings_are_one_line(meter: HostMeter) -> None:
    open_and_close(meter, 3)
    header, case = lines(read_out(meter, LOG_FAST))
    assert header == "0-0:99.98.1(0000000006)"
    first, last, sequence, code, text, count, state = case.strip("()").split(";")
    assert (sequence, code, text, count) == ("0000000006", "2C", "case opened", "0000000003")
    assert first < last < state.removeprefix("ended ")
    assert state.startswith("ended 20")


def test_a_state_that_lasts_is_active_and_the_lines_keep_their_order(meter: HostMeter) -> None:
    meter.hall.field_mT = (0.0, 60.0, 0.0)
    after(meter, S)
    meter.edge(meter.now_us + 100 * MS, True)
    after(meter, S)
    found = [line.strip("()").split(";") for line in lines(read_out(meter, LOG_FAST))[1:]]
    assert [(line[3], line[6]) for line in found] == [("09", "active"), ("2C", "active")]


def test_at_300_baud_it_is_the_same_text(meter: HostMeter) -> None:
    open_and_close(meter, 1)
    fast = read_out(meter, LOG_FAST)
    meter.sent["optical"].clear()
    assert read_out(meter, LOG_SLOW, 10 * S) == fast


def test_the_values_are_read_before_and_after_as_ever(meter: HostMeter) -> None:
    for acknowledgement, wait in ((SLOW, 12), (LOG_FAST, 2), (FAST, 2)):
        block = read_out(meter, acknowledgement, wait * S)
        assert ("0-0:96.5.0" in values(block)) == (acknowledgement is not LOG_FAST)
        meter.sent["optical"].clear()


def test_without_an_eeprom_the_header_is_empty_and_the_port_goes_on(meter: HostMeter) -> None:
    meter.eeprom.is_present = False
    meter.power_on()
    after(meter, S)
    assert lines(read_out(meter, LOG_FAST)) == ["0-0:99.98.1()"]
    meter.sent["optical"].clear()
    assert "0-0:96.5.0" in values(read_out(meter, FAST))


def test_an_eeprom_that_fails_meanwhile_ends_the_block(meter: HostMeter) -> None:
    open_and_close(meter, 1)
    meter.eeprom.is_present = False
    assert lines(read_out(meter, LOG_FAST, 4 * S)) == ["0-0:99.98.1(0000000002)"]
    meter.sent["optical"].clear()
    assert "0-0:96.5.0" in values(read_out(meter, FAST))


def test_events_while_it_is_read_are_kept_and_the_lines_stay_whole(meter: HostMeter) -> None:
    open_and_close(meter, 2)
    meter.edge(meter.now_us + 1200 * MS, True)
    block = read_out(meter, LOG_FAST, 3 * S)
    assert len(lines(block)) == 2
    meter.sent["optical"].clear()
    assert ";2C;case opened;0000000003;active)" in lines(read_out(meter, LOG_FAST, 3 * S))[1]


@pytest.mark.parametrize("name", NAMES.findall((SOURCE / "core" / "causes.c").read_text(encoding="utf-8")))
def test_names_are_short_and_of_characters_that_a_data_set_may_hold(name: str) -> None:
    assert re.fullmatch(r"[a-z ]{1,32}", name)


def test_every_cause_has_a_name() -> None:
    assert len(NAMES.findall((SOURCE / "core" / "causes.c").read_text(encoding="utf-8"))) == 27


def test_what_is_over_at_once_is_noted_and_a_time_by_a_clock_never_set_is_marked(
    make_meter: Callable[[], HostMeter],
) -> None:
    meter = make_meter().power_on(clock_lost=True)
    after(meter, 2 * S)
    _, clock = lines(read_out(meter, LOG_FAST))
    first, last, _, code, text, _, state = clock.strip("()").split(";")
    assert (code, text, state) == ("34", "clock invalid", "noted")
    assert first == last
    assert first.endswith("?")

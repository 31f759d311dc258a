"""The optical readout in the core: every octet of docs/readout.md, its times and speeds, values that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from operator import xor

import pytest

from tests.firmware.conftest import SOURCE
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.parts import seeded
from tests.firmware.sensor_parts import Hall

PAGE = SOURCE.parent / "docs" / "readout.md"
REQUEST, IDENTITY = b"/?!\r\n", b"/TBR5TBREF-01\r\n"
SLOW, FAST = b"\x06000\r\n", b"\x06050\r\n"
IDENTITY_US = 15 * 33_334


def after(meter: HostMeter, duration_us: int) -> HostMeter:
    meter.run(meter.now_us + duration_us)
    return meter


def sent(meter: HostMeter) -> bytes:
    return b"".join(message.octets for message in meter.sent["optical"])


def sign_on(meter: HostMeter) -> HostMeter:
    meter.receive(REQUEST, "optical")
    after(meter, 200 * MS + IDENTITY_US + 100 * MS)
    assert sent(meter) == IDENTITY
    meter.sent["optical"].clear()
    return meter


def read_out(meter: HostMeter, acknowledgement: bytes = FAST, duration_us: int = 2 * S) -> bytes:
    """The values are those of a field sample without noise, which so short a time does not make a stuck sensor."""
    if isinstance(meter.hall, Hall):
        meter.hall.is_stuck = True
    sign_on(meter).receive(acknowledgement, "optical")
    after(meter, MS)
    if isinstance(meter.hall, Hall):
        meter.hall.is_stuck = False
    after(meter, duration_us - MS)
    return sent(meter)


def values(block: bytes) -> dict[str, str]:
    assert (block[0], block[-2], block[-5:-2]) == (0x02, 0x03, b"!\r\n")
    assert reduce(xor, block[1:-1]) == block[-1]
    lines = block[1:-5].decode("ascii").removesuffix("\r\n").split("\r\n")
    found = [re.fullmatch(r"([0-9:.-]+)\(([^()]*)\)", line) for line in lines]
    return {match.group(1): match.group(2) for match in found if match is not None}


def test_the_page_example_is_what_the_meter_sends(make_meter: Callable[[], HostMeter]) -> None:
    text = PAGE.read_text(encoding="utf-8").split("As octets")[1]
    block = bytes.fromhex("".join(re.findall(r"^ {4}([0-9a-f]+)$", text, re.MULTILINE)))
    meter = make_meter().power_on()
    after(meter, 2 * S)
    meter.hall.field_mT = (-60.80, 1.25, -1.30)
    meter.front_end.line_A, meter.front_end.neutral_A, meter.front_end.voltage_V = 5.0125, 5.0095, 230.055
    meter.run(11 * S + 300 * MS)
    assert read_out(meter) == block
    shown = PAGE.read_text(encoding="utf-8").split("<STX>")[1].split("!\n")[0]
    assert [line.strip() for line in shown.strip().splitlines()] == block[1:-5].decode().strip().split("\r\n")


def test_the_session_of_the_page_has_these_octets() -> None:
    octets = re.findall(r"^ {4}([0-9a-f]+)$", PAGE.read_text(encoding="utf-8").split("The block:")[0], re.MULTILINE)
    assert [bytes.fromhex(line) for line in octets] == [REQUEST, IDENTITY, FAST]


def test_answers_come_after_the_reaction_time(meter: HostMeter) -> None:
    asked_us = meter.now_us
    meter.receive(REQUEST, "optical")
    after(meter, S)
    assert meter.sent["optical"][0].at_us - asked_us == 200 * MS
    acknowledged_us = meter.now_us
    meter.receive(FAST, "optical")
    after(meter, S)
    assert meter.sent["optical"][1].at_us - acknowledged_us == 200 * MS


def test_the_speed_changes_for_the_block_only(meter: HostMeter) -> None:
    acknowledged_us = meter.now_us + 200 * MS + IDENTITY_US + 100 * MS
    block = read_out(meter)
    (up_us, up), (down_us, down) = meter.speeds
    assert (up, up_us - acknowledged_us) == (9600, 200 * MS)
    ended_us = meter.sent["optical"][-1].at_us + len(meter.sent["optical"][-1].octets) * 10 * S // 9600
    assert down == 300
    assert ended_us <= down_us <= ended_us + 20 * MS
    meter.sent["optical"].clear()
    assert values(read_out(meter)).keys() == values(block).keys(), "and a second session works"


def test_at_300_baud_the_speed_never_changes(meter: HostMeter) -> None:
    block = read_out(meter, SLOW, 12 * S)
    assert len(values(block)) == 11
    assert meter.speeds == []


@pytest.mark.parametrize("acknowledgement", [b"\x06040\r\n", b"\x06060\r\n", b"\x060A0\r\n"])
def test_a_speed_that_was_not_offered_means_300_baud(meter: HostMeter, acknowledgement: bytes) -> None:
    assert len(values(read_out(meter, acknowledgement, 12 * S))) == 11
    assert meter.speeds == []


@pytest.mark.parametrize(
    "acknowledgement",
    [
        b"\x06051\r\n",
        b"\x06150\r\n",
        b"\x0605\r\n",
        b"\x060500\r\n",
        b"\x06050\n\n",
        b"\x06050\r",
        b"050\r\n",
        b"\x06\r\n",
    ],
)
def test_anything_else_is_no_acknowledgement(meter: HostMeter, acknowledgement: bytes) -> None:
    assert read_out(meter, acknowledgement, 3 * S) == b""


def test_an_acknowledgement_counts_only_in_a_session(meter: HostMeter) -> None:
    meter.receive(FAST, "optical")
    after(meter, 2 * S)
    assert sent(meter) == b""
    sign_on(meter)
    after(meter, 1500 * MS)
    meter.receive(FAST, "optical")
    after(meter, 2 * S)
    assert sent(meter) == b"", "later than 1.5 s after the identification"


def test_what_comes_while_it_sends_is_dropped(meter: HostMeter) -> None:
    sign_on(meter).receive(FAST, "optical")
    after(meter, 300 * MS)
    meter.receive(REQUEST, "optical")
    after(meter, 2 * S)
    assert sent(meter).count(b"/TBR5") == 0
    assert len(values(sent(meter))) == 11


def test_values_that_are_not_there_are_empty(meter: HostMeter) -> None:
    meter.hall.is_present = False
    meter.front_end.is_present = False
    after(meter, S)
    read = values(read_out(meter))
    empty = {"1-0:32.7.0", "1-0:31.7.0", "1-0:91.7.0", *(f"0-0:96.50.{i}" for i in range(4))}
    assert {code for code, value in read.items() if not value} == empty
    assert read["0-0:96.5.0"] == "03000300"


def test_a_faulty_secure_element_and_log_are_in_the_status(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.element.is_present = False
    meter.eeprom.is_present = False
    after(meter.power_on(is_case_open=True), 2 * S)
    assert values(read_out(meter))["0-0:96.5.0"] == "0C030C03"


@pytest.mark.parametrize(
    ("field_mT", "shown"),
    [
        ((0.0, 0.0, 0.0), ("000.00*mT", "000.00*mT", "000.00*mT", "000.00*mT")),
        ((-0.01, 0.01, 0.0), ("000.01*mT", "-000.01*mT", "000.01*mT", "000.00*mT")),
        ((30.0, 0.0, -40.0), ("050.00*mT", "030.00*mT", "000.00*mT", "-040.00*mT")),
        ((200.0, -200.0, 200.0), ("346.41*mT", "200.00*mT", "-200.00*mT", "200.00*mT")),
        ((999.0, 0.0, 0.0), ("200.00*mT", "200.00*mT", "000.00*mT", "000.00*mT")),
    ],
)
def test_field_values(meter: HostMeter, field_mT: tuple[float, float, float], shown: tuple[str, ...]) -> None:
    meter.hall.field_mT = field_mT
    after(meter, S)
    read = values(read_out(meter))
    assert tuple(read[f"0-0:96.50.{i}"] for i in range(4)) == shown


@pytest.mark.parametrize(
    ("current_A", "shown"),
    [
        (0.0005, "000.000*A"),
        (1.0005, "001.000*A"),
        (99.9995, "099.999*A"),
        (150.0005, "150.000*A"),
        (185.7, "185.699*A"),
    ],
)
def test_current_values(meter: HostMeter, current_A: float, shown: str) -> None:
    meter.front_end.line_A = meter.front_end.neutral_A = current_A
    after(meter, S)
    read = values(read_out(meter))
    assert (read["1-0:31.7.0"], read["1-0:91.7.0"]) == (shown, shown)


def test_all_values_are_those_of_the_acknowledgement(meter: HostMeter) -> None:
    sign_on(meter).receive(SLOW, "optical")
    at_s = meter.now_us // S
    after(meter, 2 * S)
    meter.hall.field_mT = (60, 0, 0)
    meter.front_end.line_A = 9.0
    after(meter, 10 * S)
    read = values(sent(meter))
    assert read["1-0:31.7.0"] in {"004.999*A", "005.000*A"}
    assert read["0-0:96.50.0"] == "000.05*mT"
    assert read["0-0:1.0.0"] == f"2026-06-01 08:00:{at_s:02d}"


@pytest.mark.parametrize("seed", range(5))
def test_noise_at_the_port_neither_crashes_it_nor_makes_it_speak_for_long(
    make_meter: Callable[[], HostMeter], seed: int
) -> None:
    """Pieces of sessions, whole, cut and changed, with silences between; afterwards a session works as ever."""
    chance = seeded(seed)
    meter = after(make_meter().power_on(), S)
    for _ in range(60):
        piece = bytearray(chance.choice([REQUEST, FAST, SLOW, b"/?00000001!\r\n", chance.randbytes(50)]))
        if chance.random() < 0.4:
            piece[chance.randrange(len(piece))] = chance.randrange(128)
        meter.receive(bytes(piece[: chance.randrange(1, len(piece) + 1)]), "optical")
        after(meter, chance.choice([1, 50, 300, 900, 2000]) * MS)
    after(meter, 15 * S)
    meter.sent["optical"].clear()
    assert len(values(read_out(meter))) == 11
    assert meter.alerts == []

"""The pure modules against published vectors and independent implementations."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.firmware.alert_decoder import read_date_time
from tests.firmware.host_meter import HostProgram
from tests.firmware.parts import crc16, seeded

VECTORS = Path(__file__).parent / "data" / "SHA256ShortMsg.rsp"


def test_sha256_gives_every_short_message_digest_of_nist_cavp(modules: HostProgram) -> None:
    found = re.findall(r"Len = (\d+)\s+Msg = (\w+)\s+MD = (\w+)", VECTORS.read_text())
    assert len(found) == 65
    for bits, message, digest in found:
        octets = message[: int(bits) // 4] or "-"
        assert modules.ask(f"sha {octets}") == digest, f"Len = {bits}"


def test_crcs_match_zlib_and_the_secure_elements_published_packets(modules: HostProgram) -> None:
    # Info command and wake reply with their checksums, as the vendor's library has them.
    assert crc16(bytes.fromhex("0730000000")).hex() == "035d"
    assert crc16(bytes.fromhex("0411")).hex() == "3343"
    chance = seeded(5)
    for length in (1, 2, 28, 44, 71):
        octets = chance.randbytes(length)
        small, large = modules.ask(f"crc {octets.hex()}").split()
        assert int(small, 16) == int.from_bytes(crc16(octets), "little")
        assert int(large, 16) == zlib.crc32(octets)


@pytest.mark.parametrize(
    "when",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2000, 2, 29, 12, 0, 0, tzinfo=UTC),
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2025, 2, 28, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2028, 3, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2100, 2, 28, 23, 59, 59, tzinfo=UTC),
        datetime(2100, 3, 1, tzinfo=UTC),
        datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC),
    ],
)
def test_date_time_at_calendar_corners(modules: HostProgram, when: datetime) -> None:
    answer = modules.ask(f"date {int(when.timestamp())} 37 2")
    read, status = read_date_time(bytes.fromhex(answer))
    assert read == when + timedelta(milliseconds=370)
    assert status == 2


def test_a_confirmation_is_taken_only_whole(modules: HostProgram) -> None:
    date_time = bytes(range(12))
    good = b"\x10" + bytes.fromhex("c0000007") + b"\x0c" + date_time
    assert modules.ask(f"confirm {good.hex()}") == f"c0000007 {date_time.hex()}"
    for length in range(len(good)):
        assert modules.ask(f"confirm {good[:length].hex() or '-'}") == "none"
    assert modules.ask(f"confirm {(good + bytes(1)).hex()}") == "none"
    for position in (0, 5):
        for value in range(256):
            changed = bytearray(good)
            changed[position] = value
            if bytes(changed) != good:
                assert modules.ask(f"confirm {changed.hex()}") == "none"


def test_garbage_is_no_confirmation_and_does_no_harm(modules: HostProgram) -> None:
    chance = seeded(11)
    for _ in range(500):
        octets = chance.randbytes(chance.randrange(0, 64))
        assert modules.ask(f"confirm {octets.hex() or '-'}") == "none"


@pytest.mark.parametrize(
    ("asked", "served"), [("210", "201"), ("201", "201"), ("120", "102"), ("102", "102"), ("021", "012"), ("1", "1")]
)
def test_the_bus_serves_the_hall_sensor_first_then_the_secure_element(
    modules: HostProgram, asked: str, served: str
) -> None:
    """Whoever asked while the bus was free is being served; those who wait come in order of precedence."""
    order, ended = _serve_queue(modules, asked, "ack -")
    assert order == served
    assert ended == [f"client {client} result 3" for client in served]


@pytest.mark.parametrize(("answer", "result"), [("nack", 4), ("hang", 5)])
def test_a_part_that_does_not_answer_ends_in_an_error_and_the_next_is_served(
    modules: HostProgram, answer: str, result: int
) -> None:
    order, ended = _serve_queue(modules, "210", answer)
    assert (order, ended) == ("201", [f"client {client} result {result}" for client in "201"])


def _serve_queue(modules: HostProgram, clients: str, answer: str) -> tuple[str, list[str]]:
    """The clients in the order in which their transfers began, and how they ended."""
    order, ended = "", []
    modules.write(f"queue {clients}")
    while len(ended) < len(clients):
        line = modules.read()
        if line.startswith("i2c"):
            order += str(int(line.split()[2], 16) - 0x10)
            modules.write(answer)
        else:
            ended.append(line)
    return order, ended

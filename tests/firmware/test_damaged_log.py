"""LOG-2: pages that no power cut leaves, but an ageing, a meddled-with or a slow EEPROM does; none lies."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest

from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.parts import PAGE_BYTES
from tests.firmware.test_log import CASE_STATE, ENTRIES, FIRST_PAGE, report_events, report_one, states

RECORD_BYTES = 32


def page_of(sequence: int, part: int = 0) -> int:
    return FIRST_PAGE + 3 * (sequence % ENTRIES) + part


def read_page(meter: HostMeter, page: int) -> bytes:
    return bytes(meter.eeprom.memory[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])


def write_page(meter: HostMeter, page: int, octets: bytes) -> None:
    meter.eeprom.memory[page * PAGE_BYTES : page * PAGE_BYTES + len(octets)] = octets


def change_record(meter: HostMeter, sequence: int, at: int, value: bytes) -> None:
    """The record as it would be with other octets: its checksum fits."""
    record = bytearray(read_page(meter, page_of(sequence))[:RECORD_BYTES])
    assert zlib.crc32(record[:-4]) == int.from_bytes(record[-4:], "big"), "a whole record before"
    record[at : at + len(value)] = value
    record[-4:] = struct.pack(">I", zlib.crc32(record[:-4]))
    write_page(meter, page_of(sequence), bytes(record))


def restart(meter: HostMeter, run_us: int = 3 * S) -> None:
    meter.forget_sent()
    meter.power_on()
    meter.run(run_us)


def test_a_record_that_has_gone_bad_is_given_up(meter: HostMeter) -> None:
    """The cursor says that it waits for its confirmation; there is nothing left that could be sent."""
    report_one(meter, is_open=True, is_confirmed=False)
    report_one(meter, is_open=False, is_confirmed=True)
    write_page(meter, page_of(1), b"\0" * RECORD_BYTES)
    restart(meter)
    assert meter.alerts == []
    assert "waiting 0" in meter.state()
    assert "outbox log" in meter.state()


def test_a_record_in_the_place_of_another_is_none(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=True)
    write_page(meter, page_of(7), read_page(meter, page_of(1)))
    restart(meter)
    assert "event log: newest 1\r\n" in meter.banner
    assert meter.alerts == []


def test_a_waiting_place_that_holds_the_record_of_another_is_given_up(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=False)
    report_one(meter, is_open=False, is_confirmed=True)
    write_page(meter, page_of(1), read_page(meter, page_of(2)))
    restart(meter)
    assert meter.alerts == []
    assert "waiting 0" in meter.state()


def test_a_signature_of_other_content_is_not_sent_with_a_record(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=False)
    signings = meter.element.opcodes.count(0x41)
    change_record(meter, 1, 12, b"\x69\0\0\0")
    restart(meter)
    assert meter.alerts
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    assert meter.element.opcodes.count(0x41) == signings + 1


@pytest.mark.parametrize("part", [1, 2])
def test_a_signatures_half_of_another_entry_is_not_taken(meter: HostMeter, part: int) -> None:
    report_one(meter, is_open=True, is_confirmed=False)
    report_one(meter, is_open=False, is_confirmed=False)
    write_page(meter, page_of(1, part), read_page(meter, page_of(2, part)))
    restart(meter)
    assert {alert.sequence for alert in meter.alerts} == {1, 2}
    assert all(meter.is_genuine(alert) for alert in meter.alerts)


def test_several_lost_signatures_are_made_anew_in_order(meter: HostMeter) -> None:
    report_events(meter, 3)
    for sequence in (1, 2, 3):
        write_page(meter, page_of(sequence, 2), b"\0" * 48)
    restart(meter, 4 * S)
    firsts = list(dict.fromkeys(alert.sequence for alert in meter.alerts))
    assert firsts == [1, 2, 3]
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    assert meter.element.counter == 3


def test_an_event_of_a_later_firmware_is_sent_and_changes_no_state(meter: HostMeter) -> None:
    """A code that this firmware has no cause for: it goes to the head-end as it is; no cause's line is made of it."""
    report_one(meter, is_open=True, is_confirmed=False)
    before = states(meter)
    change_record(meter, 1, 24, b"\x7e")
    restart(meter)
    assert {(alert.sequence, alert.code) for alert in meter.alerts} == {(1, 0x7E)}
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    assert states(meter) == before


def test_a_state_in_the_place_of_another_cause_is_none(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=True)
    magnet_state = CASE_STATE - 2 * 17 + 2 * 2
    for copy in (0, 1):
        write_page(meter, magnet_state + copy, read_page(meter, CASE_STATE + copy))
    meter.hall.field_mT = (60.0, 0.0, 0.0)
    meter.run(meter.now_us + S)
    assert states(meter, magnet_state)[-1] == (2, 1, 0x09, 1), "the first detection of a magnet"


def test_an_eeprom_that_is_silent_for_a_moment_is_read_again(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=False)
    signings = meter.element.opcodes.count(0x41)
    meter.eeprom.silent_from, meter.eeprom.silent_us = page_of(1, 1), 100 * MS
    restart(meter)
    assert meter.eeprom.silent_from is None, "the silence came in the middle of reading the entry back"
    assert {alert.sequence for alert in meter.alerts} == {1}
    assert meter.element.opcodes.count(0x41) == signings, "the signature was read at last"


def test_a_confirmation_that_could_not_be_kept_at_once_is_kept_later(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=False)
    meter.run(meter.now_us + 3 * S)
    confirmation = meter.alerts[0].confirmation()
    meter.eeprom.silent_until_us = meter.now_us + 100 * MS
    meter.receive(confirmation)
    meter.run(meter.now_us + S)
    restart(meter)
    assert meter.alerts == []


def test_records_that_had_to_wait_are_written_in_their_order(meter: HostMeter) -> None:
    """LOG-1: each record, and its cause's state, before the next one."""
    meter.eeprom.silent_until_us = meter.now_us + 320 * MS
    meter.hall.field_mT = (60.0, 0.0, 0.0)
    meter.front_end.neutral_A *= 0.5
    meter.edge(meter.now_us + 60 * MS, True)
    meter.eeprom.accesses.clear()
    meter.run(meter.now_us + 2 * S)
    assert len(meter.alerts) >= 3
    written = [page for page, is_write in meter.eeprom.accesses if is_write]
    records = [page for page in written if page in {page_of(sequence) for sequence in (1, 2, 3)}]
    assert records == [page_of(1), page_of(2), page_of(3)]
    for record, following in zip(records, [*records[1:], None], strict=True):
        upto = len(written) if following is None else written.index(following)
        between = written[written.index(record) : upto]
        assert sum(page >= CASE_STATE - 2 * 17 for page in between) == 1, "its state, before the next record"


def test_a_bad_page_among_those_later_than_the_cursor_hides_none(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=True)
    for is_open in (False, True, False):
        report_one(meter, is_open, is_confirmed=False)
    write_page(meter, page_of(3), b"\0" * RECORD_BYTES)
    restart(meter)
    assert {alert.sequence for alert in meter.alerts} == {2, 4}


def test_with_a_cursor_that_can_not_be_read_the_whole_ring_is(make_meter: Callable[[], HostMeter]) -> None:
    """The one before it may be from long ago: from there to the newest record there may be any gap."""
    meter = make_meter().power_on()
    meter.run(S)
    for index in range(12):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=True)
    for generation in (10, 11, 12):
        write_page(meter, generation % 4, b"\0" * 40)
    for sequence in range(10, 12):
        write_page(meter, page_of(sequence), b"\0" * RECORD_BYTES)
    meter.eeprom.accesses.clear()
    restart(meter)
    assert "newest 12" in meter.banner
    read = {page for page, is_write in meter.eeprom.accesses if not is_write}
    assert read >= {FIRST_PAGE + 3 * slot for slot in range(ENTRIES)}

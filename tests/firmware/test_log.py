"""LOG-2, COM-3, SIG-1 over power cuts: what was kept comes back, torn pages are told, the counter never goes back."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Callable

import pytest

from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.parts import PAGE_BYTES, PowerCut, seeded

ENTRIES = 150
FIRST_PAGE = 4
STATES_PAGE = 454
CASE_STATE = STATES_PAGE + 2 * 17
"""The two pages of the case's state: its place in core/causes.c is 17."""


def report_events(meter: HostMeter, count: int, start_us: int = 2 * S) -> None:
    for index in range(count):
        meter.edge(start_us + index * S, index % 2 == 0)
    meter.run(start_us + count * S)


def test_an_unconfirmed_alert_is_sent_again_after_a_reset_with_the_same_bytes(meter: HostMeter) -> None:
    report_events(meter, 1)
    before = meter.sent["modem"][0].octets
    meter.forget_sent()
    signings = meter.element.opcodes.count(0x41)
    meter.power_on()
    meter.run(3 * S)
    assert meter.sent["modem"][0].octets == before
    assert meter.element.opcodes.count(0x41) == signings, "the stored signature is used, not a new one made"


def test_a_confirmed_alert_stays_confirmed_over_a_reset(meter: HostMeter) -> None:
    report_events(meter, 2)
    meter.receive(meter.alerts[0].confirmation())
    meter.run(6 * S)
    meter.forget_sent()
    meter.power_on()
    meter.run(3 * S)
    assert {alert.counter for alert in meter.alerts} == {2}


def test_alerts_confirmed_out_of_order_stay_so(meter: HostMeter) -> None:
    report_events(meter, 3)
    by_counter = {alert.counter: alert for alert in meter.alerts}
    meter.receive(by_counter[2].confirmation())
    meter.run(7 * S)
    meter.forget_sent()
    meter.power_on()
    meter.run(4 * S)
    assert {alert.counter for alert in meter.alerts} == {1, 3}


def test_a_lost_signature_is_made_anew_for_the_same_content(meter: HostMeter) -> None:
    report_events(meter, 1)
    before = meter.alerts[0]
    page = (FIRST_PAGE + 3 * 1 + 2) * PAGE_BYTES  # the entry's third page holds s
    meter.eeprom.memory[page + 20] ^= 0x10
    meter.forget_sent()
    meter.power_on()
    meter.run(3 * S)
    after = meter.alerts[0]
    assert after.signed_part == before.signed_part
    assert meter.is_genuine(after)
    assert meter.element.counter == 1, "signing anew counts nothing"


def test_halves_of_two_signatures_are_never_joined(meter: HostMeter) -> None:
    """r of a second signature over s of the first: each page is whole, together they are no signature."""
    report_events(meter, 1)
    first = bytes(meter.eeprom.memory)
    second_s = (FIRST_PAGE + 3 * 1 + 2) * PAGE_BYTES
    meter.eeprom.memory[second_s] ^= 0xFF
    meter.power_on()
    meter.run(3 * S)
    meter.eeprom.memory[second_s : second_s + PAGE_BYTES] = first[second_s : second_s + PAGE_BYTES]
    meter.forget_sent()
    meter.power_on()
    meter.run(3 * S)
    assert meter.alerts
    assert all(meter.is_genuine(alert) for alert in meter.alerts)


@pytest.mark.parametrize("cut", range(14))
def test_power_cut_in_any_page_write_loses_no_sent_alert(make_meter: Callable[[], HostMeter], cut: int) -> None:
    """Events and confirmations, the power cut in the write number `cut` with a torn page, then a second life."""
    meter = make_meter().power_on()
    meter.run(S)
    meter.eeprom.tear_after_writes = cut
    meter.eeprom.chance = seeded(100 + cut)
    confirmed: set[int] = set()
    sent_contents: dict[int, bytes] = {}
    try:
        for index in range(4):
            meter.edge(meter.now_us + S, index % 2 == 0)
            meter.run(meter.now_us + 2 * S)
            newest = meter.alerts[-1]
            if index % 2 == 0:
                confirmed.add(newest.counter)
                meter.receive(newest.confirmation())
            meter.run(meter.now_us + 100 * MS)
    except PowerCut:
        pass
    for alert in meter.alerts:
        sent_contents[alert.counter] = alert.signed_part
    counter_before = meter.element.counter
    meter.eeprom.tear_after_writes = None
    meter.forget_sent()
    meter.power_on()
    meter.run(10 * S)
    meter.edge(11 * S, True)
    meter.run(20 * S)
    seen = {alert.counter: alert for alert in meter.alerts}
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    assert set(sent_contents) - confirmed <= set(seen), "a sent, unconfirmed alert was lost"
    for counter, alert in seen.items():
        if counter in sent_contents:
            assert alert.signed_part == sent_contents[counter]
    assert max(seen) == counter_before + 1 == meter.element.counter
    assert len({alert.sequence for alert in seen.values()}) == len(seen)


def report_one(meter: HostMeter, is_open: bool, is_confirmed: bool) -> None:
    meter.edge(meter.now_us + 100 * MS, is_open)
    meter.run(meter.now_us + 900 * MS)
    if is_confirmed:
        newest = max(meter.alerts, key=lambda alert: alert.counter)
        meter.receive(newest.confirmation())
        meter.run(meter.now_us + 100 * MS)
    meter.forget_sent()


def test_what_is_later_than_the_cursor_is_found_on_both_sides_of_the_ring_s_end(
    make_meter: Callable[[], HostMeter],
) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    for index in range(ENTRIES - 2):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=True)
    later = range(ENTRIES - 1, ENTRIES + 2)
    for sequence in later:
        report_one(meter, is_open=sequence % 2 == 1, is_confirmed=False)
    meter.power_on()
    meter.run(4 * S)
    assert f"newest {later[-1]}" in meter.banner
    assert {alert.sequence for alert in meter.alerts} == set(later)


def test_the_ring_goes_on_after_its_end_and_passes_over_what_waits(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    report_one(meter, is_open=True, is_confirmed=False)
    for index in range(1, ENTRIES + 5):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=True)
    meter.power_on()
    meter.run(S)
    assert f"newest {ENTRIES + 6}" in meter.banner, "the place of 1 was passed over"
    meter.forget_sent()
    for is_open in (True, False, True):
        report_one(meter, is_open, is_confirmed=False)
    meter.power_on()
    meter.run(4 * S)
    assert {alert.sequence for alert in meter.alerts} >= {1}
    for _ in range(4):
        for alert in meter.alerts:
            meter.receive(alert.confirmation())
        meter.run(meter.now_us + S)
    assert {alert.sequence for alert in meter.alerts} == {1, ENTRIES + 7, ENTRIES + 8, ENTRIES + 9}
    assert "waiting 0" in meter.state()


def test_writes_wear_the_pages_of_each_area_evenly(make_meter: Callable[[], HostMeter]) -> None:
    """The ring, the cursor's pages and a state's take turns, over resets too: no page has most of the writes."""
    meter = make_meter().power_on()
    meter.run(S)
    rounds = 2
    for index in range(rounds * ENTRIES):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=True)
        if index % 29 == 28:
            meter.power_on(is_case_open=index % 2 == 0)
            meter.run(meter.now_us + 2 * S)
            for alert in meter.alerts:
                meter.receive(alert.confirmation())
            meter.run(meter.now_us + S)
            meter.forget_sent()
    written = Counter(page for page, is_write in meter.eeprom.accesses if is_write)
    ring = [written[page] for page in range(FIRST_PAGE, FIRST_PAGE + 3 * ENTRIES)]
    assert "waiting 0" in meter.state(), "what waits keeps its place"
    assert rounds <= min(ring)
    assert max(ring) <= rounds + 1, "an entry's pages are written once in a round"
    for pages in (range(FIRST_PAGE), range(CASE_STATE, CASE_STATE + 2)):
        counts = [written[page] for page in pages]
        assert sum(counts) > ENTRIES, "each event is confirmed and counted"
        assert max(counts) - min(counts) <= 2, f"pages {pages}: {counts}"


def test_when_all_wait_the_oldest_gives_way_and_it_is_reported(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    for index in range(ENTRIES + 5):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=False)
    assert f"newest {ENTRIES + 5} waiting {ENTRIES}" in meter.state()
    meter.power_on()
    heard: dict[int, int] = {}
    for _ in range(ENTRIES):
        meter.run(meter.now_us + S)
        for alert in meter.alerts:
            heard[alert.sequence] = alert.code
            meter.receive(alert.confirmation())
        meter.forget_sent()
    assert set(range(6, ENTRIES + 6)) <= set(heard), "all that the ring held"
    assert list(heard.values()).count(0x3B) == 1, "reported when it could be heard"
    assert states(meter, STATES_PAGE + 2 * 24)[-1][1:] == (5, 0x3B, 1), "five gave way"
    assert "waiting 0" in meter.state()


def test_a_torn_cursor_leaves_the_one_before_it(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    for is_open in (True, False, True):
        report_one(meter, is_open, is_confirmed=True)
    meter.eeprom.tear_after_writes = meter.eeprom.writes + 4  # after record, state, r and s of the next
    with pytest.raises(PowerCut):
        report_one(meter, is_open=False, is_confirmed=True)
    meter.eeprom.tear_after_writes = None
    meter.forget_sent()
    meter.power_on()
    meter.run(10 * S)
    assert {alert.counter for alert in meter.alerts} == {4}


def test_a_sequence_is_not_used_twice_when_the_newest_record_is_lost(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    for is_open in (True, False):
        report_one(meter, is_open, is_confirmed=True)
    meter.eeprom.memory[(FIRST_PAGE + 3 * 2) * PAGE_BYTES + 9] ^= 1
    meter.power_on()
    meter.run(S)
    meter.edge(2 * S, True)
    meter.run(3 * S)
    assert [alert.sequence for alert in meter.alerts] == [3]


def test_an_eeprom_full_of_garbage_is_an_empty_log(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.eeprom.memory[:] = seeded(9).randbytes(len(meter.eeprom.memory))
    meter.power_on()
    report_events(meter, 1)
    assert "event log: newest 0\r\n" in meter.banner
    assert {alert.sequence for alert in meter.alerts} == {1}


def test_log_writes_cost_the_alert_no_time(make_meter: Callable[[], HostMeter]) -> None:
    def latency_us(has_eeprom: bool) -> int:
        meter = make_meter()
        meter.eeprom.is_present = has_eeprom
        meter.power_on()
        meter.run(S)
        report_events(meter, 1)
        return meter.sent["modem"][0].at_us

    assert latency_us(True) <= latency_us(False) + 100  # the sleep of one bus transfer at most


def test_the_record_is_kept_before_the_alert_is_sent(meter: HostMeter) -> None:
    report_events(meter, 1)
    record_page = (FIRST_PAGE + 3 * 1) * PAGE_BYTES
    writes = [
        now_us
        for now_us, address, tx, _ in meter.transfers
        if address == 0x50 and len(tx) > 2 and int.from_bytes(tx[:2], "big") == record_page
    ]
    assert len(writes) == 1
    assert writes[0] + 5 * MS < meter.sent["modem"][0].at_us


def states(meter: HostMeter, first_page: int = CASE_STATE) -> list[tuple[int, int, int, int]]:
    """Sequence, count, code, active of the whole pages of one cause's state."""
    found = []
    for page in (first_page, first_page + 1):
        octets = bytes(meter.eeprom.memory[page * PAGE_BYTES : page * PAGE_BYTES + 36])
        if octets[:4] == b"TBT1" and zlib.crc32(octets[:32]) == int.from_bytes(octets[32:], "big"):
            found.append((*struct.unpack(">II", octets[4:12]), octets[30], octets[31]))
    return sorted(found)


def test_many_detections_of_one_state_are_one_state_with_a_count(meter: HostMeter) -> None:
    for index in range(7):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=True)
    assert states(meter)[-1] == (7, 4, 0x2C, 1)
    assert states(meter)[0] == (6, 3, 0x2C, 0), "the other page holds what was before"


def test_a_state_goes_on_over_a_reset(meter: HostMeter) -> None:
    report_one(meter, is_open=True, is_confirmed=True)
    meter.power_on(is_case_open=True)
    meter.run(2 * S)
    assert states(meter)[-1] == (2, 2, 0x2C, 1)


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_cut_between_record_and_state_counts_once(make_meter: Callable[[], HostMeter], cut: int) -> None:
    """Writes of an event: record, state, r, s. The second event is cut in one of them."""
    meter = make_meter().power_on()
    meter.run(S)
    report_one(meter, is_open=True, is_confirmed=True)
    report_one(meter, is_open=False, is_confirmed=True)
    meter.eeprom.tear_after_writes = meter.eeprom.writes + cut
    with pytest.raises(PowerCut):
        report_one(meter, is_open=True, is_confirmed=True)
    meter.eeprom.tear_after_writes = None
    for _ in range(2):
        meter.power_on()
        meter.run(2 * S)
        assert states(meter)[-1] == (3, 2, 0x2C, 1)


def scanned(meter: HostMeter) -> list[int]:
    """The slots whose records are read at the next boot, in their order."""
    meter.eeprom.accesses.clear()
    meter.power_on()
    meter.run(S)
    pages = [page - FIRST_PAGE for page, is_write in meter.eeprom.accesses if not is_write]
    return [page // 3 for page in pages if 0 <= page < 3 * ENTRIES and page % 3 == 0]


def test_a_boot_reads_only_what_may_be_later_than_the_cursor(meter: HostMeter) -> None:
    for is_open in (True, False, True):
        report_one(meter, is_open, is_confirmed=True)
    assert scanned(meter) == [4, 5, 6, 7, 8, 9, 3], "beyond the newest; then it, for its cause's state"
    assert "event log: newest 3\r\n" in meter.banner


def test_what_waited_before_the_cursor_ends_no_search_beyond_it(make_meter: Callable[[], HostMeter]) -> None:
    """Places 1 to 20 wait and are passed over: what comes after them is found behind them."""
    meter = make_meter().power_on()
    meter.run(S)
    for index in range(20):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=False)
    for index in range(20, ENTRIES):
        report_one(meter, is_open=index % 2 == 0, is_confirmed=index > 20)
    report_one(meter, is_open=True, is_confirmed=False)
    newest = int(meter.state().split("newest ")[1].split()[0])
    meter.power_on()
    meter.run(S)
    assert newest > ENTRIES + 20, "the ring went on behind those that wait"
    assert f"newest {newest}" in meter.banner

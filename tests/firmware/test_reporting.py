"""SIG-1, COM-1, COM-3 on the host: signed, sent, repeated, confirmed; and parts that fail."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.alert_decoder import decode_alert, decode_alerts
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.parts import seeded

SE_FAULT = 0x400


def open_case(meter: HostMeter, at_us: int = 2 * S, run_us: int = 500 * MS) -> None:
    meter.edge(at_us, True)
    meter.run(at_us + run_us)


def test_the_alert_is_signed_by_the_secure_element(meter: HostMeter) -> None:
    open_case(meter)
    (alert,) = meter.alerts
    assert meter.is_genuine(alert)
    assert (alert.counter, alert.sequence) == (1, 1)
    assert alert.originator == bytes.fromhex("5442520000000001")
    assert alert.recipient == b"TBRHEAD1"


def test_every_octet_of_the_signed_part_is_signed(meter: HostMeter) -> None:
    open_case(meter)
    frame = meter.sent["modem"][0].octets
    genuine = decode_alert(frame)
    key = meter.element.key.public_key()
    for position in range(len(genuine.signed_part)):
        changed = bytearray(genuine.signed_part)
        changed[position] ^= 1
        forged = type(genuine)(**{**vars(genuine), "signed_part": bytes(changed)})
        assert not forged.is_signed_by(key), f"octet {position} of the signed part is not covered"


def test_parties_come_from_the_parameter_page(make_meter: Callable[[], HostMeter]) -> None:
    page = make_parameter_page(b"ABCDEFGH", b"12345678")
    meter = make_meter().power_on(parameters=page)
    open_case(meter)
    assert (meter.alerts[0].originator, meter.alerts[0].recipient) == (b"ABCDEFGH", b"12345678")


def test_a_damaged_parameter_page_leaves_the_reference_values(make_meter: Callable[[], HostMeter]) -> None:
    page = bytearray(make_parameter_page(b"ABCDEFGH", b"12345678"))
    page[7] ^= 4
    meter = make_meter().power_on(parameters=bytes(page))
    open_case(meter)
    assert meter.alerts[0].recipient == b"TBRHEAD1"


def test_repeats_are_the_same_bytes_less_and_less_often_up_to_a_minute(meter: HostMeter) -> None:
    open_case(meter, run_us=300 * S)
    sent = meter.sent["modem"]
    assert {item.octets for item in sent} == {sent[0].octets}
    distances = [late.at_us - early.at_us for early, late in pairwise(sent)]
    least = [2 * S, 4 * S, 8 * S, 16 * S, 32 * S, *[40 * S] * 20]
    assert len(distances) >= 7
    for distance, base in zip(distances, least, strict=False):
        assert base <= distance < 1.5 * base


def test_a_confirmation_ends_the_repeats(meter: HostMeter) -> None:
    open_case(meter)
    meter.receive(meter.alerts[0].confirmation())
    meter.run(200 * S)
    assert len(meter.sent["modem"]) == 1
    assert "outbox log" in meter.state()


@pytest.mark.parametrize("position", range(8, 26))
def test_a_confirmation_that_differs_anywhere_does_not(meter: HostMeter, position: int) -> None:
    open_case(meter)
    changed = bytearray(meter.alerts[0].confirmation())
    changed[position] ^= 0x01
    meter.receive(bytes(changed))
    meter.run(6 * S)
    assert len(meter.sent["modem"]) == 2


def test_a_late_duplicate_does_not_confirm_the_next_alert(meter: HostMeter) -> None:
    open_case(meter)
    confirmation = meter.alerts[0].confirmation()
    meter.receive(confirmation)
    meter.run(3 * S)
    meter.edge(4 * S, False)
    meter.run(5 * S)
    meter.receive(confirmation)
    meter.run(20 * S)
    assert [alert.counter for alert in meter.alerts] == [1, 2, 2, 2, 2]


def test_a_new_event_does_not_wait_for_the_confirmation_of_others(meter: HostMeter) -> None:
    for index in range(8):
        meter.edge(2 * S + index * 3 * S, index % 2 == 0)
    meter.run(60 * S)
    first: dict[int, int] = {}
    for sent, alert in zip(meter.sent["modem"], meter.alerts, strict=True):
        first.setdefault(alert.counter, sent.at_us)
    assert sorted(first) == list(range(1, 9))
    for counter, at_us in first.items():
        window_us = 0 if counter % 2 else 300 * MS  # a closing is minor and waits for others
        assert at_us - (2 * S + (counter - 1) * 3 * S) < 260 * MS + window_us
    assert all(meter.is_genuine(alert) for alert in meter.alerts)


def test_all_alerts_of_a_long_outage_are_confirmed_at_last(meter: HostMeter) -> None:
    """More than the outbox holds: the rest waits in the log and comes back as confirmations make room (COM-3)."""
    for index in range(12):
        meter.edge(2 * S + index * S, index % 2 == 0)
    meter.run(30 * S)
    confirmed: set[int] = set()
    for step in range(40):
        meter.forget_sent()
        meter.run((35 + 5 * step) * S)
        for alert in meter.alerts:
            assert meter.is_genuine(alert)
            confirmed.add(alert.counter)
            meter.receive(alert.confirmation())
    assert confirmed == set(range(1, 13))
    meter.run(300 * S)
    meter.forget_sent()
    meter.run(420 * S)
    assert meter.sent["modem"] == []


def test_garbage_before_between_and_around_a_confirmation_does_no_harm(meter: HostMeter) -> None:
    open_case(meter)
    chance = seeded(7)
    for _ in range(200):
        meter.receive(chance.randbytes(chance.randrange(1, 100)))
        meter.run(meter.now_us + chance.randrange(0, 300) * MS)
    meter.run(meter.now_us + 200 * MS)
    meter.forget_sent()
    # A header that fits, whose frame never ends: a silence ends it.
    meter.receive(bytes.fromhex("000100010001003010"))
    meter.run(meter.now_us + 200 * MS)
    meter.edge(meter.now_us + S, False)
    meter.run(meter.now_us + 2 * S)
    alert = max(meter.alerts, key=lambda found: found.counter)
    meter.receive(b"\x00\x00\x01" + alert.confirmation()[1:])
    meter.receive(b"\x00" + alert.confirmation())
    meter.run(meter.now_us + S)
    assert f" {alert.sequence}:" not in meter.state()


def test_frames_that_are_too_long_or_for_others_are_dropped(meter: HostMeter) -> None:
    open_case(meter)
    confirmation = meter.alerts[0].confirmation()
    meter.receive(bytes.fromhex("0001000100010041") + bytes(65))
    meter.receive(bytes.fromhex("0001000100020012") + confirmation[8:])
    meter.receive(bytes.fromhex("0002000100010012") + confirmation[8:])
    meter.run(6 * S)
    assert len(meter.sent["modem"]) == 2
    meter.receive(confirmation)
    meter.run(60 * S)
    assert len(meter.sent["modem"]) == 2


def test_without_a_secure_element_the_event_waits_and_is_sent_later(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.element.is_present = False
    meter.power_on()
    meter.run(S)
    assert "secure element: absent" in meter.banner
    meter.edge(2 * S, True)
    meter.run(20 * S)
    assert meter.sent["modem"] == []
    meter.element.is_present = True
    meter.run(30 * S)
    assert [alert.code for alert in meter.alerts[:3]] == [0x39, 0x2C, 0x3A]
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    assert meter.alerts[1].event_time.second == 2


def test_a_secure_element_that_falls_silent_and_comes_back_is_two_events(meter: HostMeter) -> None:
    open_case(meter, run_us=2 * S)
    meter.receive(meter.alerts[-1].confirmation())
    meter.forget_sent()
    meter.element.is_present = False
    assert meter.status & SE_FAULT == 0, "nobody asks while there is nothing to sign"
    meter.edge(meter.now_us + MS, False)
    meter.run(meter.now_us + 3 * S)
    assert meter.status & SE_FAULT
    meter.element.is_present = True
    meter.run(meter.now_us + 8 * S)
    assert meter.status & SE_FAULT == 0
    assert {0x2D, 0x39, 0x3A} <= {alert.code for alert in meter.alerts}


@pytest.mark.parametrize("opcode", [0x24, 0x16, 0x41])
def test_a_failed_command_is_repeated(meter: HostMeter, opcode: int) -> None:
    meter.element.fail_next = opcode
    open_case(meter, run_us=S)
    (alert,) = meter.alerts
    assert meter.is_genuine(alert)
    assert meter.element.fail_next is None
    # A failed increment may have counted: the counter may skip, never repeat.
    assert alert.counter == meter.element.counter


def test_a_slower_secure_element_is_polled(meter: HostMeter) -> None:
    meter.element.slow_us = 60 * MS
    open_case(meter, run_us=S)
    assert meter.is_genuine(meter.alerts[0])


@pytest.mark.parametrize("address", [0x60, 0x50])
def test_a_part_that_holds_the_bus_stops_nothing_else(make_meter: Callable[[], HostMeter], address: int) -> None:
    meter = make_meter()
    meter.hanging_addresses.add(address)
    meter.power_on()
    meter.run(S)
    assert ("secure element: absent" in meter.banner) == (address == 0x60)
    assert ("event log: absent" in meter.banner) == (address == 0x50)
    meter.receive(b"/?!\r\n", "optical")
    meter.edge(2 * S, True)
    meter.run(3 * S)
    assert len(meter.sent["optical"]) == 1
    assert len(meter.sent["modem"]) == (0 if address == 0x60 else 1)


def test_without_an_eeprom_alerts_are_sent_and_confirmed(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.eeprom.is_present = False
    meter.power_on()
    meter.run(S)
    open_case(meter)
    meter.receive(meter.alerts[0].confirmation())
    meter.run(60 * S)
    assert len(meter.sent["modem"]) == 1


def test_the_secure_element_sleeps_when_there_is_nothing_to_do(meter: HostMeter) -> None:
    open_case(meter, run_us=S)
    assert not meter.element.is_awake


@pytest.mark.parametrize(
    ("request_octets", "is_answered"),
    [
        (b"/?!\r\n", True),
        (b"/?00000001!\r\n", True),
        (b"/?1!\r\n", True),
        (b"\x7f\x00/?!\r\n", True),
        (b"/?/?!\r\n", True),
        (b"/?2!\r\n", False),
        (b"/?00000010!\r\n", False),
        (b"/?0!\r\n", False),
        (b"/?!\n", False),
        (b"/?\r\n", False),
        (b"?!\r\n", False),
        (b"/?" + b"0" * 40 + b"1!\r\n", False),
    ],
)
def test_optical_sign_on(meter: HostMeter, request_octets: bytes, is_answered: bool) -> None:
    meter.receive(request_octets, "optical")
    meter.run(2 * S)
    assert [sent.octets for sent in meter.sent["optical"]] == ([b"/TBR5TBREF-01\r\n"] if is_answered else [])


def test_a_row_of_events_outlasts_the_chips_own_watchdog(meter: HostMeter) -> None:
    """Ten events keep the chip busy for longer than the 1.3 s after which it falls asleep by itself."""
    for index in range(10):
        meter.edge(2 * S + index * 100 * MS, index % 2 == 0)
    meter.run(5 * S)
    assert {alert.counter for alert in meter.alerts} == set(range(1, 11))
    payloads = {sent.octets for sent in meter.sent["modem"]}
    assert meter.element.opcodes.count(0x24) == 10, "no command was lost"
    assert meter.element.opcodes.count(0x41) == len(payloads) < 10, "each payload is signed once"


def test_a_first_sending_goes_before_repeats_that_are_due(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on()
    meter.run(S)
    for index in range(3):
        meter.edge(2 * S + index * 300 * MS, index % 2 == 0)
    meter.run(4 * S)

    def run_again(edge_us: int | None) -> list[tuple[int, int]]:
        meter.forget_sent()
        meter.power_on()
        if edge_us is not None:
            meter.edge(edge_us, True)
        meter.run(2800 * MS)
        return [(decode_alerts(sent.octets)[-1].counter, sent.at_us) for sent in meter.sent["modem"]]

    repeat_us = run_again(None)[3][1]
    # An event takes 215 ms up to its signature: it is ready as the repeat begins, and waits for its end.
    edge_us = repeat_us + 5 * MS - 215 * MS
    _, at_us = next(one for one in run_again(edge_us) if one[0] == 4)
    assert at_us - edge_us < (215 + 25) * MS


@pytest.mark.parametrize("opcode", [0x24, 0x16, 0x41])
@pytest.mark.parametrize("octet", [1, 2])
def test_a_reply_that_was_disturbed_on_the_line_is_not_believed(meter: HostMeter, opcode: int, octet: int) -> None:
    """Either octet of its checksum. A counter that was increased unheard leaves a gap, no number twice."""
    meter.element.spoil_next = (opcode, octet)
    open_case(meter)
    (alert,) = meter.alerts
    assert meter.element.spoil_next is None
    assert meter.is_genuine(alert)
    assert alert.counter == meter.element.counter == (2 if opcode == 0x24 else 1)


@pytest.mark.parametrize("opcode", [0x24, 0x16, 0x41])
def test_a_command_that_nobody_acknowledges_is_repeated(meter: HostMeter, opcode: int) -> None:
    meter.element.deaf_to_next = opcode
    open_case(meter)
    (alert,) = meter.alerts
    assert meter.element.deaf_to_next is None
    assert meter.is_genuine(alert)
    assert alert.counter == meter.element.counter == 1


def test_repeats_that_are_due_together_come_in_the_order_of_their_events(meter: HostMeter) -> None:
    """The fourth alert has the place of the first, which was confirmed."""
    open_case(meter)
    meter.receive(meter.alerts[0].confirmation())
    for index in range(1, 4):
        meter.edge((2 + 2 * index) * S, index % 2 == 0)
    meter.run(60 * S)
    while not [item for item in meter.sent["modem"] if item.at_us > 60 * S]:
        meter.run(meter.now_us + 100 * MS)
    first = decode_alerts(meter.sent["modem"][-1].octets)[-1]
    meter.forget_sent()
    meter.receive(first.confirmation())
    meter.run(meter.now_us + 700 * MS)
    others = [number for number in (2, 3, 4) if number != first.counter]
    assert [alert.counter for alert in meter.alerts] == others

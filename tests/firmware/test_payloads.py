"""COM-4, COM-5, COM-6 on the host: which events share a payload, what becomes of it, and how repeats spread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, pairwise

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.alert_decoder import DecodedAlert, decode_alerts
from tests.firmware.host_meter import MS, HostMeter, S

MISMATCH, MISMATCH_ENDED, MAGNET, MAGNET_ENDED, OPENED, CLOSED = 0x04, 0x05, 0x09, 0x0A, 0x2C, 0x2D


def payloads(meter: HostMeter) -> list[list[DecodedAlert]]:
    """The events of each frame that is no repeat."""
    frames = dict.fromkeys(sent.octets for sent in meter.sent["modem"])
    return [decode_alerts(frame) for frame in frames]


def codes(meter: HostMeter) -> list[list[int]]:
    return [[alert.code for alert in payload] for payload in payloads(meter)]


def confirm_all(meter: HostMeter) -> None:
    for payload in payloads(meter):
        meter.receive(payload[-1].confirmation())
    meter.run(meter.now_us + 200 * MS)
    meter.forget_sent()


def open_in_a_field(meter: HostMeter) -> None:
    """Both reported and confirmed."""
    meter.run(S)
    meter.hall.field_mT = (60, 0, 0)
    meter.edge(1500 * MS, True)
    meter.run(3 * S)
    assert sorted(chain(*codes(meter))) == [MAGNET, OPENED]
    confirm_all(meter)


def test_restorations_that_come_together_share_one_payload(meter: HostMeter) -> None:
    open_in_a_field(meter)
    signed_before = meter.element.opcodes.count(0x41)
    meter.hall.field_mT = (0, 0, 0)
    meter.edge(meter.now_us + 200 * MS, False)
    meter.run(meter.now_us + 1500 * MS)
    assert sorted(chain(*codes(meter))) == [MAGNET_ENDED, CLOSED]
    assert len(payloads(meter)) == 1
    assert meter.element.opcodes.count(0x41) == signed_before + 1
    assert all(meter.is_genuine(alert) and alert.severity == 2 for alert in meter.alerts)
    confirm_all(meter)
    meter.run(meter.now_us + 60 * S)
    assert meter.sent["modem"] == []


def test_a_major_event_does_not_wait_and_takes_a_minor_one_along(meter: HostMeter) -> None:
    open_in_a_field(meter)
    meter.edge(meter.now_us + 100 * MS, False)
    opened_us = meter.now_us + 300 * MS
    meter.edge(opened_us, True)
    meter.run(meter.now_us + S)
    assert codes(meter) == [[CLOSED, OPENED]]
    assert meter.sent["modem"][0].at_us - opened_us < 240 * MS


def test_majors_that_wait_together_are_signed_together(meter: HostMeter) -> None:
    """The third cause at once would come 164 ms later for each before it, if each were signed alone."""
    meter.run(S)
    meter.edge(meter.now_us + 90 * MS, True)
    meter.hall.field_mT = (60, 0, 0)
    meter.front_end.neutral_A *= 0.5
    meter.run(meter.now_us + S)
    assert sorted(chain(*codes(meter))) == [MISMATCH, MAGNET, OPENED]
    assert len(codes(meter)) < 3


def test_an_unconfirmed_payload_comes_back_event_by_event_after_a_reset(meter: HostMeter) -> None:
    open_in_a_field(meter)
    meter.hall.field_mT = (0, 0, 0)
    meter.edge(meter.now_us + 200 * MS, False)
    meter.run(meter.now_us + 1500 * MS)
    before = {alert.counter: (alert.code, alert.event_time, alert.sequence) for alert in meter.alerts}
    assert len(before) == 2
    meter.forget_sent()
    meter.power_on()
    meter.run(3 * S)
    after = {alert.counter: (alert.code, alert.event_time, alert.sequence) for alert in meter.alerts}
    assert after == before
    assert all(meter.is_genuine(alert) for alert in meter.alerts)
    confirm_all(meter)
    meter.run(meter.now_us + 60 * S)
    assert meter.sent["modem"] == []


def test_a_confirmation_names_the_whole_payload_by_its_last_event(meter: HostMeter) -> None:
    open_in_a_field(meter)
    meter.hall.field_mT = (0, 0, 0)
    meter.edge(meter.now_us + 200 * MS, False)
    meter.run(meter.now_us + 1500 * MS)
    (payload,) = payloads(meter)
    wrong = bytearray(payload[-1].confirmation())
    wrong[8 + 4] = payload[0].counter
    meter.receive(bytes(wrong))
    meter.run(meter.now_us + 4 * S)
    assert len(meter.sent["modem"]) > 1


def test_when_the_head_end_answers_again_the_others_follow_at_once(meter: HostMeter) -> None:
    for index in range(3):
        meter.edge((2 + 3 * index) * S, index % 2 == 0)
    meter.run(60 * S)
    meter.forget_sent()
    while not meter.sent["modem"]:
        meter.run(meter.now_us + S)
    first = decode_alerts(meter.sent["modem"][0].octets)[-1]
    meter.receive(first.confirmation())
    meter.forget_sent()
    meter.run(meter.now_us + 700 * MS)
    assert len(payloads(meter)) == 2


def test_repeats_of_many_meters_spread(make_meter: Callable[[], HostMeter]) -> None:
    """COM-6: a cause that meets all at the same moment; what they repeat comes less and less together."""
    distances: list[list[int]] = []
    for number in range(12):
        meter = make_meter().power_on(parameters=make_parameter_page(b"TBR" + number.to_bytes(5, "big"), b"TBRHEAD1"))
        meter.edge(2 * S, True)
        meter.run(40 * S)
        sent = [item.at_us for item in meter.sent["modem"]]
        distances.append([late - early for early, late in pairwise(sent)][:4])
    for rank, base in enumerate((2 * S, 4 * S, 8 * S)):
        of_rank = sorted(one[rank] for one in distances)
        assert of_rank[0] >= base
        assert of_rank[-1] - of_rank[0] > base // 4, "they spread over half of the distance"
        assert len({one // (20 * MS) for one in of_rank}) > 8, "few fall on the same frame's time"


def test_an_unconfirmed_payload_gives_way_as_a_whole_and_comes_back(meter: HostMeter) -> None:
    """More events than the outbox holds: no event of the payload is lost, and none is said twice with other content."""
    open_in_a_field(meter)
    meter.hall.field_mT = (0, 0, 0)
    meter.edge(meter.now_us + 200 * MS, False)
    meter.run(meter.now_us + 1500 * MS)
    assert len(payloads(meter)[0]) == 2
    for index in range(6):
        meter.edge(meter.now_us + (1 + index) * S, index % 2 == 0)
    meter.run(meter.now_us + 10 * S)
    contents: dict[int, set[tuple[int, object, int]]] = {}
    confirmed: set[int] = set()
    for _ in range(60):
        for payload in payloads(meter):
            for alert in payload:
                assert meter.is_genuine(alert)
                contents.setdefault(alert.counter, set()).add((alert.code, alert.event_time, alert.sequence))
                confirmed.add(alert.counter)
            meter.receive(payload[-1].confirmation())
        meter.forget_sent()
        meter.run(meter.now_us + 2 * S)
    assert confirmed == set(range(3, 11))
    assert all(len(said) == 1 for said in contents.values())
    meter.run(meter.now_us + 120 * S)
    assert meter.sent["modem"] == []


def test_more_events_at_once_than_a_payload_holds(make_meter: Callable[[], HostMeter]) -> None:
    """Noted without mains, with the clock lost: four at once; none is lost, no payload has more than three."""
    meter = make_meter()
    meter.kept[4] = meter.kept[5] = 1_790_000_000
    meter.power_on(clock_lost=True)
    meter.run(4 * S)
    found = codes(meter)
    assert max(len(payload) for payload in found) == 3
    assert {code for payload in found for code in payload} == {MAGNET, MAGNET_ENDED, OPENED, CLOSED, 0x34}
    order = [code for payload in found for code in payload]
    assert order.index(OPENED) < order.index(CLOSED), "a cause's events in their order"

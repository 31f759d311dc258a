"""COM-2 and TIME-1 on the host: billing data behind alerts, and the clock set by the head-end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.firmware.alert_decoder import DecodedAlert, decode_alerts
from tests.firmware.host_meter import MS, HostMeter, S

EPOCH = datetime(2026, 6, 1, 8, tzinfo=UTC)
ADJUSTED, INVALID, OPENED = 0x33, 0x34, 0x2C


def frame(apdu: bytes) -> bytes:
    return bytes.fromhex("000100010001") + len(apdu).to_bytes(2, "big") + apdu


def date_time(when: datetime) -> bytes:
    day = bytes((when.month, when.day, when.isoweekday(), when.hour, when.minute, when.second))
    return when.year.to_bytes(2, "big") + day + bytes((when.microsecond // 10_000, 0, 0, 0))


def set_clock(when: datetime) -> bytes:
    return frame(bytes.fromhex("c101c1 0008 0000010000ff 02 00 090c") + date_time(when))


def push_billing(frames: int) -> bytes:
    return frame(bytes.fromhex("c301c1 0028 0000190900ff 01 01 12") + frames.to_bytes(2, "big"))


def answers(meter: HostMeter) -> list[bytes]:
    return [sent.octets[8:] for sent in meter.sent["modem"] if sent.octets[8] in (0xC5, 0xC7)]


def only(meter: HostMeter, code: int) -> DecodedAlert:
    (found,) = {alert.counter: alert for alert in meter.alerts if alert.code == code}.values()
    return found


@pytest.mark.parametrize("drift_s", [-59, -0.5, 0.03, 7, 60])
def test_a_correction_is_an_event_that_states_the_drift(meter: HostMeter, drift_s: float) -> None:
    meter.run(10 * S)
    meter.receive(set_clock(EPOCH + timedelta(seconds=10 + drift_s)))
    meter.run(11 * S)
    assert answers(meter) == [bytes.fromhex("c501c100")]
    alert = only(meter, ADJUSTED)
    assert alert.event_time == EPOCH + timedelta(seconds=10), "by the old clock"
    made, _ = datetime(2026, 1, 1, tzinfo=UTC), alert.date_time
    year, rest = int.from_bytes(alert.date_time[:2], "big"), alert.date_time
    made = datetime(year, rest[2], rest[3], rest[5], rest[6], rest[7], rest[8] * 10_000, tzinfo=UTC)
    assert timedelta() <= made - alert.event_time - timedelta(seconds=drift_s) < timedelta(seconds=0.1)


def test_an_event_keeps_the_time_it_was_given(meter: HostMeter) -> None:
    meter.edge(8 * S, True)
    meter.run(10 * S)
    meter.receive(set_clock(EPOCH + timedelta(seconds=40)))
    meter.edge(12 * S, False)
    meter.run(20 * S)
    assert only(meter, OPENED).event_time == EPOCH + timedelta(seconds=8)
    assert only(meter, 0x2D).event_time == EPOCH + timedelta(seconds=42), "the next one by the new clock"


@pytest.mark.parametrize("drift_s", [-3600, -60.01, 60.01, 86400])
def test_a_large_correction_is_refused_and_flagged(meter: HostMeter, drift_s: float) -> None:
    meter.run(10 * S)
    meter.receive(set_clock(EPOCH + timedelta(seconds=10 + drift_s)))
    meter.edge(12 * S, True)
    meter.run(13 * S)
    assert answers(meter) == [bytes.fromhex("c501c103")]
    assert only(meter, INVALID).event_time == EPOCH + timedelta(seconds=10)
    assert only(meter, OPENED).event_time == EPOCH + timedelta(seconds=12)


def test_a_clock_that_was_never_set_is_an_event_and_takes_any_time(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on(clock_lost=True)
    meter.run(10 * S)
    assert only(meter, INVALID).event_clock_status == 1
    meter.receive(set_clock(EPOCH))
    meter.edge(12 * S, True)
    meter.run(13 * S)
    assert answers(meter) == [bytes.fromhex("c501c100")]
    opened = only(meter, OPENED)
    assert (opened.event_time, opened.event_clock_status) == (EPOCH + timedelta(seconds=2), 0)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("07ea0d0101080000000000ff", id="month 13"),
        pytest.param("07ea000101080000000000", id="month 0"),
        pytest.param("07ea020003", id="day 0"),
        pytest.param("07ea021d01080000000000", id="29 February of a common year"),
        pytest.param("07ea061f01080000000000", id="31 June"),
        pytest.param("07cf060101080000000000", id="year 1999"),
        pytest.param("0834060101080000000000", id="year 2100"),
        pytest.param("07ea06010118000000000000", id="hour 24"),
        pytest.param("07ea060101083c0000000000", id="minute 60"),
        pytest.param("07ea06010108003c00000000", id="second 60"),
        pytest.param("07ea06010108000064000000", id="hundredth 100"),
        pytest.param("07ea06010108000000003c00", id="an hour east of UTC"),
        pytest.param("07ea06010108000000800000", id="deviation not specified"),
    ],
)
def test_an_impossible_date_is_dropped(meter: HostMeter, octets: str) -> None:
    meter.run(10 * S)
    text = bytes.fromhex(octets)
    meter.receive(frame(bytes.fromhex("c101c1 0008 0000010000ff 02 00 090c") + (text + bytes(12))[:12]))
    meter.run(11 * S)
    assert meter.sent["modem"] == []


@pytest.mark.parametrize(
    "when",
    [
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2028, 3, 1, tzinfo=UTC),
        datetime(2031, 12, 31, 12, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_a_date_that_is_set_is_the_date_that_events_have(make_meter: Callable[[], HostMeter], when: datetime) -> None:
    meter = make_meter().power_on(clock_lost=True)
    meter.run(10 * S)
    meter.receive(set_clock(when))
    meter.edge(12 * S, True)
    meter.run(13 * S)
    assert only(meter, OPENED).event_time == when + timedelta(seconds=2)


def test_a_clock_that_is_right_already_is_not_adjusted(meter: HostMeter) -> None:
    meter.run(10 * S)
    meter.receive(set_clock(EPOCH + timedelta(seconds=10)))
    meter.run(12 * S)
    assert answers(meter) == [bytes.fromhex("c501c100")]
    assert meter.alerts == []


def test_a_lost_clock_takes_no_time_from_before_the_firmware(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter().power_on(clock_lost=True)
    meter.run(10 * S)
    meter.receive(set_clock(datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC)))
    meter.run(12 * S)
    assert answers(meter) == [bytes.fromhex("c501c103")]
    meter.edge(13 * S, True)
    meter.run(14 * S)
    assert only(meter, OPENED).event_clock_status == 1


def test_billing_data_come_frame_by_frame_with_pauses(meter: HostMeter) -> None:
    meter.run(2 * S)
    meter.receive(push_billing(5))
    meter.run(5 * S)
    assert answers(meter) == [bytes.fromhex("c701c10000")]
    billing = [sent for sent in meter.sent["modem"] if sent.octets[8] == 0x0F]
    assert [int.from_bytes(sent.octets[9:13], "big") for sent in billing] == [1, 2, 3, 4, 5]
    assert all(len(sent.octets) == 49 for sent in billing)
    assert all(round((b.at_us - a.at_us) / MS) == 200 for a, b in pairwise(billing))


def test_an_alert_waits_for_no_more_than_one_frame_of_billing_data(meter: HostMeter) -> None:
    meter.run(2 * S)
    meter.receive(push_billing(100))
    for at_ms in range(3000, 15_000, 1037):
        meter.edge(at_ms * MS, True)
        meter.edge((at_ms + 500) * MS, False)
    meter.run(30 * S)
    assert sum(sent.octets[8] == 0x0F for sent in meter.sent["modem"]) == 100, "none is lost for it"
    reported: dict[int, timedelta] = {}
    for sent in meter.sent["modem"]:
        for alert in decode_alerts(sent.octets) if sent.octets[8] == 0xDF else ():
            if alert.code == OPENED:
                latency = EPOCH + timedelta(microseconds=sent.at_us) - alert.event_time
                reported.setdefault(alert.counter, latency)
    assert len(reported) == 12
    assert max(reported.values()) < timedelta(milliseconds=245)

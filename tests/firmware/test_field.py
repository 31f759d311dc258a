"""MAG-1, MAG-2, MAG-3 in the core: sensor set up and sampled, decision and its end, a sensor that falls silent."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.firmware.alert_decoder import decode_alerts
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.sensor_parts import Field, Hall, Tmag

TAMPERED, MAGNET, CLIPPED, HALL_FAULT = 0x01, 0x04, 0x10, 0x100
SET_UP = [(0x00, 0x70), (0x0D, 50), (0x01, 0x20), (0x02, 0x00)]
DIRECTIONS: list[Field] = [
    (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1),
    (1, 1, 0), (1, 0, -1), (0, -1, 1), (1, 1, 1), (-1, -1, -1), (1, -2, 3),
]  # fmt: skip


def scaled(direction: Field, magnitude_mT: float) -> Field:
    factor = magnitude_mT / math.hypot(*direction)
    return (direction[0] * factor, direction[1] * factor, direction[2] * factor)


def codes(meter: HostMeter) -> list[int]:
    return [alert.code for alert in meter.alerts]


def after(meter: HostMeter, duration_us: int) -> HostMeter:
    meter.run(meter.now_us + duration_us)
    return meter


def test_the_sensor_is_put_into_continuous_measurement(meter: HostMeter) -> None:
    assert meter.hall.writes == SET_UP
    assert (0x1E, b"\x02\x00") in [(address, tx) for _, address, tx, _ in meter.transfers]


def test_it_is_sampled_ten_times_a_second(meter: HostMeter) -> None:
    meter.hall.reads_us.clear()
    after(meter, 10 * S)
    assert 99 <= len(meter.hall.reads_us) <= 101


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("make", [Hall, Tmag])
def test_above_the_threshold_it_trips_in_every_direction(
    make_meter: Callable[[], HostMeter], make: type[Hall] | type[Tmag], direction: Field
) -> None:
    meter = make_meter()
    meter.hall = make()
    after(meter.power_on(), S)
    meter.hall.field_mT = scaled(direction, 50.3)
    after(meter, S)
    assert codes(meter) == [0x09]
    assert meter.alerts[0].severity == 1
    assert meter.status & 0xFFFF == TAMPERED | MAGNET


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_below_the_threshold_nothing_happens(meter: HostMeter, direction: Field) -> None:
    meter.hall.field_mT = scaled(direction, 49.7)
    after(meter, 2 * S)
    assert codes(meter) == []
    assert meter.status == 0


def test_the_alert_leaves_in_time(meter: HostMeter) -> None:
    """COM-1, wherever the field comes between two samples: the worst case is just after one."""
    latencies_us = []
    for step in range(20):
        start_us = meter.now_us + step * 5 * MS
        meter.run(start_us)
        meter.hall.field_mT = (60, 0, 0)
        after(meter, S)
        latencies_us.append(meter.sent["modem"][-1].at_us + 15 * MS - start_us)
        meter.receive(meter.alerts[-1].confirmation())
        meter.hall.field_mT = (0, 0, 0)
        after(meter, S)
        meter.receive(meter.alerts[-1].confirmation())
        after(meter, 100 * MS)
    assert max(latencies_us) < 320 * MS
    assert min(latencies_us) > 180 * MS


def test_case_and_magnet_at_once_are_both_in_time(make_meter: Callable[[], HostMeter]) -> None:
    """COM-1 with two causes: the second waits until the secure element has done with the first."""
    for case_before_us in range(-200 * MS, 201 * MS, 20 * MS):
        meter = after(make_meter().power_on(), S)
        magnet_us = 2 * S
        case_us = magnet_us - case_before_us
        meter.edge(case_us, True)
        meter.run(magnet_us)
        meter.hall.field_mT = (60, 0, 0)
        meter.run(4 * S)
        first = {}
        for sent in meter.sent["modem"]:
            for alert in decode_alerts(sent.octets):
                first.setdefault(alert.code, sent.at_us + len(sent.octets) * 87)
        assert first[0x2C] - case_us < 500 * MS, case_before_us
        assert first[0x09] - magnet_us < 500 * MS, case_before_us
        meter.power_off()


def test_restoration_has_hysteresis(meter: HostMeter) -> None:
    meter.hall.field_mT = (0, 51, 0)
    after(meter, S)
    for field_mT in (49.0, 45.0, 40.2, 51.0, 40.2):
        meter.hall.field_mT = (0, field_mT, 0)
        after(meter, S)
    assert codes(meter)[0] == 0x09
    assert 0x0A not in codes(meter)
    assert {alert.counter for alert in meter.alerts} == {1}
    meter.hall.field_mT = (0, 39.8, 0)
    after(meter, S)
    restored = [alert for alert in meter.alerts if alert.code == 0x0A]
    assert restored[0].severity == 2
    assert meter.status == (TAMPERED | MAGNET) << 16, "not now, but since power-on"


def test_one_reading_alone_is_no_event(meter: HostMeter) -> None:
    """One sample above, the confirming one below."""
    meter.hall.field_mT = (60, 0, 0)
    until_next_read(meter)
    meter.hall.field_mT = (0, 0, 0)
    after(meter, 2 * S)
    assert codes(meter) == []


def until_next_read(meter: HostMeter) -> None:
    reads = len(meter.hall.reads_us)
    while len(meter.hall.reads_us) == reads:
        after(meter, MS)


def test_one_reading_and_then_silence_is_no_event(meter: HostMeter) -> None:
    meter.hall.field_mT = (60, 0, 0)
    until_next_read(meter)
    meter.hall.is_present = False
    after(meter, 2 * S)
    assert codes(meter) == [0x0B]


def test_one_low_reading_alone_is_no_restoration(meter: HostMeter) -> None:
    meter.hall.field_mT = (60, 0, 0)
    after(meter, S)
    for _ in range(10):
        meter.hall.field_mT = (0, 0, 0)
        until_next_read(meter)
        until_next_read(meter)
        meter.hall.field_mT = (45, 0, 0)
        after(meter, 250 * MS)
    assert 0x0A not in codes(meter)


def test_the_overload_flag_counts_whatever_the_numbers_say(meter: HostMeter) -> None:
    """A sensor far beyond its range may read anything: above the threshold, and not gone before the flag is."""
    assert isinstance(meter.hall, Hall)
    meter.hall.is_overloaded = True
    after(meter, 400 * MS)
    assert codes(meter) == [0x09]
    after(meter, S)
    assert 0x0A not in codes(meter)
    meter.hall.is_overloaded = False
    after(meter, S)
    assert 0x0A in codes(meter)


def test_the_events_time_is_that_of_the_first_sample(meter: HostMeter) -> None:
    meter.hall.field_mT = (60, 0, 0)
    start_us = meter.now_us
    after(meter, S)
    first_us = next(at_us for at_us in meter.hall.reads_us if at_us > start_us)
    assert abs(int(meter.alerts[0].event_time.timestamp() * 100) - 178030080000 - first_us // 10_000) <= 1


@pytest.mark.parametrize("make", [Hall, Tmag])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_field_beyond_the_range_is_above_the_threshold(
    make_meter: Callable[[], HostMeter], make: type[Hall] | type[Tmag], axis: int
) -> None:
    meter = make_meter()
    meter.hall = make()
    after(meter.power_on(), S)
    field_mT = [0.0, 0.0, 0.0]
    field_mT[axis] = -800.0
    meter.hall.field_mT = (field_mT[0], field_mT[1], field_mT[2])
    after(meter, 400 * MS)
    assert codes(meter) == [0x09], "the field first"
    after(meter, S)
    assert set(codes(meter)) == {0x09, 0x0D}, "and that it stays beyond the range"
    assert meter.status & CLIPPED
    meter.hall.field_mT = (0, 0, 0)
    after(meter, 2 * S)
    assert 0x0E in codes(meter)
    assert not meter.status & CLIPPED


def test_the_second_sensor_is_found_when_the_first_is_not_there(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.hall = Tmag()
    after(meter.power_on(), S)
    addresses = [address for _, address, _, _ in meter.transfers if address in {0x1E, 0x35}]
    assert addresses[0] == 0x1E
    assert set(addresses[1:]) == {0x35}
    assert len(meter.hall.reads_us) >= 9
    assert codes(meter) == []


def silence(meter: HostMeter) -> None:
    meter.hall.is_present = False


def stand_still(meter: HostMeter) -> None:
    assert isinstance(meter.hall, Hall)
    meter.hall.is_ready = False


def hold_the_bus(meter: HostMeter) -> None:
    meter.hanging_addresses |= {0x1E, 0x35}


def repeat_itself(meter: HostMeter) -> None:
    assert isinstance(meter.hall, Hall)
    meter.hall.is_stuck = True


@pytest.mark.parametrize("break_sensor", [silence, stand_still, hold_the_bus, repeat_itself])
def test_a_sensor_that_fails_is_an_event_and_so_is_its_return(
    meter: HostMeter, break_sensor: Callable[[HostMeter], None]
) -> None:
    break_sensor(meter)
    after(meter, 300 * MS)
    assert codes(meter) == [], "a few failures are none"
    after(meter, 1700 * MS)
    assert codes(meter)[:1] == [0x0B]
    assert meter.status & 0xFFFF == HALL_FAULT, "a sensor that fails is no tampering by itself, but never silent"
    meter.hall.is_present = True
    meter.hanging_addresses.clear()
    if isinstance(meter.hall, Hall):
        meter.hall.is_ready, meter.hall.is_stuck = True, False
    after(meter, 1500 * MS)
    assert 0x0C in codes(meter)
    assert meter.status & 0xFFFF == 0
    meter.hall.field_mT = (0, 0, 60)
    after(meter, S)
    assert 0x09 in codes(meter)


def test_a_meter_without_any_sensor_says_so(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.hall.is_present = False
    after(meter.power_on(), 2 * S)
    assert codes(meter) == [0x0B]


@pytest.mark.parametrize("make", [Hall, Tmag])
def test_a_sensor_that_was_reset_is_set_up_again(
    make_meter: Callable[[], HostMeter], make: type[Hall] | type[Tmag]
) -> None:
    """A short break of its supply: it answers, but rests in its reset state. One sample sees it."""
    meter = make_meter()
    meter.hall = make()
    after(meter.power_on(), S)
    meter.hall.power_on()
    meter.hall.field_mT = (60, 0, 0)
    reads = len(meter.hall.reads_us)
    after(meter, 250 * MS)
    first_us = meter.hall.reads_us[reads]
    in_vain = [at_us for at_us in meter.hall.reads_us[reads:] if at_us < first_us + 50 * MS]
    assert len(in_vain) <= 2, "the mode or the reset flag tells, not ten vain readings"
    after(meter, S)
    assert codes(meter) == [0x09]


def test_old_data_of_a_sensor_that_left_its_mode_are_not_taken(meter: HostMeter) -> None:
    assert isinstance(meter.hall, Hall)
    meter.hall.keeps_ready = True
    meter.hall.registers[2] = 3
    meter.hall.writes.clear()
    after(meter, 250 * MS)
    assert meter.hall.writes == SET_UP


def test_a_field_that_was_there_stays_decided_while_the_sensor_is_silent(meter: HostMeter) -> None:
    meter.hall.field_mT = (60, 0, 0)
    after(meter, S)
    meter.hall.is_present = False
    after(meter, 2 * S)
    assert 0x0A not in codes(meter)
    assert meter.status & 0xFFFF == TAMPERED | MAGNET | HALL_FAULT


def test_the_field_is_sampled_while_the_secure_element_works(meter: HostMeter) -> None:
    """And while the log scans, saves and reads: no sample comes late by more than one transfer."""
    for index in range(10):
        meter.edge(meter.now_us + S + index * 120 * MS, index % 2 == 0)
    meter.hall.reads_us.clear()
    after(meter, 5 * S)
    gaps_us = [later - earlier for earlier, later in zip(meter.hall.reads_us, meter.hall.reads_us[1:], strict=False)]
    assert len(codes(meter)) >= 10
    assert max(gaps_us) < 102 * MS


def test_a_second_sensor_that_has_no_results_is_silent(make_meter: Callable[[], HostMeter]) -> None:
    meter = make_meter()
    meter.hall = Tmag()
    after(meter.power_on(), S)
    meter.hall.is_ready = False
    after(meter, 3 * S)
    assert set(codes(meter)) == {0x0B}
    meter.hall.is_ready = True
    after(meter, 2 * S)
    assert 0x0C in codes(meter)

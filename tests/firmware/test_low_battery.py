"""On the host: a low battery is told once, also over resets, and so is its replacement (PWR-1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.firmware.host_meter import MS, HostMeter, S

LOW, LOW_ENDED = 0x37, 0x38
TOLD = 7
"""The battery-backed word, by its place in enum hal_kept."""
EPOCH_S = 1_780_300_800


@pytest.fixture
def meter(make_meter: Callable[[], HostMeter]) -> HostMeter:
    return make_meter()


def told(meter: HostMeter) -> list[int]:
    """Each event once, however often its alert was sent."""
    by_counter = {alert.counter: alert.code for alert in meter.alerts}
    return [by_counter[counter] for counter in sorted(by_counter)]


def test_five_looks_that_agree_are_one_event_with_the_time_of_the_first(meter: HostMeter) -> None:
    meter.power_on()
    meter.run(2500 * MS)
    meter.battery(low=True)
    meter.run(6900 * MS)
    assert told(meter) == []
    meter.run(30 * S)
    assert told(meter) == [LOW]
    assert 2.5 <= meter.alerts[0].event_time.timestamp() - EPOCH_S <= 3.6
    assert meter.kept[TOLD] == 1


def test_a_battery_that_is_low_for_four_looks_is_none(meter: HostMeter) -> None:
    meter.power_on()
    for start_s in (2, 12):
        meter.run(start_s * S + 500 * MS)
        meter.battery(low=True)
        meter.run((start_s + 4) * S + 500 * MS)
        meter.battery(low=False)
    meter.run(30 * S)
    assert told(meter) == []


def test_a_low_battery_is_not_told_again_after_a_reset_and_its_end_is(meter: HostMeter) -> None:
    meter.kept[TOLD] = 1
    meter.power_on(battery_low=True)
    meter.run(10 * S)
    assert told(meter) == []
    meter.battery(low=False)
    meter.run(20 * S)
    assert told(meter) == [LOW_ENDED]
    assert meter.kept[TOLD] == 0
    meter.battery(low=True)
    meter.run(30 * S)
    assert told(meter) == [LOW_ENDED, LOW]


def test_a_battery_replaced_without_mains_is_told_when_they_return(meter: HostMeter) -> None:
    meter.kept[TOLD] = 1
    meter.power_on()
    meter.run(10 * S)
    assert told(meter) == [LOW_ENDED]


def test_what_the_log_does_not_have_yet_is_told_again_after_a_reset(meter: HostMeter) -> None:
    meter.power_on(battery_low=True)
    meter.run(4050 * MS)
    assert TOLD not in meter.kept
    meter.power_on(battery_low=True)
    meter.run(10 * S)
    assert LOW in told(meter)

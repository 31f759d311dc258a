"""On the host: what was noted without mains becomes events (MAG-4); high voltage wipes the key, if it lasts (SIG-4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.alert_decoder import DecodedAlert
from tests.firmware.host_meter import MS, HostMeter, S

MAGNET, MAGNET_ENDED, OPENED, CLOSED, KEYS_WIPED = 0x09, 0x0A, 0x2C, 0x2D, 0x2E
MAGNET_S, CASE_S, KEYS = 4, 5, 6
"""Battery-backed words, by their place in enum hal_kept."""
NOTED_S = 1_790_000_000
GEN_KEY = 0x40


@pytest.fixture
def meter(make_meter: Callable[[], HostMeter]) -> HostMeter:
    return make_meter()


def first_of(meter: HostMeter, code: int) -> DecodedAlert:
    return next(alert for alert in meter.alerts if alert.code == code)


def codes(meter: HostMeter) -> set[int]:
    return {alert.code for alert in meter.alerts}


def test_a_noted_magnet_is_an_event_with_its_time_and_its_end(meter: HostMeter) -> None:
    meter.kept[MAGNET_S] = NOTED_S
    meter.power_on()
    meter.run(3 * S)
    assert codes(meter) == {MAGNET, MAGNET_ENDED}
    assert first_of(meter, MAGNET).event_time.timestamp() == NOTED_S
    assert meter.kept[MAGNET_S] == 0


def test_a_noted_opening_of_a_closed_case_is_both_events(meter: HostMeter) -> None:
    meter.kept[CASE_S] = NOTED_S
    meter.power_on()
    meter.run(3 * S)
    assert codes(meter) == {OPENED, CLOSED}
    assert first_of(meter, OPENED).event_time.timestamp() == NOTED_S


def test_a_latch_without_a_noted_time_is_an_event_all_the_same(meter: HostMeter) -> None:
    meter.power_on(latch=True)
    meter.run(3 * S)
    assert MAGNET in codes(meter)


def test_notes_stay_until_the_log_has_them(meter: HostMeter) -> None:
    meter.kept[MAGNET_S] = NOTED_S
    meter.power_on()
    meter.run(100 * MS)
    assert meter.kept[MAGNET_S] == NOTED_S


def test_lasting_high_voltage_is_signed_by_the_old_key_then_it_goes(meter: HostMeter) -> None:
    meter.power_on(parameters=make_parameter_page())
    meter.run(1 * S)
    meter.inject(True)
    meter.run(1900 * MS)
    assert GEN_KEY not in meter.element.opcodes
    old_key = meter.element.key.public_key()
    meter.run(3 * S)
    assert codes(meter) == {KEYS_WIPED}
    assert first_of(meter, KEYS_WIPED).is_signed_by(old_key)
    assert meter.element.opcodes.count(GEN_KEY) == 1


@pytest.mark.parametrize(("on_ms", "off_ms"), [(900, 1), (300, 200), (1, 1)])
def test_transients_never_add_up(meter: HostMeter, on_ms: int, off_ms: int) -> None:
    meter.power_on()
    meter.run(1 * S)
    for _ in range(5):
        meter.inject(True)
        meter.run(meter.now_us + on_ms * MS)
        meter.inject(False)
        meter.run(meter.now_us + off_ms * MS)
    meter.run(meter.now_us + 2 * S)
    assert codes(meter) == set()
    assert GEN_KEY not in meter.element.opcodes


def test_a_wipe_that_was_decided_goes_on_after_a_power_cut(meter: HostMeter) -> None:
    meter.power_on(parameters=make_parameter_page())
    meter.run(1 * S)
    meter.inject(True)
    meter.run(2010 * MS)
    assert GEN_KEY not in meter.element.opcodes, "decided, not done"
    meter.power_on(parameters=make_parameter_page())
    old_key = meter.element.key.public_key()
    meter.run(3 * S)
    assert first_of(meter, KEYS_WIPED).is_signed_by(old_key)
    assert meter.element.opcodes.count(GEN_KEY) == 1
    meter.power_on(parameters=make_parameter_page())
    meter.run(3 * S)
    assert meter.element.opcodes.count(GEN_KEY) == 1, "once is enough"
    assert meter.kept[KEYS] == 1

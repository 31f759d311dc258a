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


def test_on_battery_what_moves_is_noted_once_with_its_first_time(meter: HostMeter) -> None:
    meter.wake_on_battery(NOTED_S - 100)
    assert meter.kept == {}, "nothing has moved"
    meter.wake_on_battery(NOTED_S, is_case_open=True)
    assert meter.kept == {CASE_S: NOTED_S}
    meter.wake_on_battery(NOTED_S + 60, is_case_open=True, latch=True)
    assert meter.kept == {CASE_S: NOTED_S, MAGNET_S: NOTED_S + 60}
    meter.wake_on_battery(NOTED_S + 120, latch=True)
    assert meter.kept == {CASE_S: NOTED_S, MAGNET_S: NOTED_S + 60}
    meter.power_on()
    meter.run(3 * S)
    assert first_of(meter, OPENED).event_time.timestamp() == NOTED_S
    assert first_of(meter, MAGNET).event_time.timestamp() == NOTED_S + 60


def test_an_opening_of_a_case_that_is_open_still_is_one_event_with_its_time(meter: HostMeter) -> None:
    meter.kept[CASE_S] = NOTED_S
    meter.power_on(is_case_open=True)
    meter.run(3 * S)
    assert codes(meter) == {OPENED}
    assert {alert.counter for alert in meter.alerts} == {1}
    assert first_of(meter, OPENED).event_time.timestamp() == NOTED_S


@pytest.mark.parametrize(
    ("noted_s", "lost", "status"), [(0, False, 2), (0, True, 1), (NOTED_S, False, 0), (NOTED_S, True, 1)]
)
def test_how_far_a_time_can_be_trusted_is_told(meter: HostMeter, noted_s: int, lost: bool, status: int) -> None:
    """COSEM's clock status: 2 doubtful, where nobody noted the time; 1 invalid, by a clock that was never set."""
    meter.kept[MAGNET_S] = noted_s
    meter.power_on(latch=True, clock_lost=lost)
    meter.run(3 * S)
    assert first_of(meter, MAGNET).event_clock_status == status


def test_the_latch_is_made_ready_once_its_event_is_kept_and_the_magnet_gone(meter: HostMeter) -> None:
    meter.hall.field_mT = (60.0, 0.0, 0.0)
    meter.power_on(latch=True)
    meter.run(3 * S)
    assert meter.latch_resets_us == [], "the magnet is there still"
    meter.hall.field_mT = (0.0, 0.0, 0.05)
    meter.run(6 * S)
    assert len(meter.latch_resets_us) == 1


def test_a_key_that_is_wiped_is_not_wiped_again(meter: HostMeter) -> None:
    meter.kept[6] = 1
    meter.power_on()
    meter.run(1 * S)
    meter.inject(True)
    meter.run(4 * S)
    assert codes(meter) == set()
    assert GEN_KEY not in meter.element.opcodes
    assert meter.status & 1 << 15

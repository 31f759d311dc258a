"""MET-2 and MET-3 in the core: each wiring fault told apart, a bypass by what the voltage answers, ordinary loads."""

from __future__ import annotations

import pytest

from tests.firmware.host_meter import MS, HostMeter, S

TAMPERED, METROLOGY = 0x01, 0x80
RESISTANCE_OHM = 0.4


def codes(meter: HostMeter) -> list[int]:
    return [alert.code for alert in meter.alerts]


def after(meter: HostMeter, duration_us: int) -> HostMeter:
    meter.run(meter.now_us + duration_us)
    return meter


def draw(meter: HostMeter, load_A: float, recorded: float = 1.0, degrees: float = 0.0) -> None:
    """A load behind a supply of 0.4 ohm, of which both elements record a part; it settles within 1.5 s."""
    part = meter.front_end
    part.line_A = part.neutral_A = load_A * recorded
    part.line_deg = part.neutral_deg = degrees
    part.voltage_V = 230.0 - RESISTANCE_OHM * load_A
    after(meter, 1500 * MS)


def teach(meter: HostMeter) -> None:
    for load_A in (2.0, 0.5, 2.0):
        draw(meter, load_A)


def test_a_bypass_of_both_elements_is_an_event_and_so_is_its_end(meter: HostMeter) -> None:
    teach(meter)
    draw(meter, 2.0, recorded=0.6)
    assert codes(meter) == [0x11]
    assert meter.status & 0xFFFF == TAMPERED | METROLOGY
    draw(meter, 2.0)
    assert codes(meter)[:2] == [0x11, 0x12]
    assert meter.status & 0xFFFF == 0


def test_what_was_not_learned_is_not_judged(meter: HostMeter) -> None:
    draw(meter, 2.0, recorded=0.6)
    assert codes(meter) == []


def test_a_bypass_that_went_without_load_ends_with_two_ordinary_steps(meter: HostMeter) -> None:
    teach(meter)
    draw(meter, 2.0, recorded=0.6)
    draw(meter, 0.0)
    assert 0x12 not in codes(meter)
    for load_A in (2.0, 0.5, 2.0):
        draw(meter, load_A)
    assert 0x12 in codes(meter)


@pytest.mark.parametrize("degrees", [0.0, 60.0, -60.0])
def test_load_steps_are_no_bypass(meter: HostMeter, degrees: float) -> None:
    teach(meter)
    for load_A in (5.0, 0.1, 3.0, 0.0, 20.0, 1.0):
        draw(meter, load_A, degrees=degrees)
    assert codes(meter) == []


def test_one_element_reversed_and_both(meter: HostMeter) -> None:
    meter.front_end.line_deg = meter.front_end.neutral_deg = 180.0
    after(meter, S)
    assert codes(meter) == [], "delivered energy"
    meter.front_end.line_deg = 0.0
    after(meter, S)
    assert codes(meter) == [0x19]
    meter.front_end.neutral_deg = 0.0
    after(meter, S)
    assert codes(meter)[:2] == [0x19, 0x1A]


@pytest.mark.parametrize("degrees", [80.0, -80.0])
def test_an_abnormal_angle_lasts_three_seconds(meter: HostMeter, degrees: float) -> None:
    meter.front_end.line_deg = meter.front_end.neutral_deg = degrees
    after(meter, 2500 * MS)
    assert codes(meter) == []
    after(meter, 1500 * MS)
    assert codes(meter) == [0x1B]


def test_swapped_and_neutral_lost_before_the_meter(meter: HostMeter) -> None:
    meter.earth(live=False)
    after(meter, S)
    assert codes(meter) == [0x17]
    meter.earth(live=True)
    after(meter, S)
    assert 0x18 in codes(meter)
    meter.front_end.voltage_V, meter.front_end.line_A, meter.front_end.neutral_A = 0.0, 0.006, 0.006
    after(meter, S)
    assert 0x13 in codes(meter)
    meter.front_end.voltage_V = 230.0
    after(meter, S)
    assert 0x14 in codes(meter)


def test_without_line_and_neutral_nothing_is_told_of_the_wiring(meter: HostMeter) -> None:
    meter.earth(live=False)
    meter.front_end.voltage_V, meter.front_end.line_A, meter.front_end.neutral_A = 0.0, 0.006, 0.006
    after(meter, S)
    assert codes(meter) == []

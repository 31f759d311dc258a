"""MET-2 and MET-3 in the core: each wiring fault told apart, a bypass by what the voltage answers, ordinary loads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.firmware.host_meter import MS, HostMeter, S

TAMPERED, METROLOGY = 0x01, 0x80
RESISTANCE_OHM = 0.4


def codes(meter: HostMeter) -> list[int]:
    return [alert.code for alert in meter.alerts]


def events(meter: HostMeter) -> list[int]:
    """One code for each event, however often it was repeated."""
    return [code for _, code in sorted({(alert.counter, alert.code) for alert in meter.alerts})]


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


def set_currents(meter: HostMeter, line_A: float, neutral_A: float) -> None:
    meter.front_end.line_A, meter.front_end.neutral_A = line_A, neutral_A


@pytest.mark.parametrize("line_A", [5.0, 0.15])
def test_a_neutral_lost_behind_the_meter_is_no_mismatch(meter: HostMeter, line_A: float) -> None:
    set_currents(meter, line_A, line_A)
    after(meter, S)
    set_currents(meter, line_A, 0.0)
    after(meter, 3 * S)
    assert events(meter) == [0x15]
    set_currents(meter, line_A, line_A)
    after(meter, S)
    assert events(meter) == [0x15, 0x16]


@pytest.mark.parametrize(
    ("line_A", "neutral_A", "fault"),
    [
        pytest.param(5.0, 0.1, 0x15, id="2 percent"),
        pytest.param(0.15, 0.010, 0x15, id="less than the noise"),
        pytest.param(5.0, 0.4, 0x04, id="8 percent: a shunt leaves a part"),
        pytest.param(0.15, 0.0135, 0x04, id="9 percent of a small load"),
        pytest.param(5.0, 0.75, 0x04, id="15 percent"),
    ],
)
def test_what_has_stood_from_the_beginning_is_told_by_how_little_is_left(
    make_meter: Callable[[], HostMeter], line_A: float, neutral_A: float, fault: int
) -> None:
    """Nobody saw it fall."""
    meter = make_meter()
    set_currents(meter, line_A, neutral_A)
    meter.power_on()
    after(meter, 3 * S)
    assert events(meter) == [fault]


@pytest.mark.parametrize(("line_deg", "neutral_deg"), [(180.0, 89.9), (90.1, 0.0)])
def test_a_power_too_small_to_have_a_sign_is_not_reversed(
    meter: HostMeter, line_deg: float, neutral_deg: float
) -> None:
    set_currents(meter, 0.5, 0.5)
    meter.front_end.line_deg, meter.front_end.neutral_deg = line_deg, neutral_deg
    after(meter, 2 * S)
    assert 0x19 not in codes(meter)

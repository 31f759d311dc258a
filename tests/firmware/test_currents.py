"""MET-1 in the core: front end unlocked and read, line against neutral, load steps, a front end that falls silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.parts import seeded

TAMPERED, MISMATCH, FRONT_END_FAULT = 0x01, 0x08, 0x200


def codes(meter: HostMeter) -> list[int]:
    return [alert.code for alert in meter.alerts]


def after(meter: HostMeter, duration_us: int) -> HostMeter:
    meter.run(meter.now_us + duration_us)
    return meter


def set_currents(meter: HostMeter, line_A: float, neutral_A: float) -> None:
    meter.front_end.line_A, meter.front_end.neutral_A = line_A, neutral_A


def test_the_front_end_is_unlocked_then_read(meter: HostMeter) -> None:
    frames = [frame.hex() for _, frame in meter.accesses]
    assert frames[:3] == ["00fe00ad", "0120000030", "0120800000"]
    assert frames[3:6] == ["021a80000000", "021b80000000", "021c80000000"]
    assert meter.front_end.required == 0x30


def test_it_is_read_ten_times_a_second(meter: HostMeter) -> None:
    """Three registers; the powers beside them, and once a second the peaks, only while a current flows."""
    meter.accesses.clear()
    after(meter, 10 * S)
    assert 612 <= len(meter.accesses) <= 628
    set_currents(meter, 0, 0)
    after(meter, S)
    meter.accesses.clear()
    after(meter, 10 * S)
    assert 297 <= len(meter.accesses) <= 303


@pytest.mark.parametrize(("line_A", "neutral_A"), [(5, 4.45), (4.45, 5), (0.1, 0.089), (80, 71), (0, 1), (1, 0.4)])
def test_above_ten_percent_it_trips_whichever_is_larger(meter: HostMeter, line_A: float, neutral_A: float) -> None:
    set_currents(meter, line_A, neutral_A)
    after(meter, S)
    assert codes(meter) == [0x04]
    assert meter.alerts[0].severity == 1
    assert meter.status & 0xFFFF == TAMPERED | MISMATCH


@pytest.mark.parametrize(
    ("line_A", "neutral_A"), [(5, 4.52), (4.52, 5), (0.1, 0.0905), (80, 72.1), (0.019, 0), (0, 0), (0, 0.019)]
)
def test_below_ten_percent_or_the_starting_current_nothing_happens(
    meter: HostMeter, line_A: float, neutral_A: float
) -> None:
    set_currents(meter, line_A, neutral_A)
    after(meter, 2 * S)
    assert codes(meter) == []


def test_the_mismatch_ends_with_hysteresis(meter: HostMeter) -> None:
    set_currents(meter, 5, 4.4)
    after(meter, S)
    set_currents(meter, 5, 4.6)
    after(meter, S)
    assert codes(meter) == [0x04]
    set_currents(meter, 0.01, 0.01)
    after(meter, S)
    assert 0x05 not in codes(meter), "no load shows nothing"
    set_currents(meter, 5, 4.7)
    after(meter, S)
    assert 0x05 in codes(meter)
    assert meter.status & 0xFFFF == 0


def test_a_step_that_reaches_the_channels_apart_is_no_event(meter: HostMeter) -> None:
    """The currents differ for 40 ms with each load step, at any phase of the sampling."""
    chance = seeded(1)
    for _ in range(100):
        for line_A, neutral_A in ((20, 5), (20, 20), (5, 20), (5, 5)):
            set_currents(meter, line_A, neutral_A)
            after(meter, 40 * MS if line_A != neutral_A else chance.randrange(100, 300) * MS)
    assert codes(meter) == []


def test_the_alert_leaves_in_time(meter: HostMeter) -> None:
    """COM-1; the filter of the front end adds 65 ms at the must-trip value."""
    for step in range(10):
        start_us = meter.now_us + step * 10 * MS
        meter.run(start_us)
        set_currents(meter, 5, 4)
        after(meter, S)
        assert meter.sent["modem"][-1].at_us + 15 * MS - start_us < 385 * MS
        meter.receive(meter.alerts[-1].confirmation())
        set_currents(meter, 5, 5)
        after(meter, S)
        meter.receive(meter.alerts[-1].confirmation())
        after(meter, 50 * MS)


@pytest.mark.parametrize("after_A", [(4.4, 5.0), (5.0, 4.4), (5.0, 1.0), (5.0, 0.0), (0.0, 1.5)])
def test_the_alert_leaves_in_time_when_the_load_falls(meter: HostMeter, after_A: tuple[float, float]) -> None:
    """COM-1: what the filter still holds of 60 A hides nothing, and no fall by itself is a mismatch."""
    for step in range(10):
        set_currents(meter, 60, 60)
        after(meter, S + step * 11 * MS)
        assert 0x04 not in codes(meter)
        start_us = meter.now_us
        set_currents(meter, *after_A)
        after(meter, 2 * S)
        # A neutral that falls to nothing is a fault of the wiring.
        assert codes(meter)[0] == (0x04 if after_A[1] else 0x15)
        assert meter.sent["modem"][0].at_us + 15 * MS - start_us < 485 * MS
        for _ in range(2):
            meter.receive(meter.alerts[-1].confirmation())
            set_currents(meter, 5, 5)
            after(meter, S)
        meter.forget_sent()


@pytest.mark.parametrize("ratio", [0.92, 1.0, 1.08])
def test_a_mismatch_below_the_limit_stays_none_whatever_the_load_does(meter: HostMeter, ratio: float) -> None:
    chance = seeded(3)
    for _ in range(300):
        load_A = chance.choice([0.03, 0.3, 2.0, 9.0, 40.0, 75.0])
        set_currents(meter, load_A, ratio * load_A)
        after(meter, chance.randrange(5, 260) * MS)
    assert codes(meter) == []


def test_a_front_end_that_is_not_there_is_an_event_and_so_is_its_return(meter: HostMeter) -> None:
    meter.front_end.is_present = False
    after(meter, 1500 * MS)
    assert codes(meter) == [0x06]
    assert meter.status & 0xFFFF == FRONT_END_FAULT
    meter.front_end.is_present = True
    meter.front_end.power_on()
    after(meter, 1500 * MS)
    assert 0x07 in codes(meter)
    assert meter.front_end.required == 0x30, "unlocked anew"


def test_calibration_corrects_the_channels(make_meter: Callable[[], HostMeter]) -> None:
    """Channels 6 % apart as built: corrected, equal currents are equal; uncorrected, 5 % more would trip."""
    meter = make_meter()
    meter.power_on(parameters=make_parameter_page(gains=(1.0, 1.0 / 0.94, 1.0)))
    after(meter, S)
    set_currents(meter, 5, 5 * 0.95 * 0.94)
    after(meter, S)
    assert codes(meter) == []


@pytest.mark.parametrize("damage", [32, 40, 51])
def test_a_damaged_calibration_is_not_used(make_meter: Callable[[], HostMeter], damage: int) -> None:
    page = bytearray(make_parameter_page(gains=(1.0, 1.2, 1.0)))
    page[damage] ^= 0x10
    meter = make_meter()
    meter.power_on(parameters=bytes(page))
    after(meter, 2 * S)
    assert codes(meter) == [0x3D]  # the parameters are damaged; the currents do not differ


@pytest.mark.parametrize("silence", [0x00, 0xFF])
def test_a_front_end_that_nobody_drives_reads_all_alike_and_is_a_fault(meter: HostMeter, silence: int) -> None:
    meter.front_end.is_present, meter.front_end.silence = False, silence
    after(meter, 2 * S)
    assert codes(meter) == [0x06]
    meter.front_end.is_present = True
    after(meter, 2 * S)
    assert 0x07 in codes(meter)


def test_an_access_that_does_not_end_is_a_fault_and_holds_nobody_up(meter: HostMeter) -> None:
    meter.front_end.is_late = True
    meter.edge(meter.now_us + S, True)
    opened_us = meter.now_us + S
    after(meter, 2 * S)
    assert set(codes(meter)) == {0x06, 0x2C}
    opening = next(sent for sent, alert in zip(meter.sent["modem"], meter.alerts, strict=True) if alert.code == 0x2C)
    assert opening.at_us - opened_us < 250 * MS
    meter.front_end.is_late = False
    after(meter, 2 * S)
    assert 0x07 in codes(meter)

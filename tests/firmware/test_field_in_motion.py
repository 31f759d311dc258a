"""MAG-6 in the core: what the sensor tells of between two samples: a pulse, an alternating field, a steady one."""

from __future__ import annotations

import math

import pytest

from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.sensor_parts import Field, Hall


def codes(meter: HostMeter) -> list[int]:
    return [alert.code for alert in meter.alerts]


def hall_of(meter: HostMeter) -> Hall:
    assert isinstance(meter.hall, Hall)
    return meter.hall


def alternate(meter: HostMeter, rms_mT: float, frequency_Hz: float, phase: float) -> None:
    def wave(now_us: int) -> Field:
        value = rms_mT * math.sqrt(2) * math.sin(2 * math.pi * (frequency_Hz * now_us * 1e-6 + phase))
        return (value * 0.6, 0.0, value * 0.8)

    hall_of(meter).wave, hall_of(meter).peak_mT = wave, rms_mT * math.sqrt(2)


def stop(meter: HostMeter) -> None:
    hall = hall_of(meter)
    hall.wave, hall.field_mT, hall.peak_mT = None, (0.0, 0.0, 0.05), 0.0


@pytest.mark.parametrize("phase", [0.0, 0.1, 0.25, 0.37])
@pytest.mark.parametrize("frequency_Hz", [50.0, 60.0])
def test_an_alternating_field_counts_by_its_rms_value(meter: HostMeter, frequency_Hz: float, phase: float) -> None:
    alternate(meter, 47.5, frequency_Hz, phase)
    meter.run(meter.now_us + 2 * S)
    stop(meter)
    meter.run(meter.now_us + S)
    assert codes(meter) == [], "its peak is 67 mT"
    alternate(meter, 52.5, frequency_Hz, phase)
    meter.run(meter.now_us + S)
    assert set(codes(meter)) == {0x09}
    meter.run(meter.now_us + 2 * S)
    assert set(codes(meter)) == {0x09}, "it is weak twice in a period, and has not gone for that"
    stop(meter)
    meter.run(meter.now_us + S)
    assert set(codes(meter)) == {0x09, 0x0A}


@pytest.mark.parametrize("phase_ms", [1, 30, 60, 99])
def test_a_pulse_between_two_samples_counts_by_its_top(meter: HostMeter, phase_ms: int) -> None:
    meter.run(meter.now_us + phase_ms * MS)
    hall_of(meter).has_exceeded = True
    meter.run(meter.now_us + 320 * MS)
    assert codes(meter) == [0x09]
    meter.run(meter.now_us + S)
    assert set(codes(meter)) == {0x09, 0x0A}


@pytest.mark.parametrize("duration_ms", [20, 60, 103, 107, 115, 130])
def test_a_pulse_that_ends_during_the_look_is_seen(meter: HostMeter, duration_ms: int) -> None:
    hall, begin_us = hall_of(meter), meter.now_us + 3 * MS
    hall.wave = lambda now_us: (55.0 if begin_us <= now_us < begin_us + duration_ms * MS else 0.0, 0.0, 0.05)
    meter.run(begin_us)
    hall.has_exceeded = True
    meter.run(begin_us + S)
    assert set(codes(meter)) >= {0x09}


def test_an_alternating_field_that_is_switched_off_was_no_pulse(meter: HostMeter) -> None:
    for offset_ms in range(0, 100, 7):
        alternate(meter, 45.0, 50.0, 0.0)
        meter.run(meter.now_us + 500 * MS + offset_ms * MS)
        stop(meter)
        meter.run(meter.now_us + 400 * MS)
    assert codes(meter) == []

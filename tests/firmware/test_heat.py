"""MET-4 on the host: terminals above the board, a hot day, a torn thermistor; the Hall sensor's drift is corrected."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware.host_meter import HostMeter, S

OVERHEATED, OVERHEATED_ENDED, MAGNET = 0x1F, 0x20, 0x09


def codes_of(board_C: float, terminal_C: float) -> tuple[int, int]:
    """What the converter gives, by the data sheet's line and the thermistor's equation."""
    resistance = 10_000 * math.exp(3435 * (1 / (terminal_C + 273.15) - 1 / 298.15))
    chip = (2.7 - (board_C + 55) / 75) / 3.0 * 1024
    return round(chip), round(1024 * resistance / (resistance + 10_000))


@pytest.fixture
def meter(host_program: Path) -> Iterator[HostMeter]:
    meter = HostMeter(host_program)
    meter.adc_codes = codes_of(23, 23)
    meter.power_on()
    meter.run(2 * S)
    yield meter
    meter.power_off()


def told(meter: HostMeter) -> list[int]:
    return list(dict.fromkeys(alert.code for alert in meter.alerts))


@pytest.mark.parametrize("board_C", [-40, 23, 70])
def test_terminals_above_the_board_are_one_event_with_its_end(meter: HostMeter, board_C: int) -> None:
    meter.adc_codes = codes_of(board_C, board_C + 27)
    meter.run(20 * S)
    assert told(meter) == []
    meter.adc_codes = codes_of(board_C, board_C + 33)
    meter.run(40 * S)
    assert told(meter) == [OVERHEATED]
    assert meter.status & 1 << 14
    meter.adc_codes = codes_of(board_C, board_C + 23)
    meter.run(60 * S)
    assert told(meter) == [OVERHEATED]
    meter.adc_codes = codes_of(board_C, board_C + 17)
    meter.run(80 * S)
    assert told(meter) == [OVERHEATED, OVERHEATED_ENDED]
    assert not meter.status & 1 << 14


def test_two_samples_are_not_enough(meter: HostMeter) -> None:
    meter.adc_codes = codes_of(23, 80)
    meter.run(4 * S)
    meter.adc_codes = codes_of(23, 23)
    meter.run(20 * S)
    assert told(meter) == []


@pytest.mark.parametrize("codes", [(500, 1023), (500, 0), None])
def test_a_thermistor_or_converter_that_is_not_there_tells_nothing(
    meter: HostMeter, codes: tuple[int, int] | None
) -> None:
    meter.adc_codes = codes
    meter.run(30 * S)
    assert told(meter) == []


def test_it_looks_once_a_second(meter: HostMeter) -> None:
    meter.run(30 * S)
    assert 25 <= len(meter.adc_reads_us) <= 31


@pytest.mark.parametrize("board_C", [-40, 25, 70])
def test_the_hall_sensors_drift_is_taken_out(meter: HostMeter, board_C: int) -> None:
    """A part of -2000 ppm/K shows a field so much stronger in the cold; 49 mT stay below the threshold, 51 mT don't."""
    gain = 1 - 0.002 * (board_C - 25)
    meter.adc_codes = codes_of(board_C, board_C)
    meter.run(4 * S)
    meter.hall.field_mT = (0.0, 49.0 * gain, 0.0)
    meter.run(8 * S)
    assert told(meter) == []
    meter.hall.field_mT = (0.0, -51.0 * gain, 0.0)
    meter.run(12 * S)
    assert told(meter) == [MAGNET]

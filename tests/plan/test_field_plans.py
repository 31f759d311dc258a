"""What the tests of field and sensor make of what they see, with transfers and parameters written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harness.evidence.not_passed import Inconclusive, LimitMissed
from harness.evidence.record import TestRecord
from harness.measure.i2c import I2cByte, I2cTransfer
from testplans.detection.test_field_sensor import SensorOnTheBus, _data_reads, _judge_modes, _judge_setting_up
from testplans.latency.test_magnet_latency import MagnetLatency
from tests.evidence.runs import new_run, open_test

SENSOR = SensorOnTheBus.model_validate(
    {
        "address": 0x1E,
        "mode_register": 0x02,
        "continuous": 0x00,
        "data_register": 0x03,
        "data_octets": 6,
        "longest_gap": "250 ms",
        "window": "700 ms",
        "off": "1 s",
        "back_within": "30 s",
    }
)
LATENCY = {
    "limit": "500 ms",
    "field": "60 mT",
    "must_trip": "55 mT",
    "directions": ["+x", "-y", "+z"],
    "steps": 4,
    "window": "1.2 s",
    "spread": "1 s",
}


@pytest.fixture
def record(tmp_path: Path) -> TestRecord:
    return open_test(new_run(tmp_path))


def transfers(*parts: tuple[int, bytes | int]) -> list[I2cTransfer]:
    """Each part an address with the octets written to it, or with how many are read from it."""
    made = []
    for at, (address, what) in enumerate(parts):
        octets = what if isinstance(what, bytes) else bytes(what)
        data = tuple(I2cByte(octet, acknowledged=True, end_ns=1000.0 * at) for octet in octets)
        made.append(I2cTransfer(address, isinstance(what, int), True, data, 1000.0 * at, 1000.0 * at + 500, True))
    return made


SET, SAMPLE = (0x1E, b"\x02\x00"), (0x1E, 8)
SINGLE = (0x1E, b"\x02\x01")


def counts(*parts: tuple[int, bytes | int]) -> list[int]:
    """How often each of the field's six registers was read."""
    return [len(times_ns) for times_ns in _data_reads(transfers(*parts), SENSOR).values()]


def test_a_field_may_be_read_at_once_or_axis_by_axis_or_from_a_register_before_it() -> None:
    assert counts((0x1E, b"\x03"), (0x1E, 6)) == [1] * 6
    assert counts((0x1E, b"\x02"), (0x1E, 7)) == [1] * 6
    axes = [part for register in (3, 5, 7) for part in ((0x1E, bytes([register])), (0x1E, 2))]
    assert counts(*axes) == [1] * 6
    assert counts((0x1E, b"\x03"), (0x1E, 6), (0x1E, 6)) == [2] * 6, "after its last register its first comes again"


def test_what_is_no_read_of_the_field_counts_for_none() -> None:
    assert counts((0x1E, b"\x09"), (0x1E, 1), (0x35, b"\x03"), (0x35, 6)) == [0] * 6
    assert counts((0x1E, 6)) == [0] * 6, "nobody knows from which register"
    assert counts((0x1E, b"\x03"), (0x1E, 2), (0x1E, b"\x03"), (0x1E, 2)) == [2, 2, 0, 0, 0, 0]


def judge(record: TestRecord, seen: Sequence[I2cTransfer]) -> None:
    _judge_setting_up(seen, record, SENSOR)


def test_continuous_measurement_set_before_the_first_sample_passes(record: TestRecord) -> None:
    judge(record, transfers((0x1E, b"\x01\x20"), SET, SAMPLE, SAMPLE))


def test_the_mode_may_be_written_as_part_of_a_run_of_registers(record: TestRecord) -> None:
    judge(record, transfers((0x1E, b"\x00\x70\x20\x00"), SAMPLE))


def test_another_mode_before_the_setting_is_the_meters_own_affair(record: TestRecord) -> None:
    judge(record, transfers(SINGLE, SET, SAMPLE))


@pytest.mark.parametrize(
    "seen",
    [
        transfers((0x1E, b"\x01\x20"), SAMPLE, SET),
        transfers(SET, SINGLE, SAMPLE),
        transfers(SET, SAMPLE, SINGLE, SAMPLE),
        transfers((0x1E, b"\x01\x00"), SAMPLE),
    ],
    ids=["set after a sample", "single at once", "single later", "another register"],
)
def test_a_sensor_that_does_not_measure_continuously_fails(record: TestRecord, seen: list[I2cTransfer]) -> None:
    with pytest.raises(LimitMissed):
        judge(record, seen)


def test_no_sample_is_inconclusive(record: TestRecord) -> None:
    with pytest.raises(Inconclusive):
        judge(record, transfers(SET))


def test_at_rest_the_mode_of_other_devices_is_not_the_sensors(record: TestRecord) -> None:
    _judge_modes("at rest", transfers((0x50, b"\x02\x01"), SAMPLE, SET), record, SENSOR)
    with pytest.raises(LimitMissed):
        _judge_modes("at rest", transfers(SAMPLE, SINGLE), record, SENSOR)


@pytest.mark.parametrize(("key", "value"), [("directions", ["+x", "+x+y"]), ("directions", []), ("steps", 2)])
def test_a_latency_plan_that_cannot_be_measured_is_refused(key: str, value: Any) -> None:
    MagnetLatency.model_validate(LATENCY)
    with pytest.raises(ValidationError):
        MagnetLatency.model_validate(LATENCY | {key: value})

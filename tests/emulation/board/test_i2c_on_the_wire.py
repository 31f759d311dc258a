"""What the firmware does on its I2C bus, read off the wires: the sensor set to work and then looked at regularly."""

from __future__ import annotations

import numpy as np
import pytest

from harness.emulation.meter_board import MeterBoard
from harness.measure.i2c import FAST_MODE, I2cCapture, decode_i2c
from harness.measure.waveform import Waveform
from tests.emulation.board.conftest import SECOND_NS, BootedMeter

STEP_NS = 250
HALL_SENSOR = 0x1E
MODE_REGISTER, CONTINUOUS = 0x02, 0x00


def read_bus(board: MeterBoard, from_ns: int, to_ns: int) -> I2cCapture:
    """The wires sampled as ideal logic, decoded."""
    waves = []
    for net in ("I2C_SCL", "I2C_SDA"):
        level, edges = board.nets[net].edges_between(from_ns, to_ns)
        times_ns = np.arange(from_ns, to_ns, STEP_NS)
        turned = np.searchsorted(np.array(edges), times_ns, side="right") % 2 == 1
        waves.append(Waveform((turned != level).astype(np.uint8), 1.0, 0.0, 0, STEP_NS, float(from_ns), net, "1"))
    return decode_i2c(waves[0], waves[1], FAST_MODE)


def test_the_sensor_is_put_into_continuous_measurement_after_power_on(meter: BootedMeter) -> None:
    transfers = read_bus(meter.board, 0, SECOND_NS).transfers
    to_sensor = [one for one in transfers if one.address == HALL_SENSOR and not one.reading]
    assert any(one.octets == bytes([MODE_REGISTER, CONTINUOUS]) for one in to_sensor)
    assert all(one.acknowledged for one in to_sensor)


def test_the_sensor_is_read_ten_times_a_second(meter: BootedMeter) -> None:
    from_ns = meter.world.now_ns
    meter.run(SECOND_NS)
    found = read_bus(meter.board, from_ns, from_ns + SECOND_NS)
    starts_ns = [one.start_ns for one in found.transfers if one.address == HALL_SENSOR and one.reading]
    assert len(starts_ns) in (9, 10, 11)
    assert np.diff(starts_ns) == pytest.approx([SECOND_NS / 10] * (len(starts_ns) - 1), rel=0.01)

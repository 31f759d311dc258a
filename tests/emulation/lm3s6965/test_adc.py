"""The converter against the data sheet: codes of the temperature sensor and of an input, FIFO, sequencers, refusals."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.lm3s6965.adc import Adc
from harness.emulation.lm3s6965.block import CoreClock
from harness.emulation.world import World

ACTSS, RIS, ISC, PSSI = 0x000, 0x004, 0x00C, 0x028
MUX2, CTL2, FIFO2, FSTAT2 = 0x080, 0x084, 0x088, 0x08C
CTL3, FIFO3 = 0x0A4, 0x0A8


class Chip:
    """As much of a chip as the block asks for."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.clock = CoreClock(16_000_000)

    def set_irq(self, line: int, level: bool) -> None:
        raise AssertionError(f"interrupt {line} {level}")

    def is_peripheral_pin(self, port: str, pin: int) -> bool:
        return True

    def is_open_drain(self, port: str, pin: int) -> bool:
        return False

    def has_pins(self, port: str, peripheral: int, open_drain: int = 0) -> bool:
        return True

    def reset(self, cause: int) -> None:
        raise AssertionError(f"reset {cause}")


def make_adc(seed: int = 1) -> Adc:
    adc = Adc(Chip(seed))
    adc.inputs_uV[0] = lambda: 1_500_000
    adc.write(ACTSS, 0xC)
    return adc


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("chip_C", [-40, 25, 85])
def test_temperature_sensor_follows_the_data_sheets_line(seed: int, chip_C: int) -> None:
    adc = make_adc(seed)
    adc.chip_mC = lambda: chip_C * 1000
    adc.write(CTL3, 0xE)
    adc.write(PSSI, 0x8)
    adc.world.run_until(2_000)
    voltage = 2.7 - (chip_C + 55) / 75
    step_K = 75 * 3.0 / 1024
    assert abs(adc.read(FIFO3) - voltage / 3.0 * 1024) <= 3.5 / step_K + 1.6


def test_two_steps_come_out_in_order_and_once() -> None:
    adc = make_adc()
    adc.write(MUX2, 0)
    adc.write(CTL2, 0x68)
    adc.write(PSSI, 0x4)
    assert adc.read(RIS) == 0
    assert adc.read(FSTAT2) & 0x100
    adc.world.run_until(2_000)
    assert adc.read(RIS) == 0x4
    chip, terminal = adc.read(FIFO2), adc.read(FIFO2)
    assert abs(terminal - 512) <= 1
    assert abs(chip - 557) <= 18
    assert adc.read(FSTAT2) & 0x100
    adc.write(ISC, 0x4)
    assert adc.read(RIS) == 0


def test_an_inactive_sequencer_does_not_start_and_an_empty_fifo_is_told() -> None:
    adc = make_adc()
    adc.write(ACTSS, 0)
    adc.write(CTL2, 0x68)
    adc.write(PSSI, 0x4)
    adc.world.run_until(10_000)
    assert adc.read(RIS) == 0
    assert adc.read(FIFO2) == 0
    assert adc.read(0x018) == 0x4


def test_what_is_not_modelled_is_an_error() -> None:
    adc = make_adc()
    adc.write(MUX2, 0x1)
    adc.write(CTL2, 0x6)
    with pytest.raises(NotModelledError, match="ADC1 is wired to nothing"):
        adc.write(PSSI, 0x4)
    with pytest.raises(NotModelledError, match="differential"):
        adc.write(CTL2, 0x7)
    with pytest.raises(NotModelledError, match="interrupts"):
        adc.write(0x008, 0x4)
    adc.write(MUX2, 0x0)
    adc.write(CTL2, 0x0)
    with pytest.raises(NotModelledError, match="end"):
        adc.write(PSSI, 0x4)

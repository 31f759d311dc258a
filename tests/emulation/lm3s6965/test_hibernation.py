"""The battery clock: seconds of its own crystal, matches, trim, words that survive, writes that need time."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.lm3s6965.hibernation import Crystal
from harness.emulation.lm3s6965.mcu import Mcu
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.world import World
from tests.emulation.lm3s6965.rig import HIB, Rig

IRQ = 43
RTCC, RTCM0, RTCLD, CTL, IM, RIS, IC, RTCT, DATA = 0x00, 0x04, 0x0C, 0x10, 0x14, 0x18, 0x20, 0x24, 0x30
GAP_NS = 100_000
UTC_S = 1_790_000_000


def write(rig: Rig, offset: int, value: int) -> None:
    rig.write(HIB + offset, value)
    rig.wait(GAP_NS)


def test_counts_the_seconds_of_the_epoch_with_its_offset() -> None:
    rig = Rig(epoch_ns=UTC_S * 10**9 + 400_000_000)
    assert rig.read(HIB + RTCC) == UTC_S
    rig.wait(599_900_000)
    assert rig.read(HIB + RTCC) == UTC_S
    rig.wait(200_000)
    assert rig.read(HIB + RTCC) == UTC_S + 1


def test_crystal_error_adds_up() -> None:
    rig = Rig(epoch_ns=0, crystal_ppb=20_000)
    rig.wait(100_000 * 10**9 - rig.world.now_ns)  # 20 ppm of 100 000 s: 2 s
    assert rig.read(HIB + RTCC) == 100_002


def test_match_interrupts_when_the_second_begins() -> None:
    rig = Rig(epoch_ns=UTC_S * 10**9 + 250_000_000)
    write(rig, IM, 1)
    write(rig, RTCM0, UTC_S + 2)
    rig.wait(1_749_900_000 - rig.world.now_ns)
    assert not rig.line(IRQ)
    rig.wait(150_000)
    assert rig.line(IRQ)
    assert rig.read(HIB + RTCC) == UTC_S + 2
    write(rig, IC, 1)
    assert not rig.line(IRQ)


def test_writes_need_92_microseconds_between_them() -> None:
    rig = Rig()
    rig.wait(GAP_NS)
    rig.write(HIB + DATA, 1)
    rig.wait(91_000)
    with pytest.raises(NotModelledError, match="92000 ns"):
        rig.write(HIB + DATA + 4, 2)


def test_words_and_clock_live_through_a_power_cut_and_a_match_waits() -> None:
    rig = Rig(epoch_ns=UTC_S * 10**9)
    for index in range(64):
        write(rig, DATA + 4 * index, index * 0x0101_0101)
    write(rig, IM, 1)
    write(rig, RTCM0, UTC_S + 5)
    rig.mcu.power_off()
    rig.wait(10 * 10**9)
    rig.mcu.power_on()
    rig.set_up()
    assert rig.line(IRQ)
    assert rig.read(HIB + RTCC) == UTC_S + 10
    assert [rig.read(HIB + DATA + 4 * index) for index in range(64)] == [i * 0x0101_0101 for i in range(64)]


def test_trim_lengthens_every_64th_second() -> None:
    rig = Rig(epoch_ns=0)
    rig.wait(GAP_NS)
    write(rig, RTCT, 0x7FFF + 32_768)  # one second more per 64: 65 real seconds count 64
    rig.wait(650 * 10**9)
    assert rig.read(HIB + RTCC) == 640


def test_load_sets_the_seconds_and_keeps_the_divider() -> None:
    rig = Rig(epoch_ns=500_000_000)
    rig.wait(GAP_NS)
    write(rig, RTCLD, 1_000)
    assert rig.read(HIB + RTCC) == 1_000
    rig.wait(500_000_000)
    assert rig.read(HIB + RTCC) == 1_001


def test_stopped_counter_stands() -> None:
    rig = Rig(epoch_ns=7 * 10**9)
    rig.wait(GAP_NS)
    write(rig, CTL, 0x44)
    rig.wait(5 * 10**9)
    assert rig.read(HIB + RTCC) == 7
    write(rig, CTL, 0x45)
    rig.wait(2 * 10**9)
    assert rig.read(HIB + RTCC) == 9
    rig.wait(GAP_NS)
    with pytest.raises(NotModelledError, match="CLKSEL"):
        write(rig, CTL, 0x41)


@pytest.mark.parametrize(("temperature_mC", "ppb"), [(25_000, 0), (-40_000, -143_650), (70_000, -68_850)])
def test_the_crystal_is_slower_away_from_its_turnover(temperature_mC: int, ppb: int) -> None:
    """0.034 ppm per square kelvin, over a day in which it was at room temperature for the first minute."""
    now_mC = 25_000
    world = World(1)
    bus = I2cBus(world, "i2c bus")
    mcu = Mcu(world, bus, epoch_ns=0, core_ppb=0, crystal=Crystal(0), temperature_mC=lambda: now_mC)
    now_mC = temperature_mC
    day_ns = 86_400 * 10**9
    world.run_until(60 * 10**9 + day_ns)
    lost_ns = world.now_ns - mcu.hibernation.reading_ns()
    assert lost_ns == pytest.approx(-ppb * day_ns / 1e9, abs=100_000)

"""The TMAG5273A2 on its bus: register map as published, conversions, ranges, temperature."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.tmag5273 import Tmag5273
from harness.emulation.world import World
from tests.emulation.parts.sources import HandMade

ADDRESS = 0x35
MS = 1_000_000
# Linux's driver: 40.6 and 81.2 milligauss per code, which are 4.06 and 8.12 uT.
NT_PER_CODE = {133: 4_060, 266: 8_120}


class Bench:
    """World, bus and part, worked as a master works them."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.around = HandMade()
        self.bus = I2cBus(self.world, "bus")
        self.part = Tmag5273(self.world, "hall", self.around)
        self.bus.attach("hall", self.part)

    def write(self, *octets: int) -> None:
        assert self.bus.address(ADDRESS, False, 2_500)
        for octet in octets:
            assert self.bus.write(octet)
        self.bus.stop()

    def read(self, register: int, count: int) -> bytes:
        assert self.bus.address(ADDRESS, False, 2_500)
        assert self.bus.write(register)
        assert self.bus.address(ADDRESS, True, 2_500)
        octets = bytes(self.bus.read() for _ in range(count))
        self.bus.stop()
        return octets

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)

    def apply(self, x_mT: int, y_mT: int, z_mT: int) -> None:
        self.around.changes.append((self.world.now_ns, (x_mT * MS, y_mT * MS, z_mT * MS)))

    def start(self, *, ranges: int = 0x03, config_1: int = 0x14) -> None:
        self.write(0x02, 0x70)
        self.write(0x03, ranges)
        self.write(0x00, config_1)
        self.write(0x01, 0x02)

    def axes(self) -> list[int]:
        octets = self.read(0x12, 6)
        return [int.from_bytes(octets[at : at + 2], "big", signed=True) for at in (0, 2, 4)]


def test_identity() -> None:
    bench = Bench()
    assert bench.read(0x0D, 1)[0] & 3 == 2  # x2: 133 and 266 mT
    assert bench.read(0x0E, 2) == b"\x49\x54"
    assert bench.read(0x0C, 1)[0] >> 1 == ADDRESS
    assert bench.read(0x18, 1)[0] & 0x10  # POR


def test_standby_gives_no_results() -> None:
    bench = Bench()
    bench.apply(100, 100, 100)
    bench.wait(100 * MS)
    assert bench.read(0x10, 8) == bytes(8)
    assert bench.read(0x18, 1) == b"\x10"


def test_power_on_reset_flag_is_cleared_by_writing_one() -> None:
    bench = Bench()
    bench.write(0x18, 0x10)
    assert bench.read(0x18, 1) == b"\x00"
    bench.part.power_off()
    assert bench.read(0x18, 1) == b"\x10"


@pytest.mark.parametrize(("ranges", "full_mT"), [(0x03, 266), (0x00, 133)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scale_and_order(seed: int, ranges: int, full_mT: int) -> None:
    bench = Bench(seed)
    bench.start(ranges=ranges)
    bench.apply(100, -50, 25)
    bench.wait(20 * MS)
    for code, field_mT in zip(bench.axes(), (100, -50, 25), strict=True):
        tolerance_nT = abs(field_mT) * 30_000 + 300_000 + 80_000
        assert abs(code * NT_PER_CODE[full_mT] - field_mT * MS) <= tolerance_nT


def test_ranges_of_xy_and_z_are_set_apart() -> None:
    bench = Bench()
    bench.start(ranges=0x02)
    bench.apply(100, 100, 100)
    bench.wait(20 * MS)
    x, y, z = bench.axes()
    assert 1.8 < z / x < 2.2
    assert 0.9 < y / x < 1.1


def test_end_of_range_is_the_last_code() -> None:
    bench = Bench()
    bench.start()
    bench.apply(300, -300, 0)
    bench.wait(20 * MS)
    assert bench.axes()[:2] == [32_767, -32_768]


def test_results_come_at_the_rate_of_the_averaging() -> None:
    bench = Bench()
    bench.start(config_1=0x14)  # 32 times: 400 per second
    bench.wait(2_300_000)
    assert bench.read(0x18, 1)[0] & 1 == 0
    bench.wait(400_000)
    status = bench.read(0x18, 1)[0]
    assert status & 1
    assert status >> 5 == 1
    bench.wait(10 * 2_500_000)
    assert bench.read(0x18, 1)[0] >> 5 in {2, 3, 4}  # ten more, modulo 8, give or take the oscillator's 5 %


def test_averaging_makes_it_quieter() -> None:
    spreads = []
    for config_1 in (0x00, 0x14):
        bench = Bench()
        bench.start(config_1=config_1)
        values = []
        for _ in range(100):
            bench.wait(10 * MS)
            values.append(bench.axes()[0])
        spreads.append(max(values) - min(values))
    assert spreads[1] * 3 < spreads[0]


def test_results_stand_still_within_a_transfer() -> None:
    bench = Bench()
    bench.start()
    bench.wait(20 * MS)
    assert bench.bus.address(ADDRESS, False, 2_500)
    bench.bus.write(0x12)
    bench.bus.address(ADDRESS, True, 2_500)
    first = bench.bus.read()
    bench.apply(200, 200, 200)
    bench.wait(20 * MS)
    rest = bytes(bench.bus.read() for _ in range(5))
    bench.bus.stop()
    octets = bytes([first]) + rest
    assert all(abs(int.from_bytes(octets[at : at + 2], "big", signed=True)) < 100 for at in (0, 2, 4))
    assert bench.axes()[0] > 20_000


def test_temperature_result() -> None:
    bench = Bench()
    bench.around.board_mC = 35_000
    bench.write(0x07, 0x01)
    bench.start()
    bench.wait(20 * MS)
    assert int.from_bytes(bench.read(0x10, 2), "big") == pytest.approx(17_508 + 601, abs=2 * 60.1 + 1)


def test_snapshot_goes_on_as_the_original() -> None:
    bench = Bench()
    bench.start()
    bench.apply(10, 20, 30)
    bench.wait(7 * MS)
    bench.axes()
    snapshot = bench.world.snapshot()

    def go_on() -> tuple[list[int], str]:
        bench.wait(7 * MS)
        return bench.axes(), bench.world.snapshot().digest()

    once = go_on()
    bench.world.restore(snapshot)
    assert go_on() == once


@pytest.mark.parametrize(
    "octets", [(0x00, 0x80), (0x00, 0x01), (0x00, 0x18), (0x01, 0x03), (0x04, 1), (0x0C, 0x44), (0x12, 1), (0x92,)]
)
def test_what_is_not_modelled_is_an_error(octets: tuple[int, ...]) -> None:
    with pytest.raises(NotModelledError, match="0x35"):
        Bench().write(*octets)


def test_two_axes_are_refused_when_it_starts() -> None:
    bench = Bench()
    bench.write(0x02, 0x30)
    with pytest.raises(NotModelledError, match="all three"):
        bench.write(0x01, 0x02)

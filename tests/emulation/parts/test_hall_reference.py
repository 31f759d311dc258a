"""The reference Hall sensor on its bus: registers, modes, times, what it makes of a field, what a power cut leaves."""

from __future__ import annotations

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.hall_reference import HallReference
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.world import World
from tests.emulation.parts.sources import HandMade

ADDRESS = 0x1E
BIT_NS = 2_500
MS = 1_000_000
LONGEST_CONVERSION = 13_965_000  # 13.3 ms + 5 %
SHORTEST_CONVERSION = 12_635_000


class Bench:
    """World, bus and part, worked as a master works them."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.around = HandMade()
        self.bus = I2cBus(self.world, "bus")
        self.part = HallReference(self.world, "hall", self.around)
        self.bus.attach("hall", self.part)

    def write(self, *octets: int) -> None:
        assert self.bus.address(ADDRESS, False, BIT_NS)
        for octet in octets:
            assert self.bus.write(octet)
        self.bus.stop()

    def read(self, register: int, count: int) -> bytes:
        assert self.bus.address(ADDRESS, False, BIT_NS)
        assert self.bus.write(register)
        assert self.bus.address(ADDRESS, True, BIT_NS)
        octets = bytes(self.bus.read() for _ in range(count))
        self.bus.stop()
        return octets

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)

    def apply(self, x_mT: float, y_mT: float, z_mT: float) -> None:
        value = (round(x_mT * 1e6), round(y_mT * 1e6), round(z_mT * 1e6))
        self.around.changes.append((self.world.now_ns, value))

    def sample(self) -> tuple[tuple[int, int, int], int]:
        """X, Y, Z in steps of 10 uT, and the status of the same transfer."""
        octets = self.read(0x03, 7)
        x, z, y = (int.from_bytes(octets[at : at + 2], "big", signed=True) for at in (0, 2, 4))
        return (x, y, z), octets[6]


def continuous(seed: int = 1) -> Bench:
    bench = Bench(seed)
    bench.write(0x02, 0x00)
    return bench


def close_to(steps: int, field_mT: float) -> bool:
    """Within 3 % of gain, 0.5 mT of offset, 61 uT of noise, half a step."""
    return abs(steps * 10 - field_mT * 1000) <= abs(field_mT) * 30 + 500 + 61 + 5


def test_reset_values_and_identity() -> None:
    bench = Bench()
    assert bench.read(0x00, 13) == bytes.fromhex("70 20 03 0000 0000 0000 00") + b"TB1"
    assert bench.read(0x0C, 3) == b"1\x00\x70"  # the pointer turns back after the last register
    assert not bench.bus.address(0x1F, False, BIT_NS)


def test_idle_after_power_on_and_never_a_conversion() -> None:
    bench = Bench()
    bench.apply(100, 0, 0)
    bench.wait(1_000 * MS)
    assert bench.sample() == ((0, 0, 0), 0)


def test_first_conversion_comes_after_its_time() -> None:
    bench = continuous()
    bench.wait(SHORTEST_CONVERSION - 1)
    assert bench.read(0x09, 1) == b"\x00"
    bench.wait(LONGEST_CONVERSION - SHORTEST_CONVERSION + 1)
    assert bench.read(0x09, 1) == b"\x01"


def test_order_of_the_axes_and_both_signs() -> None:
    bench = continuous()
    bench.apply(10, -20, 40)
    bench.wait(20 * MS)
    octets = bench.read(0x03, 6)
    x, z, y = (int.from_bytes(octets[at : at + 2], "big", signed=True) for at in (0, 2, 4))
    assert close_to(x, 10)
    assert close_to(y, -20)
    assert close_to(z, 40)


@pytest.mark.parametrize("seed", range(20))
def test_every_seed_is_within_the_tolerances_and_no_two_are_alike(seed: int) -> None:
    bench, other = continuous(seed), continuous(seed + 1000)
    for one in (bench, other):
        one.apply(150, 150, 150)
        one.wait(20 * MS)
    axes = bench.sample()[0]
    assert all(close_to(axis, 150) for axis in axes)
    assert axes != other.sample()[0]


def test_every_part_has_its_own_oscillator_around_75_Hz() -> None:
    periods_ns = [Bench(seed).part.traits.period_ns for seed in range(60)]
    assert SHORTEST_CONVERSION <= min(periods_ns) < max(periods_ns) <= LONGEST_CONVERSION
    assert abs(sum(periods_ns) / len(periods_ns) - 13_300_000) < 200_000  # 3 standard deviations of the mean


def test_a_rate_within_five_percent_of_75_Hz() -> None:
    bench = continuous()
    fresh = 0
    for _ in range(20_000):
        bench.wait(MS // 10)
        if bench.read(0x09, 1)[0] & 1:
            bench.read(0x03, 6)
            fresh += 1
    assert 2_000_000_000 // LONGEST_CONVERSION - 1 <= fresh <= 2_000_000_000 // SHORTEST_CONVERSION + 1


def test_clips_at_200_mT_and_says_so() -> None:
    bench = continuous()
    bench.apply(230, -230, 190)
    bench.wait(20 * MS)
    (x, y, z), status = bench.sample()
    assert (x, y) == (20_000, -20_000)
    assert close_to(z, 190)
    assert status & 4
    bench.apply(190, -190, 190)
    bench.wait(30 * MS)
    assert bench.sample()[1] & 4 == 0


def test_data_stand_still_while_they_are_read() -> None:
    bench = continuous()
    bench.apply(0, 0, 0)
    bench.wait(20 * MS)
    high_of_x = bench.read(0x03, 1)
    bench.apply(100, 100, 100)
    bench.wait(50 * MS)
    assert bench.read(0x09, 1)[0] & 2  # LOCK
    assert bench.read(0x02, 1) == b"\x00"
    rest = bench.read(0x04, 5)
    assert max(abs(int.from_bytes((high_of_x + rest)[at : at + 2], "big", signed=True)) for at in (0, 2, 4)) < 100
    assert bench.read(0x09, 1)[0] & 3 == 0  # neither locked nor new: what ended meanwhile was dropped
    bench.wait(LONGEST_CONVERSION)
    assert close_to(bench.sample()[0][0], 100)


def test_status_in_the_same_transfer_still_says_ready() -> None:
    bench = continuous()
    bench.wait(20 * MS)
    assert bench.sample()[1] == 1
    assert bench.read(0x09, 1) == b"\x00"


def test_single_mode_converts_once_and_then_gives_the_old_data() -> None:
    bench = Bench()
    bench.apply(30, 0, 0)
    bench.write(0x02, 0x01)
    bench.wait(20 * MS)
    assert bench.read(0x02, 1) == b"\x03"
    first = bench.sample()
    assert close_to(first[0][0], 30)
    assert first[1] == 1
    bench.apply(120, 0, 0)
    bench.wait(1_000 * MS)
    assert bench.sample() == (first[0], 0)


def test_single_mode_has_the_field_of_its_one_conversion() -> None:
    bench = Bench()
    bench.apply(30, 0, 0)
    bench.write(0x02, 0x01)
    bench.wait(20 * MS)
    bench.apply(120, 0, 0)
    bench.wait(200 * MS)
    assert close_to(bench.sample()[0][0], 30)


def test_the_field_of_the_conversion_not_of_the_reading() -> None:
    bench = continuous()
    bench.apply(0, 0, 0)
    bench.wait(SHORTEST_CONVERSION * 3)
    bench.apply(150, 0, 0)
    bench.wait(1_000)
    assert abs(bench.sample()[0][0]) < 100


def test_gain_falls_with_temperature() -> None:
    readings = []
    for board_mC in (25_000, 85_000):
        bench = continuous()
        bench.around.board_mC = board_mC
        bench.apply(150, 0, 0)
        bench.wait(20 * MS)
        readings.append(bench.sample()[0][0])
    change_ppm_per_K = (readings[1] - readings[0]) * 1e6 / readings[0] / 60
    assert -2_160 <= change_ppm_per_K <= -1_840


def test_noise_is_there_and_small() -> None:
    bench = continuous()
    values = []
    for _ in range(200):
        bench.wait(20 * MS)
        values.append(bench.sample()[0][0])
    assert len(set(values)) > 3
    assert max(values) - min(values) <= 13  # twice 61 uT and the rounding


def test_power_cut_brings_reset_values() -> None:
    bench = continuous()
    bench.apply(100, 0, 0)
    bench.wait(20 * MS)
    bench.sample()
    bench.part.power_off()
    bench.wait(100 * MS)
    assert bench.read(0x00, 10) == bytes.fromhex("70 20 03 0000 0000 0000 00")


def test_snapshot_in_the_middle_of_a_read_goes_on_as_the_original() -> None:
    bench = continuous()
    bench.apply(60, 1, 2)
    bench.wait(20 * MS)
    assert bench.bus.address(ADDRESS, False, BIT_NS)
    bench.bus.write(0x03)
    bench.bus.address(ADDRESS, True, BIT_NS)
    first = [bench.bus.read() for _ in range(3)]
    snapshot = bench.world.snapshot()

    def go_on() -> tuple[list[int], bytes, str]:
        rest = [bench.bus.read() for _ in range(3)]
        bench.bus.stop()
        bench.wait(40 * MS)
        return rest, bench.read(0x03, 7), bench.world.snapshot().digest()

    once = go_on()
    bench.world.restore(snapshot)
    assert go_on() == once
    assert close_to(int.from_bytes(bytes(first[:2]), "big", signed=True), 60)


@pytest.mark.parametrize(
    "octets", [(0x02, 0x02), (0x02, 0x10), (0x01, 0x40), (0x00, 0x18), (0x03, 0), (0x09, 0), (0x0E,)]
)
def test_what_is_not_modelled_is_an_error(octets: tuple[int, ...]) -> None:
    with pytest.raises(NotModelledError, match="0x1E"):
        Bench().write(*octets)

"""The LIS3DH on its bus against its data sheet: registers, samples, the high-pass before interrupt 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import Any

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.lis3dh import Lis3dh
from harness.emulation.world import PlainComponent, World
from tests.emulation.parts.sources import HandMade

ADDRESS = 0x18
MS, S = 1_000_000, 1_000_000_000
G_UG = 1_000_000
CTRL1, CTRL2, CTRL3, CTRL4, CTRL5, STATUS, OUT = 0x20, 0x21, 0x22, 0x23, 0x24, 0x27, 0x28
INT1_CFG, INT1_SRC, INT1_THS = 0x30, 0x31, 0x32
UP = 0x80
OFFSET_MG, GAIN, NOISE_MG = 40, 0.025, 2.3
"""Zero-g level and sensitivity (2.5 % assumed) as limits; noise of +-255 steps of 7 ug, and the rounding."""


@dataclass
class LineState:
    changes: list[tuple[int, bool]]


class Line(PlainComponent):
    """The wire at INT1; it remembers."""

    state: LineState

    def __init__(self, world: World) -> None:
        self.state = LineState([])
        super().__init__(world, "wire")

    def drive(self, level: bool) -> None:
        self.state.changes.append((self.world.now_ns, level))


class Bench:
    """World, bus and part, worked as a master works them."""

    def __init__(self, seed: int = 1, *, stuck: bool = False, around: HandMade | None = None) -> None:
        self.world = World(seed)
        self.around = around or HandMade()
        self.bus = I2cBus(self.world, "bus")
        self.line = Line(self.world)
        self.part = Lis3dh(self.world, "accelerometer", self.around, self.line, stuck=stuck)
        self.bus.attach("accelerometer", self.part)

    def write(self, register: int, *octets: int) -> None:
        assert self.bus.address(ADDRESS, False, 2_500)
        assert self.bus.write(register)
        for octet in octets:
            assert self.bus.write(octet)
        self.bus.stop()

    def read(self, register: int, count: int = 1) -> bytes:
        assert self.bus.address(ADDRESS, False, 2_500)
        assert self.bus.write(register)
        assert self.bus.address(ADDRESS, True, 2_500)
        octets = bytes(self.bus.read() for _ in range(count))
        self.bus.stop()
        return octets

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)

    def start(self, rate: int = 5) -> None:
        """So many samples a second, three axes, high resolution; a wait settles it."""
        self.write(CTRL4, 0x88)
        self.write(CTRL1, rate << 4 | 7)

    def watch(self, threshold: int, *, control_2: int = 0x81, latched: bool = True) -> None:
        self.write(CTRL2, control_2)
        self.write(CTRL3, 0x40)
        self.write(CTRL5, 0x08 if latched else 0x00)
        self.write(INT1_THS, threshold)
        self.write(INT1_CFG, 0x2A)

    def move(self, x_ug: int, y_ug: int, z_ug: int) -> None:
        """From now on it feels this; the part is told, as the plant tells it."""
        self.around.accelerations.append((self.world.now_ns, (x_ug, y_ug, z_ug)))
        self.world.schedule(self.world.now_ns, "accelerometer", "moved")

    def axes_mg(self) -> list[float]:
        octets = self.read(OUT | UP, 6)
        return [int.from_bytes(octets[at : at + 2], "little", signed=True) / 16 for at in (0, 2, 4)]


def test_identity_and_reset_values() -> None:
    bench = Bench()
    assert bench.read(0x0F) == b"\x33"
    assert bench.read(CTRL1) == b"\x07"
    assert bench.read(0x1E) == b"\x10"
    assert bench.read(CTRL2 | UP, 5) == bytes(5)


def test_the_register_counts_up_only_if_its_top_bit_is_set() -> None:
    bench = Bench()
    bench.write(CTRL3 | UP, 0x40, 0x88)
    assert bench.read(CTRL3 | UP, 2) == b"\x40\x88"
    assert bench.read(CTRL3, 2) == b"\x40\x40"


def test_power_down_gives_no_sample() -> None:
    bench = Bench()
    bench.write(CTRL4, 0x88)
    bench.wait(S)
    assert bench.read(STATUS) == b"\x00"
    assert bench.read(OUT | UP, 6) == bytes(6)


@pytest.mark.parametrize(("code", "rate_Hz"), [(1, 1), (2, 10), (3, 25), (4, 50), (5, 100), (6, 200), (7, 400)])
def test_a_sample_is_new_once_in_each_period(code: int, rate_Hz: int) -> None:
    bench = Bench()
    bench.start(code)
    period_ns = S * 10**6 // (rate_Hz * (10**6 + bench.part.traits.rate_ppm))
    assert period_ns == pytest.approx(S // rate_Hz, rel=0.053)
    bench.wait(period_ns - 1000)
    assert bench.read(STATUS) == b"\x00"
    bench.wait(2000)
    assert bench.read(STATUS) == b"\x0f"
    bench.axes_mg()
    assert bench.read(STATUS) == b"\x00"
    bench.wait(period_ns)
    assert bench.read(STATUS) == b"\x0f"


@pytest.mark.parametrize("seed", range(1, 7))
def test_scale_order_and_signs(seed: int) -> None:
    """1 mg a digit, twelve bits to the left of sixteen, the low octet first."""
    bench = Bench(seed)
    bench.start()
    for truth_mg in ((0, 0, 1000), (1000, 0, 0), (0, -1000, 0), (500, -250, 1500)):
        bench.move(*(one * 1000 for one in truth_mg))
        bench.wait(S)
        for shown, truth in zip(bench.axes_mg(), truth_mg, strict=True):
            assert shown == int(shown), "nothing below the twelfth bit"
            assert abs(shown - truth) <= abs(truth) * GAIN + OFFSET_MG + NOISE_MG


def test_parts_differ_and_a_part_is_itself() -> None:
    drawn = [Bench(seed).part.traits for seed in range(40)]
    assert Bench(3).part.traits == drawn[3]
    assert len({traits.gain_ppm for traits in drawn}) == 40
    offsets = [one for traits in drawn for one in traits.offset_ug]
    assert -40_000 <= min(offsets) < -20_000
    assert 20_000 < max(offsets) <= 40_000


def test_the_end_of_the_range_is_the_last_code() -> None:
    bench = Bench()
    bench.start()
    bench.move(3 * G_UG, -3 * G_UG, 0)
    bench.wait(S)
    assert bench.axes_mg()[:2] == [2047, -2048]


def test_noise_changes_from_sample_to_sample_and_stays_within_one() -> None:
    bench = Bench()
    bench.start()
    seen = []
    for _ in range(50):
        bench.wait(11 * MS)
        seen.append(bench.axes_mg())
        assert bench.axes_mg() == seen[-1], "the same sample read again"
    for axis in zip(*seen, strict=True):
        assert 1 <= max(axis) - min(axis) <= 2 * NOISE_MG


def test_a_step_comes_over_the_bandwidth_not_at_once() -> None:
    """A ninth of the data rate: 11 Hz at 100 samples a second, so most of a step is there after 40 ms."""
    bench = Bench()
    bench.start()
    bench.wait(S)
    before = bench.axes_mg()[0]
    bench.move(G_UG, 0, G_UG)
    bench.wait(15 * MS)
    halfway = bench.axes_mg()[0] - before
    bench.wait(50 * MS)
    assert 100 < halfway < 800
    assert bench.axes_mg()[0] - before > 950


def test_drift_with_temperature_stays_in_the_data_sheets_bounds() -> None:
    bench = Bench()
    bench.start()
    bench.wait(S)
    room = bench.axes_mg()
    bench.around.board_mC = -40_000
    bench.wait(S)
    for cold, warm in zip(bench.axes_mg(), room, strict=True):
        assert abs(cold - warm) <= 65 * (0.3 + 0.1) + 2 * NOISE_MG
    assert bench.axes_mg() != room


def test_a_stuck_element_repeats_its_first_sample() -> None:
    bench = Bench(stuck=True)
    bench.start()
    bench.wait(S)
    first = bench.axes_mg()
    bench.move(G_UG, 0, 0)
    bench.wait(S)
    assert bench.axes_mg() == first


@pytest.mark.parametrize(
    ("move", "bit"),
    [((100_000, 0, 0), 0x02), ((0, 100_000, 0), 0x08), ((0, 0, -100_000), 0x20)],
)
def test_a_shock_on_each_axis_is_latched_until_its_source_is_read(move: tuple[int, int, int], bit: int) -> None:
    bench = Bench()
    bench.start()
    bench.watch(3)  # 48 mg
    bench.wait(S)
    assert bench.line.state.changes == []
    bench.move(move[0], move[1], G_UG + move[2])
    bench.wait(5 * S)
    assert [level for _, level in bench.line.state.changes] == [True], "latched, long after the high-pass has settled"
    assert bench.read(INT1_SRC) == bytes([0x40 | bit])
    assert [level for _, level in bench.line.state.changes] == [True, False]
    assert bench.read(INT1_SRC) == b"\x00"


def test_without_the_latch_the_line_falls_when_the_high_pass_has_settled() -> None:
    bench = Bench()
    bench.start()
    bench.watch(3, latched=False)
    bench.wait(S)
    moved_ns = bench.world.now_ns
    bench.move(100_000, 0, G_UG)
    bench.wait(5 * S)
    (rose_ns, up), (fell_ns, down) = bench.line.state.changes
    assert (up, down) == (True, False)
    assert rose_ns - moved_ns <= 50 * MS
    # 100 mg decays to 48 mg in 0.73 time constants of the 2 Hz high-pass (80 ms), but rises over the bandwidth first.
    assert 20 * MS <= fell_ns - rose_ns <= 150 * MS


def test_the_threshold_is_in_steps_of_16_mg() -> None:
    for threshold, trips in ((4, True), (8, False)):
        bench = Bench()
        bench.start()
        bench.watch(threshold)
        bench.wait(S)
        bench.move(110_000, 0, G_UG)  # some 90 mg of it get through: over 64, under 128
        bench.wait(S)
        assert bool(bench.line.state.changes) is trips


class Swinging(HandMade):
    """A sinusoid along x, from now on and for ever."""

    frequency_Hz = 1.0
    amplitude_ug = 100_000

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        return round(self.amplitude_ug * sin(2 * pi * self.frequency_Hz * at_ns / S)), 0, G_UG

    def still_from_ns(self) -> int:
        return 1 << 62


@pytest.mark.parametrize(
    ("control_2", "frequency_Hz", "trips"),
    [
        (0x81, 5.0, True),  # cut-off 2 Hz: 5 Hz passes, of 0.5 Hz a quarter is left
        (0x81, 0.5, False),
        (0xA1, 0.5, True),  # cut-off 0.5 Hz: seven tenths are left
        (0xA1, 0.15, False),
        (0xB1, 0.15, True),  # cut-off 0.2 Hz
        (0xB1, 0.05, False),
    ],
)
def test_the_high_pass_has_the_cut_off_that_is_chosen(control_2: int, frequency_Hz: float, trips: bool) -> None:
    around = Swinging()
    around.frequency_Hz = frequency_Hz
    bench = Bench(around=around)
    bench.start()
    bench.watch(3, control_2=control_2)
    bench.wait(3 * S)
    bench.read(INT1_SRC)
    bench.line.state.changes.clear()
    bench.wait(10 * S)
    assert bool(bench.line.state.changes) is trips


def test_the_line_moves_only_if_the_interrupt_is_put_on_it() -> None:
    bench = Bench()
    bench.start()
    bench.watch(3)
    bench.write(CTRL3, 0x00)
    bench.move(G_UG, 0, 0)
    bench.wait(S)
    assert bench.line.state.changes == []
    assert bench.read(INT1_SRC)[0] & 0x40


def test_at_rest_the_world_has_nothing_to_do() -> None:
    bench = Bench()
    bench.start()
    bench.watch(3)
    bench.move(100_000, 0, G_UG)
    bench.wait(10 * S)
    assert bench.world.snapshot().events == []


def test_the_filter_sees_a_movement_to_its_end_although_the_meter_stands_still_again() -> None:
    """The mean over the bandwidth goes on for 40 ms: a part that had stopped at the first small value would miss it."""
    bench = Bench()
    bench.start()
    bench.watch(4)
    bench.wait(S + 3 * MS)  # the first sample after the step has an eighth of it or two
    bench.move(100_000, 0, G_UG)
    bench.wait(S)
    assert [level for _, level in bench.line.state.changes] == [True]


def test_power_off_forgets_everything_and_lets_the_line_go() -> None:
    bench = Bench()
    bench.start()
    bench.watch(3)
    bench.move(G_UG, 0, 0)
    bench.wait(100 * MS)
    bench.part.power_off()
    assert bench.line.state.changes[-1][1] is False
    assert bench.read(CTRL1) == b"\x07"
    assert bench.read(INT1_CFG) == b"\x00"
    bench.wait(S)
    assert bench.world.snapshot().events == []


@pytest.mark.parametrize(
    "act",
    [
        lambda bench: bench.write(CTRL1, 0x5F),  # low power
        lambda bench: bench.write(CTRL1, 0x87),  # 1.6 kHz, low power only
        lambda bench: bench.write(CTRL4, 0x98),  # 4 g
        lambda bench: bench.write(CTRL5, 0x40),  # FIFO
        lambda bench: bench.write(INT1_CFG, 0x95),  # an AND of low events
        lambda bench: bench.write(0x34, 0x2A),  # interrupt 2
        lambda bench: bench.write(0x38, 0x15),  # clicks
        lambda bench: bench.read(0x3D),
    ],
)
def test_what_is_not_modelled_is_refused(act: Callable[[Bench], Any]) -> None:
    with pytest.raises(NotModelledError, match="LIS3DH at 0x18"):
        act(Bench())


def test_a_snapshot_while_it_is_shaken_goes_on_the_same() -> None:
    around = Swinging()
    around.frequency_Hz = 3.0
    bench = Bench(5, around=around)
    bench.start()
    bench.watch(3, latched=False)
    bench.wait(777 * MS)
    snapshot = bench.world.snapshot()
    seen = []
    for _ in range(2):
        bench.world.restore(snapshot)
        bench.wait(333 * MS)
        samples = [bench.axes_mg(), bench.read(INT1_SRC), list(bench.line.state.changes)]
        bench.wait(S)
        seen.append((samples, bench.axes_mg(), bench.world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert bench.line.state.changes

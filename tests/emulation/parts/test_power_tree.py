"""Power tree, battery, latch and injection of the emulated meter against what their data sheets and drawings say."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

import pytest

from harness.emulation.meter_board import MeterBoard
from harness.emulation.parts.battery import BatteryNet
from harness.emulation.parts.magnetic_latch import OPERATES_NT, MagneticLatch
from harness.emulation.parts.surroundings import QuietRoom
from harness.emulation.plant.injection import Injection
from harness.emulation.world import World

HIBCTL = 0x010
REQUEST, ARMED = 0x02, 0x10


@dataclass(frozen=True)
class MagnetRoom(QuietRoom):
    field_now_nT: list[int] = field(default_factory=lambda: [0, 0, 0])

    def field_nT(self, place: object, at_ns: int) -> tuple[int, int, int]:
        return self.field_now_nT[0], self.field_now_nT[1], self.field_now_nT[2]


def make_latch(seed: int = 1) -> tuple[World, MagnetRoom, MagneticLatch, list[bool]]:
    world, changes = World(seed), list[bool]()
    room = MagnetRoom(field_now_nT=[0, 0, 0])
    return world, room, MagneticLatch(world, "latch", room, changes.append), changes


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_latch_closes_between_its_limits_and_stays(seed: int) -> None:
    world, room, latch, changes = make_latch(seed)
    for strength_nT, closed in ((OPERATES_NT[0] - 1, False), (OPERATES_NT[1] + 1, True), (0, True)):
        room.field_now_nT[1] = -strength_nT
        latch.on_event("segment", "COIL_Y_I")
        world.run_until(world.now_ns + 500_000_000)
        assert latch.state.is_set is closed
    assert changes == [True]


def test_the_opening_pulse_opens_it_only_without_a_magnet() -> None:
    _, room, latch, changes = make_latch()
    room.field_now_nT[2] = 60_000_000
    latch.reset()
    assert latch.state.is_set
    room.field_now_nT[2] = 0
    latch.reset()
    assert not latch.state.is_set
    assert changes == [True, False]


def test_the_latch_costs_nothing_at_rest() -> None:
    world, _, latch, _ = make_latch()
    latch.on_event("segment", "COIL_X_I")
    world.run_until(1_000_000_000)
    assert world.snapshot().events == []


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_fresh_battery_starts_the_processor_an_aged_one_does_not(seed: int) -> None:
    assert BatteryNet(World(seed), QuietRoom()).can_run_processor
    assert not BatteryNet(World(seed), QuietRoom(), "aged").can_run_processor


@dataclass(frozen=True)
class ColdRoom(QuietRoom):
    def meter_mC(self, at_ns: int) -> int:
        return -40_000


@pytest.mark.parametrize("seed", range(1, 31))
def test_a_battery_is_weaker_in_the_cold_and_enough(seed: int) -> None:
    warm, cold = BatteryNet(World(seed), QuietRoom()), BatteryNet(World(seed), ColdRoom())
    assert cold.least_mV < cold.voltage_mV(cold.awake_uA) < warm.voltage_mV(warm.awake_uA)


HIBRIS, HIBIC, LOW_ENABLED, LOW = 0x018, 0x020, 0x20, 0x4


def low_flag(board: MeterBoard) -> bool:
    return bool(board.mcu.hibernation.read(HIBRIS) & LOW)


@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("on_mains", [True, False])
def test_the_module_tells_a_weak_cell_from_the_others_once_it_is_told_to(seed: int, on_mains: bool) -> None:
    """LM3S6965 data sheet, HIBCTL and HIBRIS: LOWBATEN, bit 5; LOWBAT, bit 2, stays until it is cleared."""
    for kind, low in (("fresh", False), ("aged", False), ("weak", True)):
        board = MeterBoard(World(seed), utc_at_zero_s=1_790_000_000, battery=kind)  # type: ignore[arg-type]
        board.battery.hold(0 if on_mains else board.battery.standby_uA)
        assert not low_flag(board)
        board.mcu.hibernation.state.ctl |= LOW_ENABLED
        assert low_flag(board) is low, kind
        assert not (low and board.battery.can_run_processor)


def test_the_contact_changes_the_cells_and_the_flag_stays_until_it_is_cleared(board: MeterBoard) -> None:
    board.battery.hold(0)
    board.mcu.hibernation.state.ctl |= LOW_ENABLED
    board.battery.on_event("weak", True)
    before = board.world.snapshot()
    assert low_flag(board)
    board.battery.on_event("weak", False)
    assert low_flag(board)
    board.world.run_until(board.world.now_ns + 100_000)
    board.mcu.hibernation.write(HIBIC, LOW)
    assert not low_flag(board)
    board.world.restore(before)
    assert low_flag(board), "which cell is there is part of the world's state"


@pytest.fixture
def board() -> MeterBoard:
    return MeterBoard(World(1), utc_at_zero_s=1_790_000_000)


def off_after(board: MeterBoard, control: int) -> None:
    """The supply goes from a processor that had written ``control``."""
    board.mcu.hibernation.state.ctl |= control
    board.power.state.on_mains = True
    board.mcu.state.powered = True
    board.power_off()


@pytest.mark.parametrize(("control", "wakes"), [(REQUEST | ARMED, True), (REQUEST, False), (ARMED, False), (0, False)])
def test_wake_starts_the_processor_if_it_was_asked_for_and_armed(board: MeterBoard, control: int, wakes: bool) -> None:
    off_after(board, control)
    board.case_switch.terminal.hold(False)
    assert board.mcu.state.powered is wakes
    assert bool(board.mcu.hibernation.state.ris & 0x8) is wakes


def test_returning_mains_take_the_request_back(board: MeterBoard) -> None:
    board.mcu.hibernation.state.ctl |= REQUEST | ARMED
    board.mains_there(False)
    assert board.mcu.hibernation.state.ctl & REQUEST
    board.mains_there(True)
    assert not board.mcu.hibernation.state.ctl & REQUEST


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_comparator_follows_the_line_by_its_time_constants(seed: int) -> None:
    injection = Injection(World(seed))
    # 1 MOhm, 1 nF, 45 V of 8 kV up; 2 MOhm, 1 nF, from 90 V to 45 V down; three tolerances of 10 %.
    assert injection.rise_ns == pytest.approx(1e6 * -log(1 - 45 / 8000), rel=0.4)
    assert injection.fall_ns == pytest.approx(2e6 * log(2), rel=0.4)
    assert injection.current_uA == pytest.approx(7910, rel=0.12)

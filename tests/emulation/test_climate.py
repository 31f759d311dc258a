"""Air and board in the chamber: the closed forms against the differential equations, limits, chance, snapshots."""

from __future__ import annotations

import pytest

from harness.emulation.plant.climate import (
    AIR_LAG_S,
    BOARD_LAG_S,
    CONTROL_ERROR_UC,
    COOLING_UC_PER_S,
    HEATING_UC_PER_S,
    NS_PER_S,
    Climate,
)
from harness.emulation.world import World

STEP_S = 1


def wait(world: World, seconds: float) -> None:
    world.run_until(world.now_ns + round(seconds * NS_PER_S))


def test_at_rest_everything_is_at_room_temperature() -> None:
    world = World(1)
    climate = Climate(world)
    room_mC = climate.traits.room_uC // 1000
    assert 21_000 <= room_mC <= 25_000
    for after_s in (0, 1, 3600, 86_400):
        wait(world, after_s)
        assert climate.air_mC(world.now_ns) == climate.meter_mC(world.now_ns) == room_mC
    climate.switch_off()
    assert climate.sensor_mC(world.now_ns) == room_mC


@pytest.mark.parametrize("target_mC", [70_000, -25_000, 23_500])
def test_air_and_board_obey_newtons_law_of_cooling(target_mC: int) -> None:
    """Truth: the two equations integrated step by step (Heun), the controller's ramp written down anew here."""
    world = World(5)
    climate = Climate(world)
    traits = climate.traits
    climate.condition(target_mC)
    room = traits.room_uC / 1e6
    goal = target_mC / 1000 + traits.control_error_uC / 1e6
    rate = (traits.heating_uC_per_s if goal > room else -traits.cooling_uC_per_s) / 1e6

    def reference(t_s: float) -> float:
        led = room + rate * t_s
        return min(led, goal) if rate > 0 else max(led, goal)

    air = board = room
    for second in range(0, 7200, STEP_S):
        if second % 300 == 0:
            now_ns = world.now_ns
            assert climate.air_mC(now_ns) / 1000 == pytest.approx(air, abs=0.02), second
            assert climate.meter_mC(now_ns) / 1000 == pytest.approx(board, abs=0.02), second
        slope_air = (reference(second) - air) / traits.air_lag_s
        slope_board = (air - board) / traits.board_lag_s
        later_air, later_board = air + slope_air * STEP_S, board + slope_board * STEP_S
        slope_air = (slope_air + (reference(second + STEP_S) - later_air) / traits.air_lag_s) / 2
        slope_board = (slope_board + (later_air - later_board) / traits.board_lag_s) / 2
        air, board = air + slope_air * STEP_S, board + slope_board * STEP_S
        wait(world, STEP_S)
    assert air == pytest.approx(goal, abs=0.001)


def test_the_rate_is_never_exceeded_and_the_board_never_overshoots() -> None:
    world = World(2)
    climate = Climate(world)
    climate.condition(70_000)
    before, last_board = climate.air_mC(0), climate.meter_mC(0)
    for _ in range(3600):
        wait(world, 1)
        now, board = climate.air_mC(world.now_ns), climate.meter_mC(world.now_ns)
        assert 0 <= now - before <= HEATING_UC_PER_S[1] // 1000 + 1
        assert last_board <= board <= now
        before, last_board = now, board


def test_a_new_set_point_midway_goes_on_from_where_everything_is() -> None:
    world = World(3)
    climate = Climate(world)
    climate.condition(70_000)
    wait(world, 400)
    now_ns = world.now_ns
    before = (climate.air_mC(now_ns), climate.meter_mC(now_ns))
    assert 30_000 < before[0] < 60_000
    climate.condition(-10_000)
    assert (climate.air_mC(now_ns), climate.meter_mC(now_ns)) == pytest.approx(before, abs=1)
    assert climate.air_mC(now_ns - 30 * NS_PER_S) < before[0], "the last minute is remembered"
    wait(world, 4 * 3600)
    assert climate.sensor_mC(world.now_ns) == pytest.approx(-10_000, abs=2)
    climate.switch_off()
    wait(world, 600)
    assert -10_000 < climate.air_mC(world.now_ns) < 10_000, "the insulation is good for an hour"
    wait(world, 24 * 3600)
    assert climate.air_mC(world.now_ns) == pytest.approx(climate.traits.room_uC / 1000, abs=2)
    assert len(climate.state.segments) <= 5


def test_every_chamber_is_another_one_within_its_limits() -> None:
    traits = [Climate(World(seed)).traits for seed in range(60)]
    for name, (low, high) in (
        ("heating_uC_per_s", HEATING_UC_PER_S),
        ("cooling_uC_per_s", COOLING_UC_PER_S),
        ("air_lag_s", AIR_LAG_S),
        ("board_lag_s", BOARD_LAG_S),
        ("control_error_uC", CONTROL_ERROR_UC),
    ):
        drawn = {getattr(one, name) for one in traits}
        assert low <= min(drawn) < max(drawn) <= high
        assert len(drawn) > 10


def test_a_snapshot_in_a_ramp_goes_on_the_same() -> None:
    world = World(4)
    climate = Climate(world)
    climate.condition(-40_000)
    wait(world, 100)
    snapshot = world.snapshot()
    digests = []
    for _ in range(2):
        world.restore(snapshot)
        wait(world, 500)
        climate.condition(20_000)
        wait(world, 5000)
        digests.append((climate.meter_mC(world.now_ns), world.snapshot().digest()))
    assert digests[0] == digests[1]

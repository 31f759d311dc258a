"""The tilt stage and gravity: motion against its own limits, angles against vectors turned by matrices, snapshots."""

from __future__ import annotations

import numpy as np
import pytest

from harness.emulation.plant.attitude import GRAVITY_UG, MOUNTING_MDEG, NS_PER_S, Attitude
from harness.emulation.world import World

V, A = 20_000_000, 80_000_000
"""20 degrees/s and 80 degrees/s²."""


def wait(world: World, seconds: float) -> None:
    world.run_until(world.now_ns + round(seconds * NS_PER_S))


@pytest.mark.parametrize("to_udeg", [30_000_000, -45_000_000, 1_000_000, 1, -7_654_321])
def test_a_move_keeps_to_velocity_and_acceleration_and_ends_on_its_target(to_udeg: int) -> None:
    world = World(1)
    attitude = Attitude(world)
    attitude.move(1, to_udeg, V, A)
    way = abs(to_udeg) / 1e6
    expected_s = way / 20 + 20 / 80 if way > 20 * 20 / 80 else 2 * (way / 80) ** 0.5
    assert attitude.rests_at_ns(1) / NS_PER_S == pytest.approx(expected_s, rel=1e-3, abs=1e-4)
    step_s = 0.002
    angles = []
    while attitude.moving(1, world.now_ns):
        angles.append(attitude.stage_udeg(1, world.now_ns))
        wait(world, step_s)
    angles += [attitude.stage_udeg(1, world.now_ns)]
    assert angles[-1] == to_udeg
    velocities = np.diff(angles[:-1]) / step_s
    assert np.all(np.abs(velocities) <= V * 1.001)
    assert np.all(np.sign(velocities[1:]) == np.sign(to_udeg))
    if len(velocities) > 2:
        assert np.max(np.abs(np.diff(velocities))) / step_s <= A * 1.01
    assert attitude.stage_udeg(2, world.now_ns) == 0


def test_a_new_target_during_a_move_does_not_wait_for_the_old_one() -> None:
    world = World(1)
    attitude = Attitude(world)
    attitude.move(1, 90_000_000, V, A)
    wait(world, 1)
    attitude.move(1, 0, V, A)
    farthest_udeg = 0
    while attitude.moving(1, world.now_ns):
        wait(world, 0.01)
        farthest_udeg = max(farthest_udeg, attitude.stage_udeg(1, world.now_ns))
    assert attitude.stage_udeg(1, world.now_ns) == 0
    lost_in_speeding_up = got_in_braking = 20 * 20 / (2 * 80)
    assert farthest_udeg / 1e6 == pytest.approx(20 - lost_in_speeding_up + got_in_braking, abs=0.1)


def test_a_stop_brakes_and_a_new_target_comes_after_it() -> None:
    world = World(1)
    attitude = Attitude(world)
    attitude.move(2, 90_000_000, V, A)
    wait(world, 1)
    at_stop = attitude.stage_udeg(2, world.now_ns)
    attitude.stop(2, A)
    wait(world, 1)
    assert not attitude.moving(2, world.now_ns)
    assert attitude.stage_udeg(2, world.now_ns) - at_stop == pytest.approx(20 * 20 / (2 * 80) * 1e6, rel=1e-3)
    attitude.move(2, 0, V, A)
    wait(world, 0.3)
    attitude.move(2, 60_000_000, V, A)
    wait(world, 20)
    assert attitude.stage_udeg(2, world.now_ns) == 60_000_000
    attitude.stop(2, A)
    assert attitude.stage_udeg(2, world.now_ns) == 60_000_000


@pytest.mark.parametrize(
    ("pitch", "roll"), [(0, 0), (30, 0), (-30, 0), (0, 30), (0, -45), (20, -35), (180, 0), (90, 15)]
)
def test_gravity_is_the_vertical_turned_into_the_meters_axes(pitch: int, roll: int) -> None:
    """Truth: rotation matrices of the two axes, one carried by the other."""
    world = World(6)
    attitude = Attitude(world)
    attitude.move(1, pitch * 1_000_000, V, A)
    attitude.move(2, roll * 1_000_000, V, A)
    wait(world, 30)
    p, r = (np.radians(angle / 1000) for angle in attitude.angles_mdeg(world.now_ns))
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(r), 0, np.sin(r)], [0, 1, 0], [-np.sin(r), 0, np.cos(r)]])
    truth = (about_x @ about_y).T @ np.array([0, 0, GRAVITY_UG])
    assert attitude.gravity_ug(world.now_ns) == pytest.approx(tuple(truth), abs=1)


def test_the_meter_hangs_a_little_askew() -> None:
    drawn = [Attitude(World(seed)).askew_mdeg for seed in range(60)]
    values = [value for pair in drawn for value in pair]
    assert MOUNTING_MDEG[0] <= min(values) < max(values) <= MOUNTING_MDEG[1]
    world = World(3)
    attitude = Attitude(world)
    assert attitude.angles_mdeg(0) == attitude.askew_mdeg != (0, 0)
    x, y, z = attitude.gravity_ug(0)
    assert z > 0.99999 * GRAVITY_UG
    assert x * x + y * y + z * z == pytest.approx(GRAVITY_UG**2, rel=1e-5)


def test_a_snapshot_in_a_move_goes_on_the_same() -> None:
    world = World(4)
    attitude = Attitude(world)
    attitude.move(1, 45_000_000, V, A)
    wait(world, 0.7)
    snapshot = world.snapshot()
    digests = []
    for _ in range(2):
        world.restore(snapshot)
        wait(world, 0.4)
        seen = attitude.gravity_ug(world.now_ns)
        attitude.move(1, -3_000_000, V, A)
        wait(world, 20)
        digests.append((seen, world.snapshot().digest()))
    assert digests[0] == digests[1]
    assert len(attitude.state.phases[0]) <= 12

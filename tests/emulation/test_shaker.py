"""The shaker's table: what it does for a voltage, its bounds, and whom it tells that it moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.emulation.plant.played import Played
from harness.emulation.plant.shaker import LIMIT_UG, Shaker
from harness.emulation.world import PlainComponent, World

MS, S = 1_000_000, 1_000_000_000


@dataclass
class EarState:
    told_ns: list[int]


class Ear(PlainComponent):
    """Hears that the table begins to move."""

    state: EarState

    def __init__(self, world: World) -> None:
        self.state = EarState([])
        super().__init__(world, "ear")

    def on_event(self, kind: str, argument: object) -> None:
        assert (kind, argument) == ("moved", None)
        self.state.told_ns.append(self.world.now_ns)


def make(seed: int = 1) -> tuple[World, Shaker, Ear]:
    world = World(seed)
    shaker, ear = Shaker(world), Ear(world)
    shaker.watchers.append(ear.name)
    return world, shaker, ear


def sine(start_ns: int, frequency_Hz: int, peak_uV: int, cycles: int = 10) -> Played:
    period_ns = S // frequency_Hz
    return Played("SIN", start_ns, start_ns + cycles * period_ns, period_ns, 0, peak_uV, 0)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_volt_is_a_g_along_x_and_little_goes_across(seed: int) -> None:
    _, shaker, _ = make(seed)
    shaker.drive(sine(0, 10, 500_000))
    top = shaker.acceleration_ug(25 * MS)  # a quarter of the period
    assert top[0] == pytest.approx(500_000, rel=0.03)
    assert shaker.acceleration_ug(75 * MS)[0] == pytest.approx(-top[0], abs=1)
    assert abs(shaker.acceleration_ug(50 * MS)[0]) <= 1
    assert all(abs(across) <= abs(top[0]) * 0.03 + 1 for across in top[1:])


def test_tables_differ() -> None:
    drawn = {(make(seed)[1].ug_per_V, make(seed)[1].cross_permille) for seed in range(20)}
    assert len(drawn) == 20


def test_samples_are_followed_one_after_the_other() -> None:
    _, shaker, _ = make()
    shaker.drive(Played("ARB", 0, 40 * MS, 40 * MS, 0, 200_000, 0, samples_ppm=(0, 1_000_000, -500_000, 0)))
    seen = [shaker.acceleration_ug(at_ms * MS)[0] * 1_000_000 // shaker.ug_per_V for at_ms in (5, 15, 25, 35)]
    assert seen == pytest.approx([0, 200_000, -100_000, 0], abs=2)


def test_the_table_stops_at_its_limit() -> None:
    _, shaker, _ = make()
    shaker.drive(sine(0, 10, 8_000_000))
    assert shaker.acceleration_ug(25 * MS)[0] == LIMIT_UG
    assert shaker.acceleration_ug(75 * MS)[0] == -LIMIT_UG


def test_before_and_after_it_rests_exactly() -> None:
    world, shaker, ear = make()
    world.run_until(100 * MS)
    shaker.drive(sine(300 * MS, 10, 500_000, cycles=3))
    for at_ns in (0, 299 * MS, 600 * MS, 10 * S):
        assert shaker.acceleration_ug(at_ns) == (0, 0, 0)
    assert shaker.rests_at_ns() == 600 * MS
    world.run_until(S)
    assert ear.state.told_ns == [300 * MS], "told when it begins, not when it is told to"


def test_what_is_switched_off_ends_there_and_its_past_is_remembered() -> None:
    world, shaker, _ = make()
    shaker.drive(sine(0, 10, 500_000, cycles=50))
    world.run_until(125 * MS)
    before = shaker.acceleration_ug(124 * MS)
    assert before != (0, 0, 0)
    shaker.drive(None)
    assert shaker.rests_at_ns() == 125 * MS
    world.run_until(160 * MS)
    assert shaker.acceleration_ug(160 * MS) == (0, 0, 0)
    assert shaker.acceleration_ug(124 * MS) == before, "the accelerometer looks back by its bandwidth"


def test_what_follows_takes_the_place_of_what_was_played() -> None:
    world, shaker, _ = make()
    shaker.drive(sine(0, 10, 500_000, cycles=50))
    world.run_until(100 * MS)
    shaker.drive(sine(100 * MS, 10, 100_000, cycles=1))
    assert shaker.acceleration_ug(125 * MS)[0] == pytest.approx(100_000, rel=0.03)
    assert shaker.acceleration_ug(225 * MS) == (0, 0, 0), "the first one does not come back"
    assert shaker.rests_at_ns() == 200 * MS


def test_it_does_not_remember_for_ever() -> None:
    world, shaker, _ = make()
    for number in range(50):
        shaker.drive(sine(number * S, 10, 500_000))
        world.run_until((number + 1) * S)
    assert len(shaker.state.played) <= 5


def test_a_snapshot_in_a_burst_goes_on_the_same() -> None:
    world, shaker, ear = make(4)
    shaker.drive(sine(0, 7, 300_000, cycles=100))
    world.run_until(333 * MS)
    shaker.drive(sine(500 * MS, 13, 400_000))  # the ear has yet to be told
    snapshot = world.snapshot()
    seen = []
    for _ in range(2):
        world.restore(snapshot)
        world.run_until(601 * MS)
        values = [shaker.acceleration_ug(at_ms * MS) for at_ms in range(300, 602, 7)]
        shaker.drive(None)
        world.run_until(S)
        seen.append((values, list(ear.state.told_ns), world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert ear.state.told_ns == [0, 500 * MS]

"""The case switch: delay and bounce within their bounds for any seed, and movements that are taken back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.emulation.parts.case_switch import CaseSwitch
from harness.emulation.world import World

MS = 1_000_000


@dataclass
class Wire:
    """Remembers when the contact changed."""

    world: World
    changes: list[tuple[int, bool]] = field(default_factory=list)

    def hold(self, low: bool) -> None:
        self.changes.append((self.world.now_ns, low))


def new_switch(seed: int) -> tuple[World, CaseSwitch, Wire]:
    world = World(seed)
    wire = Wire(world)
    switch = CaseSwitch(world, "switch", wire)
    wire.changes.clear()
    return world, switch, wire


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), opening=st.booleans())
def test_every_movement_keeps_the_bounds(seed: int, opening: bool) -> None:
    world, switch, wire = new_switch(seed)
    if not opening:
        switch.set_plunger(True)
        world.run_until(100 * MS)
        wire.changes.clear()
    start_ns = world.now_ns
    switch.set_plunger(opening)
    world.run_until(start_ns + 100 * MS)
    times = [at_ns - start_ns for at_ns, _ in wire.changes]
    levels = [low for _, low in wire.changes]
    assert 4 * MS <= times[0] <= 8 * MS
    assert times[-1] - times[0] <= 5 * MS
    assert 5 <= len(times) <= 15  # one toggle and 2 to 7 bounces of two toggles
    assert all(later - earlier >= 20_000 for earlier, later in itertools.pairwise(times))
    assert levels == [(not opening) if index % 2 == 0 else opening for index in range(len(levels))]
    assert switch.state.contact_closed is not opening


def test_movement_taken_back_before_the_contact_followed_leaves_no_trace() -> None:
    world, switch, wire = new_switch(3)
    switch.set_plunger(True)
    world.run_until(3 * MS)
    switch.set_plunger(False)
    world.run_until(100 * MS)
    assert wire.changes == []


def test_movement_taken_back_in_the_bounce_ends_closed() -> None:
    for stop_us in range(4_000, 14_000, 333):
        world, switch, wire = new_switch(5)
        switch.set_plunger(True)
        world.run_until(stop_us * 1_000)
        switch.set_plunger(False)
        world.run_until(100 * MS)
        assert switch.state.contact_closed
        assert not wire.changes or wire.changes[-1][1] is True


def test_same_seed_same_pattern_other_seed_another() -> None:
    patterns = []
    for seed in (7, 7, 8):
        world, switch, wire = new_switch(seed)
        switch.set_plunger(True)
        world.run_until(100 * MS)
        patterns.append(wire.changes)
    assert patterns[0] == patterns[1] != patterns[2]


def test_two_movements_bounce_differently() -> None:
    world, switch, wire = new_switch(9)
    patterns = []
    for _ in range(2):
        start_ns = world.now_ns
        wire.changes.clear()
        switch.set_plunger(True)
        world.run_until(start_ns + 50 * MS)
        patterns.append([at_ns - start_ns for at_ns, _ in wire.changes])
        switch.set_plunger(False)
        world.run_until(start_ns + 100 * MS)
    assert patterns[0] != patterns[1]
    assert patterns[0][0] == patterns[1][0]  # the delay belongs to the switch

"""The world: order of events, snapshots, seeded chance."""

from array import array
from dataclasses import dataclass, field

import pytest

from harness.emulation.errors import WorldError
from harness.emulation.nets import HISTORY_NS, Net
from harness.emulation.plain import copy_plain, digest_plain
from harness.emulation.world import PlainComponent, World


@dataclass
class LogState:
    seen: list[tuple[int, str, int]] = field(default_factory=list)


class Logger(PlainComponent):
    """Notes every event and rolls a die at each."""

    state: LogState

    def __init__(self, world: World, name: str = "logger") -> None:
        self.state = LogState()
        super().__init__(world, name)

    def on_event(self, kind: str, argument: object) -> None:
        die = self.world.stream("die").take_int(1, 6)
        self.state.seen.append((self.world.now_ns, f"{kind}:{argument}", die))
        if kind == "again":
            self.world.schedule(self.world.now_ns + 10, self.name, "again", argument)
        if kind == "ring":
            self.world.signal("bell")


def test_events_take_place_in_time_order_and_ties_in_the_order_they_were_scheduled():
    world = World(seed=1)
    logger = Logger(world)
    world.schedule(20, "logger", "b")
    world.schedule(10, "logger", "a", 1)
    world.schedule(10, "logger", "a", 2)
    world.run_until(15)
    assert [entry[:2] for entry in logger.state.seen] == [(10, "a:1"), (10, "a:2")]
    assert world.now_ns == 15
    world.run_until(20)
    assert logger.state.seen[-1][:2] == (20, "b:None")


def test_a_signal_ends_the_wait_at_its_own_time_and_the_rest_follows_later():
    world = World(seed=1)
    logger = Logger(world)
    world.schedule(30, "logger", "ring")
    world.schedule(30, "logger", "after")
    assert world.run_until(100, wake_on="bell") is True
    assert world.now_ns == 30
    assert len(logger.state.seen) == 1
    assert world.run_until(100, wake_on="bell") is False
    assert world.now_ns == 100
    assert logger.state.seen[-1][1] == "after:None"


def test_time_never_goes_back():
    world = World(seed=1)
    world.run_until(50)
    with pytest.raises(WorldError, match="forward only"):
        world.run_until(49)
    with pytest.raises(WorldError, match="before now"):
        world.schedule(49, "x", "y")


def test_restored_world_goes_on_exactly_as_the_original():
    world = World(seed=7)
    Logger(world)
    world.schedule(5, "logger", "again")
    world.run_until(100)
    snapshot = world.snapshot()
    before = snapshot.digest()
    world.run_until(1000)
    first = world.snapshot().digest()
    world.restore(snapshot)
    assert world.snapshot().digest() == before
    world.run_until(1000)
    assert world.snapshot().digest() == first
    assert first != before


def test_another_seed_or_label_is_another_stream_and_the_same_is_the_same():
    def rolls(seed: int, label: str) -> list[int]:
        world = World(seed)
        world.stream("die").take_int(0, 10**9)
        world.relabel(label)
        return [world.stream("die").take_int(0, 10**9) for _ in range(8)]

    assert rolls(1, "a") == rolls(1, "a")
    assert rolls(1, "a") != rolls(2, "a")
    assert rolls(1, "a") != rolls(1, "b")


def test_two_components_of_one_name_are_refused():
    world = World(seed=1)
    Logger(world)
    with pytest.raises(WorldError, match="two components"):
        Logger(world)


def test_a_state_that_a_snapshot_cannot_hold_is_refused():
    with pytest.raises(WorldError, match="generator"):
        copy_plain({"a": (x for x in range(3))})


def test_the_digest_tells_types_and_borders_apart():
    values = [["ab", "c"], ["a", "bc"], [b"ab", "c"], [1], [True], ["1"], {"a": 1}, [["a", 1]], None, []]
    assert len({digest_plain(value) for value in values}) == len(values)


def test_net_tells_levels_and_edges():
    world = World(seed=1)
    net = Net(world, "N", level=False)
    for at_ns in (100, 200, 350):
        world.run_until(at_ns)
        net.drive(not net.state.level)
    assert [net.level_at(t) for t in (99, 100, 199, 200, 350)] == [False, True, True, False, True]
    assert net.edges_between(100, 350) == (False, [100, 200])
    assert net.edges_between(101, 351) == (True, [200, 350])


def test_net_serial_frame_becomes_its_edges():
    world = World(seed=1)
    net = Net(world, "TX", level=True)
    bits = (False, True, True, False, True)
    end_ns = net.send_frame(bits, bit_fs=1_000_000_000)
    assert end_ns == 5_000
    assert net.edges_between(0, 10_000) == (True, [0, 1_000, 3_000, 4_000])


def test_net_forgets_only_what_is_older_than_its_history():
    world = World(seed=1)
    net = Net(world, "N", level=False)
    step_ns = HISTORY_NS // 4
    for index in range(1, 40):
        world.run_until(index * step_ns)
        net.drive(not net.state.level)
    now_ns = world.now_ns
    assert len(net.state.times_ns) < 16
    for index in range(36, 40):
        assert net.level_at(index * step_ns) == bool(index % 2)
    assert net.level_at(now_ns - HISTORY_NS) in (True, False)


def test_an_array_is_copied_and_digested_like_the_list_of_its_numbers() -> None:
    numbers = array("q", [1, -2, 1 << 62])
    copy = copy_plain({"numbers": numbers})
    numbers.append(4)
    assert copy["numbers"] == array("q", [1, -2, 1 << 62])
    assert digest_plain(copy) == digest_plain({"numbers": [1, -2, 1 << 62]})
    assert digest_plain(copy) != digest_plain({"numbers": numbers})

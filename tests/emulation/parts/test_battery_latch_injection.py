"""Battery, magnetic latch and injected high voltage in time: bounds, what each tells, snapshots in the middle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from harness.emulation.errors import WorldError
from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.parts.battery import ON_MAINS_UA, BatteryNet
from harness.emulation.parts.magnetic_latch import OPERATES_NT, MagneticLatch
from harness.emulation.parts.surroundings import QuietRoom
from harness.emulation.plant.injection import NET, SENSE_PIN, Injection
from harness.emulation.world import PlainComponent, World

US, MS, S = 1_000, 1_000_000, 1_000_000_000


@dataclass(frozen=True)
class Room(QuietRoom):
    """Temperature and field as a test sets them: from when on, what."""

    board_mC: list[int] = field(default_factory=lambda: [20_000])
    fields_nT: list[tuple[int, tuple[int, int, int]]] = field(default_factory=lambda: [(0, (0, 0, 0))])

    def meter_mC(self, at_ns: int) -> int:
        return self.board_mC[0]

    def field_nT(self, place: object, at_ns: int) -> tuple[int, int, int]:
        assert place == "sensor", "it sits beside the field sensor"
        return [value for since_ns, value in self.fields_nT if since_ns <= at_ns][-1]


@dataclass
class HeardState:
    changes: list[tuple[int, bool]] = field(default_factory=list)


class Heard(PlainComponent):
    """Remembers when something went high and low: a latch's listener, or a pin."""

    state: HeardState

    def __init__(self, world: World) -> None:
        self.state = HeardState()
        super().__init__(world, "heard")

    def __call__(self, level: bool) -> None:
        self.state.changes.append((self.world.now_ns, level))

    def force(self, pin: int, level: bool) -> None:
        assert pin == SENSE_PIN
        self(level)


# The battery


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_voltage_falls_by_ohms_law(seed: int) -> None:
    """20 ohm within a tenth, from 3.65 V: the figures of a fresh half-AA lithium thionyl chloride cell."""
    battery = BatteryNet(World(seed), Room())
    idle_mV = battery.voltage_mV(0)
    assert idle_mV == pytest.approx(3_650, rel=0.01)
    for load_uA in (1_000, 10_000, 22_000):
        assert idle_mV - battery.voltage_mV(load_uA) == pytest.approx(20 * load_uA / 1000, rel=0.1, abs=1)
    assert idle_mV - battery.voltage_mV(20_000) == pytest.approx(2 * (idle_mV - battery.voltage_mV(10_000)), abs=2)


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_cold_adds_about_a_fiftieth_of_the_resistance_a_kelvin_and_heat_takes_nothing(seed: int) -> None:
    room = Room()
    battery = BatteryNet(World(seed), room)
    drops = {}
    for board_mC in (-40_000, -5_000, 20_000, 70_000):
        room.board_mC[0] = board_mC
        drops[board_mC] = battery.voltage_mV(0) - battery.voltage_mV(22_000)
    assert drops[70_000] == drops[20_000]
    per_K = battery.traits.cold_permille_per_K / 1000
    assert 0.016 <= per_K <= 0.022
    assert drops[-5_000] == pytest.approx((1 + 25 * per_K) * drops[20_000], rel=0.01)
    assert drops[-40_000] == pytest.approx((1 + 60 * per_K) * drops[20_000], rel=0.01)


@pytest.mark.parametrize("seed", range(1, 9))
def test_it_gives_its_standby_current_without_mains_and_none_with_them(seed: int) -> None:
    world = World(seed)
    battery = BatteryNet(world, Room())
    assert 17 * 0.85 - 1 <= battery.standby_uA <= 17 * 1.05
    shown = []
    for number, there in enumerate((True, False, True), 1):
        world.run_until(number * S)
        battery.on_event("supply", there)
        shown.append(battery.value_u(world.now_ns))
    assert shown == [ON_MAINS_UA, battery.standby_uA, ON_MAINS_UA]
    assert battery.value_u(2 * S + 1) == battery.standby_uA, "an instrument looks back"


def test_a_battery_knows_no_other_event() -> None:
    battery = BatteryNet(World(1), Room())
    battery.on_event("supply", True)
    with pytest.raises(WorldError, match="no event of kind 'charge'"):
        battery.on_event("charge", True)


def test_a_battery_goes_on_from_a_snapshot() -> None:
    world = World(5)
    battery = BatteryNet(world, Room())
    battery.on_event("supply", True)
    world.run_until(S)
    snapshot = world.snapshot()
    seen = []
    for _ in range(2):
        world.restore(snapshot)
        world.run_until(2 * S)
        battery.on_event("supply", False)
        world.run_until(3 * S)
        seen.append((battery.value_u(S), battery.value_u(3 * S), battery.voltage_mV(22_000), world.snapshot().digest()))
    assert seen[0] == seen[1]


# The latch


def make_latch(seed: int = 1) -> tuple[World, Room, MagneticLatch, Heard]:
    world, room = World(seed), Room()
    heard = Heard(world)
    return world, room, MagneticLatch(world, "latch", room, heard), heard


def test_the_latch_follows_a_field_that_grows_and_looks_no_longer_than_a_coil_takes() -> None:
    world, room, latch, heard = make_latch()
    room.fields_nT.extend([(10 * MS, (30_000_000, 0, 0)), (99 * MS, (60_000_000, 0, 0))])
    latch.on_event("segment", "COIL_X_I")
    world.run_until(S)
    ((at_ns, level),) = heard.state.changes
    assert level
    assert 99 * MS <= at_ns <= 103 * MS
    assert world.snapshot().events == []


def test_a_field_that_comes_long_after_the_coil_was_set_is_not_looked_for() -> None:
    """Whoever changes a field says so: a latch at rest costs nothing."""
    world, room, latch, heard = make_latch()
    latch.on_event("segment", "COIL_X_I")
    room.fields_nT.append((500 * MS, (60_000_000, 0, 0)))
    world.run_until(S)
    assert heard.state.changes == []
    latch.on_event("segment", "COIL_X_I")
    assert [level for _, level in heard.state.changes] == [True]


def test_the_magnitude_counts_not_an_axis() -> None:
    _, room, latch, heard = make_latch()
    part_nT = round(OPERATES_NT[1] / 3**0.5) + 1
    room.fields_nT[0] = (0, (part_nT, -part_nT, part_nT))
    latch.on_event("segment", "COIL_X_I")
    assert [level for _, level in heard.state.changes] == [True]


def test_latches_differ_within_their_selection() -> None:
    drawn = [make_latch(seed)[2].operates_nT for seed in range(60)]
    assert OPERATES_NT[0] <= min(drawn) < 48_500_000
    assert 51_500_000 < max(drawn) <= OPERATES_NT[1]
    assert drawn[9] == make_latch(9)[2].operates_nT


def test_a_latch_goes_on_from_a_snapshot_while_it_looks() -> None:
    world, room, latch, heard = make_latch(3)
    room.fields_nT.extend([(150 * MS, (0, 0, -70_000_000)), (300 * MS, (0, 0, 0))])
    latch.on_event("segment", "COIL_Z_I")
    world.run_until(101 * MS)
    snapshot = world.snapshot()
    seen = []
    for _ in range(2):
        world.restore(snapshot)
        world.run_until(400 * MS)
        latch.reset()
        world.run_until(500 * MS)
        seen.append((list(heard.state.changes), world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert [level for _, level in seen[0][0]] == [True, False]


# The injection


def make_injection(seed: int = 1) -> tuple[World, Injection, Heard]:
    world = World(seed)
    injection, pin = Injection(world), Heard(world)
    injection.attach(cast(GpioPort, cast(Any, pin)))
    assert pin.state.changes == [(0, False)]
    pin.state.changes.clear()
    return world, injection, pin


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_comparator_rises_and_falls_after_the_lines_own_times(seed: int) -> None:
    world, injection, pin = make_injection(seed)
    world.run_until(S)
    injection.on_event("source", True)
    world.run_until(3 * S)
    injection.on_event("source", False)
    world.run_until(5 * S)
    assert pin.state.changes == [(S + injection.rise_ns, True), (3 * S + injection.fall_ns, False)]
    assert injection.rise_ns < 10 * US, "kilovolts charge a line at once"
    assert 0.5 * MS < injection.fall_ns < 3 * MS, "its divider takes it away slowly"
    net = world.component(NET)
    assert cast(Any, net).value_u(2 * S) == injection.current_uA
    assert cast(Any, net).value_u(4 * S) == 0


def test_a_source_that_is_taken_off_before_the_line_is_up_is_not_sensed() -> None:
    world, injection, pin = make_injection()
    injection.on_event("source", True)
    world.run_until(injection.rise_ns - 1)
    injection.on_event("source", False)
    world.run_until(S)
    assert [level for _, level in pin.state.changes] == [False]
    assert injection.state.sensed is False


def test_bursts_closer_than_the_lines_discharge_are_one_to_the_comparator() -> None:
    world, injection, pin = make_injection()
    for _ in range(5):
        injection.on_event("source", True)
        world.run_until(world.now_ns + MS)
        injection.on_event("source", False)
        world.run_until(world.now_ns + injection.fall_ns // 2)
    world.run_until(world.now_ns + S)
    assert [level for _, level in pin.state.changes if level] == [True] * 5, "told again, and it is high already"
    assert [level for _, level in pin.state.changes].count(False) == 1


def test_boards_differ_within_their_tolerances() -> None:
    drawn = [make_injection(seed)[1] for seed in range(30)]
    assert len({one.fall_ns for one in drawn}) == 30
    assert all(abs(one.current_uA - 7_910) <= 900 for one in drawn)
    again = make_injection(4)[1]
    assert (again.rise_ns, again.fall_ns) == (drawn[4].rise_ns, drawn[4].fall_ns)


def test_an_injection_goes_on_from_a_snapshot_between_source_and_comparator() -> None:
    world, injection, pin = make_injection(6)
    injection.on_event("source", True)
    world.run_until(S)
    injection.on_event("source", False)
    world.run_until(S + injection.fall_ns // 2)
    snapshot = world.snapshot()
    seen = []
    for _ in range(2):
        world.restore(snapshot)
        assert injection.state.sensed
        world.run_until(2 * S)
        injection.on_event("source", True)
        world.run_until(3 * S)
        seen.append((list(pin.state.changes), injection.state.on, world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert [level for _, level in seen[0][0]] == [True, False, True]

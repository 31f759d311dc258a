"""The electromagnet against independent truths: the circuit's differential equation, energy, closed loops, symmetry."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt

import pytest

from harness.emulation.errors import WorldError
from harness.emulation.plant import electromagnet
from harness.emulation.plant.attitude import Attitude
from harness.emulation.plant.coil import CoilTraits, Drive, Law, field_nT, magnetised, next_law, resistance_uOhm
from harness.emulation.plant.electromagnet import AXES, Axis, CoilName, Electromagnet, Place
from harness.emulation.world import World

MS, S = 1_000_000, 1_000_000_000
A = 1_000_000_000
LIMIT_UV = 6_000_000
PLAIN = CoilTraits(1_500_000, 60_000, 30_000_000, 1_000_000, (), 0, S)
"""1.5 Ohm, 60 mH, no hysteresis, no heat."""
REST = Law(0, 0, 0, 0, 0, 0, ())


def hold(current_A: float, limit_uV: int = LIMIT_UV) -> Drive:
    """Current priority."""
    current_nA = round(current_A * A)
    return Drive(current_nA, current_nA, -limit_uV, limit_uV)


def integrate(voltage_V: float, start_A: float, stop_A: float, step_s: float) -> tuple[float, float, float]:
    """L di/dt = V - R i by Runge-Kutta until ``stop_A``: time in s, energy in by the terminals, energy burnt in R."""
    resistance, inductance = 1.5, 0.06

    def slope(current: float) -> float:
        return (voltage_V - resistance * current) / inductance

    current, time_s, fed_J, burnt_J = start_A, 0.0, 0.0, 0.0
    while (current - stop_A) * (start_A - stop_A) > 0:
        k1 = slope(current)
        k2 = slope(current + step_s / 2 * k1)
        k3 = slope(current + step_s / 2 * k2)
        k4 = slope(current + step_s * k3)
        after = current + step_s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        fed_J += voltage_V * (current + after) / 2 * step_s
        burnt_J += resistance * (current * current + current * after + after * after) / 3 * step_s
        current, time_s = after, time_s + step_s
    return time_s, fed_J, burnt_J


@pytest.fixture
def world() -> World:
    return World(1)


@pytest.fixture
def magnet(world: World) -> Electromagnet:
    return Electromagnet(world)


def run(world: World, duration_ns: int) -> None:
    world.run_until(world.now_ns + duration_ns)


def stepwise_field_nT(traits: CoilTraits, targets_A: dict[int, float], step_ns: int, end_ns: int) -> list[float]:
    """Circuit, eddy currents and hysteresis in small steps: each millisecond's field. ``targets_A`` by their ns."""
    resistance, inductance, eddy_s = traits.resistance_uOhm / 1e6, traits.inductance_uH / 1e6, traits.eddy_ns / 1e9
    current, lagged, target_A, step_s = 0.0, 0.0, 0.0, step_ns / 1e9
    plays, fields = [0.0] * len(traits.plays), []
    for at_ns in range(0, end_ns, step_ns):
        target_A = targets_A.get(at_ns, target_A)
        if at_ns % MS == 0:
            lost = sum(weight / 1e6 * (play - lagged) for play, (_, weight) in zip(plays, traits.plays, strict=True))
            fields.append(traits.coupling_nT_per_A * (lagged + lost))
        voltage_V = (target_A > current) - (target_A < current) and (6.0 if target_A > current else -6.0)
        after = current + (voltage_V - resistance * current) / inductance * step_s if voltage_V else target_A
        after = target_A if (after - target_A) * (current - target_A) <= 0 else after
        lagged += ((current + after) / 2 - lagged) * step_s / eddy_s
        plays = [
            max(lagged - band / A, min(lagged + band / A, play))
            for play, (band, _) in zip(plays, traits.plays, strict=True)
        ]
        current = after
    return fields


def test_field_is_that_of_an_integration_step_by_step(world: World, magnet: Electromagnet) -> None:
    """Above all while eddy currents die away behind a current that rests already."""
    targets_A = {0: 1.0, 25 * MS: -0.6, 50 * MS: 0.0}
    traits = replace(magnet.traits["x"], heating_uK_per_mW=0)
    magnet.traits["x"] = traits
    along_ppm = magnet.mixtures["sensor"]["x"][0]
    found = []
    for at_ns in range(0, 70 * MS, MS):
        world.run_until(at_ns)
        if at_ns in targets_A:
            magnet.drive("x", hold(targets_A[at_ns]))
        found.append(magnet.field_nT("sensor", at_ns)[0] - magnet.earth_nT[0])
    wanted = [one * along_ppm / 1e6 for one in stepwise_field_nT(traits, targets_A, 5_000, 70 * MS)]
    assert max(map(abs, wanted)) > 25_000_000
    assert found == pytest.approx(wanted, abs=20_000), "0.02 mT: what the steps of 5 us are off by, and no more"


@pytest.mark.parametrize(("start_A", "target_A"), [(0.0, 2.0), (0.0, -2.0), (2.0, -1.0), (3.0, 0.5)])
def test_the_rise_solves_the_circuits_differential_equation(start_A: float, target_A: float) -> None:
    law, reached = next_law(PLAIN, hold(target_A), 0, REST, 0, round(start_A * A))
    voltage_V = 6.0 if target_A > start_A else -6.0
    time_s, fed_J, burnt_J = integrate(voltage_V, start_A, target_A, 1e-6)
    assert reached is not None
    assert reached[1] == round(target_A * A)
    assert abs(reached[0] / 1e9 - time_s) < 2e-6
    assert abs(law.current_nA(reached[0]) - target_A * A) < 300, "nA: what the current goes on by in one ns"
    stored_J = 0.06 / 2 * (target_A**2 - start_A**2)
    assert abs(fed_J - burnt_J - stored_J) < 1e-5


def test_a_voltage_too_low_for_the_current_never_reaches_it() -> None:
    law, reached = next_law(PLAIN, hold(2.0, 1_500_000), 0, REST, 0, 0)
    assert reached is None
    assert law.current_nA(10 * S) == A
    assert abs(law.current_nA(40 * MS) - A * (1 - exp(-1))) < 2


@pytest.mark.parametrize(
    ("free_uV", "high_A", "settles_A"), [(3_000_000, 3.0, 2.0), (5_400_000, 3.0, 3.0), (-900_000, 3.0, -0.6)]
)
def test_voltage_priority_goes_to_ohms_law_or_the_current_limit(free_uV: int, high_A: float, settles_A: float) -> None:
    drive = Drive(round(-high_A * A), round(high_A * A), -LIMIT_UV, LIMIT_UV, free_uV)
    law, reached = next_law(PLAIN, drive, 0, REST, 0, 0)
    if reached is not None:
        law, again = next_law(PLAIN, drive, 0, law, *reached)
        assert again is None
        assert law.tau_ns == 0
    assert abs(law.current_nA(100 * S) - settles_A * A) < 2


def test_the_reference_design(world: World, magnet: Electromagnet) -> None:
    magnet.drive("x", hold(2.0))
    start_ns, times_ns = world.now_ns, []
    while magnet.field_nT("sensor", world.now_ns)[0] < 59_000_000 and len(times_ns) < 200:
        run(world, MS)
        times_ns.append(world.now_ns - start_ns)
    assert 15 * MS < times_ns[-1] < 60 * MS, "60 mT within a few 10 ms"
    magnet.drive("x", hold(3.0))
    run(world, S)
    assert 87_000_000 < magnet.field_nT("sensor", world.now_ns)[0] < 93_000_000


def test_the_field_lags_behind_the_current_and_catches_up() -> None:
    law, _ = next_law(PLAIN, hold(3.0), 0, REST, 0, 0)
    at_ns, step_ns, lagged = 0, 1_000, 0.0
    while at_ns < 20 * MS:
        lagged += (law.current_nA(at_ns + step_ns // 2) - lagged) * step_ns / PLAIN.eddy_ns
        at_ns += step_ns
    exact, _ = magnetised(PLAIN, law, at_ns)
    assert abs(exact - lagged) < 1e-3 * A
    assert law.current_nA(at_ns) - exact > 0.05 * A


HARD = replace(PLAIN, plays=((50_000_000, 20_000), (600_000_000, 20_000)))


def sweep(law: Law, at_ns: int, *currents_A: float) -> tuple[Law, int]:
    """Through the currents, each held long enough for the eddy currents to die."""
    for current_A in currents_A:
        current_nA = round(current_A * A)
        law = replace(law, start_ns=at_ns, start_nA=current_nA, final_nA=current_nA)
        at_ns += S
        lagged_nA, plays_nA = magnetised(HARD, law, at_ns)
        law = replace(law, start_ns=at_ns, lagged_nA=lagged_nA, plays_nA=plays_nA)
    return law, at_ns


def field_after(*currents_A: float) -> int:
    law, at_ns = sweep(replace(REST, plays_nA=(0, 0)), 0, *currents_A)
    return field_nT(HARD, law, at_ns)


def test_the_hysteresis_loop_closes_and_is_symmetric() -> None:
    up, down = field_after(3, -3, 3, 0), field_after(3, -3, 0)
    assert up == -down or up == -down - 1, "floor division"
    assert up == pytest.approx(30_000_000 * 0.02 * (0.05 + 0.6), rel=1e-6), "remanence: weight times dead band"
    assert field_after(3, -3, 3) == field_after(3, -3, 3, -3, 3)
    assert field_after(3, -3, 1) < field_after(3, 1), "the rising branch lies below the falling one"


def test_a_minor_loop_closes_on_itself_and_a_larger_swing_wipes_it_out() -> None:
    once, twice = field_after(3, 1, 2, 1), field_after(3, 1, 2, 1, 2, 1)
    assert once == twice
    assert field_after(3, 1, 2, 1, -3) == field_after(3, -3)


def test_a_decaying_alternation_demagnetises() -> None:
    amplitudes = [3 * 0.8**step * (-1) ** step for step in range(30)]
    assert field_after(3, 0) > 300_000
    assert abs(field_after(*amplitudes, 0)) < 30_000


def test_a_turn_inside_one_law_is_not_missed() -> None:
    """The magnetising current still rises when the coil's begins to fall: the play must feel that peak."""
    traits = replace(PLAIN, eddy_ns=5 * MS, plays=((100_000_000, 500_000),))
    rising, _ = next_law(traits, hold(3.0), 0, replace(REST, plays_nA=(0,)), 0, 0)
    falling, _ = next_law(traits, hold(-3.0), 0, rising, 20 * MS, rising.current_nA(20 * MS))
    lagged = [magnetised(traits, falling, 20 * MS + step * 10_000)[0] for step in range(1000)]
    peak_nA = max(lagged)
    assert peak_nA > falling.lagged_nA + 10_000_000
    after = next(step for step in range(lagged.index(peak_nA), 1000) if lagged[step] < peak_nA - 150_000_000)
    _, (play_nA,) = magnetised(traits, falling, 20 * MS + after * 10_000)
    assert play_nA == pytest.approx(peak_nA - 100_000_000, abs=1e5), "not yet moved back by the fall"


def test_copper_warms_and_the_supply_must_give_more_voltage(world: World, magnet: Electromagnet) -> None:
    magnet.drive("y", hold(3.0))
    run(world, S)
    cold_uV, current_nA = magnet.voltage_uV("y"), magnet.current_nA("y", world.now_ns)
    run(world, 1800 * S)
    assert magnet.current_nA("y", world.now_ns) == current_nA == 3 * A
    rise_K = magnet.state.coils["y"].rise_uK / 1e6
    assert 25 < rise_K < 90
    assert magnet.voltage_uV("y") / cold_uV == pytest.approx(1 + 0.00393 * rise_K, rel=2e-3)
    magnet.drive("y", hold(0.0))
    run(world, 600 * S)
    magnet.drive("y", hold(0.1))
    cooled_K = magnet.state.coils["y"].rise_uK / 1e6
    assert rise_K * exp(-600 / 210) < cooled_K * 1.01
    assert cooled_K < rise_K * exp(-600 / 390) * 1.01


def test_a_warm_coil_whose_voltage_no_longer_suffices_loses_current(world: World, magnet: Electromagnet) -> None:
    cold_uV = resistance_uOhm(magnet.traits["x"], 0) * 3
    magnet.drive("x", hold(3.0, cold_uV + 100_000))
    run(world, S)
    assert magnet.regulates("x")
    run(world, 900 * S)
    assert not magnet.regulates("x")
    assert magnet.current_nA("x", world.now_ns) < 2.95 * A
    assert magnet.voltage_uV("x") == cold_uV + 100_000


def test_nets_show_the_currents_and_their_sum(world: World, magnet: Electromagnet) -> None:
    for axis, current_A in zip(AXES, (2.0, -1.0, 0.5), strict=True):
        magnet.drive(axis, hold(current_A))
        run(world, 3 * MS)
    for _ in range(60):
        run(world, MS)
        now_ns = world.now_ns
        total_uA = 0
        for axis in AXES:
            current_nA = magnet.current_nA(axis, now_ns)
            assert abs(magnet.nets[axis].value_u(now_ns) - current_nA // 1000) <= 2
            total_uA += current_nA // 1000
        assert abs(magnet.return_net.value_u(now_ns) - total_uA) <= 4
    assert magnet.return_net.value_u(world.now_ns) == 1_500_000


def test_the_earths_field_points_down_as_gravity_does_and_the_meter_faces_anywhere() -> None:
    """North of the equator; the same axes as the tilt stage's, in which z is up."""
    fields_nT = [Electromagnet(World(seed)).earth_nT for seed in range(40)]
    assert Attitude(World(1)).gravity_ug(0)[2] > 0, "what keeps the meter from falling points up"
    assert all(-45_500 <= z_nT <= -42_500 for _, _, z_nT in fields_nT)
    for axis in (0, 1):
        assert min(one[axis] for one in fields_nT) < -15_000
        assert max(one[axis] for one in fields_nT) > 15_000


@pytest.mark.parametrize("place", ["probe", "transformer"])
def test_what_part_of_a_coils_field_a_place_has_differs_from_bench_to_bench(place: Place) -> None:
    parts_ppm = {Electromagnet(World(seed)).mixtures[place]["x"][0] for seed in range(20)}
    assert len(parts_ppm) > 15


@pytest.mark.parametrize("seed", range(12))
def test_places_and_tolerances(seed: int) -> None:
    world = World(seed)
    magnet = Electromagnet(world)
    earth_nT = magnet.field_nT("sensor", 0)
    assert sqrt(sum(part * part for part in earth_nT)) == pytest.approx(50_000, abs=1_503)
    magnet.drive("z", hold(2.0))
    run(world, S)
    sensor, probe, transformer = (magnet.field_nT(place, world.now_ns) for place in ("sensor", "probe", "transformer"))
    assert abs(sensor[2] - earth_nT[2] - 60_000_000) < 0.037 * 60_000_000
    assert max(abs(sensor[0] - earth_nT[0]), abs(sensor[1] - earth_nT[1])) <= 0.006 * 62_000_000
    assert 0 < max(abs(one - other) for one, other in zip(sensor, probe, strict=True)) < 0.008 * 62_000_000
    assert 15_000_000 < transformer[2] < 27_000_000


def test_two_seeds_are_two_magnets() -> None:
    assert Electromagnet(World(1)).traits != Electromagnet(World(2)).traits
    assert Electromagnet(World(3)).mixtures == Electromagnet(World(3)).mixtures


def test_the_recent_past_can_be_asked_for(world: World, magnet: Electromagnet) -> None:
    fields = {}
    for current_A in (1.0, 2.0, -1.0):
        magnet.drive("x", hold(current_A))
        for _ in range(20):
            run(world, 2 * MS)
            fields[world.now_ns] = magnet.field_nT("probe", world.now_ns)
    assert {at_ns: magnet.field_nT("probe", at_ns) for at_ns in fields} == fields
    run(world, 60 * S)
    magnet.drive("x", hold(0.0))
    magnet.field_nT("probe", world.now_ns - 10 * S)
    with pytest.raises(WorldError, match="forgotten"):
        magnet.field_nT("probe", 0)


def test_a_restored_magnet_goes_on_identically(world: World, magnet: Electromagnet) -> None:
    magnet.drive("x", hold(2.0))
    magnet.drive("y", hold(-0.5))
    run(world, 7 * MS)
    snapshot = world.snapshot()
    digests, fields = [], []
    for _ in range(2):
        world.restore(snapshot)
        run(world, 9 * MS)
        magnet.drive("z", hold(3.0))
        run(world, 12 * S)
        fields.append(magnet.field_nT("sensor", world.now_ns))
        digests.append(world.snapshot().digest())
    assert digests[0] == digests[1]
    assert fields[0] == fields[1]


def test_what_is_kept_of_a_coil_at_rest_ends_with_the_rest() -> None:
    kept_world, fresh_world = World(1), World(1)
    kept, fresh = Electromagnet(kept_world), Electromagnet(fresh_world)
    steps: list[tuple[CoilName, float]] = [("x", 1.0), ("z", -0.5), ("x", 1.0), ("narrow", 0.2), ("x", 0.0), ("z", 0.0)]
    for coil, current_A in steps:
        for world, magnet in ((kept_world, kept), (fresh_world, fresh)):
            magnet.drive(coil, hold(current_A))
            world.run_until(world.now_ns + 1)
        for _ in range(60):
            for world in (kept_world, fresh_world):
                world.run_until(world.now_ns + 2 * MS)
            fresh._resting.clear()
            fresh._still.clear()
            for place in ("sensor", "probe", "transformer"):
                assert kept.field_nT(place, kept_world.now_ns) == fresh.field_nT(place, fresh_world.now_ns)


def test_a_new_drive_ends_what_the_old_one_was_on_its_way_to(world: World, magnet: Electromagnet) -> None:
    magnet.drive("x", hold(2.0))
    run(world, 10 * MS)
    magnet.drive("x", hold(-0.2))
    before_nA = magnet.current_nA("x", world.now_ns)
    for _ in range(1000):
        run(world, 100_000)
        current_nA = magnet.current_nA("x", world.now_ns)
        assert current_nA <= before_nA
        before_nA = current_nA
    assert before_nA == -0.2 * A


def test_history_is_bounded(world: World, magnet: Electromagnet) -> None:
    axis: Axis = "x"
    for step in range(600):
        magnet.drive(axis, hold(0.001 * (step % 7)))
        run(world, 100 * MS)
    assert len(magnet.state.coils[axis].laws) < 250
    assert electromagnet.HISTORY_NS > 10 * S
    assert log(len(world.snapshot().events) + 1) < log(5), "no event is left behind by a law that was replaced"

"""The terminal block: its equilibrium, its lag, contact and heater, the transmitter beside it, and a restored world."""

from __future__ import annotations

import pytest

from harness.emulation.plant.plant import Plant, make_plant
from harness.emulation.world import World

S = 1_000_000_000


def make(seed: int = 1) -> tuple[World, Plant]:
    world = World(seed)
    return world, make_plant(world, {})


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_heater_warms_by_power_times_resistance_with_its_lag(seed: int) -> None:
    world, plant = make(seed)
    block = plant.terminals
    assert block.terminal_mC(0) == plant.climate.meter_mC(0)
    world.schedule(0, block.name, "heater", True)
    world.run_until(block.traits.lag_ns)
    final_mK = block.traits.heater_mW * block.traits.resistance_mK_per_W // 1000
    assert 66_000 <= final_mK <= 95_000
    assert block.rise_mK(world.now_ns) == pytest.approx(0.632 * final_mK, rel=0.001)
    world.schedule(world.now_ns, block.name, "heater", False)
    world.run_until(world.now_ns + 3 * block.traits.lag_ns)
    assert block.rise_mK(world.now_ns) == pytest.approx(0.632 * final_mK * 0.0498, rel=0.01)


def test_a_sound_contact_warms_by_the_square_of_the_current() -> None:
    """2 A through a milliohm are 4 mW: some hundredths of a kelvin, and four times as much at 4 A."""
    rises = []
    for current_uA in (2_000_000, 4_000_000):
        world, plant = make()
        plant.mains.set_load(on=True, current_uA=current_uA, power_factor_permille=1000)
        world.run_until(3_000 * S)
        rises.append(plant.terminals.rise_mK(world.now_ns))
    assert 2 <= rises[0] <= 30
    assert rises[1] == pytest.approx(4 * rises[0], abs=4)


def test_the_transmitter_tells_of_the_block() -> None:
    world, plant = make()
    world.run_until(S)
    loop_uA = plant.terminals.loop.segments_between(0, S)[0].final_u
    assert loop_uA == pytest.approx(4_000 + (40 + plant.terminals.terminal_mC(S) / 1000) * 80, abs=41)


def test_a_restored_world_goes_on_the_same() -> None:
    world, plant = make()
    world.schedule(0, plant.terminals.name, "heater", True)
    world.run_until(30 * S)
    snapshot = world.snapshot()
    world.run_until(60 * S)
    first = world.snapshot().digest(), plant.terminals.terminal_mC(world.now_ns)
    world.restore(snapshot)
    world.run_until(60 * S)
    assert (world.snapshot().digest(), plant.terminals.terminal_mC(world.now_ns)) == first

"""What the data sheets let vary from part to part is drawn from the seed, within their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.emulation.lm3s6965.hibernation import Crystal, draw_crystal
from harness.emulation.meter_board import MeterBoard
from harness.emulation.parts.current_transformer import draw_transformer
from harness.emulation.plant.climate import Climate
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.mains_electronics import MeterSupplyNet
from harness.emulation.plant.plant import make_plant
from harness.emulation.world import World

SEEDS = range(1, 41)
Draw = Callable[[World], Any]


def board(world: World) -> MeterBoard:
    return MeterBoard(world, utc_at_zero_s=1_790_000_000)


class Asleep:
    """A processor that never works."""

    sleep_ns = 0


DRAWN: dict[str, tuple[Draw, int, int]] = {
    # LM3S6965 and ADE7953 data sheets' typical figures; the spread is the model's.
    "electronics asleep, uA": (lambda world: MeterSupplyNet(world, Asleep()).traits.asleep_uA, 23_100, 28_900),
    "processor at work, uA more": (lambda world: MeterSupplyNet(world, Asleep()).traits.awake_more_uA, 23_400, 28_600),
    "transformer's knee, nT": (lambda world: draw_transformer(world, "ct").knee_nT, 32_000_000, 48_000_000),
    "transformer's width, nT": (lambda world: draw_transformer(world, "ct").width_nT, 3_200_000, 4_800_000),
    "transformer's burden, ppm": (lambda world: draw_transformer(world, "ct").burden_ppm, 7_500, 12_500),
    "transformer's bias, uA/mT": (lambda world: draw_transformer(world, "ct").bias_uA_per_mT, 9_600, 14_400),
    "crystal's turnover, mC": (lambda world: draw_crystal(world, 0).turnover_mC, 20_000, 30_000),
    "crystal's parabola, ppt/K2": (lambda world: draw_crystal(world, 0).parabola_ppt_per_K2, 28_000, 40_000),
    "cell's voltage, mV": (lambda world: board(world).battery.traits.open_circuit_mV, 3_620, 3_680),
    "battery low below, mV": (lambda world: board(world).battery.least_mV, 2_300, 2_400),
    "processor on battery, uA": (lambda world: board(world).battery.awake_uA, 20_900, 23_100),
    "signing, ns": (lambda world: board(world).secure_element.times.execution[0x41], 69_000_000, 115_000_000),
    "shortest impulse behind the input, ns": (lambda world: board(world).front_end.anti_alias_ns, 29_370, 36_630),
    "period register's clock, mHz": (lambda world: board(world).front_end.period_mHz, 223_727_625, 223_772_375),
    "accelerometer's data rate, ppm": (lambda world: board(world).accelerometer.traits.rate_ppm, -50_000, 50_000),
    "field sensor's noise, nT": (lambda world: board(world).hall.traits.noise_step_nT, 200, 280),
    "converter's offset, uV": (lambda world: board(world).mcu.adc.offset_uV, -3_000, 3_000),
    "converter's gain, ppm": (lambda world: board(world).mcu.adc.gain_ppm, -1_000, 1_000),
    "room, uC": (lambda world: Climate(world).traits.room_uC, 21_000_000, 25_000_000),
    "board's share of the terminals, permille": (
        lambda world: make_plant(world, {}).terminals.traits.board_share_permille,
        400,
        600,
    ),
    "earth's field downwards, nT": (lambda world: -make_plant(world, {}).magnet.earth_nT[2], 42_500, 45_500),
    "surge's decay, ns": (lambda world: Mains(world, {}).traits.surge.tau_ns, 57_708, 86_562),
    "house's reactance, permille": (lambda world: Mains(world, {}).traits.house_reactance_permille, 400, 800),
    "meter's supply works from, uV": (lambda world: Mains(world, {}).traits.supplied_uV, 151_800_000, 161_000_000),
    "page write, ns": (lambda world: board(world).eeprom.write_ns, 3_000_000, 5_000_000),
}


@pytest.mark.parametrize("what", DRAWN)
def test_each_seed_draws_its_own_within_the_limits(what: str) -> None:
    draw, low, high = DRAWN[what]
    values = [draw(World(seed)) for seed in SEEDS]
    assert all(low <= value <= high for value in values)
    assert len(set(values)) > len(SEEDS) // 2, "a draw for each meter, not one for all"
    assert min(values) < low + (high - low) / 5 < high - (high - low) / 5 < max(values), "over the whole width"
    assert values[0] == draw(World(SEEDS[0]))


def test_a_crystal_loses_by_the_square_of_the_distance_from_its_turnover() -> None:
    crystal = Crystal(1_000, turnover_mC=22_000, parabola_ppt_per_K2=40_000)
    assert crystal.ppb(22_000) == 1_000
    assert crystal.ppb(-38_000) == 1_000 - 144_000
    assert crystal.ppb(82_000) == crystal.ppb(-38_000)

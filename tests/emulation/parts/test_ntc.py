"""The thermistor's divider against the equation's known points, and torn off."""

from __future__ import annotations

import math

import pytest

from harness.emulation.parts.ntc import Ntc, draw_ntc
from harness.emulation.world import World

IDEAL = Ntc(10_000_000, 3_435_000, 10_000_000)


@pytest.mark.parametrize("at_C", [-40, 0, 25, 70, 125])
def test_the_divider_follows_the_equation(at_C: int) -> None:
    resistance_kohm = 10 * math.exp(3435 * (1 / (at_C + 273.15) - 1 / 298.15))
    expected_V = 3.0 * resistance_kohm / (resistance_kohm + 10)
    assert IDEAL.voltage_uV(at_C * 1000) / 1e6 == pytest.approx(expected_V, abs=2e-5)


@pytest.mark.parametrize("seed", range(1, 8))
def test_a_drawn_one_is_within_two_kelvin_of_the_ideal(seed: int) -> None:
    drawn = draw_ntc(World(seed), "thermistor")
    for at_mC in (-40_000, 25_000, 70_000):
        at_uV = drawn.voltage_uV(at_mC)
        assert IDEAL.voltage_uV(at_mC + 2_000) <= at_uV <= IDEAL.voltage_uV(at_mC - 2_000)


def test_torn_off_it_leaves_the_reference() -> None:
    assert draw_ntc(World(1), "thermistor", "open").voltage_uV(25_000) == 3_000_000

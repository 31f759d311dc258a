"""Alternating currents in a coil against independent truths: impedance, lag of one time constant, closed loops."""

from __future__ import annotations

from math import atan, hypot, pi, sin

import pytest

from harness.emulation.plant.coil import CoilTraits, Drive, Law, field_nT, next_law
from harness.emulation.plant.electromagnet import Electromagnet
from harness.emulation.world import World

A, MS = 1_000_000_000, 1_000_000
TRAITS = CoilTraits(2_000_000, 45_000, 100_000_000, 500_000, ((20_000_000, 3_000), (100_000_000, 2_000)), 0, 1_000 * MS)
REST = Law(0, 0, 0, 0, 0, 0, (0, 0))


def swing(peak_A: float, frequency_Hz: float, limit_V: float = 20.0) -> Drive:
    limit_uV = round(limit_V * 1e6)
    return Drive(
        0, 0, -limit_uV, limit_uV, peak_nA=round(peak_A * A), frequency_mHz=round(frequency_Hz * 1000)
    )  # fmt: skip


@pytest.mark.parametrize("frequency_Hz", [16.7, 50.0, 60.0])
def test_within_the_voltage_the_current_is_the_one_asked_for(frequency_Hz: float) -> None:
    law, reached = next_law(TRAITS, swing(0.8, frequency_Hz), 0, REST, 0, 0)
    assert reached is None
    for at_ns in range(0, 100 * MS, 1_700_000):
        wanted = 0.8 * sin(2 * pi * frequency_Hz * at_ns * 1e-9)
        assert law.current_nA(at_ns) == pytest.approx(wanted * A, abs=2)


def test_the_voltage_limit_leaves_what_the_impedance_lets_through() -> None:
    law, _ = next_law(TRAITS, swing(0.8, 50.0, limit_V=6.0), 0, REST, 0, 0)
    impedance = hypot(2.0, 2 * pi * 50 * 0.045)
    assert law.peak_nA == pytest.approx(6.0 / impedance * A, rel=1e-6)


def test_the_field_lags_by_the_eddy_currents_and_closes_its_loop() -> None:
    law, _ = next_law(TRAITS, swing(0.8, 50.0), 0, REST, 0, 0)
    angle = 2 * pi * 50 * 0.0005
    late_ns = 400 * MS  # a whole number of periods, long after the start
    samples = [field_nT(TRAITS, law, late_ns + step * MS // 4) for step in range(80)]
    assert samples == [field_nT(TRAITS, law, late_ns + 20 * MS + step * MS // 4) for step in range(80)]
    peak = max(samples)
    assert peak == pytest.approx(-min(samples), rel=1e-3), "both half waves are alike"
    assert peak == pytest.approx(0.8 * 100_000_000 / hypot(1.0, angle), rel=0.01)
    lag_ns = samples.index(peak) * MS // 4 - 5 * MS
    assert lag_ns == pytest.approx(atan(angle) / (2 * pi * 50) * 1e9, abs=MS // 4)


def test_a_steady_field_is_told_from_one_that_moves() -> None:
    world = World(1)
    magnet = Electromagnet(world)
    world.run_until(100 * MS)
    assert magnet.is_steady(0, world.now_ns)
    magnet.drive("narrow", swing(0.5, 50.0))
    world.run_until(200 * MS)
    assert not magnet.is_steady(150 * MS, world.now_ns)
    assert max(abs(part) for part in magnet.field_nT("sensor", 105 * MS)) > 40_000_000
    magnet.drive("narrow", Drive(0, 0, -20_000_000, 20_000_000))
    world.run_until(400 * MS)
    assert magnet.is_steady(300 * MS, world.now_ns)
    assert max(abs(part) for part in magnet.field_nT("sensor", world.now_ns)) < 200_000


def test_a_restored_world_swings_on_as_the_first_did() -> None:
    world = World(2)
    magnet = Electromagnet(world)
    magnet.drive("narrow", swing(0.5, 60.0))
    world.run_until(30 * MS)
    snapshot = world.snapshot()
    world.run_until(6_000 * MS)
    once = magnet.field_nT("probe", world.now_ns), world.snapshot().digest()
    world.restore(snapshot)
    world.run_until(6_000 * MS)
    assert (magnet.field_nT("probe", world.now_ns), world.snapshot().digest()) == once

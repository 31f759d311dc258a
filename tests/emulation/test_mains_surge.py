"""A surge on the mains: its heights and decay, and what the front end and the line beside the mains make of it."""

from __future__ import annotations

from math import exp, sqrt

import pytest

from harness.emulation.analog_net import Segment
from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.meter_board import MeterBoard
from harness.emulation.parts.ade7953_channels import ANTI_ALIAS_NS, FILTER_NS, ChannelState, settle
from harness.emulation.parts.ade7953_peaks import peak_uA
from harness.emulation.plant.injection import Injection
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.mains_surge import CLAMP_UV, SURGE_OVER_NS, TAU_NS, impulse
from harness.emulation.world import World

MS = 1_000_000
NETS = ("LINE_V", "LINE_I", "NEUTRAL_I")


def fed(seed: int = 1, level_V: int = 4000, current_uA: int = 2_000_000) -> tuple[World, Mains]:
    world = World(seed)
    mains = Mains(world, {})
    mains.surge_V = level_V
    mains.set_source(on=True, voltage_uV=230_000_000, frequency_mHz=50_000)
    mains.on_event("feed", True)
    mains.set_load(on=True, current_uA=current_uA, power_factor_permille=1000)
    world.run_until(500 * MS)
    return world, mains


@pytest.mark.parametrize("seed", range(1, 6))
def test_an_impulse_stands_on_the_wave_and_the_wave_goes_on(seed: int) -> None:
    world, mains = fed(seed)
    before = {net: mains.nets[net].state.segments[-1] for net in NETS}
    mains.on_event("surge", True)
    at_ns = world.now_ns
    above = {net: mains.nets[net].value_u(at_ns) - before[net].value_u(at_ns) for net in NETS}
    assert CLAMP_UV[0] * 0.999 < above["LINE_V"] < CLAMP_UV[1] * 1.001
    assert above["NEUTRAL_I"] == pytest.approx(2e6 * above["LINE_V"] / 230e6, rel=0.01)
    # 0.1 to 0.2 uF to earth: 60 to 160 uC, in 72 us.
    assert 0.8e6 < above["LINE_I"] - above["NEUTRAL_I"] < 2.3e6
    tau_ns = mains.traits.surge.tau_ns
    assert 57_700 <= tau_ns <= 86_600, "50 us to the half, 20 %"
    half_ns = at_ns + round(tau_ns * 0.693147)
    left_u = mains.nets["LINE_V"].value_u(half_ns) - before["LINE_V"].value_u(half_ns)
    assert left_u == pytest.approx(above["LINE_V"] / 2, rel=0.005)
    world.run_until(at_ns + 20 * MS)
    for net in NETS:
        off_u = mains.nets[net].value_u(world.now_ns) - before[net].value_u(world.now_ns)
        assert abs(off_u) <= max(before[net].peak_u * 2e-5, 2), net


def test_below_the_varistors_level_the_generators_voltage_is_there() -> None:
    world, mains = fed(level_V=400)
    law = mains.nets["LINE_V"].state.segments[-1]
    mains.on_event("surge", True)
    assert mains.nets["LINE_V"].value_u(world.now_ns) - law.value_u(world.now_ns) == pytest.approx(400e6, rel=1e-3)


def test_opening_the_contact_is_no_surge() -> None:
    _, mains = fed()
    law = mains.nets["LINE_V"].state.segments[-1]
    mains.on_event("surge", False)
    assert mains.nets["LINE_V"].state.segments[-1] is law


def test_a_snapshot_within_a_surge_goes_on_as_the_world_would_have() -> None:
    world, mains = fed()
    mains.on_event("surge", True)
    world.run_until(world.now_ns + 30_000)
    snapshot, digests = world.snapshot(), []
    for _ in range(2):
        world.restore(snapshot)
        world.run_until(snapshot.now_ns + 2 * SURGE_OVER_NS)
        digests.append(world.snapshot().digest())
        assert mains.nets["LINE_I"].state.segments[-1].tau_ns == 0
    assert digests[0] == digests[1]


def filtered(height_uA: float, tau_ns: float) -> tuple[float, float]:
    """Energy (A^2 s) and peak (uA) of an exponential behind the input's RC, by steps of 10 ns."""
    output = energy = peak = 0.0
    for step in range(100_000):
        source = height_uA / 1e6 * exp(-step * 10 / tau_ns)
        output += (source - output) * 10 / ANTI_ALIAS_NS
        energy += output * output * 10e-9
        peak = max(peak, output)
    return energy, peak * 1e6


def test_the_rms_rises_by_the_filtered_impulses_energy_however_often_it_is_looked_at() -> None:
    height_uA = 8_000_000
    energy, _ = filtered(height_uA, TAU_NS)
    law = impulse(Segment(0, peak_u=0, frequency_mHz=50_000), 0, height_uA)
    for looks_ns in ([1 * MS], [20_000, 90_000, 200_000, 1 * MS]):
        state = ChannelState()
        for at_ns in looks_ns:
            settle(state, [law], at_ns)
        expected_uA = 1e6 * sqrt(energy / (FILTER_NS / 1e9)) * exp(-MS / FILTER_NS / 2)
        assert sqrt(state.mean_square) == pytest.approx(expected_uA, rel=0.02)


def test_the_peak_register_has_the_filtered_impulse_once() -> None:
    _, peak = filtered(8_000_000, TAU_NS)
    law = impulse(Segment(0, peak_u=1_000_000, frequency_mHz=50_000), 0, 8_000_000)
    assert peak_uA([law], 0) - 1_000_000 == pytest.approx(peak, rel=0.35)  # of the same energy, not of the same form
    assert peak_uA([law], MS) == pytest.approx(1_000_000, rel=0.01)


@pytest.fixture
def line() -> tuple[World, Injection, GpioPort]:
    world = World(1)
    injection, port = Injection(world), MeterBoard(world, utc_at_zero_s=1_790_000_000).mcu.gpio["e"]
    injection.attach(port)
    return world, injection, port


def test_a_line_beside_the_mains_is_overdriven_for_a_millisecond(line: tuple[World, Injection, GpioPort]) -> None:
    world, injection, _ = line
    injection.on_event("coupled", None)
    world.run_until(world.now_ns + injection.fall_ns // 2)
    assert injection.state.sensed
    world.run_until(world.now_ns + 2 * injection.fall_ns)
    assert not injection.state.sensed
    assert 0.5 * MS < injection.fall_ns < 3 * MS


def test_a_surge_does_not_end_a_lasting_injection(line: tuple[World, Injection, GpioPort]) -> None:
    world, injection, _ = line
    injection.on_event("source", True)
    world.run_until(100 * MS)
    injection.on_event("coupled", None)
    world.run_until(200 * MS)
    assert injection.state.sensed
    injection.on_event("source", False)
    world.run_until(300 * MS)
    assert not injection.state.sensed


def test_a_source_that_comes_within_a_surge_stays(line: tuple[World, Injection, GpioPort]) -> None:
    world, injection, _ = line
    injection.on_event("coupled", None)
    injection.on_event("source", True)
    world.run_until(world.now_ns + 100 * MS)
    assert injection.state.sensed

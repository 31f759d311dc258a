"""Wiring faults in the mains: what each does to voltage and currents, and that a front end finds the same powers."""

from __future__ import annotations

import pytest

from harness.emulation.analog_net import Segment
from harness.emulation.parts.ade7953_power import PowerState, power_code, power_factor_code, settle_power
from harness.emulation.plant.mains import COMPONENT, Mains
from harness.emulation.plant.mains_wiring import FAULTS
from harness.emulation.world import World

MS, S = 1_000_000, 1_000_000_000


def faulty(*faults: str, seed: int = 1) -> Mains:
    mains = Mains(World(seed), {})
    mains.set_load(on=True, current_uA=2_000_000, power_factor_permille=1000)
    mains.world.run_until(100 * MS)
    for fault in faults:
        mains.world.schedule(mains.world.now_ns, COMPONENT, fault, True)
    mains.world.run_until(200 * MS)
    return mains


def power_W(mains: Mains, net: str) -> float:
    state, now_ns = PowerState(), mains.world.now_ns
    settle_power(state, mains.nets["LINE_V"].state.segments[-1:], mains.nets[net].state.segments[-1:], now_ns + 5 * S)
    return state.active_uW / 1e6


@pytest.mark.parametrize(
    ("fault", "voltage", "earth", "line_A", "neutral_A", "line_sign", "neutral_sign"),
    [
        ("neutral_cut_supply", False, True, 0, 0, 0, 0),
        ("neutral_cut_load", True, True, 2, 0, 1, 0),
        ("swap_line_neutral", True, False, 2, 2, 1, 1),
        ("reverse_line_element", True, True, 2, 2, -1, 1),
        ("reverse_energy", True, True, 2, 2, -1, -1),
    ],
)
def test_each_fault_does_what_it_says(
    fault: str, voltage: bool, earth: bool, line_A: int, neutral_A: int, line_sign: int, neutral_sign: int
) -> None:
    mains = faulty(fault)
    assert (mains.voltage().rms_u > 200_000_000) == voltage
    assert (mains.line_to_earth().rms_u > 200_000_000) == earth
    assert mains.state.supplied, "between line and neutral, or by the backup supply"
    assert mains.line_current().rms_u == pytest.approx(line_A * 1_000_000, abs=2)
    assert mains.neutral_current().rms_u == pytest.approx(neutral_A * 1_000_000, abs=2)
    watts = mains.voltage().rms_u * 2 / 1e6
    # The voltage's harmonics, 4.6 % at most, are in its rms and not in the power of a sinusoidal current.
    assert power_W(mains, "LINE_I") == pytest.approx(line_sign * watts, rel=1.1e-3, abs=0.01)
    assert power_W(mains, "NEUTRAL_I") == pytest.approx(neutral_sign * watts, rel=1.1e-3, abs=0.01)


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_bypass_takes_the_same_of_both_elements_and_the_load_stays(seed: int) -> None:
    before, after = faulty(seed=seed), faulty("bypass", seed=seed)
    assert after.load_current() == before.load_current()
    assert after.voltage() == before.voltage(), "the load is still there"
    line, neutral = after.line_current().rms_u, after.neutral_current().rms_u
    assert line + after.shunt_current().rms_u == pytest.approx(2_000_000, abs=2)
    assert neutral + after.bypass_current().rms_u == pytest.approx(2_000_000, abs=2)
    assert 0.55 < line / 2_000_000 < 0.65
    assert abs(line - neutral) < 0.06 * max(line, neutral), "no mismatch"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mended_fault_leaves_nothing(fault: str) -> None:
    mains, right = faulty(fault), faulty()
    mains.world.schedule(mains.world.now_ns, COMPONENT, fault, False)
    mains.world.run_until(400 * MS)
    for quantity in ("voltage", "line_current", "neutral_current", "shunt_current", "line_to_earth"):
        assert getattr(mains, quantity)() == getattr(right, quantity)()


def test_a_leading_load_raises_the_voltage_and_a_lagging_one_lowers_it_more() -> None:
    def drop_V(permille: int) -> float:
        mains = Mains(World(1), {})
        idle_uV = mains.voltage().rms_u
        mains.set_load(on=True, current_uA=10_000_000, power_factor_permille=permille)
        mains.world.run_until(100 * MS)
        return (idle_uV - mains.voltage().rms_u) / 1e6

    assert drop_V(-200) < 0 < drop_V(1000) < drop_V(800)


def test_power_registers_are_signed_and_full_scale_is_the_data_sheets() -> None:
    volts = [Segment(0, peak_u=round(500e6 * 2**0.5), frequency_mHz=50_000)]
    for turn_mdeg, code in ((0, 4_862_401), (180_000, (1 << 24) - 4_862_401)):
        amperes = [Segment(0, peak_u=round(100e6 * 2**0.5), frequency_mHz=50_000, phase_mdeg=turn_mdeg)]
        state = PowerState()
        settle_power(state, volts, amperes, 5 * S)
        assert power_code(state.active_uW, 0, bytes([128, 127])) == pytest.approx(code, abs=2)
    lagging = [Segment(0, peak_u=1_000_000, frequency_mHz=50_000, phase_mdeg=300_000)]
    state = PowerState()
    settle_power(state, volts, lagging, 5 * S)
    assert state.reactive_uW > 0
    assert power_factor_code(state) == pytest.approx(0x7FFF // 2, abs=3)
    settle_power(state := PowerState(), volts, [Segment(0, peak_u=1_000_000, frequency_mHz=150_000)], 5 * S)
    assert (state.active_uW, state.reactive_uW) == (0, 0), "of another frequency"

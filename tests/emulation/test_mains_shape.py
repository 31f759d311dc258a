"""Distorted currents and voltages: the pulses against the load's manual, and what the front end makes of them."""

from __future__ import annotations

from math import pi, sin, sqrt

import pytest

from harness.emulation.analog_net import Segment
from harness.emulation.parts.ade7953_channels import mean_square_u2
from harness.emulation.parts.ade7953_peaks import peak_uA
from harness.emulation.parts.ade7953_power import mean_products_uW
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.mains_shape import fundamental_u, harmonics_of, rectifier_shape
from harness.emulation.world import World


@pytest.mark.parametrize(
    ("crest", "power_factor"),
    [(1.5, 0.993), (2.0, 0.849), (2.5, 0.703), (3.0, 0.593), (3.5, 0.511), (4.0, 0.449), (4.5, 0.399), (5.0, 0.360)],
)
def test_the_pulses_have_the_power_factors_of_the_manual(crest: float, power_factor: float) -> None:
    """Chroma 63800 manual, table 3-1: the largest power factor for each crest factor."""
    found = fundamental_u(1_000_000, rectifier_shape(round(crest * 1000))) / 1e6
    assert found == pytest.approx(power_factor, abs=0.0015)


@pytest.mark.parametrize("crest", [1.5, 1.8, 2.0, 2.5, 3.0])
def test_rms_and_peak_are_those_of_half_sine_pulses(crest: float) -> None:
    law = drawn(crest)
    assert sqrt(mean_square_u2(law)) == pytest.approx(2_000_000, rel=1e-4)
    assert peak_uA([law]) == pytest.approx(crest * 2_000_000, rel=0.01)


def test_the_pulses_lie_about_the_peaks_of_the_voltage_and_nothing_flows_between() -> None:
    law, half_width = drawn(3.0), pi / 9
    for step in range(200):
        angle = 2 * pi * step / 200
        off = min(abs(angle - pi / 2), abs(angle - 3 * pi / 2))
        expected = 6e6 * sin(pi / 2 * (1 - off / half_width)) if off < half_width else 0.0
        value = law.value_u(round(step * 20_000_000 / 200)) * (1 if angle < pi else -1)
        assert value == pytest.approx(expected, abs=0.25e6), f"at {angle:.2f}"


def test_power_counts_the_fundamental_only_where_the_voltage_is_a_sinusoid() -> None:
    volts = Segment(0, peak_u=325_269_119, frequency_mHz=50_000)
    active, reactive = mean_products_uW(volts, drawn(3.0), 0)
    assert active / 1e6 == pytest.approx(230 * 2 * 0.593, rel=0.002)
    assert abs(reactive) < 1000


@pytest.mark.parametrize("seed", range(1, 6))
def test_elements_source_and_shunt_see_the_same_shape(seed: int) -> None:
    mains = Mains(World(seed), {})
    mains.set_source(on=True, voltage_uV=230_000_000, frequency_mHz=50_000)
    mains.on_event("feed", True)
    mains.on_event("fed", True)
    mains.set_load(on=True, current_uA=2_000_000, power_factor_permille=1000, crest_permille=3_000)
    mains.on_event("inrush over", None)
    line = mains.nets["LINE_I"].state.segments[-1]
    assert sqrt(mean_square_u2(line)) == pytest.approx(2_000_000, rel=1e-4)
    assert mains.line_current().rms_u == mains.neutral_current().rms_u == pytest.approx(2_000_000, abs=10)
    source = mains.nets["SOURCE_I"].state.segments[-1]
    assert sqrt(mean_square_u2(source)) == pytest.approx(mains.source_current().rms_u, rel=1e-4)
    assert [part.peak_u for part in source.plus] == pytest.approx([part.peak_u for part in line.plus], rel=1e-3)


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_house_is_within_what_the_standard_allows_and_keeps_its_rms(seed: int) -> None:
    mains = Mains(World(seed), {})
    law = mains.nets["LINE_V"].state.segments[-1]
    assert sqrt(mean_square_u2(law)) == pytest.approx(mains.voltage().rms_u, rel=1e-5)
    distortion = sqrt(sum(part.peak_u**2 for part in law.plus)) / law.peak_u
    assert 0 < distortion < 0.08, "EN 50160: 8 % in all"


def drawn(crest: float) -> Segment:
    """A current of 2 A in phase with a voltage that begins at 0 degrees."""
    shape = rectifier_shape(round(crest * 1000))
    peak_u = round(fundamental_u(2_000_000, shape) * sqrt(2))
    return Segment(0, peak_u=peak_u, frequency_mHz=50_000, plus=harmonics_of(shape, 0, peak_u, 50_000, 0))

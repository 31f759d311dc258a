"""MAG-5 on the host: a distorted line current beside a sound neutral current, loads that look alike, small loads."""

from __future__ import annotations

import pytest

from tests.firmware.host_meter import HostMeter, S

MISMATCH, SATURATED, SATURATED_ENDED = 0x04, 0x1D, 0x1E


def told(meter: HostMeter) -> list[int]:
    return [
        code for code in dict.fromkeys(alert.code for alert in meter.alerts) if code in (SATURATED, SATURATED_ENDED)
    ]


def test_a_crest_that_only_the_line_has_is_saturation_and_its_end_is_told(meter: HostMeter) -> None:
    meter.front_end.line_crest = 1.4142 * 1.12
    meter.run(10 * S)
    assert told(meter) == [SATURATED]
    assert meter.status & 1 << 7
    meter.front_end.line_crest = 1.4142 * 1.08
    meter.run(20 * S)
    assert told(meter) == [SATURATED]
    meter.front_end.line_crest = 1.4142
    meter.run(30 * S)
    assert told(meter) == [SATURATED, SATURATED_ENDED]


def test_it_is_told_quickly_once_the_line_reads_low(meter: HostMeter) -> None:
    meter.run(5 * S)
    meter.front_end.line_A, meter.front_end.line_crest = 3.0, 2.2
    meter.run(6 * S)
    assert told(meter) == [SATURATED]


@pytest.mark.parametrize("crest", [1.0, 1.7, 2.0, 3.5])
def test_a_load_with_a_crest_of_its_own_is_none(meter: HostMeter, crest: float) -> None:
    """Rectifiers draw peaks: both elements show them."""
    meter.front_end.line_crest = meter.front_end.neutral_crest = crest
    meter.run(20 * S)
    assert told(meter) == []


def test_a_shunt_is_none(meter: HostMeter) -> None:
    """A shunt takes its part of every moment of the current."""
    meter.front_end.line_A = 3.0
    meter.run(20 * S)
    assert told(meter) == []
    assert MISMATCH in {alert.code for alert in meter.alerts}


def test_a_load_too_small_to_show_its_waveform_changes_nothing(meter: HostMeter) -> None:
    meter.front_end.line_A = meter.front_end.neutral_A = 0.4
    meter.front_end.line_crest = 2.5
    meter.run(20 * S)
    assert told(meter) == []


@pytest.mark.parametrize("line_A", [0.01, 0.05, 0.1, 0.16, 0.25, 0.4, 0.49])
def test_a_line_almost_wholly_shunted_is_a_mismatch_and_no_saturation(meter: HostMeter, line_A: float) -> None:
    """What is left of its current is a sinusoid, on which noise adds up to 250 ppm of full scale to each peak."""
    meter.front_end.line_A, meter.front_end.line_crest = line_A, 1.4142 + 0.03535 / line_A
    meter.run(20 * S)
    assert told(meter) == []
    assert MISMATCH in {alert.code for alert in meter.alerts}


def test_a_core_that_hides_five_sixths_of_a_small_load_is_saturated(meter: HostMeter) -> None:
    """What is left are high pulses."""
    meter.front_end.line_A = meter.front_end.neutral_A = 1.0
    meter.run(5 * S)
    meter.front_end.line_A, meter.front_end.line_crest = 0.16, 3.0
    meter.run(10 * S)
    assert told(meter) == [SATURATED]


@pytest.mark.parametrize("pause_us", [2 * S, 130_000, 250_000])
def test_a_load_of_which_one_element_shows_less_than_before_is_none(meter: HostMeter, pause_us: int) -> None:
    """The filter still holds the old load, of which the smaller current shows more."""
    for line_A, neutral_A in ((20.0, 20.0), (1.0, 0.7)) * 4:
        meter.front_end.line_A, meter.front_end.neutral_A = line_A, neutral_A
        meter.run(meter.now_us + pause_us)
    assert told(meter) == []


def test_peaks_are_read_once_a_second_at_rest(meter: HostMeter) -> None:
    before = meter.front_end.peak_reads
    meter.run(31 * S)
    assert 28 <= meter.front_end.peak_reads - before <= 34

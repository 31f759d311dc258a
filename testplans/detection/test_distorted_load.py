"""Loads that draw their current in pulses, as every rectifier does, and mains whose frequency drifts: no tampering.

Such a current has a high peak over its rms, and so has one from a saturated transformer; its peaks say nothing about
line against neutral. A meter that looks at the line's shape alone, or compares a peak with an rms, takes the customer's
power supplies for a thief. With such a load a mismatch is still one from 10 % on, of true rms.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.multimeter import open_ammeter
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from harness.bench.bench import Bench
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, FrequencyHz, PercentPct, VoltageV
from harness.plan.parameters import Parameters

LOAD_CURRENT = "load_current"


class DistortedLoads(Parameters):
    """Loads of each of ``currents`` at each of ``crest_factors``, at each of ``frequencies``, then sinusoidal.

    ``agreement`` is how far the meter's currents may be from the bench's. ``watch`` is how long alerts are waited for
    after each change.
    """

    voltage_V: VoltageV = Field(gt=0)
    frequencies_Hz: list[FrequencyHz] = Field(min_length=1)
    currents_A: list[CurrentA] = Field(min_length=1)
    crest_factors: list[float] = Field(min_length=1)
    agreement_pct: PercentPct
    watch_ns: DurationNs = Field(gt=0)


class DistortedMismatch(Parameters):
    """A load of ``current`` at ``crest_factor``; shunts of about ``small`` and then of about ``mismatch``.

    Judged only if the measured mismatch is surely below ``must_not_trip``, or surely from ``must_trip`` on.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    crest_factor: float = Field(gt=1)
    elements: list[Element] = Field(min_length=1)
    small_pct: PercentPct
    must_not_trip_pct: PercentPct
    mismatch_pct: PercentPct
    must_trip_pct: PercentPct
    watch_ns: DurationNs = Field(gt=0)


class Drift(Parameters):
    """The mains' frequency goes through ``frequencies``, one after the other for ``dwell``, while ``current`` flows."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    crest_factor: float = Field(gt=1)
    frequencies_Hz: list[FrequencyHz] = Field(min_length=2)
    dwell_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs = Field(gt=0)
    control_pct: PercentPct


@pytest.mark.requirements("MAG-5", "MET-1", "MET-2", "MET-3")
@pytest.mark.parameters(model=DistortedLoads)
def test_a_load_with_a_high_crest_factor_is_no_tampering(
    bench: Bench,
    mains: Mains,
    load: Load,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: DistortedLoads,
) -> None:
    """Pulses, their beginning, their end and steps between them give no event, and the meter reads their true rms."""
    for frequency_Hz in parameters.frequencies_Hz:
        mains.feed(parameters.voltage_V, frequency_Hz)
        for current_A in parameters.currents_A:
            for crest_factor in parameters.crest_factors:
                what = f"{frequency_Hz:g} Hz, {current_A:g} A, crest factor {crest_factor:g}"
                load.set_crest(current_A, crest_factor)
                record.judge_equal(f"{what}: events", listener.collect(parameters.watch_ns).events, 0)
                _judge_readings(what, current_A, bench, meter, record, parameters)
            load.set(current_A)
            what = f"{frequency_Hz:g} Hz, {current_A:g} A, a sinusoid again"
            record.judge_equal(f"{what}: events", listener.collect(parameters.watch_ns).events, 0)
    load.off()
    record.judge_equal("load off: events", listener.collect(parameters.watch_ns).events, 0)


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=DistortedMismatch)
def test_a_distorted_current_is_compared_by_its_rms(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: DistortedMismatch
) -> None:
    """With a load of pulses a mismatch that must trip is reported, and one that must not is not."""
    mains.feed(parameters.voltage_V)
    load.set_crest(parameters.current_A, parameters.crest_factor)
    record.judge_equal("events without a shunt", listener.collect(parameters.watch_ns).events, 0)
    for element in parameters.elements:
        shunt.close(parameters.small_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        found = shunt.mismatch()
        if found.fraction + found.expanded_uncertainty > parameters.must_not_trip_pct / 100:
            record.inconclusive(f"{element}: a mismatch of {100 * found.fraction:.2f} % is not surely a small one")
        record.judge_equal(f"{element}, a small mismatch: events", seen.events, 0)
        shunt.close(parameters.mismatch_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        found = shunt.mismatch()
        if found.fraction - found.expanded_uncertainty < parameters.must_trip_pct / 100:
            record.inconclusive(f"{element}: a mismatch of {100 * found.fraction:.2f} % need not be reported")
        record.judge_equal(f"{element}: events 'current mismatch'", seen.of("current_mismatch"), 1)
        record.judge_equal(f"{element}: other events", seen.other_than("current_mismatch"), 0)
        shunt.open()
        gone = listener.collect(parameters.watch_ns).of("current_mismatch_gone")
        record.judge_equal(f"{element}: events of its end", gone, 1)


@pytest.mark.requirements("MET-1", "MET-2", "MET-3")
@pytest.mark.parameters(model=Drift)
def test_a_drifting_frequency_is_no_tampering(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: Drift
) -> None:
    """The frequency wanders while pulses are drawn: no event; a mismatch then is still told."""
    mains.feed(parameters.voltage_V, parameters.frequencies_Hz[0])
    load.set_crest(parameters.current_A, parameters.crest_factor)
    for frequency_Hz in parameters.frequencies_Hz:
        mains.feed(parameters.voltage_V, frequency_Hz)
        record.judge_equal(f"{frequency_Hz:g} Hz: events", listener.collect(parameters.dwell_ns).events, 0)
    # Positive control: silence counts only of a meter that still reports what must trip.
    shunt.close(parameters.control_pct / 100)
    told = listener.collect(parameters.watch_ns).of("current_mismatch")
    record.judge_equal("control: events of a mismatch that must trip", told, 1)


def _judge_readings(
    what: str, current_A: float, bench: Bench, meter: Meter, record: TestRecord, parameters: DistortedLoads
) -> None:
    with open_ammeter(bench, LOAD_CURRENT, record) as ammeter:
        flowing = ammeter.current_A("AC", expected_A=current_A)
    readout = meter.read()
    for name, reading_A in (("line", readout.line_current_A), ("neutral", readout.neutral_current_A)):
        record.judge(
            f"{what}: {name} current read, off the bench's",
            100 * abs(reading_A - flowing.value_A) / flowing.value_A,
            "%",
            at_most=parameters.agreement_pct,
            uncertainty=100 * flowing.expanded_uncertainty_A / flowing.value_A,
        )

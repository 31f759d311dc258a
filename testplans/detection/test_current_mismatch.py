"""Line against neutral current: a difference is reported whichever of the two is larger, and no smaller one (MET-1).

A shunt leads part of the current past one of the meter's two current elements. How much is measured by the bench:
the shunt's own current over the load's. Only a mismatch that surely lies where the requirement speaks is judged.
"""

from __future__ import annotations

import pytest
from pydantic import Field, model_validator

from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element, Mismatch
from fixtures.wiring import Wiring
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, FrequencyHz, PercentPct, VoltageV
from harness.plan.parameters import Parameters

MISMATCH_CODE = 0x04
"""The error code that the catalogue fixes (LOG-3, MET-1)."""

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class ShuntedElement(Parameters):
    """``current`` flows; a shunt of about ``mismatch`` lies across one element after the other.

    Judged only if the measured mismatch surely lies from ``lowest`` to ``highest``. ``watch`` is how long alerts are
    waited for after each change.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    lowest_pct: PercentPct
    highest_pct: PercentPct
    elements: list[Element] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)

    @model_validator(mode="after")
    def _lies_between(self) -> ShuntedElement:
        if not self.lowest_pct <= self.mismatch_pct <= self.highest_pct:
            raise ValueError(
                f"mismatch {self.mismatch_pct:g} %: expected one from lowest, {self.lowest_pct:g} %, to highest, "
                f"{self.highest_pct:g} %: no other can be judged"
            )
        return self


class ReadableCurrents(ShuntedElement):
    """``agreement`` is how far the meter's own readings may be from the bench's."""

    agreement_pct: PercentPct


class AnyLoad(ShuntedElement):
    """``frequencies`` of the mains and ``power_factors`` of the load, negative where it leads."""

    frequencies_Hz: list[FrequencyHz] = Field(min_length=1)
    power_factors: list[float] = Field(min_length=1)


class SmallMismatch(ShuntedElement):
    """``steps`` are loads that come and go without any shunt; ``control`` is a mismatch that must trip."""

    steps_A: list[CurrentA] = Field(min_length=1)
    control_pct: PercentPct


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=ReadableCurrents)
def test_mismatch_above_the_limit_is_reported(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: ReadableCurrents,
) -> None:
    """A mismatch at or above the must-trip value is one event with code 0x04; the currents can be read; so its end."""
    code = listener.code_of("current_mismatch")
    record.judge_equal("code of a current mismatch", code, MISMATCH_CODE)
    mains.feed(voltage_V=parameters.voltage_V)
    record.judge_equal("events when the source takes over", listener.collect(parameters.watch_ns).events, 0)
    load.set(parameters.current_A)
    record.judge_equal("events when the load comes", listener.collect(parameters.watch_ns).events, 0)
    for element in parameters.elements:
        shunt.close(parameters.mismatch_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        found = shunt.mismatch()
        _check_stimulus(element, found, parameters, record)
        record.judge_equal(f"{element} shunted: events 'current mismatch'", seen.of("current_mismatch"), 1)
        record.judge_equal(f"{element} shunted: other events", seen.other_than("current_mismatch"), 0)
        _judge_readings(element, found, meter, record, parameters)
        shunt.open()
        seen = listener.collect(parameters.watch_ns)
        gone = seen.of("current_mismatch_gone")
        record.judge_equal(f"{element} shunt gone: events 'current mismatch gone'", gone, 1)
        record.judge_equal(f"{element} shunt gone: other events", seen.other_than("current_mismatch_gone"), 0)


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=ShuntedElement)
def test_mismatch_before_the_load_is_reported(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: ShuntedElement
) -> None:
    """A shunt that lay across the element before any current flowed is reported once it does: no change tells of it.

    A load that is switched off says nothing about the shunt: the mismatch is not over, nor is it a new one later.
    """
    mains.feed(voltage_V=parameters.voltage_V)
    for element in parameters.elements:
        shunt.close(parameters.mismatch_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{element} shunted: events without a load", seen.events, 0)
        load.set(parameters.current_A)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(element, shunt.mismatch(), parameters, record)
        record.judge_equal(f"{element} shunted: events 'current mismatch'", seen.of("current_mismatch"), 1)
        record.judge_equal(f"{element} shunted: other events", seen.other_than("current_mismatch"), 0)
        load.off()
        without = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{element} shunted: events when the load is switched off", without.events, 0)
        load.set(parameters.current_A)
        again = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{element} shunted: events when the load is back", again.events, 0)
        shunt.open()
        gone = listener.collect(parameters.watch_ns).of("current_mismatch_gone")
        record.judge_equal(f"{element} shunt gone: events 'current mismatch gone'", gone, 1)
        load.off()


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=ShuntedElement)
def test_mismatch_while_energy_is_delivered_is_reported(
    mains: Mains,
    load: Load,
    wiring: Wiring,
    shunt: Shunt,
    listener: Listener,
    record: TestRecord,
    parameters: ShuntedElement,
) -> None:
    """With supply and load exchanged both currents are reversed: a mismatch is reported in that direction too."""
    mains.feed(voltage_V=parameters.voltage_V)
    wiring.make("reverse_energy")
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    for element in parameters.elements:
        shunt.close(parameters.mismatch_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(element, shunt.mismatch(), parameters, record)
        record.judge_equal(f"{element} shunted: events 'current mismatch'", seen.of("current_mismatch"), 1)
        record.judge_equal(f"{element} shunted: other events", seen.other_than("current_mismatch"), 0)
        shunt.open()
        seen = listener.collect(parameters.watch_ns)
        gone = seen.of("current_mismatch_gone")
        record.judge_equal(f"{element} shunt gone: events 'current mismatch gone'", gone, 1)
    load.off()


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=AnyLoad)
def test_mismatch_of_any_load_is_reported(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: AnyLoad
) -> None:
    """A mismatch is reported whatever the load's power factor and the mains' frequency, and nothing else is."""
    for frequency_Hz in parameters.frequencies_Hz:
        mains.feed(parameters.voltage_V, frequency_Hz)
        for power_factor in parameters.power_factors:
            load.set(parameters.current_A, power_factor)
            what = f"{frequency_Hz:g} Hz, power factor {power_factor:g}"
            record.judge_equal(f"{what}: events without a shunt", listener.collect(parameters.watch_ns).events, 0)
            for element in parameters.elements:
                shunt.close(parameters.mismatch_pct / 100, element=element)
                seen = listener.collect(parameters.watch_ns)
                _check_stimulus(element, shunt.mismatch(), parameters, record)
                name = f"{what}, {element} shunted"
                record.judge_equal(f"{name}: events 'current mismatch'", seen.of("current_mismatch"), 1)
                record.judge_equal(f"{name}: other events", seen.other_than("current_mismatch"), 0)
                shunt.open()
                gone = listener.collect(parameters.watch_ns).of("current_mismatch_gone")
                record.judge_equal(f"{name} no more: events of its end", gone, 1)
        load.off()


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=SmallMismatch)
def test_mismatch_below_the_limit_gives_no_event(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: SmallMismatch
) -> None:
    """A mismatch at or below the must-not-trip value gives no event, and neither do loads that come and go."""
    mains.feed(voltage_V=parameters.voltage_V)
    for step_A in parameters.steps_A:
        load.set(step_A)
        record.judge_equal(f"events at a load of {step_A:g} A", listener.collect(parameters.watch_ns).events, 0)
    load.set(parameters.current_A)
    record.judge_equal("events at the test's load", listener.collect(parameters.watch_ns).events, 0)
    for element in parameters.elements:
        shunt.close(parameters.mismatch_pct / 100, element=element)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(element, shunt.mismatch(), parameters, record)
        record.judge_equal(f"{element} shunted: events", seen.events, 0)
        shunt.open()
        record.judge_equal(f"{element} shunt gone: events", listener.collect(parameters.watch_ns).events, 0)
    # Positive control: silence counts only of a meter that still reports a mismatch that must trip.
    shunt.close(parameters.control_pct / 100, element=parameters.elements[0])
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a mismatch that must trip", seen.of("current_mismatch"), 1)


def _check_stimulus(element: Element, found: Mismatch, parameters: ShuntedElement, record: TestRecord) -> None:
    """No verdict on a mismatch that may lie outside what the requirement speaks of."""
    low_pct = 100 * (found.fraction - found.expanded_uncertainty)
    high_pct = 100 * (found.fraction + found.expanded_uncertainty)
    if not (parameters.lowest_pct <= low_pct and high_pct <= parameters.highest_pct):
        record.inconclusive(
            f"{element} shunted: the mismatch was {low_pct:.2f} % to {high_pct:.2f} %; only one surely between "
            f"{parameters.lowest_pct:g} % and {parameters.highest_pct:g} % can be judged"
        )


def _judge_readings(
    element: Element, found: Mismatch, meter: Meter, record: TestRecord, parameters: ReadableCurrents
) -> None:
    """Both currents can be read from the meter, each as its own: the shunted one is the smaller."""
    readout = meter.read()
    for name, reading_A, bench_A in (
        ("line", readout.line_current_A, found.line_current_A),
        ("neutral", readout.neutral_current_A, found.neutral_current_A),
    ):
        deviation_pct = 100 * abs(reading_A - bench_A) / bench_A
        record.judge(
            f"{element} shunted: {name} current read, off the bench's",
            deviation_pct,
            "%",
            at_most=parameters.agreement_pct,
            uncertainty=100 * found.current_uncertainty_A / bench_A,
        )

"""COM-1 for a current mismatch: from line and neutral differing at the terminals to the alert on the modem line.

A shunt across one element makes the mismatch at once, and its own current shows when. How large the mismatch is, the
bench measures beforehand with the same shunt under the same load. How repeats are judged: ``docs/decision.md``.
"""

from __future__ import annotations

import pytest
from pydantic import Field, field_validator, model_validator

from fixtures.case import Case
from fixtures.latency_causes import settled_peak_A
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.scope import Scope
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import CurrentA, DurationNs, FrequencyHz, PercentPct, VoltageV
from harness.plan.parameters import Parameters

LATENCY = "current mismatch alert latency"
CASE = "case-open alert latency"

REFERENCE_CLOSINGS = 10
"""What the reference plan ``smoke`` asks for; a judgement of another number says so."""

BEFORE_PERIODS = 3
"""Kept before the trigger: the one it may come late by, a quiet one, and one to spare."""

RESOLUTION_NS = 1_000
"""One sample per microsecond: 8.7 samples per bit at 115,200 baud."""


class MismatchLatency(Parameters):
    """``current`` flows; a shunt of about ``mismatch`` closes ``closings`` times, across the ``elements`` in turn.

    Judged only if the measured mismatch surely lies from ``lowest`` to ``highest``. ``window`` is how long the
    oscilloscope looks after the closing; it must reach well beyond ``limit``. ``spread`` is the time over which the
    moments of closing are spread evenly, since the meter looks at its currents periodically.
    """

    limit_ns: DurationNs
    voltage_V: VoltageV = Field(gt=0)
    frequency_Hz: FrequencyHz = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    lowest_pct: PercentPct
    highest_pct: PercentPct
    elements: list[Element] = Field(min_length=1)
    closings: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)

    @model_validator(mode="after")
    def _lies_between(self) -> MismatchLatency:
        if not self.lowest_pct <= self.mismatch_pct <= self.highest_pct:
            raise ValueError(
                f"mismatch {self.mismatch_pct:g} %: expected one from lowest, {self.lowest_pct:g} %, to highest, "
                f"{self.highest_pct:g} %: no other can be judged"
            )
        return self

    @model_validator(mode="after")
    def _each_at_least_once(self) -> MismatchLatency:
        """An element that no closing shunts would be claimed and not measured."""
        if self.closings < len(self.elements):
            raise ValueError(f"{self.closings} closings for {len(self.elements)} elements; expected one each at least")
        return self


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MismatchLatency)
def test_mismatch_alert_is_on_the_wire_in_time(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: MismatchLatency,
) -> None:
    """The alert's last stop bit is on the modem line less than the limit after line and neutral began to differ."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    mains.feed(voltage_V=parameters.voltage_V, frequency_Hz=parameters.frequency_Hz)
    load.set(parameters.current_A)
    peaks_A = [_settled_peak(element, shunt, listener, parameters, record) for element in parameters.elements]
    period_ns = round(1e9 / parameters.frequency_Hz)
    measured = []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.closings, parameters.spread_ns), 1):
        # Places in the spread may be whole periods of the mains apart; the sinusoid is met at different places too.
        moment_ns = phase_ns + (number - 1) * period_ns // parameters.closings
        place = (number - 1) % len(parameters.elements)
        clock.sleep_ns((moment_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_shunt(peaks_A[place], BEFORE_PERIODS * period_ns, parameters.window_ns, RESOLUTION_NS)
        shunt.close(parameters.mismatch_pct / 100, element=parameters.elements[place])
        received = listener.first("current_mismatch", parameters.window_ns)
        measured.append(
            scope.mismatch_latency(
                received, f"closing {number}", listener.passed_over, frequency_Hz=parameters.frequency_Hz
            )
        )
        if measured[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
            record.reading(LATENCY, measured[-1].value_ms, "ms", closing=number, moment_ms=moment_ns / 1e6)
        shunt.open()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_CLOSINGS, "closing")


class MismatchAndFall(MismatchLatency):
    """Before each closing ``before`` flows; it falls to ``current`` as the shunt closes."""

    before_A: CurrentA = Field(gt=0)

    @model_validator(mode="after")
    def _falls(self) -> MismatchAndFall:
        if not self.before_A > self.current_A:
            raise ValueError(f"before {self.before_A:g} A: expected more than current, {self.current_A:g} A: it falls")
        return self


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MismatchAndFall)
def test_mismatch_alert_is_in_time_when_the_load_falls(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: MismatchAndFall,
) -> None:
    """A mismatch that comes as a large load is switched off is reported in time: no average of the past hides it.

    The load falls at the command and the relay takes its milliseconds: the shunt's current is the small load's alone.
    """
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    mains.feed(voltage_V=parameters.voltage_V, frequency_Hz=parameters.frequency_Hz)
    load.set(parameters.current_A)
    peaks_A = [_settled_peak(element, shunt, listener, parameters, record) for element in parameters.elements]
    period_ns = round(1e9 / parameters.frequency_Hz)
    measured = []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.closings, parameters.spread_ns), 1):
        place = (number - 1) % len(parameters.elements)
        load.set(parameters.before_A)
        listener.collect_until_quiet()
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_shunt(peaks_A[place], BEFORE_PERIODS * period_ns, parameters.window_ns, RESOLUTION_NS)
        load.step(parameters.current_A)
        shunt.close(parameters.mismatch_pct / 100, element=parameters.elements[place])
        received = listener.first("current_mismatch", parameters.window_ns)
        measured.append(
            scope.mismatch_latency(
                received, f"fall {number}", listener.passed_over, frequency_Hz=parameters.frequency_Hz
            )
        )
        if measured[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
            record.reading(LATENCY, measured[-1].value_ms, "ms", fall=number, moment_ms=phase_ns / 1e6)
        load.set(parameters.current_A)
        shunt.open()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_CLOSINGS, "fall")


class MismatchAndCase(MismatchLatency):
    """The case opens each of ``delays`` in turn after the shunt's command, while the mismatch is being decided."""

    delays_ms: list[float] = Field(min_length=1)

    @field_validator("delays_ms")
    @classmethod
    def _while_it_is_decided(cls, delays_ms: list[float]) -> list[float]:
        """Half a second later the mismatch has been reported."""
        if not all(0 <= delay < 500 for delay in delays_ms):
            raise ValueError(f"delays {delays_ms} ms: expected each from 0 to less than 500 ms")
        return delays_ms


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MismatchAndCase)
def test_mismatch_and_case_open_alerts_are_in_time(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    case: Case,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: MismatchAndCase,
) -> None:
    """Two causes at once: a mismatch takes long to decide, and may find the other's alert being signed."""
    for name in (LATENCY, CASE):
        record.declare(name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    mains.feed(voltage_V=parameters.voltage_V, frequency_Hz=parameters.frequency_Hz)
    load.set(parameters.current_A)
    peaks_A = [_settled_peak(element, shunt, listener, parameters, record) for element in parameters.elements]
    period_ns = round(1e9 / parameters.frequency_Hz)
    of_mismatch, of_case = [], []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.closings, parameters.spread_ns), 1):
        place = (number - 1) % len(parameters.elements)
        delay_ns = round(1e6 * parameters.delays_ms[(number - 1) % len(parameters.delays_ms)])
        window_ns = parameters.window_ns + delay_ns
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_shunt(peaks_A[place], BEFORE_PERIODS * period_ns, window_ns, RESOLUTION_NS)
        shunt.step(parameters.mismatch_pct / 100, element=parameters.elements[place])
        clock.sleep_ns(delay_ns)
        case.open()
        received = listener.first_of_each(("current_mismatch", "case_opened"), window_ns)
        what, heard = f"closing {number}", listener.passed_over
        of_mismatch.append(
            scope.mismatch_latency(
                received["current_mismatch"], f"{what}, mismatch", heard, frequency_Hz=parameters.frequency_Hz
            )
        )
        of_case.append(scope.case_latency(received["case_opened"], f"{what}, case", heard))
        for name, latencies in ((LATENCY, of_mismatch), (CASE, of_case)):
            if latencies[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
                record.reading(name, latencies[-1].value_ms, "ms", closing=number, delay_ms=delay_ns / 1e6)
        shunt.open()
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, of_mismatch, REFERENCE_CLOSINGS, "closing")
    scope.judge_latency(CASE, of_case, REFERENCE_CLOSINGS)


def _settled_peak(
    element: Element, shunt: Shunt, listener: Listener, parameters: MismatchLatency, record: TestRecord
) -> float:
    between_pct = parameters.lowest_pct, parameters.highest_pct
    return settled_peak_A(shunt, parameters.mismatch_pct, between_pct, listener, record, element)

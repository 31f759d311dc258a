"""Alerts of a field and of a current mismatch: signed, counted and timed as those of the case are (SIG-1).

A meter may make each kind of alert by a path of its own, so that one kind is right says nothing about another.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import CurrentA, DurationNs, FieldMt, PercentPct, VoltageV
from harness.plan.parameters import Parameters
from testplans.reporting.test_signature import alert_of


class Timed(Parameters):
    """``clock_tolerance``: how far the time in an alert may be from the bench's UTC at the stimulus."""

    clock_tolerance_ns: DurationNs = Field(gt=0)


class SignedField(Timed):
    """A field of ``field``, which must trip, along ``direction``."""

    field_mT: FieldMt
    direction: DirectionField


class SignedMismatch(Timed):
    """``current`` flows at ``voltage``; a shunt of about ``mismatch``, which must trip, lies across ``element``."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    element: Element


class Alerts:
    """Judges one event's alert after the other."""

    def __init__(self, listener: Listener, record: TestRecord, tolerance_ns: int, detection: str) -> None:
        """``detection`` is the requirement that a meter violates which does not report the cause at all."""
        self._detection = detection
        self._listener = listener
        self._record = record
        self._tolerance_s = tolerance_ns / 1e9
        self._last_counter: int | None = None

    def forget_the_rest(self) -> None:
        """Let so much time pass that another event's time is told from the next one's."""
        self._listener.collect(round(2e9 * self._tolerance_s))

    def judge(self, event: EventName, at_utc_ns: int) -> None:
        """Judge signature, counter and time of the alert that tells of ``event``, caused at ``at_utc_ns``."""
        name = event.replace("_", " ")
        received = alert_of(self._listener.code_of(event), name, self._listener, self._record, self._detection)
        self._record.judge_true(f"{name}: signature valid", received.signature_valid, requirements=["SIG-1"])
        if self._last_counter is not None:
            step = received.alert.counter - self._last_counter
            self._record.judge(f"{name}: counter step", step, "1", at_least=1, requirements=["SIG-1"])
        self._last_counter = received.alert.counter
        timed = not received.alert.event_time_invalid
        self._record.judge_true(f"{name}: event time not marked as invalid", timed, requirements=["SIG-1"])
        self._record.judge(
            f"{name}: event time against bench UTC",
            (received.alert.event_time_utc_ns - at_utc_ns) / 1e9,
            "s",
            at_least=-self._tolerance_s,
            at_most=self._tolerance_s,
            uncertainty=self._listener.utc_uncertainty(),
            requirements=["SIG-1"],
        )


@pytest.mark.requirements("SIG-1", "MAG-2")
@pytest.mark.parameters(model=SignedField)
def test_alerts_of_a_field_are_signed_counted_and_timed(
    magnet: Magnet, listener: Listener, clock: Clock, record: TestRecord, parameters: SignedField
) -> None:
    """The alerts of a field and of its end have a valid signature, a counter above those before, and their time."""
    alerts = Alerts(listener, record, parameters.clock_tolerance_ns, "MAG-2")
    steady = magnet.apply(parameters.field_mT, parameters.direction.vector)
    magnet.off()
    alerts.forget_the_rest()
    alerts.judge("magnetic_field", magnet.step(steady))
    alerts.forget_the_rest()
    at_utc_ns = clock.utc_ns()
    magnet.off()
    alerts.judge("magnetic_field_gone", at_utc_ns)


@pytest.mark.requirements("SIG-1", "MET-1")
@pytest.mark.parameters(model=SignedMismatch)
def test_alerts_of_a_mismatch_are_signed_counted_and_timed(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: SignedMismatch
) -> None:
    """The alerts of a mismatch and of its end have a valid signature, a counter above those before, and their time."""
    alerts = Alerts(listener, record, parameters.clock_tolerance_ns, "MET-1")
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    alerts.forget_the_rest()
    alerts.judge("current_mismatch", shunt.close(parameters.mismatch_pct / 100, element=parameters.element))
    alerts.forget_the_rest()
    alerts.judge("current_mismatch_gone", shunt.open())

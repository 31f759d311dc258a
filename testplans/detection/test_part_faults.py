"""A part of the meter that falls silent is told, and so is its return: no meter is blind without saying so (LOG-3).

After its return a part is as after power-on. A meter that does not set it up again has it back in its own words only,
so each test ends with what that part is there for.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.part_supply import Part, PartSupply
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from fixtures.tilt import Tilt
from harness.evidence.record import TestRecord
from harness.measure.units import AngleDeg, CurrentA, DurationNs, PercentPct, VoltageV
from harness.plan.parameters import Parameters

NS_PER_S = 1_000_000_000
LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class SilentPart(Parameters):
    """A meter may look at the part rarely, and more than once before it is sure: its alert is due ``within``."""

    within_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class SilentMotionSensor(SilentPart):
    """``control`` is a tilt that must trip, told within ``watch``."""

    control_deg: AngleDeg
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class SilentFrontEnd(SilentPart):
    """``current`` flows all the time. ``control`` is a mismatch in ``element`` that must trip, told in ``watch``."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    control_pct: PercentPct
    element: Element
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class SilentSecureElement(SilentPart):
    """The part is silent for ``silent``, in which the case opens. ``clock_tolerance``: of the event's time."""

    silent_ns: DurationNs = Field(gt=0)
    clock_tolerance_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("LOG-3", "TILT-1")
@pytest.mark.parameters(model=SilentMotionSensor)
def test_a_silent_motion_sensor_is_told(
    part_supply: PartSupply,
    tilt: Tilt,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: SilentMotionSensor,
) -> None:
    """A motion sensor that does not answer is an event, and so is its return; then a tilt is told as before."""
    part_supply.cut("motion_sensor")
    _judge_told("motion_sensor", "motion_sensor_fault", listener, record, parameters)
    line = meter.security_log().find(listener.code_of("motion_sensor_fault"))
    active = line is not None and line.standing == "active"
    record.judge_true("the security log has the fault as active", active, requirements=["LOG-3"])
    part_supply.restore("motion_sensor")
    _judge_told("motion_sensor", "motion_sensor_back", listener, record, parameters)
    tilt.go(parameters.control_deg)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a tilt that must trip", seen.of("tilted"), 1, requirements=["TILT-1"])
    tilt.off()
    listener.collect_until_quiet()


@pytest.mark.requirements("LOG-3", "MET-1")
@pytest.mark.parameters(model=SilentFrontEnd)
def test_a_silent_front_end_is_told(
    part_supply: PartSupply,
    mains: Mains,
    load: Load,
    shunt: Shunt,
    listener: Listener,
    record: TestRecord,
    parameters: SilentFrontEnd,
) -> None:
    """A metrology front end that does not answer is this event and no other; so is its return; then currents count."""
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    record.judge_equal("events when the load comes", listener.collect(parameters.watch_ns).events, 0)
    part_supply.cut("front_end")
    _judge_told("front_end", "front_end_fault", listener, record, parameters)
    part_supply.restore("front_end")
    _judge_told("front_end", "front_end_back", listener, record, parameters)
    shunt.close(parameters.control_pct / 100, element=parameters.element)
    seen = listener.collect(parameters.watch_ns)
    told = seen.of("current_mismatch")
    record.judge_equal("control: events of a mismatch that must trip", told, 1, requirements=["MET-1"])


@pytest.mark.requirements("LOG-3", "SEAL-1", "SIG-1")
@pytest.mark.parameters(model=SilentSecureElement)
def test_a_silent_secure_element_is_told(
    part_supply: PartSupply, case: Case, listener: Listener, record: TestRecord, parameters: SilentSecureElement
) -> None:
    """What nobody can sign waits; once the secure element answers, the opening is told as it was, and the silence."""
    part_supply.cut("secure_element")
    opened_utc_ns = case.open()
    listener.hear(parameters.silent_ns)
    part_supply.restore("secure_element")
    listener.hear(parameters.within_ns)
    told = listener.alerts_until_quiet()
    signed = sum(found.signature_valid for found in told)
    record.judge_equal("alerts with a valid signature", signed, len(told), requirements=["SIG-1"])
    openings = [found for found in told if listener.tells_of("case_opened", found)]
    record.judge_equal("events 'case opened'", len(openings), 1, requirements=["SEAL-1"])
    late_s = (openings[0].alert.event_time_utc_ns - opened_utc_ns) / NS_PER_S
    limit_s = parameters.clock_tolerance_ns / NS_PER_S
    record.judge(
        "time of the opening against the bench's UTC",
        late_s,
        "s",
        at_least=-limit_s,
        at_most=limit_s,
        uncertainty=listener.utc_uncertainty(),
        requirements=["SIG-1"],
    )
    names: tuple[EventName, ...] = ("secure_element_fault", "secure_element_back")
    for name in names:
        count = sum(listener.tells_of(name, found) for found in told)
        record.judge_equal(f"events {name.replace('_', ' ')!r}", count, 1, requirements=["LOG-3"])
    record.judge_equal("other events", len(told) - 3, 0, requirements=["LOG-3"])


def _judge_told(part: Part, event: EventName, listener: Listener, record: TestRecord, parameters: SilentPart) -> None:
    seen = listener.collect(parameters.within_ns)
    name = part.replace("_", " ")
    record.judge_equal(f"{name}: events {event.replace('_', ' ')!r}", seen.of(event), 1, requirements=["LOG-3"])
    record.judge_equal(f"{name}: other events", seen.other_than(event), 0, requirements=["LOG-3"])

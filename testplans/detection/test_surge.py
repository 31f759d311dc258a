"""Lightning far away: surges on the mains are no tampering, reset nothing, lose nothing and wipe no key.

For some microseconds a surge is all that a tamperer could do: kilovolts, line and neutral far apart, peaks beyond any
load's. A meter that looks longer sees nothing of it. What comes right after it is tampering all the same.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from fixtures.surge import Surge
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, PercentPct, VoltageV
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class Surges(Parameters):
    """``surges`` of ``level`` at each of ``currents``; alerts are waited for ``watch`` after each.

    Meters look at their currents in a rhythm: the surges' moments are spread evenly over ``rhythm``.
    """

    voltage_V: VoltageV = Field(gt=0)
    currents_A: list[CurrentA] = Field(min_length=1)
    level_V: VoltageV = Field(gt=0)
    surges: int = Field(ge=1)
    rhythm_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class SurgeAndShunt(Parameters):
    """A surge of ``level``, and right after it a shunt of about ``mismatch``, surely ``must_trip`` or more."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    level_V: VoltageV = Field(gt=0)
    mismatch_pct: PercentPct
    must_trip_pct: PercentPct
    element: Element
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("MET-1", "MET-2", "MAG-5", "SIG-4")
@pytest.mark.parameters(model=Surges)
def test_surges_give_no_event_and_leave_the_meter_as_it_was(
    mains: Mains,
    load: Load,
    surge: Surge,
    case: Case,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: Surges,
) -> None:
    """Surges at several loads are no event; the meter answers, has its log, and signs by its enrolled key."""
    surge.need(parameters.level_V)
    mains.feed(parameters.voltage_V)
    log = meter.security_log()
    for current_A in parameters.currents_A:
        load.set(current_A)
        record.judge_equal(f"{current_A:g} A: events before", listener.collect(parameters.watch_ns).events, 0)
        for number in range(1, parameters.surges + 1):
            surge.charge()
            late_ns = parameters.rhythm_ns * (number - 1) // parameters.surges
            clock.sleep_ns(-clock.now_ns() % parameters.rhythm_ns + late_ns)
            surge.fire()
            seen = listener.collect(parameters.watch_ns)
            record.judge_equal(f"{current_A:g} A, surge {number}: events", seen.events, 0)
    load.off()
    record.judge_true("after the surges: not marked as tampered with", not meter.read().tampered)
    after = meter.security_log()
    record.judge_true("after the surges: the log is as it was", after.lines == log.lines)
    listener.collect_until_quiet()
    case.open()
    found = listener.first("case_opened", parameters.watch_ns)
    signed = found is not None and found.signature_valid
    record.judge_true("after the surges: an opening is reported, signed by the enrolled key", signed)


@pytest.mark.requirements("MET-1")
@pytest.mark.parameters(model=SurgeAndShunt)
def test_a_shunt_right_after_a_surge_is_reported(
    mains: Mains,
    load: Load,
    surge: Surge,
    shunt: Shunt,
    listener: Listener,
    record: TestRecord,
    parameters: SurgeAndShunt,
) -> None:
    """A shunt that is closed within a tenth of a second after a surge is one event, and so is its end."""
    surge.need(parameters.level_V)
    mains.feed(parameters.voltage_V)
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    surge.fire()
    shunt.close(parameters.mismatch_pct / 100, element=parameters.element)
    seen = listener.collect(parameters.watch_ns)
    found = shunt.mismatch()
    if 100 * (found.fraction - found.expanded_uncertainty) < parameters.must_trip_pct:
        record.inconclusive(f"the mismatch was not surely {parameters.must_trip_pct:g} % or more", ["MET-1"])
    record.judge_equal("shunt after a surge: events 'current mismatch'", seen.of("current_mismatch"), 1)
    record.judge_equal("shunt after a surge: other events", seen.other_than("current_mismatch"), 0)
    surge.fire()
    record.judge_equal("another surge, the shunt still there: events", listener.collect(parameters.watch_ns).events, 0)
    shunt.open()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("shunt gone: events 'current mismatch gone'", seen.of("current_mismatch_gone"), 1)
    record.judge_equal("shunt gone: other events", seen.other_than("current_mismatch_gone"), 0)

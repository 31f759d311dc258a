"""Alerts go before billing data, at the meter's modem and by the class that the link is told (COM-2)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.head_end import HeadEnd
from fixtures.listener import Listener
from fixtures.reported import payloads_of
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs
from harness.meter.apdu import HIGH_PRIORITY
from harness.plan.parameters import Parameters

BEFORE_NS = 50_000_000
RESOLUTION_NS = 1_000
REFERENCE_OPENINGS = 8
LATENCY = "case-open alert latency during billing traffic"


class DuringBilling(Parameters):
    """``frames`` of billing data are asked for; the case opens ``openings`` times meanwhile, spread over ``spread``.

    All frames are there ``billing_within`` the request.
    """

    limit_ns: DurationNs
    frames: int = Field(ge=2, le=1000)
    openings: int = Field(ge=1)
    spread_ns: DurationNs = Field(gt=0)
    window_ns: DurationNs
    billing_within_ns: DurationNs


@pytest.mark.requirements("COM-2", "COM-1")
@pytest.mark.parameters(model=DuringBilling)
def test_an_alert_goes_before_billing_data(
    case: Case,
    scope: Scope,
    listener: Listener,
    head_end: HeadEnd,
    clock: Clock,
    record: TestRecord,
    parameters: DuringBilling,
) -> None:
    """Openings in the middle of a push of billing data are on the wire in time; the push goes on to its end."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-2", "COM-1"])
    measured = []
    mark = listener.mark()
    began_ns = clock.now_ns()
    head_end.ask_for_billing(parameters.frames)
    for number, phase_ns in enumerate(spread_phases_ns(parameters.openings, parameters.spread_ns), 1):
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        case.open()
        found = listener.first("case_opened", parameters.window_ns)
        heard = int(found is not None)
        record.judge_equal(f"opening {number}: alerts within the window", heard, 1, requirements=["COM-2", "COM-1"])
        measured.append(scope.case_latency(found, f"opening {number}", listener.passed_over))
        if measured[-1].value_ms is not None:
            record.reading(LATENCY, measured[-1].value_ms, "ms", opening=number)
        left = parameters.frames - len(head_end.billing_since(mark))
        record.reading("billing frames still to come after the alert", left, "1")
        if left == 0:
            record.inconclusive("the push of billing data had ended before the alert; ask for more frames")
        case.close()
        listener.collect(parameters.window_ns)
    while len(head_end.billing_since(mark)) < parameters.frames:
        if clock.now_ns() - began_ns > parameters.billing_within_ns:
            break
        listener.hear(200_000_000)
    billing = head_end.billing_since(mark)
    numbers = {frame.number for frame in billing}
    record.judge_equal("frames of billing data", len(numbers), parameters.frames, requirements=["COM-2"])
    high = sum(frame.is_high_priority for frame in billing)
    record.judge_equal("frames of billing data of high priority", high, 0, requirements=["COM-2"])
    alerts = payloads_of(listener.received_since(mark))
    low = sum(not one.alerts[-1].invoke_id_and_priority & HIGH_PRIORITY for one in alerts)
    record.judge_equal("alerts of normal priority", low, 0, requirements=["COM-2"])
    scope.judge_latency(LATENCY, measured, REFERENCE_OPENINGS)

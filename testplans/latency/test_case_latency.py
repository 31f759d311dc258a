"""COM-1 for the case: from the first edge of a lasting opening to the last stop bit of its alert on the modem line."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

BEFORE_NS = 50_000_000
"""Kept before the trigger: shows that the case was closed and quiet."""

LATENCY = "case-open alert latency"

RESOLUTION_NS = 1_000
"""One sample per microsecond: 8.7 samples per bit at 115,200 baud."""

SURELY_OPEN_NS = 100_000_000
"""Relay, plunger and bounce are over by then."""


class CaseLatency(Parameters):
    """``window`` is how long the oscilloscope looks after the opening; it must reach well beyond ``limit``.

    ``arm`` is a check of the bench itself: armed after the stimulus, the oscilloscope can't know when the case
    opened, so the result must be inconclusive.
    """

    limit_ns: DurationNs
    openings: int = Field(ge=1)
    window_ns: DurationNs
    arm: Literal["before-stimulus", "after-stimulus"] = "before-stimulus"


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=CaseLatency)
def test_case_open_alert_is_on_the_wire_in_time(
    case: Case, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: CaseLatency
) -> None:
    """The alert's last stop bit is on the modem line less than the limit after the case began to open."""
    limit_ms = parameters.limit_ns / 1e6
    record.declare(LATENCY, "ms", at_most=limit_ms, requirements=["COM-1"])
    measured = []
    for number in range(1, parameters.openings + 1):
        if parameters.arm == "before-stimulus":
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        case.open()
        if parameters.arm == "after-stimulus":
            clock.sleep_ns(SURELY_OPEN_NS)
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        received = listener.first(parameters.window_ns)
        measured.append(scope.case_latency(received, f"opening {number}"))
        if measured[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
            record.reading(LATENCY, measured[-1].value_ms, "ms", opening=number)
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured)

"""COM-1 for the case: from the first edge of a lasting opening to the last stop bit of its alert on the modem line.

"Less than the limit, every time" can be disproved by one opening and proved by no number of them. So the longest of
N openings is judged, guarded by the uncertainty with which that one was measured, and beside it stands what N
openings can say of those that were not made: ``docs/decision.md``.
"""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

BEFORE_NS = 50_000_000
"""Kept before the trigger: shows that the case was closed and quiet."""

LATENCY = "case-open alert latency"

REFERENCE_OPENINGS = 20
"""What the reference plan ``smoke`` asks for; a judgement of another number says so."""

RESOLUTION_NS = 1_000
"""One sample per microsecond: 8.7 samples per bit at 115,200 baud."""

SURELY_OPEN_NS = 100_000_000
"""Relay, plunger and bounce are over by then."""


class CaseLatency(Parameters):
    """``window`` is how long the oscilloscope looks after the opening; it must reach well beyond ``limit``.

    ``spread`` is the time over which the moments of opening are spread evenly, since a meter that is busy now and
    then must be met when it is: openings that always come after the same quiet time keep one phase to its work.

    ``arm`` is a check of the bench itself: armed after the stimulus, the oscilloscope can't know when the case
    opened, so the result must be inconclusive.
    """

    limit_ns: DurationNs
    openings: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)
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
    phases_ns = spread_phases_ns(parameters.openings, parameters.spread_ns)
    for number, phase_ns in enumerate(phases_ns, 1):
        waited_ns = (phase_ns - clock.now_ns()) % parameters.spread_ns
        clock.sleep_ns(waited_ns)
        if parameters.arm == "before-stimulus":
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        case.open()
        if parameters.arm == "after-stimulus":
            clock.sleep_ns(SURELY_OPEN_NS)
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        received = listener.first("case_opened", parameters.window_ns)
        measured.append(scope.case_latency(received, f"opening {number}", listener.passed_over))
        if measured[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
            facts = {"opening": number, "phase_ms": phase_ns / 1e6, "waited_ms": waited_ns / 1e6}
            record.reading(LATENCY, measured[-1].value_ms, "ms", **facts)
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_OPENINGS)

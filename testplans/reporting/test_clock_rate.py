"""Event times keep pace with UTC over minutes, by whatever oscillators the meter takes them from (TIME-1).

A clock may be off by as much as it has drifted since it was set; that is stated elsewhere. But between two events it
must not run: a meter that counts the time since its clock's last look by a poor oscillator stretches what happened.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

NS_PER_S = 1_000_000_000


class Rate(Parameters):
    """``openings``, ``apart`` from each other; their times may wander by ``tolerance`` against UTC over all of them.

    Together they should last for longer than a meter leaves its clock alone.
    """

    openings: int = Field(ge=3)
    apart_ns: DurationNs = Field(gt=0)
    tolerance_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("TIME-1")
@pytest.mark.parameters(model=Rate)
def test_event_times_keep_pace_with_utc(
    case: Case, listener: Listener, clock: Clock, record: TestRecord, parameters: Rate
) -> None:
    """The distance of each opening's time from the bench's UTC is the same, within the tolerance."""
    off_ns = []
    for number in range(1, parameters.openings + 1):
        at_utc_ns = case.open()
        told = [found for found in listener.alerts_until_quiet() if listener.tells_of("case_opened", found)]
        record.judge_equal(f"opening {number}: events", len(told), 1)
        off_ns.append(told[0].alert.event_time_utc_ns - at_utc_ns)
        record.reading(f"opening {number}: event time from the bench's", off_ns[-1] / NS_PER_S, "s")
        case.close()
        listener.collect_until_quiet()
        clock.sleep_ns(parameters.apart_ns)
    record.judge(
        "event times: how far they wander against UTC",
        (max(off_ns) - min(off_ns)) / NS_PER_S,
        "s",
        at_most=parameters.tolerance_ns / NS_PER_S,
        uncertainty=listener.interval_uncertainty(parameters.openings * parameters.apart_ns),
    )

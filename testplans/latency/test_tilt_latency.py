"""COM-1 for a tilt: from the moment the stage is seen to reach the must-trip angle to the alert's reception.

The crossing is not earlier than the last look at the encoders that showed less, and the reception not earlier than the
last stop bit; so what is judged is longer than the true latency by some tens of milliseconds at most.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import Listener
from fixtures.tilt import Tilt
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.units import AngleDeg, DurationNs
from harness.plan.parameters import Parameters

LATENCY = "tilt alert latency"


class TiltLatency(Parameters):
    """The meter is rolled to ``angle`` at each of ``speeds`` (degrees a second); t0 is its passing ``must_trip``.

    ``spread`` is the time over which the moments of starting are spread: a meter looks at its sensor periodically.
    """

    limit_ns: DurationNs
    angle_deg: AngleDeg
    must_trip_deg: AngleDeg
    speeds: list[float] = Field(min_length=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=TiltLatency)
def test_tilt_alert_is_received_in_time(
    tilt: Tilt, listener: Listener, clock: Clock, record: TestRecord, parameters: TiltLatency
) -> None:
    """The alert is received less than the limit after the meter's tilt has passed the must-trip value."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    budget = Budget("ms", (Contribution("bench clock at stage and link", 2.0, "ms", source="latencies of the bench"),))
    longest_ms = 0.0
    phases_ns = spread_phases_ns(len(parameters.speeds), parameters.spread_ns)
    for speed, phase_ns in zip(parameters.speeds, phases_ns, strict=True):
        tilt.go(0.0, 0.0)
        listener.collect_until_quiet()
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        tilt.start(0.0, parameters.angle_deg, speed)
        crossed_ns = tilt.crossing_ns(parameters.must_trip_deg, (0.0, 0.0))
        received = listener.first("tilted", parameters.window_ns)
        if crossed_ns is None:
            record.inconclusive(f"the stage came to rest before {parameters.must_trip_deg:g}°", name=LATENCY)
            return
        took_ms = (clock.now_ns() - crossed_ns) / 1e6
        record.reading(LATENCY, took_ms, "ms", speed_deg_per_s=speed)
        longest_ms = max(longest_ms, took_ms)
        if received is None:
            break
    record.judge(LATENCY, longest_ms, "ms", uncertainty=budget, explanation=f"{len(parameters.speeds)} movements")

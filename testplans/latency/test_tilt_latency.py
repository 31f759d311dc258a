"""COM-1 for a tilt: from the moment the stage is seen to reach the must-trip angle to the alert's reception.

The crossing is not earlier than the last look at the encoders that showed less, and the reception not earlier than the
last stop bit; so what is judged is longer than the true latency by some tens of milliseconds at most.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.bench_latency import BenchLatency
from fixtures.latency_parts import bus_of
from fixtures.latency_verdict import judge_longest
from fixtures.listener import Listener
from fixtures.tilt import Tilt
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.latency import Latency
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import AngleDeg, DurationNs
from harness.plan.parameters import Parameters

LATENCY = "tilt alert latency"
REFERENCE_MOVEMENTS, REFERENCE_SLOW, SLOW_DEG_PER_S = 7, 1, 5.0
"""What the reference plan asks for at a speed, and at a slow one; a judgement of another number says so."""


class TiltLatency(Parameters):
    """The meter is rolled to ``angle`` ``movements`` times at each of ``speeds`` (degrees a second).

    t0 is its passing ``must_trip``. The last at each speed is taken apart (``apart``). ``spread`` is the time over
    which the moments of starting are spread: a meter looks at its sensor periodically.
    """

    limit_ns: DurationNs
    angle_deg: AngleDeg
    must_trip_deg: AngleDeg
    speeds: list[float] = Field(min_length=1)
    movements: int = Field(ge=1)
    apart: bool = True
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=TiltLatency)
def test_tilt_alert_is_received_in_time(
    tilt: Tilt,
    bench_latency: BenchLatency,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: TiltLatency,
) -> None:
    """The alert is received less than the limit after the meter's tilt has passed the must-trip value."""
    for speed in parameters.speeds:
        name = f"{LATENCY} at {speed:g}°/s"
        record.declare(name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
        measured: list[Latency] = []
        for number, phase_ns in enumerate(spread_phases_ns(parameters.movements, parameters.spread_ns), 1):
            tilt.go(0.0, 0.0)
            listener.collect_until_quiet()
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            apart = parameters.apart and number == parameters.movements
            if apart:
                bench_latency.look()
            tilt.start(0.0, parameters.angle_deg, speed)
            crossed_ns = tilt.crossing_ns(parameters.must_trip_deg, (0.0, 0.0))
            received = listener.first("tilted", parameters.window_ns)
            if crossed_ns is None:
                record.inconclusive(f"the stage came to rest before {parameters.must_trip_deg:g}°", name=name)
                return
            doubt = tilt.crossing_doubt(speed)
            measured.append(bench_latency.since(name, crossed_ns, received, [doubt], movement=number))
            if apart:
                sensor = bus_of(bench_latency.meter.file).motion_sensor
                bench_latency.take_apart(name, measured[-1], received, sensor)
            if received is None:
                break
        reference_count = REFERENCE_SLOW if speed < SLOW_DEG_PER_S else REFERENCE_MOVEMENTS
        judge_longest(record, name, measured, reference_count, "movement")

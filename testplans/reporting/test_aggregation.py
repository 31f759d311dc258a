"""Minor events share a payload, and a major one never waits for them (COM-5), nor overtakes its own cause's (COM-4)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.reported import events_of, payloads_of
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
BEFORE_NS = 50_000_000
RESOLUTION_NS = 1_000
REFERENCE_OPENINGS = 8
MAJOR_LATENCY = "latency of a major event while a minor one waits"


class Together(Parameters):
    """A field of ``field`` and an open case end at the same time, ``times`` times.

    Judged only where the meter's own times of the two ends lie no more than ``within`` apart.
    """

    field_mT: FieldMt
    direction: DirectionField
    within_ns: DurationNs = Field(gt=0)
    times: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class MajorMeanwhile(Parameters):
    """The case closes and opens again, each of ``after`` later: the closing is still to be reported then."""

    limit_ns: DurationNs
    after_ms: list[float] = Field(min_length=1)
    window_ns: DurationNs


@pytest.mark.requirements("COM-5")
@pytest.mark.parameters(model=Together)
def test_minor_events_that_come_together_share_a_payload(
    magnet: Magnet, case: Case, listener: Listener, record: TestRecord, parameters: Together
) -> None:
    """Two restorations at the same time come in one payload, each with a counter of its own."""
    for number in range(1, parameters.times + 1):
        name = f"time {number}"
        magnet.apply(parameters.field_mT, parameters.direction.vector)
        case.open()
        listener.collect(parameters.watch_ns)
        mark = listener.mark()
        magnet.switch_off()
        case.close()
        listener.collect(parameters.watch_ns)
        received = listener.received_since(mark)
        ends = [
            event
            for cause in ("case_closed", "magnetic_field_gone")
            for event in events_of(listener.code_of(cause), received)
        ]
        record.judge_equal(f"{name}: ends reported", len(ends), 2)
        if len(ends) != 2:
            continue
        apart_ns = abs(ends[0].alert.event_time_utc_ns - ends[1].alert.event_time_utc_ns)
        record.reading(f"{name}: the two ends apart, by the meter", apart_ns / 1e6, "ms")
        if apart_ns > parameters.within_ns:
            limit_ms = parameters.within_ns / 1e6
            record.inconclusive(f"{name}: the ends were {apart_ns / 1e6:g} ms apart, at most {limit_ms:g} ms is judged")
        record.judge_equal(f"{name}: payloads", len(payloads_of(received)), 1)
        record.judge_equal(f"{name}: counters", len({event.alert.counter for event in ends}), 2)
        magnet.off()


@pytest.mark.requirements("COM-5", "COM-4")
@pytest.mark.parameters(model=MajorMeanwhile)
def test_a_major_event_waits_for_no_minor_one(
    case: Case, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: MajorMeanwhile
) -> None:
    """An opening while the closing before it is still to be reported is on the wire in time, and counted after it."""
    record.declare(MAJOR_LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-5"])
    measured = []
    for after_ms in parameters.after_ms:
        name = f"after {after_ms:g} ms"
        case.open()
        listener.collect_until_quiet()
        mark = listener.mark()
        case.close()
        clock.sleep_ns(round(after_ms * 1e6))
        scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        case.open()
        found = listener.first("case_opened", parameters.window_ns)
        latency = scope.case_latency(found, name, listener.passed_over)
        measured.append(latency)
        if latency.value_ms is not None:
            record.reading(MAJOR_LATENCY, latency.value_ms, "ms", after_ms=after_ms)
        listener.collect_until_quiet()
        received = listener.received_since(mark)
        opened = events_of(listener.code_of("case_opened"), received)
        closed = events_of(listener.code_of("case_closed"), received)
        record.judge_equal(f"{name}: openings reported", len(opened), 1, requirements=["COM-5"])
        record.judge_equal(f"{name}: closings reported", len(closed), 1, requirements=["COM-4"])
        if opened and closed:
            step = opened[0].alert.counter - closed[0].alert.counter
            record.judge(f"{name}: opening counted after the closing", step, "1", at_least=1, requirements=["COM-4"])
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(MAJOR_LATENCY, measured, REFERENCE_OPENINGS)

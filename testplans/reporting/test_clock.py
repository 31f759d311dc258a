"""The clock: set by the head-end within bounds, on record, without a change of what was said before (TIME-1)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.head_end import HeadEnd
from fixtures.listener import Listener
from fixtures.reported import events_of
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.meter.requests import DONE
from harness.plan.parameters import Parameters


class Correction(Parameters):
    """The clock is set ``offset`` ahead of UTC while an opening is unconfirmed, and back again.

    ``tolerance``: of the meter's times after that, and of the drift it states. ``watch``: long enough for a repeat.
    """

    offset_ns: DurationNs = Field(gt=0)
    tolerance_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs


class LargeCorrection(Parameters):
    """``offset`` is further than a clock can have drifted; ``tolerance`` is that of the clock all the same."""

    offset_ns: DurationNs = Field(gt=0)
    tolerance_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs


class CorrectionAndOutage(Parameters):
    """The clock is set ``offset`` ahead; ``before`` into an outage the case opens for ``held``, and ``after`` follows.

    ``offset`` must be larger than ``tolerance``, else a meter that forgets the correction would pass.
    """

    offset_ns: DurationNs = Field(gt=0)
    tolerance_ns: DurationNs = Field(gt=0)
    before_ns: DurationNs = Field(gt=0)
    held_ns: DurationNs = Field(gt=0)
    after_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("TIME-1")
@pytest.mark.parameters(model=Correction)
def test_a_correction_is_taken_logged_and_changes_no_event(
    case: Case, listener: Listener, head_end: HeadEnd, clock: Clock, record: TestRecord, parameters: Correction
) -> None:
    """A correction is an event that states the drift; events before it keep their time, those after it have the new."""
    head_end.set_clock()
    listener.collect_until_quiet()
    mark = listener.mark()
    with listener.unheard():
        at_utc_ns = case.open()
        listener.collect(parameters.watch_ns)
        _set(head_end, record, parameters.offset_ns)
        listener.collect(parameters.watch_ns)
    listener.collect_until_quiet()
    received = listener.received_since(mark)
    opened = events_of(listener.code_of("case_opened"), received)
    record.judge_equal("openings reported, by their counters", len(opened), 1)
    for event in opened[:1]:
        record.judge_equal("contents under the opening's counter", len(event.contents), 1)
        _judge_time(
            "opening before the correction", event.alert.event_time_utc_ns - at_utc_ns, listener, record, parameters
        )
    adjusted = events_of(listener.code_of("clock_adjusted"), received)
    record.judge_equal("corrections logged", len(adjusted), 1)
    for event in adjusted[:1]:
        stated_ns = event.alert.generated_utc_ns - event.alert.event_time_utc_ns
        _judge_time(
            "drift stated against the correction", stated_ns - parameters.offset_ns, listener, record, parameters
        )
    at_utc_ns = case.close() + parameters.offset_ns
    mark = listener.mark()
    listener.collect_until_quiet()
    closed = events_of(listener.code_of("case_closed"), listener.received_since(mark))
    record.judge_equal("closings reported", len(closed), 1)
    for event in closed[:1]:
        _judge_time(
            "closing after the correction", event.alert.event_time_utc_ns - at_utc_ns, listener, record, parameters
        )
    _set(head_end, record, 0)
    listener.collect_until_quiet()


@pytest.mark.requirements("TIME-1")
@pytest.mark.parameters(model=LargeCorrection)
def test_a_large_correction_is_refused_and_flagged(
    case: Case, listener: Listener, head_end: HeadEnd, record: TestRecord, parameters: LargeCorrection
) -> None:
    """A correction beyond what a clock drifts changes nothing and is an event."""
    for sign in (1, -1):
        offset_s = sign * parameters.offset_ns / 1e9
        mark = listener.mark()
        response = head_end.set_clock(sign * parameters.offset_ns)
        refused = response is not None and response.result != DONE
        record.judge_true(f"{offset_s:+g} s: refused", refused)
        listener.collect(parameters.watch_ns)
        received = listener.received_since(mark)
        flagged = events_of(listener.code_of("clock_invalid"), received)
        record.judge_equal(f"{offset_s:+g} s: events 'clock invalid'", len(flagged), 1)
        mark = listener.mark()
        at_utc_ns = case.open()
        listener.collect(parameters.watch_ns)
        opened = events_of(listener.code_of("case_opened"), listener.received_since(mark))
        record.judge_equal(f"{offset_s:+g} s: openings reported after it", len(opened), 1)
        for event in opened[:1]:
            difference_ns = event.alert.event_time_utc_ns - at_utc_ns
            _judge_time(f"{offset_s:+g} s: opening after it", difference_ns, listener, record, parameters)
        case.close()
        listener.collect(parameters.watch_ns)


@pytest.mark.requirements("TIME-1", "MAG-4")
@pytest.mark.parameters(model=CorrectionAndOutage)
def test_a_correction_holds_in_an_outage(
    case: Case,
    supply: Supply,
    listener: Listener,
    head_end: HeadEnd,
    clock: Clock,
    record: TestRecord,
    parameters: CorrectionAndOutage,
) -> None:
    """What happens without mains has its time by the clock as it was set, and so has what comes after."""
    head_end.set_clock()
    _set(head_end, record, parameters.offset_ns)
    listener.collect_until_quiet()
    supply.cut()
    clock.sleep_ns(parameters.before_ns)
    at_utc_ns = case.open() + parameters.offset_ns
    clock.sleep_ns(parameters.held_ns)
    case.close()
    clock.sleep_ns(parameters.after_ns)
    mark = listener.mark()
    supply.restore()
    record.judge_true("meter is back after its supply", supply.is_back(parameters.back_within_ns))
    listener.collect_until_quiet()
    opened = events_of(listener.code_of("case_opened"), listener.received_since(mark))
    record.judge_equal("openings reported", len(opened), 1)
    for event in opened[:1]:
        difference_ns = event.alert.event_time_utc_ns - at_utc_ns
        _judge_time("opening without mains", difference_ns, listener, record, parameters)
    _set(head_end, record, 0)
    listener.collect_until_quiet()


def _set(head_end: HeadEnd, record: TestRecord, offset_ns: int) -> None:
    response = head_end.set_clock(offset_ns)
    taken = response is not None and response.result == DONE
    record.judge_true(f"correction to UTC {offset_ns / 1e9:+g} s: taken", taken)


def _judge_time(
    name: str,
    difference_ns: int,
    listener: Listener,
    record: TestRecord,
    parameters: Correction | LargeCorrection | CorrectionAndOutage,
) -> None:
    tolerance_s = parameters.tolerance_ns / 1e9
    record.judge(
        f"{name}: difference",
        difference_ns / 1e9,
        "s",
        at_least=-tolerance_s,
        at_most=tolerance_s,
        uncertainty=listener.utc_uncertainty(),
    )

"""In which order old entries give way: what waits for its confirmation comes last (LOG-2)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener, SignedAlert
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

WATCH_NS = 2_000_000_000
"""Long enough for an alert that is on the wire within four times the limit of COM-1."""

REPEATED_NS = 15_000_000_000
"""Long enough for a few repeats of what is not confirmed."""


class Ring(Parameters):
    """The meter's log keeps ``capacity`` alerts at least; ``more`` events than that take place.

    The case is open, and closed, for ``dwell`` each: the meter can report every movement. ``off`` and ``back_within``
    are of the power cut after it, which empties whatever the meter keeps outside its log.
    """

    capacity: int = Field(ge=1, le=100_000)
    more: int = Field(ge=1, le=100_000)
    dwell_ns: DurationNs = Field(gt=0)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class RingWithOneWaiting(Ring):
    """After ``before`` of the events ``together`` of them wait as well, until the supply has been cut.

    A meter's places in the log go around, and a search for what waits must go on where they begin anew: ``before`` is
    such that the ring's end lies among those.
    """

    before: int = Field(ge=0, le=100_000)
    together: int = Field(ge=2, le=100)


@pytest.mark.requirements("LOG-2")
@pytest.mark.parameters(model=RingWithOneWaiting)
def test_what_waits_is_kept_over_a_full_ring(
    case: Case, supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: RingWithOneWaiting
) -> None:
    """One alert is never confirmed while the log is filled once around with confirmed ones: it is sent again.

    So are the newest ones at the ring's end.
    """
    with listener.unheard():
        case.open()
        waiting = listener.one(WATCH_NS, "the opening that waits", ["LOG-2"])
    with listener.withholding(waiting):
        case.close()
        listener.collect(parameters.dwell_ns)
        _move(case, clock, listener, parameters.before, parameters.dwell_ns)
        _wait_over_a_cut(case, supply, listener, clock, record, parameters)
        left = parameters.capacity + parameters.more - parameters.before - parameters.together
        _move(case, clock, listener, left, parameters.dwell_ns)
        listener.collect_until_quiet()
        _cut(supply, parameters, record)
        mark = listener.mark()
        listener.collect(WATCH_NS)
    again = [found for found in listener.told_since(mark) if _is_same(found, waiting)]
    record.judge_true("the alert that waited is sent again", bool(again), requirements=["LOG-2"])
    listener.collect(REPEATED_NS)
    mark = listener.mark()
    listener.collect(REPEATED_NS)
    left = len(listener.told_since(mark))
    record.judge_equal("alerts still sent after all were confirmed", left, 0, requirements=["LOG-2"])


@pytest.mark.requirements("LOG-1", "LOG-2")
@pytest.mark.parameters(model=Ring)
def test_a_ring_full_of_waiting_alerts_loses_the_oldest(
    case: Case, supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: Ring
) -> None:
    """With nobody confirming, the newest alerts are kept, the oldest give way, and how many did is reported."""
    mark = listener.mark()
    with listener.unheard():
        _move(case, clock, listener, parameters.capacity + parameters.more, parameters.dwell_ns)
        listener.collect(WATCH_NS)
        made = {found.alert.counter: found.alert.event_octets for found in listener.told_since(mark)}
        _cut(supply, parameters, record)
    record.reading("alerts made while nobody confirmed", len(made), "1")
    mark = listener.mark()
    listener.collect_until_quiet()
    told = listener.told_since(mark)
    again = {found.alert.event_octets for found in told}
    newest = sorted(made)[-parameters.capacity :]
    missing = sum(made[counter] not in again for counter in newest)
    record.judge_equal("newest alerts that were lost", missing, 0, requirements=["LOG-2"])
    lost = [found for found in told if listener.tells_of("events_dropped", found)]
    record.judge("reports of the loss", len(lost), "1", at_least=1, requirements=["LOG-1"])


def _wait_over_a_cut(
    case: Case,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: RingWithOneWaiting,
) -> None:
    """The newest alerts are not confirmed before the supply is cut: all are sent again."""
    listener.collect_until_quiet()
    mark = listener.mark()
    with listener.unheard():
        _move(case, clock, listener, parameters.together, parameters.dwell_ns)
        listener.collect(WATCH_NS)
        made = {found.alert.event_octets for found in listener.told_since(mark)}
        _cut(supply, parameters, record)
    mark = listener.mark()
    listener.collect_until_quiet()
    again = {found.alert.event_octets for found in listener.told_since(mark)}
    record.judge("alerts that wait together", len(made), "1", at_least=parameters.together, requirements=["LOG-2"])
    record.judge_equal("of them not sent again", len(made - again), 0, requirements=["LOG-2"])


def _move(case: Case, clock: Clock, listener: Listener, movements: int, dwell_ns: int) -> None:
    for movement in range(movements):
        (case.open if movement % 2 == 0 else case.close)()
        listener.collect(dwell_ns)
    case.close()


def _cut(supply: Supply, parameters: Ring, record: TestRecord) -> None:
    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_equal("meter signs on again", int(back), 1, requirements=["LOG-2"])


def _is_same(found: SignedAlert, other: SignedAlert) -> bool:
    return found.alert.event_octets == other.alert.event_octets

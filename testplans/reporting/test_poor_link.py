"""Over any link the head-end comes to hold the true state (COM-4), and each kind of link shows its latency (COM-7)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.link import Link
from fixtures.listener import Listener
from fixtures.reported import ReportedEvent, reported_events
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

HEAR_NS = 250_000_000


class PoorLink(Parameters):
    """``movements`` of the case, opening and closing in turn, ``gap`` apart, over a link of that ``profile``.

    Judged when all have come, ``settle`` after the last one at the latest; then ``quiet`` longer.
    """

    profile: str
    movements: int = Field(ge=2)
    gap_ns: DurationNs = Field(gt=0)
    settle_ns: DurationNs
    quiet_ns: DurationNs


class LinkKinds(Parameters):
    """``openings`` over each of ``profiles``; each must be with the listener ``within`` the opening.

    ``quiet`` after that it has been received ``copies`` times at most, in the mean of a profile's openings.
    """

    profiles: list[str] = Field(min_length=1)
    openings: int = Field(ge=1)
    within_ns: DurationNs
    settle_ns: DurationNs
    quiet_ns: DurationNs
    copies: float = Field(ge=1)


@pytest.mark.requirements("COM-4")
@pytest.mark.parameters(model=PoorLink)
def test_the_state_held_is_the_true_one(
    case: Case, link: Link, listener: Listener, clock: Clock, record: TestRecord, parameters: PoorLink
) -> None:
    """Whatever was lost, doubled or overtaken: every movement is known once, and the highest counter is the last."""
    opened, closed = listener.code_of("case_opened"), listener.code_of("case_closed")
    mark = listener.mark()
    link.use(parameters.profile)
    done: list[int] = []
    for number in range(parameters.movements):
        (case.close if number % 2 else case.open)()
        done.append(closed if number % 2 else opened)
        listener.hear(parameters.gap_ns)
    events = _hear_all(len(done), listener, clock, parameters.settle_ns, mark, (opened, closed))
    listener.hear(parameters.quiet_ns)
    events = _movements(listener, mark, (opened, closed))
    said = [event.alert.event_code for event in events]
    record.reading("frames received", len(listener.received_since(mark)), "1")
    record.judge_equal("movements reported, by their counters", len(said), len(done))
    if said:
        record.judge_equal("state by the highest counter, as event code", said[-1], done[-1])
    wrong = sum(one != other for one, other in zip(said, done, strict=False))
    record.judge_equal("movements out of their order, by their counters", wrong, 0)
    contents = sum(len(event.contents) - 1 for event in events)
    record.judge_equal("counters used for two contents", contents, 0)
    if len({event.alert.event_time_utc_ns for event in events}) != len(events):
        record.judge_equal("movements reported under two counters", 1, 0)
    link.restore()
    case.close()


@pytest.mark.requirements("COM-7")
@pytest.mark.parameters(model=LinkKinds)
def test_alerts_arrive_over_each_kind_of_link(
    case: Case, link: Link, listener: Listener, clock: Clock, record: TestRecord, parameters: LinkKinds
) -> None:
    """Each opening reaches the listener over each kind of link; how long it took is recorded beside.

    Once it has been confirmed it is at rest: a meter that takes the delay of a slow link for its loss repeats for ever,
    and uses up what the link may send. A confirmation may be lost, so the mean number of copies is judged.
    """
    opened, closed = listener.code_of("case_opened"), listener.code_of("case_closed")
    for profile in parameters.profiles:
        link.use(profile)
        copies = 0
        for number in range(1, parameters.openings + 1):
            mark = listener.mark()
            began_ns = clock.now_ns()
            case.open()
            events = _hear_all(1, listener, clock, parameters.settle_ns, mark, (opened,))
            record.judge_equal(f"{profile}, opening {number}: openings that arrived", len(events), 1)
            if events:
                latency_ms = (events[0].times_ns[0] - began_ns) / 1e6
                record.reading(f"receipt over {profile}", latency_ms, "ms", opening=number)
                record.judge(
                    f"{profile}, opening {number}: from the command to the receipt",
                    latency_ms,
                    "ms",
                    at_most=parameters.within_ns / 1e6,
                )
            listener.hear(parameters.quiet_ns)
            copies += sum(len(event.frames) for event in _movements(listener, mark, (opened,)))
            mark = listener.mark()
            case.close()
            _hear_all(1, listener, clock, parameters.settle_ns, mark, (closed,))
        mean = copies / parameters.openings
        record.judge(f"{profile}: copies of an opening, in the mean", mean, "1", at_most=parameters.copies)
        link.restore()
        listener.collect_until_quiet()


def _movements(listener: Listener, mark: int, codes: tuple[int, ...]) -> list[ReportedEvent]:
    events = reported_events(listener.received_since(mark))
    return [event for event in events if event.alert.event_code in codes]


def _hear_all(
    count: int, listener: Listener, clock: Clock, settle_ns: int, mark: int, codes: tuple[int, ...]
) -> list[ReportedEvent]:
    """The movements once all have come and are confirmed, or when the time is over."""
    deadline_ns = clock.now_ns() + settle_ns
    while len(events := _movements(listener, mark, codes)) < count and clock.now_ns() < deadline_ns:
        listener.hear(HEAR_NS)
    return events

"""What happens while the link is away is reported when it is back, by itself, with its own time, once (COM-3)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.link import Link
from fixtures.listener import EventName, Listener
from fixtures.reported import events_of
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

HEAR_NS = 500_000_000


class Outage(Parameters):
    """The case opens, and closes ``open_for`` later; the link is away for ``outage`` in all.

    What happened must have come ``pushed_within`` the link's return, and come no more for ``quiet`` after that.
    """

    outage_ns: DurationNs = Field(gt=0)
    open_for_ns: DurationNs = Field(gt=0)
    pushed_within_ns: DurationNs
    quiet_ns: DurationNs
    clock_tolerance_ns: DurationNs


class OutageWithCut(Outage):
    """In the middle of the outage the meter has no supply for ``off``; it signs on ``back_within`` its return."""

    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs


class OutageWatch:
    """One outage: what was done in it, and what must come after it."""

    def __init__(self, case: Case, link: Link, listener: Listener, clock: Clock, record: TestRecord) -> None:
        self._case, self._link, self._listener, self._clock, self._record = case, link, listener, clock, record
        self._done_utc_ns: dict[EventName, int] = {}
        self._began_ns = 0
        self._mark = 0

    def begin(self, parameters: Outage) -> None:
        """Cut the link, open the case and close it again."""
        self._mark = self._listener.mark()
        self._link.cut()
        self._began_ns = self._clock.now_ns()
        self._done_utc_ns["case_opened"] = self._case.open()
        self._clock.sleep_ns(parameters.open_for_ns)
        self._done_utc_ns["case_closed"] = self._case.close()

    def end(self, parameters: Outage) -> None:
        """Restore the link when its time has come, and judge what is pushed."""
        self._listener.hear(max(self._began_ns + parameters.outage_ns - self._clock.now_ns(), 0))
        heard = len(self._listener.received_since(self._mark))
        if heard:
            self._record.inconclusive(f"{heard} receptions while the link was cut; check the network emulator")
        self._link.restore()
        deadline_ns = self._clock.now_ns() + parameters.pushed_within_ns
        while not self._has_all() and self._clock.now_ns() < deadline_ns:
            self._listener.hear(HEAR_NS)
        self._listener.hear(parameters.quiet_ns)
        for event, at_utc_ns in self._done_utc_ns.items():
            self._judge(event, at_utc_ns, parameters)

    def _has_all(self) -> bool:
        received = self._listener.received_since(self._mark)
        return all(events_of(self._listener.code_of(event), received) for event in self._done_utc_ns)

    def _judge(self, event: EventName, at_utc_ns: int, parameters: Outage) -> None:
        found = events_of(self._listener.code_of(event), self._listener.received_since(self._mark))
        self._record.judge_equal(f"{event}: reported after the outage, by its counter", len(found), 1)
        for one in found[:1]:
            self._record.judge_equal(f"{event}: contents under its counter", len(one.contents), 1)
            self._record.judge_equal(f"{event}: copies after its confirmation", one.copies_after_confirmation, 0)
            self._record.judge(
                f"{event}: event time against bench UTC",
                (one.alert.event_time_utc_ns - at_utc_ns) / 1e9,
                "s",
                at_least=-parameters.clock_tolerance_ns / 1e9,
                at_most=parameters.clock_tolerance_ns / 1e9,
                uncertainty=self._listener.utc_uncertainty(),
            )


@pytest.mark.requirements("COM-3")
@pytest.mark.parameters(model=Outage)
def test_events_of_an_outage_are_pushed_after_it(
    case: Case, link: Link, listener: Listener, clock: Clock, record: TestRecord, parameters: Outage
) -> None:
    """Opening and closing in an outage come by themselves after it, each with its own time, each once."""
    outage = OutageWatch(case, link, listener, clock, record)
    outage.begin(parameters)
    outage.end(parameters)


@pytest.mark.requirements("COM-3")
@pytest.mark.parameters(model=OutageWithCut)
def test_events_of_an_outage_outlast_a_power_cut(
    case: Case,
    link: Link,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: OutageWithCut,
) -> None:
    """They do so too when the meter has lost its supply before the link is back."""
    outage = OutageWatch(case, link, listener, clock, record)
    outage.begin(parameters)
    listener.hear(2 * HEAR_NS)
    record.judge_true("meter is back after its supply", supply.cut_for(parameters.off_ns, parameters.back_within_ns))
    outage.end(parameters)

"""The counter over power cuts: it goes on from where it was, and no alert is lost or counted twice (SIG-1)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener, SignedAlert
from fixtures.meter import Meter
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters
from testplans.log.lines import counts

WATCH_NS = 2_000_000_000
"""Long enough for an alert that is on the wire within four times the limit of COM-1."""


REPEATED_NS = 15_000_000_000
"""Long enough for a few repeats of what is not confirmed."""


class CutWhileWaiting(Parameters):
    """``off``: how long a cut lasts.

    ``back_within``: how long this meter may take from its supply's return to signing on at its optical port.
    """

    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class PowerCuts(CutWhileWaiting):
    """``into_report``: the second cut comes so long after an opening."""

    into_report_ns: DurationNs = Field(gt=0)


class Counters:
    """The counters seen so far; each new alert's must be above all of them."""

    def __init__(self, record: TestRecord) -> None:
        self._record = record
        self._highest: int | None = None

    def judge(self, name: str, alerts: Sequence[SignedAlert]) -> None:
        """Judge alerts that belong together: rightly signed, each counter used once, all above those before.

        Among themselves they may come in any order, since a new event does not wait for an old one's repeat.
        """
        if not alerts:
            return
        signed = sum(found.signature_valid for found in alerts)
        self._record.judge_equal(f"{name}: valid signatures", signed, len(alerts), requirements=["SIG-1"])
        counters = [found.alert.counter for found in alerts]
        twice = len(counters) - len(set(counters))
        self._record.judge_equal(f"{name}: counters used again", twice, 0, requirements=["SIG-1"])
        if self._highest is not None:
            step = min(counters) - self._highest
            self._record.judge(
                f"{name}: lowest counter above all before", step, "1", at_least=1, requirements=["SIG-1"]
            )
        self._highest = max(counters)


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=PowerCuts)
def test_the_counter_goes_on_over_power_cuts(
    case: Case, supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: PowerCuts
) -> None:
    """After a cut at rest and one in the middle of a report each counter is above all before; no opening is lost."""
    counters = Counters(record)
    for when in ("before the cuts", "after the cut at rest"):
        for movement, move in (("opening", case.open), ("closing", case.close)):
            move()
            name = f"{movement} {when}"
            counters.judge(name, [listener.one(WATCH_NS, name, ["SIG-1"])])
        counters.judge(f"what else came {when}", listener.alerts_until_quiet())
        if when == "before the cuts":
            _cut(supply, parameters, "cut at rest", record)
            counters.judge("reported after the cut at rest", listener.alerts_until_quiet())

    began_ns = clock.now_ns()
    case.open()
    clock.sleep_ns(began_ns + parameters.into_report_ns - clock.now_ns())
    _cut(supply, parameters, "cut in the report", record)
    reported = listener.alerts_until_quiet()
    # The interrupted alert comes once, or the case is reported as found open at power-on; both may.
    openings = sum(listener.tells_of("case_opened", found) for found in reported)
    name = "cut in the report: openings reported"
    record.judge(name, openings, "1", at_least=1, at_most=2, requirements=["SIG-1"])
    counters.judge("reported after the cut in the report", reported)
    case.close()
    counters.judge("last closing", [listener.one(WATCH_NS, "last closing", ["SIG-1"])])


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=CutWhileWaiting)
def test_no_counter_is_used_again_while_an_alert_waits(
    meter: Meter, case: Case, supply: Supply, listener: Listener, record: TestRecord, parameters: CutWhileWaiting
) -> None:
    """An opening waits when the supply is cut, and nobody confirms what follows: each event has its own counter."""
    before = counts(meter.security_log())
    mark = listener.mark()
    with listener.unheard():
        case.open()
        listener.one(WATCH_NS, "the opening that waits", ["SIG-1"])
        _cut(supply, parameters, "cut while it waits", record)
        case.close()
        listener.collect(WATCH_NS)
    listener.collect(REPEATED_NS)
    told = listener.told_since(mark)
    signed = sum(found.signature_valid for found in told)
    record.judge_equal("valid signatures", signed, len(told), requirements=["SIG-1"])
    events = {(found.alert.counter, found.alert.event_octets) for found in told}
    counters = {counter for counter, _ in events}
    record.judge_equal("counters used for another event", len(events) - len(counters), 0, requirements=["SIG-1"])
    told_of = {
        event: len({found.alert.counter for found in told if listener.tells_of(event, found)})
        for event in ("case_opened", "case_closed")
    }
    record.judge("openings told", told_of["case_opened"], "1", at_least=1, at_most=2, requirements=["SIG-1"])
    record.judge_equal("closings told", told_of["case_closed"], 1, requirements=["SIG-1"])
    # An event that was given another's counter may never be told: to whoever reads counters it is that other one.
    code = listener.code_of("case_opened")
    logged = counts(meter.security_log()).get(code, 0) - before.get(code, 0)
    left = logged - told_of["case_opened"]
    record.judge_equal("openings logged, without a counter of their own", left, 0, requirements=["SIG-1"])


def _cut(supply: Supply, parameters: CutWhileWaiting, name: str, record: TestRecord) -> None:
    """A meter that does not come back reports nothing more, however well it counts."""
    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_equal(f"{name}: meter signs on again", int(back), 1, requirements=["SIG-1"])

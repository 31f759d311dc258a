"""The counter over power cuts: it goes on from where it was, and no alert is lost or counted twice (SIG-1)."""

from __future__ import annotations

from collections.abc import Sequence

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


class PowerCuts(Parameters):
    """``off``: how long each cut lasts. ``into_report``: the second cut comes so long after an opening.

    ``back_within``: how long this meter may take from its supply's return to signing on at its optical port.
    """

    off_ns: DurationNs = Field(gt=0)
    into_report_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


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


def _cut(supply: Supply, parameters: PowerCuts, name: str, record: TestRecord) -> None:
    """A meter that does not come back reports nothing more, however well it counts."""
    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_equal(f"{name}: meter signs on again", int(back), 1, requirements=["SIG-1"])

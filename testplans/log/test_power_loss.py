"""The supply is cut while the meter writes: nothing sent is lost, nothing comes back half (LOG-2, SIG-1)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener, SignedAlert
from fixtures.meter import Meter
from fixtures.supply import Supply
from fixtures.write_cuts import WriteCuts
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.memory_writes import moments_within
from harness.measure.units import DurationNs
from harness.meter.security_log import SecurityLog
from harness.plan.parameters import Parameters
from testplans.log.lines import counts

REPEATED_NS = 15_000_000_000
"""Long enough for a few repeats of what is not confirmed."""


class Cuts(Parameters):
    """Through each write of the event memory in an opening's report the supply goes every ``step`` once.

    ``write_cycle`` is the memory's longest (its data sheet), ``window`` how long after an opening writes are looked
    for, ``hold_up`` the longest that the supply takes to go once it is interrupted; the bench's relays are in it.
    ``off`` is how long it is interrupted, ``back_within`` how long this meter may take to sign on again.
    ``clock_tolerance``: how far an alert's time may be from the bench's UTC.
    """

    write_cycle_ns: DurationNs = Field(gt=0)
    step_ns: DurationNs = Field(gt=0)
    window_ns: DurationNs = Field(gt=0)
    hold_up_ns: DurationNs = Field(gt=0)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    clock_tolerance_ns: DurationNs = Field(gt=0)


class Kept:
    """What has been told so far; nothing told later may contradict it."""

    def __init__(self, listener: Listener, record: TestRecord, documented: Iterable[int]) -> None:
        self._listener = listener
        self._record = record
        self._documented = set(documented)
        self._by_counter: dict[int, bytes] = {}

    def judge(
        self, name: str, told: list[SignedAlert], sent_before: list[SignedAlert], window_s: tuple[float, float]
    ) -> None:
        """Judge what came after a cut, against what came before it."""
        record = self._record
        signed = sum(found.signature_valid for found in told)
        record.judge_equal(f"{name}: valid signatures", signed, len(told), requirements=["LOG-2"])
        octets = {found.alert.event_octets for found in told}
        lost = sum(found.alert.event_octets not in octets for found in sent_before)
        record.judge_equal(f"{name}: alerts sent before it and not again", lost, 0, requirements=["LOG-2"])
        strange = sum(found.alert.event_code not in self._documented for found in told)
        record.judge_equal(f"{name}: alerts of a code that there is not", strange, 0, requirements=["LOG-2"])
        late = sum(not window_s[0] <= found.alert.event_time_utc_ns / 1e9 <= window_s[1] for found in told)
        record.judge_equal(f"{name}: alerts of another time", late, 0, requirements=["LOG-2"])
        again = 0
        for found in [*sent_before, *told]:
            known = self._by_counter.setdefault(found.alert.counter, found.alert.event_octets)
            again += known != found.alert.event_octets
        record.judge_equal(f"{name}: counters used for another event", again, 0, requirements=["SIG-1"])


@pytest.mark.requirements("LOG-2", "SIG-1")
@pytest.mark.parameters(model=Cuts)
def test_cuts_at_the_writes_of_a_report_lose_nothing(
    meter: Meter,
    case: Case,
    supply: Supply,
    write_cuts: WriteCuts,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Cuts,
) -> None:
    """Whatever was sent comes again until it is confirmed, every record is whole, the log's counts never go back."""
    documented = meter.file.alerts.events.model_dump(exclude_none=True).values()
    kept = Kept(listener, record, documented)
    tolerance_s = parameters.clock_tolerance_ns / 1e9
    with listener.unheard():
        writes = write_cuts.writes_of_an_opening(parameters.window_ns, parameters.write_cycle_ns)
    listener.collect(REPEATED_NS)
    case.close()
    listener.collect_until_quiet()
    before = counts(meter.security_log())
    gone_ns = []
    moments = moments_within(writes, parameters.step_ns)
    settled_ns = writes[-1].end_ns + parameters.write_cycle_ns  # all is written, nothing is confirmed
    # The first one shows how long the supply takes to go, and may itself come at another moment.
    for cut, at_ns in enumerate([moments[0], *moments, settled_ns], 1):
        name = f"cut {cut}, {at_ns / 1e6:.1f} ms after the opening"
        mark = listener.mark()
        with listener.unheard():
            began_utc_s = clock.utc_ns() / 1e9
            gone_ns.append(write_cuts.open_and_cut(name, at_ns, parameters.hold_up_ns))
            listener.collect(parameters.off_ns)
            sent = listener.told_since(mark)
            supply.restore()
            back = supply.is_back(parameters.back_within_ns)
            record.judge_equal(f"{name}: meter signs on again", int(back), 1, requirements=["LOG-2"])
        mark = listener.mark()
        listener.collect_until_quiet()
        told = listener.told_since(mark)
        window_s = (began_utc_s - tolerance_s, clock.utc_ns() / 1e9 + tolerance_s)
        kept.judge(name, told, sent, window_s)
        openings = len({found.alert.event_octets for found in told if listener.tells_of("case_opened", found)})
        record.judge(f"{name}: openings reported", openings, "1", at_least=1, requirements=["LOG-2"])
        case.close()
        closed = [found for found in listener.alerts_until_quiet() if listener.tells_of("case_closed", found)]
        record.judge_equal(f"{name}: closings reported", len(closed), 1, requirements=["LOG-2"])
        before = _judge_counts(name, meter.security_log(), before, openings, listener, record)
    write_cuts.confirm_met(writes, gone_ns)


def _judge_counts(
    name: str, log: SecurityLog, before: dict[int, int], openings: int, listener: Listener, record: TestRecord
) -> dict[int, int]:
    """Each opening that was reported is counted, at most one more was found at power-on; nothing else has changed."""
    after = counts(log)
    case_code = listener.code_of("case_opened")
    grown = after.get(case_code, 0) - before.get(case_code, 0)
    record.judge(f"{name}: openings counted", grown, "1", at_least=openings, at_most=2, requirements=["LOG-2"])
    others = sum(after.get(code, 0) != count for code, count in before.items() if code != case_code)
    record.judge_equal(f"{name}: lines of other causes that have changed", others, 0, requirements=["LOG-2"])
    return after

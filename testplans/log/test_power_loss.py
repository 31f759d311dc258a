"""The supply is cut while the meter writes: nothing sent is lost, nothing comes back half (LOG-2, SIG-1)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener, SignedAlert
from fixtures.meter import Meter
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.meter.security_log import SecurityLog
from harness.plan.parameters import Parameters
from testplans.log.lines import counts


class Cuts(Parameters):
    """After each opening the supply is cut ``first`` later, then ``step`` later each time, ``cuts`` times in all.

    ``off`` is how long, ``back_within`` how long this meter may take to sign on again. ``clock_tolerance``: how far an
    alert's time may be from the bench's UTC.
    """

    first_ns: DurationNs = Field(gt=0)
    step_ns: DurationNs = Field(gt=0)
    cuts: int = Field(ge=1, le=10_000)
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
def test_cuts_in_the_middle_of_a_report_lose_nothing(
    meter: Meter,
    case: Case,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Cuts,
) -> None:
    """Whatever was sent comes again until it is confirmed, every record is whole, the log's counts never go back."""
    documented = meter.file.alerts.events.model_dump(exclude_none=True).values()
    kept = Kept(listener, record, documented)
    tolerance_s = parameters.clock_tolerance_ns / 1e9
    before = counts(meter.security_log())
    for cut in range(parameters.cuts):
        name = f"cut {cut + 1}, {(parameters.first_ns + cut * parameters.step_ns) / 1e6:g} ms after the opening"
        mark = listener.mark()
        with listener.unheard():
            began_ns, began_utc_s = clock.now_ns(), case.open() / 1e9
            clock.sleep_ns(began_ns + parameters.first_ns + cut * parameters.step_ns - clock.now_ns())
            supply.cut()
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

"""What a clock has really drifted by, in hours of heat or cold without mains, is put right to the hundredth (TIME-1).

No document read limits an event clock's rate over temperature, so how fast it drifts is recorded and not judged. What
is judged is that the head-end's setting takes such a drift away, though it is less than a second, that the event of
the correction states it, and that the next outage does not bring it back. All are differences between openings, each
shortly after a setting or before one: neither the bench's UTC nor its clock's rate is in them.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.chamber import ChamberControl
from fixtures.head_end import HeadEnd
from fixtures.listener import Listener
from fixtures.reported import events_of
from fixtures.soak import wake_up_at
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs, TemperatureDegC
from harness.meter.requests import DONE
from harness.plan.parameters import Parameters

NS_PER_S = 1_000_000_000
NEAR_NS = 60 * NS_PER_S
"""From a setting to the last opening that is judged by it, the outage between them included, or little more."""


class Drift(Parameters):
    """The clock is set, and drifts while the meter soaks for ``soak`` at each of ``temperatures``, without supply.

    ``settle`` after its return the meter knows its clock's fractions of a second. ``tolerance`` is that of the
    differences; a drift within it need not be corrected. ``outage`` follows each correction. What the meter states has
    the time in it from the correction to the making of its alert, so ``statement_tolerance`` is wider.
    """

    temperatures_degC: list[TemperatureDegC] = Field(min_length=1)
    soak_ns: DurationNs
    settle_ns: DurationNs
    outage_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    tolerance_ns: DurationNs = Field(gt=0)
    statement_tolerance_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("TIME-1", "MET-4")
@pytest.mark.parameters(model=Drift)
def test_a_real_drift_is_taken_away_and_stated(
    chamber: ChamberControl,
    supply: Supply,
    case: Case,
    listener: Listener,
    head_end: HeadEnd,
    clock: Clock,
    record: TestRecord,
    parameters: Drift,
) -> None:
    """After a soak the clock is set as well as before, by what the meter says it was off; an outage changes nothing."""
    _set(head_end, listener, record)
    set_at_ns, first_ns = clock.now_ns(), _open(case, listener, record, "as set")
    for temperature_degC in parameters.temperatures_degC:
        at = f"{temperature_degC:g} degC"
        wake_up_at(temperature_degC, parameters.soak_ns, parameters.back_within_ns, chamber, supply, record)
        clock.sleep_ns(parameters.settle_ns)
        listener.collect_until_quiet()
        drifted_ns = _open(case, listener, record, f"{at}, drifted")
        passed_ns = clock.now_ns() - set_at_ns
        record.reading(f"{at}: rate since the clock was set", (drifted_ns - first_ns) / passed_ns * 1e6, "ppm")
        mark = listener.mark()
        _set(head_end, listener, record)
        set_at_ns, right_ns = clock.now_ns(), _open(case, listener, record, f"{at}, corrected")
        _judge(f"{at}, corrected: against as first set", right_ns - first_ns, parameters.tolerance_ns, listener, record)
        adjusted = events_of(listener.code_of("clock_adjusted"), listener.received_since(mark))
        if abs(drifted_ns - first_ns) > parameters.tolerance_ns:
            record.judge_equal(f"{at}: corrections logged", len(adjusted), 1, requirements=["TIME-1"])
        for event in adjusted:
            stated_ns = event.alert.generated_utc_ns - event.alert.event_time_utc_ns
            off_ns = stated_ns - (right_ns - drifted_ns)
            tolerance_ns = parameters.statement_tolerance_ns
            _judge(f"{at}: drift stated against the drift found", off_ns, tolerance_ns, listener, record)
        back = supply.cut_for(parameters.outage_ns, parameters.back_within_ns)
        record.judge_true(f"{at}: the meter is back after an outage", back, requirements=["TIME-1"])
        clock.sleep_ns(parameters.settle_ns)
        listener.collect_until_quiet()
        kept_ns = _open(case, listener, record, f"{at}, after an outage")
        _judge(
            f"{at}, after an outage: against as first set",
            kept_ns - first_ns,
            parameters.tolerance_ns,
            listener,
            record,
        )


def _set(head_end: HeadEnd, listener: Listener, record: TestRecord) -> None:
    response = head_end.set_clock()
    taken = response is not None and response.result == DONE
    record.judge_true("setting of the clock: taken", taken, requirements=["TIME-1"])
    listener.collect_until_quiet()


def _open(case: Case, listener: Listener, record: TestRecord, name: str) -> int:
    """How far an opening's time is from the bench's, in ns; the case is closed again."""
    at_utc_ns = case.open()
    told = [found for found in listener.alerts_until_quiet() if listener.tells_of("case_opened", found)]
    record.judge_equal(f"{name}: openings reported", len(told), 1, requirements=["TIME-1"])
    off_ns = told[0].alert.event_time_utc_ns - at_utc_ns
    record.reading(f"{name}: event time from the bench's", off_ns / NS_PER_S, "s")
    case.close()
    listener.collect_until_quiet()
    return off_ns


def _judge(name: str, off_ns: int, tolerance_ns: int, listener: Listener, record: TestRecord) -> None:
    """Between two openings, each within ``NEAR_NS`` of a setting or of each other."""
    tolerance_s = tolerance_ns / NS_PER_S
    record.judge(
        name,
        off_ns / NS_PER_S,
        "s",
        at_least=-tolerance_s,
        at_most=tolerance_s,
        uncertainty=listener.interval_uncertainty(NEAR_NS),
        requirements=["TIME-1"],
    )

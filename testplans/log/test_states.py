"""One physical state is one line of the log, however often it is detected: first and last time, and a count (LOG-1).

The lines are read at the optical port, where a person reads them too (LOG-3).
"""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import CurrentA, DurationNs, FieldMt, PercentPct, VoltageV
from harness.plan.parameters import Parameters
from testplans.log.lines import CauseLines
from testplans.reporting.test_signature import alert_of

Code = Annotated[int, Field(ge=0, le=255)]


class Timed(Parameters):
    """``clock_tolerance``: how far a time in the log may be from the bench's UTC at the stimulus."""

    clock_tolerance_ns: DurationNs = Field(gt=0)


class Openings(Timed):
    """The case is opened ``openings`` times, ``open_for`` long and as long apart; at least two, or nothing repeats."""

    openings: int = Field(ge=2, le=1000)
    open_for_ns: DurationNs = Field(gt=0)


class Resets(Timed):
    """The case stays open over ``cuts`` of the supply, ``off`` long each."""

    cuts: int = Field(ge=1, le=100)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class Burst(Parameters):
    """``openings`` of ``open_for``, ``open_for`` apart: faster than the meter can sign, then ``settle`` of quiet."""

    openings: int = Field(ge=2, le=1000)
    open_for_ns: DurationNs = Field(gt=0)
    settle_ns: DurationNs = Field(gt=0)


class Pulses(Timed):
    """The field is there ``pulses`` times for ``duration``, and gone as long in between."""

    field_mT: FieldMt
    direction: DirectionField
    pulses: int = Field(ge=2, le=1000)
    duration_ns: DurationNs = Field(gt=0)


class Codes(Parameters):
    """The codes that LOG-3 fixes, and what provokes them."""

    magnetic_code: Code
    mismatch_code: Code
    field_mT: FieldMt
    direction: DirectionField
    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    element: Element


@pytest.mark.requirements("LOG-1")
@pytest.mark.parameters(model=Openings)
def test_repeated_openings_are_one_state(
    meter: Meter, case: Case, listener: Listener, clock: Clock, record: TestRecord, parameters: Openings
) -> None:
    """Several openings are one line: counted each, first and last time, over at the last closing."""
    lines = CauseLines(meter, listener, record, "case_opened", parameters.clock_tolerance_ns)
    before = lines.line()
    opened: list[int] = []
    closed_utc_ns = 0
    for _ in range(parameters.openings):
        opened.append(case.open())
        clock.sleep_ns(parameters.open_for_ns)
        if len(opened) == 1:
            first = lines.one("after the first opening")
            record.judge_true(
                "after the first opening: the state is active", first.standing == "active", requirements=["LOG-1"]
            )
        closed_utc_ns = case.close()
        clock.sleep_ns(parameters.open_for_ns)
    last = listener.alerts_until_quiet()[-1]
    line = lines.one("after the last closing")
    lines.judge_count("after the last closing", line, before, parameters.openings)
    record.judge_equal("sequence of the line", line.sequence, last.alert.log_sequence, requirements=["LOG-1"])
    if before is None:
        lines.judge_time("first time", line.first, opened[0])
    else:
        kept = line.first == before.first
        record.judge_true("first time: that of the first opening ever", kept, requirements=["LOG-1"])
    lines.judge_time("last time", line.last, opened[-1])
    ended = line.ended
    record.judge_true("the state is over", ended is not None, requirements=["LOG-1"])
    if ended is not None:
        lines.judge_time("end of the state", ended, closed_utc_ns)


@pytest.mark.requirements("LOG-1")
@pytest.mark.parameters(model=Resets)
def test_a_state_lasts_over_resets(
    meter: Meter, case: Case, supply: Supply, listener: Listener, record: TestRecord, parameters: Resets
) -> None:
    """A case that is open over power cuts stays one line: its first time is kept, its count never goes back."""
    lines = CauseLines(meter, listener, record, "case_opened", parameters.clock_tolerance_ns)
    before = lines.line()
    opened_utc_ns = case.open()
    listener.collect_until_quiet()
    line = lines.one("opened")
    lines.judge_count("opened", line, before, 1)
    if before is None:
        lines.judge_time("first time", line.first, opened_utc_ns)
    for cut in range(1, parameters.cuts + 1):
        back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
        record.judge_equal(f"cut {cut}: meter signs on again", int(back), 1, requirements=["LOG-1"])
        listener.collect_until_quiet()
        after = lines.one(f"cut {cut}")
        same = (after.first, after.standing) == (line.first, "active")
        record.judge_true(f"cut {cut}: first time kept, and active", same, requirements=["LOG-1"])
        # Found open at power-on may be a detection of its own, or not.
        record.judge(
            f"cut {cut}: detections more", after.count - line.count, "1", at_least=0, at_most=1, requirements=["LOG-1"]
        )
        line = after


@pytest.mark.requirements("LOG-1")
@pytest.mark.parameters(model=Burst)
def test_a_burst_overflows_nothing(
    meter: Meter, case: Case, listener: Listener, clock: Clock, record: TestRecord, parameters: Burst
) -> None:
    """Openings faster than the meter can report them: all are counted, and the last that is reported is true."""
    lines = CauseLines(meter, listener, record, "case_opened", 0)
    before = meter.security_log()
    next_ns = clock.now_ns()
    for _ in range(parameters.openings):
        for move in (case.open, case.close):
            move()
            next_ns += parameters.open_for_ns
            clock.sleep_ns(next_ns - clock.now_ns())
    clock.sleep_ns(parameters.settle_ns)
    told = listener.alerts_until_quiet()
    record.reading("alerts of the burst", len(told), "1")
    told.sort(key=lambda found: found.alert.log_sequence)
    openings = [found for found in told if listener.tells_of("case_opened", found)]
    record.judge(
        "openings reported", len(openings), "1", at_least=1, at_most=parameters.openings, requirements=["LOG-1"]
    )
    of_the_case = [found for found in told if found in openings or listener.tells_of("case_closed", found)]
    is_closed = bool(of_the_case) and listener.tells_of("case_closed", of_the_case[-1])
    record.judge_true("the last one reported of the case is the closing", is_closed, requirements=["LOG-1"])
    after = meter.security_log()
    case_code, dropped_code = listener.code_of("case_opened"), listener.code_of("events_dropped")
    was, line, dropped = before.find(case_code), lines.one("after the burst"), after.find(dropped_code)
    was_dropped = before.find(dropped_code)
    lost = (dropped.count if dropped else 0) - (was_dropped.count if was_dropped else 0)
    record.reading("events reported as dropped", lost, "1")
    record.judge(
        "openings counted, and dropped ones",
        line.count - (was.count if was else 0) + lost,
        "1",
        at_least=parameters.openings,
        at_most=parameters.openings + lost,  # what was dropped may have been closings
        requirements=["LOG-1"],
    )


@pytest.mark.requirements("LOG-1")
@pytest.mark.parameters(model=Pulses)
def test_repeated_fields_are_one_state(
    meter: Meter, magnet: Magnet, listener: Listener, clock: Clock, record: TestRecord, parameters: Pulses
) -> None:
    """A magnet that is brought again and again is one line, counted each time."""
    lines = CauseLines(meter, listener, record, "magnetic_field", parameters.clock_tolerance_ns)
    before = lines.line()
    steady = magnet.apply(parameters.field_mT, parameters.direction.vector)
    last_utc_ns = 0
    listener.collect(parameters.duration_ns)
    for _ in range(parameters.pulses - 1):
        magnet.off()
        listener.collect(parameters.duration_ns)
        last_utc_ns = magnet.step(steady)
        listener.collect(parameters.duration_ns)
    line = lines.one("with the field")
    lines.judge_count("with the field", line, before, parameters.pulses)
    lines.judge_time("last time", line.last, last_utc_ns)
    record.judge_true("with the field: active", line.standing == "active", requirements=["LOG-1"])
    magnet.off()
    listener.collect(parameters.duration_ns)
    line = lines.one("without it")
    record.judge_true("without it: over", line.standing == "ended", requirements=["LOG-1"])


@pytest.mark.requirements("LOG-3")
@pytest.mark.parameters(model=Codes)
def test_codes_are_exact_and_said_in_words(
    meter: Meter,
    mains: Mains,
    load: Load,
    shunt: Shunt,
    magnet: Magnet,
    listener: Listener,
    record: TestRecord,
    parameters: Codes,
) -> None:
    """Mismatch and magnet are reported under the catalogue's codes; the log says them in words and with these codes."""
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    shunt.close(parameters.mismatch_pct / 100, element=parameters.element)
    alert_of(parameters.mismatch_code, "mismatch", listener, record, "LOG-3")
    shunt.open()
    listener.collect_until_quiet()
    magnet.apply(parameters.field_mT, parameters.direction.vector)
    alert_of(parameters.magnetic_code, "magnetic interference", listener, record, "LOG-3")
    magnet.off()
    listener.collect_until_quiet()
    log = meter.security_log()
    for code, words in ((parameters.mismatch_code, "mismatch"), (parameters.magnetic_code, "magnet")):
        line = log.find(code)
        said = "" if line is None else line.text.lower()
        record.judge_true(f"log: a line with code {code:#04x}", line is not None, requirements=["LOG-3"])
        record.judge_true(f"log: code {code:#04x} in words, {said!r}", words in said, requirements=["LOG-3"])
    texts = [line.text for line in log.lines]
    record.judge_equal("log: lines with the text of another", len(texts) - len(set(texts)), 0, requirements=["LOG-3"])

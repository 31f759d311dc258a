"""Thresholds that a user may set take effect, outlast a power cut, and stay within what the requirement allows.

They are set at the diagnostic port, behind its password (INT-4), and put back as they were found.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.diagnostic_port import DiagnosticPort
from fixtures.limits import Limits, LimitSetting
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.supply import Supply
from fixtures.tilt import Tilt
from harness.evidence.record import TestRecord
from harness.measure.contact import Opening
from harness.measure.units import AngleDeg, DurationNs
from harness.plan.parameters import Parameters
from testplans.detection.tilting import Direction, install

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
NS_PER_MS = 1_000_000
STIMULUS_ATTEMPTS = 4
"""How often an opening is tried until it is what the requirement speaks of; attempts are all recorded."""


class SettableTilt(Parameters):
    """Each of ``thresholds`` is set; then a tilt nearest to ``margin`` below it, and one as far above it.

    Judged only if it surely lies from ``nearest`` to ``farthest`` from the threshold.
    """

    thresholds_deg: list[AngleDeg] = Field(min_length=1)
    margin_deg: AngleDeg = Field(gt=0)
    nearest_deg: AngleDeg = Field(gt=0)
    farthest_deg: AngleDeg
    directions: list[Direction] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class SettableDebounce(Parameters):
    """``debounce`` is set, in a storm too; openings of ``short`` give no event then, those of ``long`` one each.

    Judged are short ones, first edge to last, up to ``longest_short``, and long ones settled for ``shortest_long`` at
    least. Then the supply is away for ``off``; the meter signs on ``back_within``, and the debounce time is the same.
    """

    debounce_ns: DurationNs = Field(gt=0)
    short_ns: DurationNs
    longest_short_ns: DurationNs
    long_ns: DurationNs
    shortest_long_ns: DurationNs
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class NotAllowed(Parameters):
    """Each of ``refused`` (debounce, debounce in a storm, tilt, vibration, in ms, ms, degrees, ms) is refused.

    One of them in each lies outside of what the requirements allow. ``taken`` is one that they allow.
    """

    refused: list[list[int]] = Field(min_length=1)
    taken: list[int] = Field(min_length=4, max_length=4)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=SettableTilt)
def test_the_tilt_threshold_can_be_set(
    limits: LimitSetting,
    tilt: Tilt,
    case: Case,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: SettableTilt,
) -> None:
    """A tilt below the threshold that was set gives no event, one above it gives one, at both ends."""
    installed = install(tilt, case, listener, meter, record, "0/0", parameters.watch_ns)
    for threshold_deg in parameters.thresholds_deg:
        name = f"threshold {threshold_deg:g} deg"
        _set(limits, limits.changed(tilt_deg=round(threshold_deg)), listener, record, parameters.watch_ns)
        for direction in parameters.directions:
            for what, sign in (("below", -1), ("above", 1)):
                near, far = (threshold_deg + sign * by for by in (parameters.nearest_deg, parameters.farthest_deg))
                angle_deg, judged_deg = threshold_deg + sign * parameters.margin_deg, (min(near, far), max(near, far))
                seen = installed.seen_after_turn(direction, angle_deg, judged_deg, f"{name}, {direction}")
                wanted = int(what == "above")
                record.judge_equal(f"{name}, {direction}: events 'tilted' {what} it", seen.of("tilted"), wanted)
                record.judge_equal(f"{name}, {direction}: others {what} it", seen.other_than("tilted"), 0)
            installed.go_home()
            listener.collect_until_quiet()


@pytest.mark.requirements("SEAL-2", "SEAL-3")
@pytest.mark.parameters(model=SettableDebounce)
def test_the_debounce_time_can_be_set(
    limits: LimitSetting,
    case: Case,
    supply: Supply,
    listener: Listener,
    record: TestRecord,
    parameters: SettableDebounce,
) -> None:
    """Openings are debounced by the time that was set, from then on, and also after a power cut."""
    debounce_ms = parameters.debounce_ns // NS_PER_MS
    wanted = limits.changed(debounce_ms=debounce_ms, storm_debounce_ms=debounce_ms)
    _set(limits, wanted, listener, record, parameters.watch_ns)
    _judge_openings("set", case, listener, record, parameters)
    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_true("meter is back after the power cut", back, requirements=["SEAL-3"])
    record.judge_equal("events of the power cut", listener.collect_until_quiet().events, 0, requirements=["SEAL-3"])
    kept = limits.told() == wanted
    record.judge_true("after the power cut: thresholds told are those that were set", kept, requirements=["SEAL-3"])
    _judge_openings("after the power cut", case, listener, record, parameters)


@pytest.mark.requirements("INT-4", "SEAL-3", "TILT-1")
@pytest.mark.parameters(model=NotAllowed)
def test_thresholds_that_are_not_allowed_change_nothing(
    limits: LimitSetting,
    diagnostic_port: DiagnosticPort,
    listener: Listener,
    record: TestRecord,
    parameters: NotAllowed,
) -> None:
    """What no requirement allows is refused as a whole; nothing is taken without the password (INT-4)."""
    diagnostic_port.send(limits.line_of(Limits(*parameters.taken)))
    is_same = limits.told() == limits.found
    record.judge_true("set without a password: thresholds are as before", is_same, requirements=["INT-4"])
    for values in parameters.refused:
        asked = Limits(*values)
        limits.try_to_set(asked)
        is_same = limits.told() == limits.found
        record.judge_true(f"asked for {asked.as_text}: thresholds are as before", is_same)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("events", seen.events, 0, requirements=["INT-4"])
    changed = _set(limits, Limits(*parameters.taken), listener, record, parameters.watch_ns)
    record.judge_equal("allowed ones: events 'configuration changed'", changed, 1, requirements=["INT-4"])


def _set(limits: LimitSetting, wanted: Limits, listener: Listener, record: TestRecord, watch_ns: int) -> int:
    """Set thresholds: the meter takes them and says so. How often it reported that they were changed."""
    name = f"set {wanted.as_text}"
    listener.collect_until_quiet()
    limits.try_to_set(wanted)
    record.judge_true(f"{name}: told as set", limits.told() == wanted)
    seen = listener.collect(watch_ns)
    record.judge_equal(f"{name}: other events", seen.other_than("configuration_changed"), 0)
    return seen.of("configuration_changed")


def _judge_openings(
    when: str, case: Case, listener: Listener, record: TestRecord, parameters: SettableDebounce
) -> None:
    command_ns = case.trim_pulse(parameters.short_ns)
    short, seen_events = _opening(case, listener, command_ns, parameters, is_short=True)
    record.reading(f"{when}: short opening, first to last edge", short.envelope_ms, "ms")
    if short.envelope_ns + short.uncertainty_ns > parameters.longest_short_ns:
        record.inconclusive(f"{when}: the short opening was longer than {parameters.longest_short_ns / 1e6:g} ms")
    record.judge_equal(f"{when}: events of a short opening", seen_events, 0)
    long, seen_events = _opening(case, listener, case.trim_opening(parameters.long_ns), parameters, is_short=False)
    record.reading(f"{when}: long opening, settled", long.settled_ms, "ms")
    if long.settled_ns - long.uncertainty_ns < parameters.shortest_long_ns:
        record.inconclusive(f"{when}: the long opening was shorter than {parameters.shortest_long_ns / 1e6:g} ms")
    record.judge_equal(f"{when}: events of a long opening", seen_events, 1)


def _opening(
    case: Case, listener: Listener, command_ns: int, parameters: SettableDebounce, *, is_short: bool
) -> tuple[Opening, int]:
    """One opening as asked for, if it comes out within some attempts, and the events 'case opened' of it."""
    for _ in range(STIMULUS_ATTEMPTS):
        listener.collect(0)
        openings = case.pulse_train(command_ns, 0, 1)
        events = listener.collect(parameters.watch_ns).of("case_opened")
        found = openings[0]
        if is_short and found.envelope_ns + found.uncertainty_ns <= parameters.longest_short_ns:
            break
        if not is_short and found.settled_ns - found.uncertainty_ns >= parameters.shortest_long_ns:
            break
    return found, events

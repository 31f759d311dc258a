"""A storm of edges on the case switch's line: logged once, the meter stays responsive, its debounce adapts (SEAL-3)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.case_contact import CaseContact
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.contact import Opening
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
BEFORE_NS = 50_000_000
RESOLUTION_NS = 2_000
ENDLESS = 1_000_000
"""Openings: more than any test waits for."""
LATENCY = "case-open alert latency in a storm"


class Storm(Parameters):
    """The lead opens for half of each ``period``, for ``lasts``. ``over_within`` is the time for the storm's end."""

    period_ns: DurationNs = Field(gt=0)
    lasts_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    over_within_ns: DurationNs


class StormAgain(Storm):
    """``storms`` one after the other: each is a storm of its own."""

    storms: int = Field(default=1, ge=1)


class StormLatency(Storm):
    """``limit`` for the alert of a case that is opened in the storm; ``window`` reaches well beyond it."""

    limit_ns: DurationNs
    window_ns: DurationNs
    openings: int = Field(ge=1)


class AdaptiveDebounce(Storm):
    """Openings of ``pulse`` in the storm, which give no event, and of ``after`` when it is over, which do."""

    pulse_ns: DurationNs
    longest_ns: DurationNs
    gap_ns: DurationNs
    pulses: int = Field(ge=1, le=40)
    after_ns: DurationNs
    after_shortest_ns: DurationNs
    after_longest_ns: DurationNs


class ExactPulses(Parameters):
    """Openings without bounce: ``pulses`` of ``pulse``, each surely from ``shortest`` to ``longest``."""

    pulse_ns: DurationNs
    shortest_ns: DurationNs
    longest_ns: DurationNs
    gap_ns: DurationNs
    pulses: int = Field(ge=1, le=40)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class Reclosings(Parameters):
    """The contact is open for ``open`` and closed for ``closed`` in between, ``reclosings`` times.

    Judged only if each opening, as measured, leaves a closing of no more than ``longest``.
    """

    open_ns: DurationNs
    closed_ns: DurationNs = Field(gt=0)
    longest_ns: DurationNs
    reclosings: int = Field(ge=1, le=20)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("SEAL-3")
@pytest.mark.parameters(model=StormAgain)
def test_a_storm_is_logged_once_and_the_meter_answers(
    case_contact: CaseContact, listener: Listener, meter: Meter, record: TestRecord, parameters: StormAgain
) -> None:
    """A storm is one event, and its end one; in between the meter's optical port answers as ever."""
    for number in range(1, parameters.storms + 1):
        record.note(f"storm {number}")
        _judge_storm(case_contact, listener, meter, record, parameters)


def _judge_storm(
    case_contact: CaseContact, listener: Listener, meter: Meter, record: TestRecord, parameters: Storm
) -> None:
    _begin(case_contact, parameters)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("events 'edge storm'", seen.of("edge_storm"), 1)
    record.judge_equal("other events", seen.other_than("edge_storm"), 0)
    meter.read()
    record.note("the meter has read itself out in the storm")
    seen = listener.collect(parameters.lasts_ns)
    record.judge_equal("events while the storm goes on", seen.events, 0)
    case_contact.stop()
    seen = listener.collect(parameters.over_within_ns)
    record.judge_equal("events 'edge storm gone'", seen.of("edge_storm_gone"), 1)
    record.judge_equal("other events after it", seen.other_than("edge_storm_gone"), 0)


@pytest.mark.requirements("SEAL-3", "COM-1")
@pytest.mark.parameters(model=StormLatency)
def test_an_opening_in_a_storm_is_reported_in_time(
    case_contact: CaseContact,
    case: Case,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: StormLatency,
) -> None:
    """The alert of a case that is opened in the middle of a storm is on the wire in time."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1", "SEAL-3"])
    measured = []
    for number in range(1, parameters.openings + 1):
        _begin(case_contact, parameters)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"opening {number}: storm noticed", seen.of("edge_storm"), 1, requirements=["SEAL-3"])
        scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        case.open()
        received = listener.first("case_opened", parameters.window_ns)
        measured.append(scope.case_latency(received, f"opening {number}", listener.passed_over))
        case_contact.stop()
        case.close()
        clock.sleep_ns(parameters.over_within_ns)
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, parameters.openings)


@pytest.mark.requirements("SEAL-3")
@pytest.mark.parameters(model=AdaptiveDebounce)
def test_the_debounce_is_longer_in_a_storm_and_back_after_it(
    case_contact: CaseContact, listener: Listener, record: TestRecord, parameters: AdaptiveDebounce
) -> None:
    """In a storm openings up to 0.8 of the longer debounce time give no event; after it the ordinary time holds."""
    _begin(case_contact, parameters)
    seen = listener.collect(parameters.lasts_ns)
    record.judge_equal("events 'edge storm'", seen.of("edge_storm"), 1)
    openings = case_contact.pulses(parameters.pulse_ns, parameters.gap_ns, parameters.pulses)
    _check(openings, parameters.pulses, 0, parameters.longest_ns, record)
    seen = listener.collect(parameters.over_within_ns)
    for event in ("case_opened", "case_closed"):
        record.judge_equal(f"events '{event}' in the storm", seen.of(event), 0)
    record.judge_equal("events 'edge storm gone'", seen.of("edge_storm_gone"), 1)
    openings = case_contact.pulses(parameters.after_ns, parameters.gap_ns, 1)
    seen = listener.collect(parameters.watch_ns)
    _check(openings, 1, parameters.after_shortest_ns, parameters.after_longest_ns, record)
    record.judge_equal("events 'case opened' after the storm", seen.of("case_opened"), 1)


@pytest.mark.requirements("SEAL-2")
@pytest.mark.parameters(model=ExactPulses)
def test_openings_without_bounce_just_below_the_debounce_give_no_event(
    case_contact: CaseContact, case: Case, listener: Listener, record: TestRecord, parameters: ExactPulses
) -> None:
    """Openings of nearly 0.8 of the debounce time give no event, also where all of it is settled."""
    openings = case_contact.pulses(parameters.pulse_ns, parameters.gap_ns, parameters.pulses)
    seen = listener.collect(parameters.watch_ns)
    _check(openings, parameters.pulses, parameters.shortest_ns, parameters.longest_ns, record)
    record.judge_equal("events", seen.events, 0)
    case.open()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a lasting opening", seen.of("case_opened"), 1)
    case.close()


@pytest.mark.requirements("SEAL-2")
@pytest.mark.parameters(model=Reclosings)
def test_a_case_that_closes_for_a_moment_is_still_open(
    case_contact: CaseContact, listener: Listener, record: TestRecord, parameters: Reclosings
) -> None:
    """An open case whose contact closes for less than 0.8 of the debounce time stays open: no closing, no opening."""
    shortest_ns = parameters.open_ns - (parameters.longest_ns - parameters.closed_ns)
    openings = case_contact.pulses(parameters.open_ns, parameters.closed_ns, parameters.reclosings + 1)
    seen = listener.collect(parameters.watch_ns)
    _check(openings, parameters.reclosings + 1, shortest_ns, parameters.open_ns + parameters.closed_ns, record)
    record.judge_equal("events 'case opened'", seen.of("case_opened"), 1)
    record.judge_equal("events 'case closed'", seen.of("case_closed"), 1)
    record.judge_equal("other events", seen.other_than("case_opened") - seen.of("case_closed"), 0)


def _begin(case_contact: CaseContact, parameters: Storm) -> None:
    case_contact.start(parameters.period_ns // 2, parameters.period_ns, ENDLESS)


def _check(openings: list[Opening], count: int, shortest_ns: int, longest_ns: int, record: TestRecord) -> None:
    """No verdict on openings that are not what the requirement speaks of."""
    for number, opening in enumerate(openings, 1):
        record.reading(f"opening {number}: settled open", opening.settled_ms, "ms", to_last_edge_ms=opening.envelope_ms)
    good = [
        one
        for one in openings
        if shortest_ns <= one.settled_ns - one.uncertainty_ns and one.envelope_ns + one.uncertainty_ns <= longest_ns
    ]
    if len(openings) != count or len(good) != count:
        record.inconclusive(
            f"{len(good)} of {len(openings)} openings were settled from {shortest_ns / 1e6:g} ms and over within "
            f"{longest_ns / 1e6:g} ms; expected {count}"
        )

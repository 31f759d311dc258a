"""The physical seal: the case switch is detected, debounced and reported (SEAL-1, SEAL-2)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from harness.evidence.record import TestRecord
from harness.measure.contact import Opening
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

STIMULUS_ATTEMPTS = 6
"""How often a train is tried until every pulse is what the requirement speaks of; attempts are all recorded."""


LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class OpeningAndClosing(Parameters):
    """``watch`` is how long alerts are waited for after each movement of the case."""

    openings: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class ShortPulses(Parameters):
    """Trains of ``pulses`` openings of ``pulse`` each, ``gap`` apart.

    Only a train is judged in which every opening, first edge to last, lasts from ``shortest`` to ``longest``: a
    longer one may trip the meter, and a shorter one asks less of it than the requirement does.
    """

    pulse_ns: DurationNs
    shortest_ns: DurationNs
    longest_ns: DurationNs
    gap_ns: DurationNs
    pulses: int = Field(ge=1, le=40)
    trains: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class LongOpenings(Parameters):
    """Openings of ``opening`` each; judged are those in which the contact is settled open from ``shortest`` to
    ``longest``: a longer one would also trip a meter whose debounce time is too long."""

    opening_ns: DurationNs
    shortest_ns: DurationNs
    longest_ns: DurationNs
    openings: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class LastingOpening(Parameters):
    """The case stays open for ``hold`` and closed for as long; alerts count all that time."""

    hold_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("SEAL-1")
@pytest.mark.parameters(model=OpeningAndClosing)
def test_opening_and_closing_are_each_reported(
    case: Case, listener: Listener, record: TestRecord, parameters: OpeningAndClosing
) -> None:
    """Opening the case is detected and reported, and closing it again as restoration.

    How often is SEAL-2's question; here it counts that each movement is told, and told as what it was.
    """
    for number in range(1, parameters.openings + 1):
        case.open()
        seen = listener.collect(parameters.watch_ns)
        name = f"opening {number}: events 'case opened'"
        record.judge(name, seen.of("case_opened"), "1", at_least=1, requirements=["SEAL-1"])
        case.close()
        seen = listener.collect(parameters.watch_ns)
        name = f"closing {number}: events 'case closed'"
        record.judge(name, seen.of("case_closed"), "1", at_least=1, requirements=["SEAL-1"])


@pytest.mark.requirements("SEAL-2")
@pytest.mark.parameters(model=ShortPulses)
def test_openings_below_the_debounce_give_no_event(
    case: Case, listener: Listener, record: TestRecord, parameters: ShortPulses
) -> None:
    """Openings shorter than 0.8 of the debounce time give no event, alone or in trains."""
    command_ns = case.trim_pulse(parameters.pulse_ns)
    judged = 0
    shown: list[Opening] = []
    for attempt in range(1, parameters.trains + STIMULUS_ATTEMPTS):
        openings = case.pulse_train(command_ns, parameters.gap_ns, parameters.pulses)
        seen = listener.collect(parameters.watch_ns)
        if not _all_as_asked(openings, parameters, record, attempt):
            command_ns = case.correct(command_ns, parameters.pulse_ns, [one.envelope_ns for one in openings])
            record.note(f"train {attempt}: not the stimulus asked for, so not judged; {seen.events} events came")
            continue
        judged += 1
        record.judge_equal(f"train {attempt}: events", seen.events, 0, requirements=["SEAL-2"])
        shown += openings
        if judged == parameters.trains:
            _record_how_much_was_shown(shown, record)
            _show_that_it_was_not_deaf(case, listener, record, parameters.watch_ns)
            return
    record.inconclusive(
        f"only {judged} of {parameters.trains} trains had every opening between "
        f"{parameters.shortest_ns / 1e6:g} ms and {parameters.longest_ns / 1e6:g} ms; "
        "the bench's relay timing is too coarse for this pulse",
        ["SEAL-2"],
    )


def _record_how_much_was_shown(openings: list[Opening], record: TestRecord) -> None:
    """A debounce time counts from where the contact has settled; that part is shorter than the opening by its bounce.

    So a meter whose debounce time is a little above this value was not told from one with the full 50 ms.
    """
    longest = max(openings, key=lambda opening: opening.settled_ns)
    record.reading(
        "longest settled opening without an event",
        longest.settled_ms,
        "ms",
        first_to_last_edge_ms=longest.envelope_ms,
        uncertainty_ms=longest.uncertainty_ns / 1e6,
    )


def _show_that_it_was_not_deaf(case: Case, listener: Listener, record: TestRecord, watch_ns: int) -> None:
    """Positive control: silence counts only of a meter that still reports a real opening after it."""
    case.open()
    seen = listener.collect(watch_ns)
    record.judge_equal("control: events of a lasting opening", seen.of("case_opened"), 1, requirements=["SEAL-2"])
    case.close()


def _all_as_asked(openings: list[Opening], parameters: ShortPulses, record: TestRecord, attempt: int) -> bool:
    for number, opening in enumerate(openings, 1):
        record.reading(f"train {attempt}: opening {number}, first to last edge", opening.envelope_ms, "ms")
    return len(openings) == parameters.pulses and all(
        parameters.shortest_ns <= opening.envelope_ns - opening.uncertainty_ns
        and opening.envelope_ns + opening.uncertainty_ns <= parameters.longest_ns
        for opening in openings
    )


@pytest.mark.requirements("SEAL-2")
@pytest.mark.parameters(model=LongOpenings)
def test_openings_above_the_debounce_give_one_event_each(
    case: Case, listener: Listener, record: TestRecord, parameters: LongOpenings
) -> None:
    """Openings longer than 1.2 times the debounce time give exactly one event each."""
    command_ns = case.trim_opening(parameters.opening_ns)
    judged = 0
    for attempt in range(1, parameters.openings + STIMULUS_ATTEMPTS):
        listener.collect(0)
        openings = case.pulse_train(command_ns, 0, 1)
        seen = listener.collect(parameters.watch_ns)
        for opening in openings:
            record.reading(f"opening {attempt}: settled open", opening.settled_ms, "ms")
        if not _is_as_asked(openings, parameters):
            command_ns = case.correct(command_ns, parameters.opening_ns, [one.settled_ns for one in openings])
            record.note(f"opening {attempt}: not the stimulus asked for, so not judged; {seen.events} events came")
            continue
        judged += 1
        record.judge_equal(
            f"opening {attempt}: events 'case opened'", seen.of("case_opened"), 1, requirements=["SEAL-2"]
        )
        record.judge_equal(
            f"opening {attempt}: other events", seen.other_than("case_opened"), 1, requirements=["SEAL-2"]
        )
        if judged == parameters.openings:
            return
    record.inconclusive(
        f"only {judged} of {parameters.openings} openings were settled for "
        f"{parameters.shortest_ns / 1e6:g} ms to {parameters.longest_ns / 1e6:g} ms",
        ["SEAL-2"],
    )


def _is_as_asked(openings: list[Opening], parameters: LongOpenings) -> bool:
    return len(openings) == 1 and (
        parameters.shortest_ns <= openings[0].settled_ns - openings[0].uncertainty_ns
        and openings[0].settled_ns + openings[0].uncertainty_ns <= parameters.longest_ns
    )


@pytest.mark.requirements("SEAL-2")
@pytest.mark.parameters(model=LastingOpening)
def test_a_case_left_open_gives_one_event(
    case: Case, listener: Listener, record: TestRecord, parameters: LastingOpening
) -> None:
    """An opening gives exactly one event however long it lasts, and so does the closing after it."""
    case.open()
    seen = listener.collect(parameters.hold_ns)
    record.judge_equal("left open: events 'case opened'", seen.of("case_opened"), 1, requirements=["SEAL-2"])
    record.judge_equal("left open: other events", seen.other_than("case_opened"), 0, requirements=["SEAL-2"])
    case.close()
    seen = listener.collect(parameters.hold_ns)
    record.judge_equal("left closed: events", seen.events, 1, requirements=["SEAL-2"])

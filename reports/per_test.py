"""One test as the report shows it: verdict, judgements, drawings, alerts, what was done, errors and traffic."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence.model import Alert, Declared, Failure, Judgement, Note, Started
from harness.evidence.reader import Attempt, Run, RunTest
from harness.evidence.replay_id import make_replay_id
from reports import figures, rows
from reports.figures import Chosen, Drawing
from reports.inputs import NOT_RECORDED, Inputs
from reports.matrix import is_unfinished
from reports.quantities import duration, number, scale_for
from reports.words import UNFINISHED, Shown, show

MOST_JUDGEMENTS = 150
MOST_READINGS = 60
MOST_ALERTS = 60
MOST_NOTES = 80
MOST_CHARACTERS = 240
MOST_NOTE_CHARACTERS = 2000
_RUNNER = ("_pytest/", "pluggy/")
_ALL_TRAFFIC_LINES = 3000
_TRAFFIC_LINES = (12, 90)


@dataclass(frozen=True)
class ErrorRow:
    """What stopped a test. ``frames`` begin at the test; ``runner_frames`` of pytest before it are left out."""

    at: str
    error: str
    message: str
    frames: tuple[str, ...]
    runner_frames: int


@dataclass(frozen=True)
class SeriesPage:
    """Readings of one name: a drawing if there are enough, and rows."""

    name: str
    unit: str
    rows: tuple[tuple[str, str, str], ...]
    more: int
    drawing: Drawing | None
    not_drawn: bool
    """Whether there is a drawing to be made that found no room in this report."""


@dataclass(frozen=True)
class AttemptPage:
    """One attempt at a test."""

    number: int
    folder: str
    shown: Shown
    cut: str
    reason: str
    not_taken: tuple[str, ...]
    judgements: tuple[rows.Row, ...]
    more_judgements: int
    series: tuple[SeriesPage, ...]
    acquisitions: tuple[Drawing, ...]
    more_acquisitions: int
    alerts: tuple[rows.AlertRow, ...]
    more_alerts: int
    notes: tuple[tuple[str, str], ...]
    more_notes: int
    errors: tuple[ErrorRow, ...]
    traffic: tuple[rows.Channel, ...]


@dataclass(frozen=True)
class TestPage:
    """A test of the plan with all attempts at it; ``number`` is its place in the plan."""

    __test__ = False  # pytest would take the class for a test by its name

    number: int
    anchor: str
    test_id: str
    title: str
    required: bool
    shown: Shown
    requirements: tuple[str, ...]
    replay_id: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    attempts: tuple[AttemptPage, ...]


def build_tests(run: Run, inputs: Inputs) -> list[TestPage]:
    """Every test of the plan, in its order."""
    allowance = _Allowance(run)
    return [_test(run, inputs, test, place, allowance) for place, test in enumerate(run.tests, 1)]


class _Allowance:
    """What the whole report may still show: drawings, and lines of traffic per channel."""

    def __init__(self, run: Run) -> None:
        self.chosen: dict[str, Chosen] = figures.choose_acquisitions(run)
        self.left = figures.MOST_HISTOGRAMS
        least, most = _TRAFFIC_LINES
        self.traffic_lines = min(most, max(least, _ALL_TRAFFIC_LINES // max(1, len(run.tests))))

    def histogram(self, series: rows.Series, figure_id: str) -> Drawing | None:
        if not series.drawn or self.left == 0:
            return None
        self.left -= 1
        return figures.draw_histogram(series, figure_id)


def _test(run: Run, inputs: Inputs, test: RunTest, place: int, allowance: _Allowance) -> TestPage:
    planned = test.planned
    touched = list(planned.requirements)
    for attempt in test.attempts:
        for entry in attempt.entries:
            if isinstance(entry.body, (Judgement, Declared)):
                touched += entry.body.requirements
    return TestPage(
        number=place,
        anchor=f"test-{place}",
        test_id=planned.test_id,
        title=planned.title,
        required=planned.required,
        shown=_shown(test),
        requirements=tuple(dict.fromkeys(touched)),
        replay_id=_replay_id(run, test),
        method=inputs.method(planned.test_id),
        parameters=tuple(sorted(inputs.parameters(planned.test_id).items())),
        attempts=tuple(
            _attempt(run, attempt, f"test-{place}-{attempt.number}", allowance) for attempt in test.attempts
        ),
    )


def _shown(test: RunTest) -> Shown:
    """The test's verdict; a last attempt without an end is called unfinished, unless a limit was missed before."""
    return UNFINISHED if is_unfinished(test) else show(test.verdict)


def _replay_id(run: Run, test: RunTest) -> str:
    for attempt in test.attempts:
        if attempt.entries and isinstance(attempt.entries[0].body, Started):
            return attempt.entries[0].body.replay_id
    return str(make_replay_id(run.header, test.planned.test_id))


def _attempt(run: Run, attempt: Attempt, anchor: str, allowance: _Allowance) -> AttemptPage:
    entries = attempt.entries
    chosen = allowance.chosen[attempt.folder]
    judged = [(entry.at_ns, entry.body) for entry in entries if isinstance(entry.body, Judgement)]
    kept, more_judgements = rows.shorten_judgements(judged, MOST_JUDGEMENTS)
    alerts = [(entry, entry.body) for entry in entries if isinstance(entry.body, Alert)]
    notes = [(duration(entry.at_ns), entry.body.text) for entry in entries if isinstance(entry.body, Note)]
    ended = attempt.ended
    return AttemptPage(
        number=attempt.number,
        folder=attempt.folder,
        shown=UNFINISHED if ended is None and attempt.verdict.value == "aborted" else show(attempt.verdict),
        cut=attempt.cut,
        reason=ended.reason if ended else "the record has no end: the run was killed, or is still going on",
        not_taken=ended.not_taken if ended else _not_judged(attempt),
        judgements=tuple(rows.judgement_row(at_ns, judgement) for at_ns, judgement in kept),
        more_judgements=more_judgements,
        series=tuple(
            _series(series, f"{anchor}-h{place}", allowance)
            for place, series in enumerate(rows.group_readings(entries), 1)
        ),
        acquisitions=tuple(
            figures.draw_acquisition(run, attempt, one, f"{anchor}-w{one.number}") for one in chosen.drawn
        ),
        more_acquisitions=chosen.total - len(chosen.drawn),
        alerts=tuple(rows.alert_row(entry, alert) for entry, alert in alerts[:MOST_ALERTS]),
        more_alerts=max(0, len(alerts) - MOST_ALERTS),
        notes=tuple((at, text[:MOST_NOTE_CHARACTERS]) for at, text in notes[:MOST_NOTES]),
        more_notes=max(0, len(notes) - MOST_NOTES),
        errors=tuple(_error_row(entry.at_ns, body) for entry in entries if isinstance(body := entry.body, Failure)),
        traffic=tuple(rows.collapse_traffic(entries, allowance.traffic_lines, MOST_CHARACTERS)),
    )


def _error_row(at_ns: int, failure: Failure) -> ErrorRow:
    frames = tuple(frame for frame in failure.frames if not frame.startswith(_RUNNER))
    message = failure.message[:MOST_NOTE_CHARACTERS]
    return ErrorRow(duration(at_ns), failure.error, message, frames, len(failure.frames) - len(frames))


def _not_judged(attempt: Attempt) -> tuple[str, ...]:
    judged = {judgement.name for judgement in attempt.judgements}
    declared = [entry.body.name for entry in attempt.entries if isinstance(entry.body, Declared)]
    return tuple(name for name in declared if name not in judged)


def _series(series: rows.Series, figure_id: str, allowance: _Allowance) -> SeriesPage:
    scale = scale_for(series.unit, series.values)
    shown = []
    for entry, reading in series.readings[:MOST_READINGS]:
        value = reading.reason or NOT_RECORDED if reading.value is None else number(reading.value, scale)
        shown.append((duration(entry.at_ns), value, rows.facts_text(sorted(reading.facts.items()))))
    drawing = allowance.histogram(series, figure_id)
    more = len(series.readings) - len(shown)
    return SeriesPage(series.name, scale.sign, tuple(shown), more, drawing, series.drawn and drawing is None)

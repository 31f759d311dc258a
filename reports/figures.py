"""Which drawings a report has, within what a page can carry, and making them.

Failing acquisitions come before the worst and the first ones; a record with more of them than fit is not cut in
silence: each test says how many of its acquisitions are in the record only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from harness.evidence.errors import EvidenceError
from harness.evidence.model import Ended, Entry, WaveformEntry
from harness.evidence.reader import Attempt, Run
from harness.measure.errors import MeasureError
from harness.measure.verdict import Verdict
from harness.measure.waveform import Waveform
from reports import acquisitions, histogram_figure, waveform_figure
from reports.acquisitions import Acquisition
from reports.errors import FigureError
from reports.quantities import quantity, scale_for
from reports.rows import Series

MOST_ACQUISITIONS = 20
MOST_PER_ATTEMPT = 5
MOST_HISTOGRAMS = 12
"""A drawing takes about 10 ms and 60 KB, and half a page of paper; with these a report stays within 3 MB."""


@dataclass(frozen=True)
class Drawing:
    """A drawing with its anchor, its caption and its words for those who can't see it; ``svg`` None: ``problem``."""

    figure_id: str
    caption: str
    description: str
    svg: Markup | None
    problem: str = ""


@dataclass(frozen=True)
class Chosen:
    """What of an attempt's acquisitions is drawn."""

    drawn: tuple[Acquisition, ...]
    total: int


def choose_acquisitions(run: Run) -> dict[str, Chosen]:
    """Per attempt's folder: which acquisitions are drawn, within the budget of the whole report."""
    wanted: list[tuple[int, int, str, Acquisition]] = []
    totals: dict[str, int] = {}
    for place, test in enumerate(run.tests):
        for attempt in test.attempts:
            found = acquisitions.group(attempt.entries)
            totals[attempt.folder] = len(found)
            worth = acquisitions.choose(found, attempt.judgements, stopped=_stopped(attempt))
            best = sorted(worth, key=lambda one: (one.priority(), one.number))[:MOST_PER_ATTEMPT]
            wanted += [(one.priority(), place, attempt.folder, one) for one in best]
    wanted.sort(key=lambda item: (item[0], item[1], item[3].number))
    kept = wanted[:MOST_ACQUISITIONS]
    return {
        folder: Chosen(
            tuple(sorted((one for _, _, owner, one in kept if owner == folder), key=lambda one: one.number)), total
        )
        for folder, total in totals.items()
    }


def draw_acquisition(run: Run, attempt: Attempt, one: Acquisition, figure_id: str) -> Drawing:
    """One acquisition; what can't be read or drawn is said in its place."""
    caption = f"Acquisition {one.number}: {one.title}. Shown as {'; '.join(one.why)}."
    values = ", ".join(
        f"{reading.name} {quantity(reading.value, reading.unit)}"
        for reading in one.readings
        if reading.value is not None
    )
    if values:
        caption += f" Read from it: {values}."
    try:
        channels = [_named(run.waveform(attempt, entry), entry) for entry in one.waveforms]
        svg, description = waveform_figure.draw(channels, one.cursors, figure_id, one.title)
    except (EvidenceError, MeasureError, FigureError) as error:
        return Drawing(figure_id, caption, "", None, _without_machine_path(str(error), run))
    return Drawing(figure_id, caption, description, svg)


def draw_histogram(series: Series, figure_id: str) -> Drawing:
    """A series of readings with the limits of the judgement of the same name."""
    judgement = series.judgement
    limits = None
    if judgement is not None:
        limits = histogram_figure.Limits(
            judgement.at_least, judgement.at_most, judgement.accept_at_least, judgement.accept_at_most
        )
    scale = scale_for(series.unit, [*series.values, *(limits.all() if limits else [])])
    caption = f"{series.name}: {len(series.values)} readings"
    missing = len(series.readings) - len(series.values)
    if missing:
        caption += f", {missing} more without a number"
    caption += ", with the limits of the judgement of this name." if limits else "; not judged."
    try:
        svg, description = histogram_figure.draw(series.values, limits, scale, figure_id, series.name)
    except FigureError as error:
        return Drawing(figure_id, caption, "", None, str(error))
    return Drawing(figure_id, caption, description, svg)


def _named(waveform: Waveform, entry: WaveformEntry) -> Waveform:
    """The waveform under the name that the test gave it, with the instrument's channel if the name lacks it."""
    if entry.channel_label in entry.name:
        return replace(waveform, channel_label=entry.name)
    return replace(waveform, channel_label=f"{entry.name} ({entry.channel_label})")


def _stopped(attempt: Attempt) -> bool:
    return attempt.verdict in {Verdict.ERROR, Verdict.ABORTED, Verdict.FAIL} or not _has_end(attempt.entries)


def _has_end(entries: tuple[Entry, ...]) -> bool:
    return bool(entries) and isinstance(entries[-1].body, Ended)


def _without_machine_path(text: str, run: Run) -> str:
    """Errors name files by their place on this machine; the report by their place in the record."""
    return text.replace(f"{run.path}/", "")

"""How long alerts took, over the whole run: each cause and corner on one scale, and where the time of one went (COM-1).

A latency is a judged value in ms with an upper limit and "latency" in its name. What stands beside it (mean, standard
deviation, what the longest covers) are the readings that the test entered under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.model import Judgement
from harness.evidence.reader import Run
from reports import latency_figure
from reports.figures import Drawing
from reports.matrix import is_unfinished
from reports.quantities import NARROW_SPACE, number, places_for, scale_for
from reports.rows import Series, group_readings
from reports.words import UNFINISHED, Shown, show

PARTS = ("sensor", "decision", "signature", "queue", "line")
"""In the order they come in, see ``harness.measure.latency_parts``."""
FEWEST_TO_TELL = 5
"""Repeats from which the terminal says what they bound: half of all latencies at least."""
_COVERED = "at least"
_BOUND = re.compile(r": upper confidence bound for ([0-9.]+) % of ")


@dataclass(frozen=True)
class LatencyRow:
    """One judged latency of one test."""

    number: int
    anchor: str
    test_id: str
    name: str
    count: int
    longest: str
    uncertainty: str
    mean: str
    deviation: str
    covered: str
    bound: str
    """95 % upper confidence bound in ms, with what it was measured by on top."""
    bounded: str
    """The share of all such latencies that it bounds."""
    limit: str
    shown: Shown


@dataclass(frozen=True)
class PartsRow:
    """One latency taken apart; ``parts`` are in ms, in the order of ``PARTS``, empty where there is none."""

    number: int
    anchor: str
    name: str
    parts: tuple[str, ...]
    whole: str


@dataclass(frozen=True)
class Latencies:
    """All of a run; no rows where no latency was judged."""

    rows: tuple[LatencyRow, ...]
    parts: tuple[PartsRow, ...]
    part_names: tuple[str, ...]
    drawing: Drawing | None


def build_latencies(run: Run) -> Latencies:
    """From the last attempt of each test."""
    rows: list[LatencyRow] = []
    parts: list[PartsRow] = []
    strips: list[latency_figure.Strip] = []
    for place, test in enumerate(run.tests, start=1):
        if not test.attempts:
            continue
        entries = test.attempts[-1].entries
        series = {one.name: one for one in group_readings(entries) if one.unit == "ms"}
        shares = {one.name: one for one in group_readings(entries) if one.unit == "%"}
        anchor = f"test-{place}"
        for judgement in _latencies([entry.body for entry in entries]):
            values = series[judgement.name].values if judgement.name in series else []
            values = values or ([] if judgement.value is None else [judgement.value])
            row = _row(place, test.planned.test_id, judgement, values, series, shares)
            rows.append(row if not is_unfinished(test) else _unfinished(row))
            if values:
                strips.append(latency_figure.Strip(str(place), tuple(values), judgement.at_most or 0.0))
            apart = [series.get(f"{judgement.name}: {part}") for part in PARTS]
            if any(apart):
                parts.append(PartsRow(place, anchor, judgement.name, tuple(map(_only, apart)), _together(apart)))
    return Latencies(tuple(rows), tuple(parts), PARTS, latency_figure.draw(strips) if strips else None)


def latency_lines(latencies: Latencies) -> list[str]:
    """Each latency in a line for the terminal: the longest, and what the repeats bound."""
    tests = [row.test_id for row in latencies.rows]
    lines = []
    for row in latencies.rows:
        what = row.test_id if tests.count(row.test_id) == 1 else f"{row.test_id}, {row.name}"
        bound = f"; {row.bounded} of all up to {row.bound} ms (95 % confidence)" if row.count >= FEWEST_TO_TELL else ""
        lines.append(f"{what}: longest {row.longest} ms of {row.count}, limit {row.limit} ms{bound}")
    return lines


def _latencies(bodies: Sequence[object]) -> list[Judgement]:
    """The last judgement of each name."""
    found = {
        body.name: body
        for body in bodies
        if isinstance(body, Judgement) and body.unit == "ms" and body.at_most is not None and "latency" in body.name
    }
    return list(found.values())


def _row(
    place: int,
    test_id: str,
    judgement: Judgement,
    values: Sequence[float],
    series: dict[str, Series],
    shares: dict[str, Series],
) -> LatencyRow:
    scale = scale_for("ms", [judgement.value, judgement.at_most])
    places = places_for(judgement.uncertainty, scale)
    longest = number(judgement.value, scale, places=places, limits=(judgement.at_most, judgement.accept_at_most))
    covered = next((one for name, one in shares.items() if _is_coverage(name, judgement.name)), None)
    bounded, bound = _bound(judgement.name, series)
    return LatencyRow(
        number=place,
        anchor=f"test-{place}",
        test_id=test_id,
        name=judgement.name,
        count=len(values),
        longest=f"more than {longest}" if judgement.lower_bound and judgement.value is not None else longest,
        uncertainty=f"{judgement.uncertainty:.2g}",
        mean=_only(series.get(f"{judgement.name}: mean")),
        deviation=_only(series.get(f"{judgement.name}: standard deviation")),
        covered=f"{covered.values[0]:.1f} %" if covered is not None and covered.values else "",
        bound=bound,
        bounded=bounded,
        limit=number(judgement.at_most, scale),
        shown=show(judgement.verdict),
    )


def _is_coverage(name: str, judged: str) -> bool:
    return name.startswith(f"{judged}: share of ") and name.endswith(_COVERED)


def _bound(judged: str, series: dict[str, Series]) -> tuple[str, str]:
    """The share and the bound, as words; both empty where the test entered none."""
    for name, one in series.items():
        found = _BOUND.match(name, len(judged)) if name.startswith(judged) else None
        if found is not None and one.values:
            return f"{found[1]}{NARROW_SPACE}%", _ms(one.values[-1])
    return "", ""


def _unfinished(row: LatencyRow) -> LatencyRow:
    return LatencyRow(**{**vars(row), "shown": UNFINISHED})


def _only(series: Series | None) -> str:
    return "" if series is None or not series.values else _ms(series.values[-1])


def _together(parts: Sequence[Series | None]) -> str:
    return _ms(sum(one.values[-1] for one in parts if one is not None and one.values))


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"

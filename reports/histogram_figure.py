"""Drawing repeated values: where they lie against the limit with its guard band, and how they are spread."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports import svg
from reports.errors import FigureError
from reports.quantities import Scale, number
from reports.svg import Panel

_WIDTH, _LEFT, _RIGHT, _TOP = 604.8, 45.0, 596.0, 20.0
_STROKES, _GAP, _SPREAD, _BOTTOM = 42.0, 44.0, 96.0, 33.0
_MOST_BINS = 24
_FEWEST_BINS = 5


@dataclass(frozen=True)
class Limits:
    """The limits of the judgement of the same name and the acceptance limits its rule made of them."""

    at_least: float | None = None
    at_most: float | None = None
    accept_at_least: float | None = None
    accept_at_most: float | None = None

    def all(self) -> list[float]:
        """Every limit there is."""
        every = (self.at_least, self.at_most, self.accept_at_least, self.accept_at_most)
        return [limit for limit in every if limit is not None]


def bin_edges(values: Sequence[float]) -> list[float]:
    """Equal bins over the values' range, about the square root of their number; one bin if all are the same."""
    low, high = min(values), max(values)
    if math.isclose(low, high, rel_tol=1e-12, abs_tol=0.0):
        half = 0.05 * abs(low) or 0.5
        return [low - half, high + half]
    count = max(_FEWEST_BINS, min(_MOST_BINS, math.ceil(2 * math.sqrt(len(values)))))
    return [low + (high - low) * part / count for part in range(count + 1)]


def draw(
    values: Sequence[float], limits: Limits | None, scale: Scale, figure_id: str, title: str
) -> tuple[Markup, str]:
    """The drawing and its description in words."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        raise FigureError(f"{title}: no value is a number, nothing to draw")
    shown = [float(scale.shown(value)) for value in finite]
    panels: list[Panel] = []
    top = _TOP
    if limits and limits.all():
        panels.append(_against_limits(shown, limits, scale, top))
        top += _STROKES + _GAP
    panels.append(_spread(shown, svg.label(f"{title}, {scale.sign or 'count'}"), top))
    description = _describe(finite, limits, scale, title)
    height = top + _SPREAD + _BOTTOM
    return svg.to_svg(panels, _WIDTH, height, figure_id, title, description), description


def _against_limits(shown: Sequence[float], limits: Limits, scale: Scale, top: float) -> Panel:
    """All values as strokes on one line that reaches to the limits, the guard band hatched."""
    marks = [float(scale.shown(limit)) for limit in limits.all()]
    low, high = min([*shown, *marks]), max([*shown, *marks])
    # Zero is kept in view where it is near, so that the distance to a limit is seen in proportion.
    if 0 <= low < 0.9 * high:
        low = 0.0
    pad = 0.06 * (high - low or abs(high) or 1.0)
    panel = Panel(_LEFT, top, _RIGHT - _LEFT, _STROKES, (low - pad * (low != 0.0), high + pad), (0.0, 1.0))
    for limit, accept, outside in (
        (limits.at_least, limits.accept_at_least, -1),
        (limits.at_most, limits.accept_at_most, 1),
    ):
        if limit is None:
            continue
        at = float(scale.shown(limit))
        panel.band(at, panel.x[1 if outside > 0 else 0], svg.GRID)
        if accept is not None and accept != limit:
            inner = float(scale.shown(accept))
            panel.band(at, inner, svg.HATCH)
            panel.upright(inner, svg.ACCEPT, 1.0, "3 2")
        panel.upright(at, svg.LIMIT, 1.6)
        panel.name(at, "limit", svg.LIMIT, on_left=outside > 0)
    for value in shown:
        panel.upright(value, svg.SIGNAL, 0.9, part=0.5)
    panel.axes("each value against the limit (hatched: guard band; shaded: beyond the limit)", y_marks=0)
    return panel


def _spread(shown: Sequence[float], name: str, top: float) -> Panel:
    edges = bin_edges(shown)
    counts = [0] * (len(edges) - 1)
    for value in shown:
        counts[min(bisect_right(edges, value) - 1, len(counts) - 1)] += 1
    margin = 0.03 * (edges[-1] - edges[0])
    panel = Panel(
        _LEFT, top, _RIGHT - _LEFT, _SPREAD, (edges[0] - margin, edges[-1] + margin), (0.0, 1.1 * max(counts))
    )
    for first, last, count in zip(edges, edges[1:], counts, strict=False):
        panel.bar(first, last, count)
    panel.axes("spread of the values (number in each bin)", name, y_marks=min(4, max(counts)) + 1)
    return panel


def _describe(values: Sequence[float], limits: Limits | None, scale: Scale, title: str) -> str:
    unit = f" {scale.sign}" if scale.sign else ""
    text = f"{title}: {len(values)} values from {number(min(values), scale)} to {number(max(values), scale)}{unit}"
    if limits is not None:
        for word, value in (
            ("lower limit", limits.at_least),
            ("upper limit", limits.at_most),
            ("lower acceptance limit", limits.accept_at_least),
            ("upper acceptance limit", limits.accept_at_most),
        ):
            if value is not None:
                text += f"; {word} {number(value, scale)}{unit}"
    return text + "."

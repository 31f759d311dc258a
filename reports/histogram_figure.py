"""Drawing repeated values: where they lie against the limit with its guard band, and how they are spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import svg
from reports.errors import FigureError
from reports.quantities import Scale, number

_WIDTH_IN = 8.4
_HEIGHT_IN = 3.1
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
        half = max(abs(low) * 1e-6, 0.5e-9)
        return [low - half, high + half]
    count = max(_FEWEST_BINS, min(_MOST_BINS, math.ceil(2 * math.sqrt(len(values)))))
    return [low + (high - low) * part / count for part in range(count + 1)]


def draw(
    values: Sequence[float], limits: Limits | None, scale: Scale, figure_id: str, title: str
) -> tuple[Markup, str]:
    """The drawing and its description in words. Call within :func:`reports.svg.house_style`."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        raise FigureError(f"{title}: no value is a number, nothing to draw")
    shown = [float(scale.shown(value)) for value in finite]
    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN if limits else 2.1))
    name = svg.label(f"{title}, {scale.sign or 'count'}")
    if limits and limits.all():
        top, bottom = figure.subplots(
            2, 1, gridspec_kw={"height_ratios": [1, 2.4], "hspace": 0.75, "left": 0.075, "right": 0.985,
                               "top": 0.91, "bottom": 0.15},
        )  # fmt: skip
        _against_limits(top, shown, limits, scale)
    else:
        bottom = figure.subplots(gridspec_kw={"left": 0.075, "right": 0.985, "top": 0.88, "bottom": 0.21})
    _spread(bottom, shown, name)
    description = _describe(finite, limits, scale, title)
    return svg.to_svg(figure, figure_id, title, description), description


def _against_limits(axes: Axes, shown: Sequence[float], limits: Limits, scale: Scale) -> None:
    """All values as strokes on one line that reaches to the limits, the guard band hatched."""
    marks = [float(scale.shown(limit)) for limit in limits.all()]
    low, high = min([*shown, *marks]), max([*shown, *marks])
    # Zero is kept in view where it is near, so that the distance to a limit is seen in proportion.
    if 0 <= low < 0.9 * high:
        low = 0.0
    pad = 0.06 * (high - low or abs(high) or 1.0)
    axes.set_xlim(low - pad * (low != 0.0), high + pad)
    axes.set_ylim(0, 1)
    axes.vlines(shown, 0.0, 0.5, color=svg.SIGNAL, linewidth=0.9)
    for limit, accept, outside in (
        (limits.at_least, limits.accept_at_least, -1),
        (limits.at_most, limits.accept_at_most, 1),
    ):
        if limit is None:
            continue
        at = float(scale.shown(limit))
        axes.axvline(at, color=svg.LIMIT, linewidth=1.6)
        edge = axes.get_xlim()[1 if outside > 0 else 0]
        axes.axvspan(min(at, edge), max(at, edge), facecolor=svg.GRID, zorder=0)
        _name(axes, at, "limit", svg.LIMIT, on_left=outside > 0)
        if accept is not None and accept != limit:
            inner = float(scale.shown(accept))
            axes.axvspan(min(at, inner), max(at, inner), facecolor="none", edgecolor=svg.GUARD, hatch="////", zorder=1)
            axes.axvline(inner, color=svg.ACCEPT, linewidth=1.0, linestyle=(0, (3, 2)))
    svg.quiet(axes)
    axes.set_title("each value against the limit (hatched: guard band; shaded: beyond the limit)")


def _name(axes: Axes, at: float, text: str, colour: str, *, on_left: bool) -> None:
    axes.annotate(
        text, (at, 1.0), xycoords=("data", "axes fraction"), xytext=(-4 if on_left else 4, -2),
        textcoords="offset points", ha="right" if on_left else "left", va="top", color=colour, fontweight="bold",
    )  # fmt: skip


def _spread(axes: Axes, shown: Sequence[float], name: str) -> None:
    edges = bin_edges(shown)
    counts, _, _ = axes.hist(list(shown), bins=edges, color=svg.SIGNAL, edgecolor=svg.PAPER, linewidth=0.6)
    highest = int(max(counts))
    step = max(1, math.ceil(highest / 4))
    axes.set_yticks(range(0, highest + step, step))
    axes.set_title("spread of the values (number in each bin)")
    axes.set_xlabel(name)
    axes.grid(visible=False, axis="x")


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

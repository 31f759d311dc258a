"""Drawing an acquisition: every channel over its whole length, and close-ups of where its cursors stand.

A channel of a million samples is drawn as the lowest and highest code of each column of the drawing, so that no
pulse is lost however short; where a column holds a sample or two the samples themselves are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from harness.measure.waveform import Waveform
from reports import svg
from reports.errors import FigureError

COLUMNS = 700
ZOOM_COLUMNS = 340
MOST_CHANNELS = 4
_WIDTH_IN = 8.4
_OVERVIEW_IN = 1.05
_ZOOM_IN = 1.75
_ZOOM_PARTS = 1000
"""A close-up is one part in this many of the whole to begin with, and widens to what happens around the cursor."""
_WIDEST_ZOOM_PART = 30
_MANY_EDGES = 60
"""More than a bouncing contact makes: a serial line."""
_CURSOR_NAME_PART = 0.09
"""The share of a panel's width that a cursor's name needs; names closer together are left to the description."""
_OVERVIEW_GAP_IN, _ZOOM_GAP_IN, _TOP_IN, _BOTTOM_IN = 0.32, 0.72, 0.32, 0.46
_STEPS_NS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))


@dataclass(frozen=True)
class Zoom:
    """A close-up: which channel, around which cursor, from when to when."""

    channel: int
    cursor: str
    from_ns: float
    to_ns: float


def envelope(
    waveform: Waveform, from_ns: float, to_ns: float, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values to draw between two times: lowest and highest of each column, in turn."""
    first = max(0, int(np.floor((from_ns - waveform.x_origin_ns) / waveform.x_increment_ns)))
    last = min(len(waveform), int(np.ceil((to_ns - waveform.x_origin_ns) / waveform.x_increment_ns)) + 1)
    if last - first < 1:
        raise FigureError(f"waveform {waveform.channel_label}: no sample between {from_ns:g} ns and {to_ns:g} ns")
    codes = waveform.samples[first:last]
    if len(codes) <= 2 * columns:
        at = np.arange(first, last, dtype=np.float64)
        drawn = codes.astype(np.float64)
    else:
        starts = (np.arange(columns, dtype=np.int64) * len(codes)) // columns
        drawn = np.empty(2 * columns)
        drawn[0::2] = np.minimum.reduceat(codes, starts)
        drawn[1::2] = np.maximum.reduceat(codes, starts)
        at = np.repeat(starts + first, 2).astype(np.float64)
    values = (drawn - waveform.y_reference) * waveform.y_increment + waveform.y_origin
    return at * waveform.x_increment_ns + waveform.x_origin_ns, values


def activity(waveform: Waveform, from_ns: float, to_ns: float) -> tuple[int, float, float]:
    """How often a channel passes the middle of its range between two times, and when first and last."""
    first = max(0, int((from_ns - waveform.x_origin_ns) / waveform.x_increment_ns))
    last = max(first, int((to_ns - waveform.x_origin_ns) / waveform.x_increment_ns) + 1)
    codes = waveform.samples[first:last]
    low, high = int(waveform.samples.min(initial=255)), int(waveform.samples.max(initial=0))
    if len(codes) < 2 or high - low < (1 if waveform.unit == "1" else 16):
        return 0, from_ns, to_ns
    above = codes > (low + high) // 2
    passes = np.flatnonzero(above[1:] != above[:-1])
    if len(passes) == 0:
        return 0, from_ns, to_ns
    begin = waveform.x_origin_ns + float(first + passes[0]) * waveform.x_increment_ns
    end = waveform.x_origin_ns + float(first + passes[-1]) * waveform.x_increment_ns
    return len(passes), begin, end


def choose_zooms(channels: Sequence[Waveform], cursors: Mapping[str, float]) -> list[Zoom]:
    """Close-ups of the first and the last cursor, each on the channel on which something happens there."""
    inside = [(at, name) for name, at in cursors.items() if channels[0].x_origin_ns <= at <= channels[0].end_ns]
    ordered = sorted(inside)
    ends = ordered if len(ordered) < 2 else [ordered[0], ordered[-1]]
    return [_zoom(channels, name, at) for at, name in ends]


def _zoom(channels: Sequence[Waveform], cursor: str, at_ns: float) -> Zoom:
    """The channel with an edge nearest to the cursor; as wide as its edges around the cursor go, within bounds."""
    whole = channels[0].end_ns - channels[0].x_origin_ns
    reach = whole / _WIDEST_ZOOM_PART / 2
    best, best_key, span = 0, (float("inf"), 0), (at_ns, at_ns)
    for index, channel in enumerate(channels):
        near, _, _ = activity(channel, at_ns - whole / _ZOOM_PARTS, at_ns + whole / _ZOOM_PARTS)
        passes, begin, end = activity(channel, at_ns - reach, at_ns + reach)
        key = (0 if near else 1, -passes) if passes else (2, 0)
        if key < best_key:
            best, best_key, span = index, key, (begin, end)
    margin = max(whole / _ZOOM_PARTS, 0.15 * (span[1] - span[0]))
    if best_key[1] < -_MANY_EDGES:
        # A serial line has thousands of edges: its last characters are what can be read at this size.
        return Zoom(best, cursor, at_ns - 0.6 * whole / _ZOOM_PARTS, at_ns + 0.25 * whole / _ZOOM_PARTS)
    return Zoom(best, cursor, min(span[0], at_ns) - margin, max(span[1], at_ns) + margin)


def draw(channels: Sequence[Waveform], cursors: Mapping[str, float], figure_id: str, title: str) -> tuple[Markup, str]:
    """The drawing and its description in words. Call within :func:`reports.svg.house_style`."""
    if not channels or min(len(channel) for channel in channels) < 2:
        raise FigureError(f"{title}: an acquisition of fewer than two samples can't be drawn")
    shown = list(channels[:MOST_CHANNELS])
    zooms = choose_zooms(shown, cursors)
    overviews_in = len(shown) * _OVERVIEW_IN + (len(shown) - 1) * _OVERVIEW_GAP_IN
    zooms_in = _ZOOM_IN + _ZOOM_GAP_IN if zooms else 0.0
    height = _TOP_IN + overviews_in + zooms_in + _BOTTOM_IN
    figure = Figure(figsize=(_WIDTH_IN, height))
    edges = {"left": 0.075, "right": 0.985}
    bottom = 1 - (_TOP_IN + overviews_in) / height
    above = figure.add_gridspec(
        len(shown), 1, hspace=_OVERVIEW_GAP_IN / _OVERVIEW_IN, top=1 - _TOP_IN / height, bottom=bottom, **edges
    )
    unit, factor = _time_unit(shown[0])
    for row, channel in enumerate(shown):
        axes = figure.add_subplot(above[row])
        _overview(axes, channel, cursors, zooms, factor)
        axes.set_title(svg.label(f"{channel.channel_label}: whole acquisition{_in_unit(channel)}"))
        axes.tick_params(labelbottom=row == len(shown) - 1)
    figure.axes[len(shown) - 1].set_xlabel(f"time from trigger, {unit}")
    if zooms:
        top = (_BOTTOM_IN + _ZOOM_IN) / height
        below = figure.add_gridspec(1, len(zooms), wspace=0.16, top=top, bottom=_BOTTOM_IN / height, **edges)
    for column, zoom in enumerate(zooms):
        _close_up(figure.add_subplot(below[column]), shown[zoom.channel], zoom, cursors)
    description = _describe(shown, cursors, zooms)
    return svg.to_svg(figure, figure_id, title, description), description


def _overview(
    axes: Axes, channel: Waveform, cursors: Mapping[str, float], zooms: Sequence[Zoom], factor: float
) -> None:
    times, values = envelope(channel, channel.x_origin_ns, channel.end_ns, COLUMNS)
    axes.plot(times / factor, values, color=svg.SIGNAL, linewidth=0.8)
    axes.set_xlim(channel.x_origin_ns / factor, channel.end_ns / factor)
    _headroom(axes, values)
    for zoom in zooms:
        axes.axvspan(zoom.from_ns / factor, zoom.to_ns / factor, color=svg.GRID, zorder=0)
    _mark(axes, cursors, factor, 0.0)


def _close_up(axes: Axes, channel: Waveform, zoom: Zoom, cursors: Mapping[str, float]) -> None:
    """One panel, its time counted from the cursor, so that the axis has few digits."""
    at_ns = cursors[zoom.cursor]
    unit, factor = next(step for step in _STEPS_NS if zoom.to_ns - zoom.from_ns >= 2 * step[1] or step[1] == 1.0)
    times, values = envelope(channel, zoom.from_ns, zoom.to_ns, ZOOM_COLUMNS)
    axes.plot((times - at_ns) / factor, values, color=svg.SIGNAL, linewidth=0.9)
    axes.set_xlim((zoom.from_ns - at_ns) / factor, (zoom.to_ns - at_ns) / factor)
    _headroom(axes, values)
    axes.set_title(svg.label(f"{channel.channel_label} around {zoom.cursor}{_in_unit(channel)}"))
    axes.set_xlabel(svg.label(f"time from {zoom.cursor}, {unit}"))
    near = {name: at for name, at in cursors.items() if zoom.from_ns <= at <= zoom.to_ns}
    _mark(axes, near, factor, at_ns)


def _headroom(axes: Axes, values: NDArray[np.float64]) -> None:
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 0.5)
    axes.set_ylim(low - 0.12 * span, high + 0.38 * span)


def _mark(axes: Axes, cursors: Mapping[str, float], factor: float, zero_ns: float) -> None:
    """Cursor lines with their names, on the side where there is room."""
    left, right = axes.get_xlim()
    named_at = -float("inf")
    for name, at_ns in sorted(cursors.items(), key=lambda item: item[1]):
        position = (at_ns - zero_ns) / factor
        if not left <= position <= right:
            continue
        axes.axvline(position, color=svg.CURSOR, linewidth=1.0, linestyle=(0, (4, 2)))
        if position - named_at < _CURSOR_NAME_PART * (right - left):
            continue
        named_at = position
        on_left = position > left + 0.8 * (right - left)
        axes.annotate(
            svg.label(name), (position, 1.0), xycoords=("data", "axes fraction"),
            xytext=(-3 if on_left else 3, -2), textcoords="offset points",
            ha="right" if on_left else "left", va="top", color=svg.CURSOR, fontweight="bold",
        )  # fmt: skip


def _in_unit(channel: Waveform) -> str:
    """The axis' unit for a title; a logic level needs none."""
    return "" if channel.unit == "1" else f", {channel.unit}"


def _time_unit(channel: Waveform) -> tuple[str, float]:
    span = channel.end_ns - channel.x_origin_ns
    return next(step for step in _STEPS_NS if span >= 2 * step[1] or step[1] == 1.0)


def _describe(channels: Sequence[Waveform], cursors: Mapping[str, float], zooms: Sequence[Zoom]) -> str:
    """The figure in one sentence, for those who can't see it."""
    unit, factor = _time_unit(channels[0])
    parts = [
        f"{' and '.join(channel.channel_label for channel in channels)} from "
        f"{channels[0].x_origin_ns / factor:.3f} to {channels[0].end_ns / factor:.3f} {unit} from the trigger, "
        f"{len(channels[0])} samples {channels[0].x_increment_ns:g} ns apart"
    ]
    parts += [f"{name} at {at / factor:.6f} {unit}" for name, at in sorted(cursors.items(), key=lambda item: item[1])]
    parts += [f"close-up of {channels[zoom.channel].channel_label} around {zoom.cursor}" for zoom in zooms]
    return "; ".join(parts) + "."

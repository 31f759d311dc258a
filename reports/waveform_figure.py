"""Drawing an acquisition: every channel over its whole length, and close-ups of where its cursors stand.

A channel of a million samples is drawn as the lowest and highest code of each column of the drawing, so that no
pulse is lost however short; where a column holds a sample or two the samples themselves are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from harness.measure.waveform import Waveform
from reports import svg
from reports.errors import FigureError
from reports.svg import Panel

COLUMNS = 700
ZOOM_COLUMNS = 340
MOST_CHANNELS = 4
_WIDTH, _OVERVIEW, _ZOOM = 604.8, 75.6, 126.0
_LEFT, _RIGHT = 45.0, 596.0
_ZOOM_PARTS = 1000
"""A close-up is one part in this many of the whole to begin with, and widens to what happens around the cursor."""
_WIDEST_ZOOM_PART = 30
_MANY_EDGES = 60
"""More than a bouncing contact makes: a serial line."""
_CURSOR_NAME_PART = 0.09
"""The share of a panel's width that a cursor's name needs; names closer together are left to the description."""
_OVERVIEW_GAP, _ZOOM_GAP, _ZOOM_BETWEEN, _TOP, _BOTTOM = 23.0, 54.0, 44.0, 22.0, 33.0
_FLAT_STEPS = 20
"""A channel that moves by fewer steps of its converter than this is drawn as nearly flat, not as noise full of life."""
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
    if channels[best].unit == "A":
        return Zoom(best, cursor, at_ns - reach, at_ns + reach)  # a current rises slowly and has no edge to look for
    margin = max(whole / _ZOOM_PARTS, 0.15 * (span[1] - span[0]))
    if best_key[1] < -_MANY_EDGES:
        # A serial line has thousands of edges: its last characters are what can be read at this size.
        return Zoom(best, cursor, at_ns - 0.6 * whole / _ZOOM_PARTS, at_ns + 0.25 * whole / _ZOOM_PARTS)
    return Zoom(best, cursor, min(span[0], at_ns) - margin, max(span[1], at_ns) + margin)


def draw(channels: Sequence[Waveform], cursors: Mapping[str, float], figure_id: str, title: str) -> tuple[Markup, str]:
    """The drawing and its description in words."""
    if not channels or min(len(channel) for channel in channels) < 2:
        raise FigureError(f"{title}: an acquisition of fewer than two samples can't be drawn")
    shown = list(channels[:MOST_CHANNELS])
    zooms = choose_zooms(shown, cursors)
    panels: list[Panel] = []
    top = _TOP
    for row, channel in enumerate(shown):
        panels.append(_overview(channel, cursors, zooms, top, is_last=row == len(shown) - 1))
        top += _OVERVIEW + _OVERVIEW_GAP
    top += _ZOOM_GAP - _OVERVIEW_GAP
    width = (_RIGHT - _LEFT - _ZOOM_BETWEEN * (len(zooms) - 1)) / max(len(zooms), 1)
    for column, zoom in enumerate(zooms):
        left = _LEFT + column * (width + _ZOOM_BETWEEN)
        panels.append(_close_up(shown[zoom.channel], zoom, cursors, (left, top, width)))
    height = (top + _ZOOM if zooms else top - _ZOOM_GAP) + _BOTTOM
    description = _describe(shown, cursors, zooms)
    return svg.to_svg(panels, _WIDTH, height, figure_id, title, description), description


def _overview(
    channel: Waveform, cursors: Mapping[str, float], zooms: Sequence[Zoom], top: float, *, is_last: bool
) -> Panel:
    unit, factor = _time_unit(channel)
    times, values = envelope(channel, channel.x_origin_ns, channel.end_ns, COLUMNS)
    times_range = (channel.x_origin_ns / factor, channel.end_ns / factor)
    panel = Panel(_LEFT, top, _RIGHT - _LEFT, _OVERVIEW, times_range, _headroom(channel, values))
    for zoom in zooms:
        panel.band(zoom.from_ns / factor, zoom.to_ns / factor, svg.GRID)
    panel.line((times / factor).tolist(), values.tolist(), 0.8)
    _mark(panel, cursors, factor, 0.0)
    title = svg.label(f"{channel.channel_label}: whole acquisition{_in_unit(channel)}")
    panel.axes(title, f"time from trigger, {unit}" if is_last else "", x_numbers=is_last)
    return panel


def _close_up(channel: Waveform, zoom: Zoom, cursors: Mapping[str, float], place: tuple[float, float, float]) -> Panel:
    """One panel, its time counted from the cursor, so that the axis has few digits."""
    at_ns = cursors[zoom.cursor]
    unit, factor = next(step for step in _STEPS_NS if zoom.to_ns - zoom.from_ns >= 2 * step[1] or step[1] == 1.0)
    times, values = envelope(channel, zoom.from_ns, zoom.to_ns, ZOOM_COLUMNS)
    left, top, width = place
    times_range = ((zoom.from_ns - at_ns) / factor, (zoom.to_ns - at_ns) / factor)
    panel = Panel(left, top, width, _ZOOM, times_range, _headroom(channel, values))
    panel.line(((times - at_ns) / factor).tolist(), values.tolist(), 0.9)
    near = {name: at for name, at in cursors.items() if zoom.from_ns <= at <= zoom.to_ns}
    _mark(panel, near, factor, at_ns)
    title = svg.label(f"{channel.channel_label} around {zoom.cursor}{_in_unit(channel)}")
    panel.axes(title, svg.label(f"time from {zoom.cursor}, {unit}"))
    return panel


def _headroom(channel: Waveform, values: NDArray[np.float64]) -> tuple[float, float]:
    """The range of y: all values, with room for the cursors' names above them."""
    low, high = float(values.min()), float(values.max())
    least = 1.0 if channel.unit == "1" else _FLAT_STEPS * channel.y_increment
    span, middle = max(high - low, least), (high + low) / 2
    return middle - 0.62 * span, middle + 0.88 * span


def _mark(panel: Panel, cursors: Mapping[str, float], factor: float, zero_ns: float) -> None:
    """Cursor lines with their names, on the side where there is room."""
    left, right = panel.x
    named_at = -float("inf")
    for name, at_ns in sorted(cursors.items(), key=lambda item: item[1]):
        position = (at_ns - zero_ns) / factor
        if not left <= position <= right:
            continue
        panel.upright(position, svg.CURSOR, 1.0, "4 2")
        if position - named_at < _CURSOR_NAME_PART * (right - left):
            continue
        named_at = position
        panel.name(position, svg.label(name), svg.CURSOR, on_left=position > left + 0.8 * (right - left))


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

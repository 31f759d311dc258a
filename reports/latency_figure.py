"""Drawing all latencies of a run on one scale: a line for each, a stroke for each repeat, the limit across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import svg
from reports.figures import Drawing
from reports.svg import Panel

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM, _LINE = 604.8, 45.0, 596.0, 22.0, 33.0, 13.0
FIGURE_ID = "latencies"


@dataclass(frozen=True)
class Strip:
    """One judged latency: what heads its line, every repeat, and the limit, in ms."""

    label: str
    values_ms: tuple[float, ...]
    limit_ms: float


def draw(strips: Sequence[Strip]) -> Drawing:
    """All strips, the first on top."""
    right_ms = 1.06 * max([one.limit_ms for one in strips] + [max(one.values_ms) for one in strips])
    height = _LINE * len(strips)
    panel = Panel(_LEFT, _TOP, _RIGHT - _LEFT, height, (0.0, right_ms), (0.0, float(len(strips))))
    for row, strip in enumerate(strips):
        low, high = len(strips) - row - 0.85, len(strips) - row - 0.15
        panel.inside.append(_stroke(panel, strip.limit_ms, low - 0.15, high + 0.15, svg.LIMIT, 1.4))
        for value_ms in strip.values_ms:
            panel.inside.append(_stroke(panel, value_ms, low, high, svg.SIGNAL, 0.9))
        panel.over.append(svg.words(_LEFT - 5, panel.py((low + high) / 2) + 3, strip.label, svg.INK, "end"))
    panel.axes("test number; a stroke for each repeat, the limit across", "latency, ms", y_marks=0)
    height += _TOP + _BOTTOM
    longest = max(strips, key=lambda one: max(one.values_ms) / one.limit_ms)
    description = (
        f"{len(strips)} latencies on one scale of 0 to {right_ms:.0f} ms; nearest to its limit is test {longest.label} "
        f"with {max(longest.values_ms):.1f} ms of {longest.limit_ms:g} ms."
    )
    drawing = svg.to_svg([panel], _WIDTH, height, FIGURE_ID, "Latencies of all tests", description)
    return Drawing(FIGURE_ID, "Latencies of all tests that judged one.", description, drawing)


def _stroke(panel: Panel, value_ms: float, low: float, high: float, colour: str, width: float) -> str:
    x = panel.px(value_ms)
    return (
        f'<line x1="{x:.2f}" y1="{panel.py(low):.2f}" x2="{x:.2f}" y2="{panel.py(high):.2f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )

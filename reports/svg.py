"""Drawings as SVG: panels with axes, lines, bands and words, in the page's colours, with ids that never collide.

Written by hand and not with a plotting library: a report has a dozen drawings of a few kinds, these are drawn in
milliseconds, and the same numbers give the same bytes on every machine. Lengths are points; y goes down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup, escape

from reports.palette import light
from reports.safe_text import visible
from reports.ticks import choose_ticks

INK, MUTED, GRID, PAPER = "var(--ink)", "var(--muted)", "var(--grid)", "var(--paper)"
SIGNAL, CURSOR, LIMIT, ACCEPT, GUARD = (
    "var(--signal)", "var(--cursor)", "var(--limit)", "var(--accept)", "var(--guard)"
)  # fmt: skip
FONT = "'DejaVu Sans'"
SIZE = 8.5
_MOST_LABEL = 60
_POINTS_PER_TICK = (62.0, 24.0)
"""Room that a mark and its number need, across and down."""


@dataclass
class Panel:
    """A rectangle with axes: ``x`` and ``y`` are the ranges of values that it shows."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    under: list[str] = field(default_factory=list)
    """Drawn first: bands."""
    inside: list[str] = field(default_factory=list)
    """Cut off at the panel's edges."""
    over: list[str] = field(default_factory=list)
    """Axes and words."""

    def px(self, value: float) -> float:
        """Where a value of x stands."""
        return self.left + (value - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def py(self, value: float) -> float:
        """Where a value of y stands."""
        return self.top + self.height - (value - self.y[0]) / (self.y[1] - self.y[0]) * self.height

    def line(self, xs: Sequence[float], ys: Sequence[float], width: float = 0.8) -> None:
        """A line through points; points that fall together are drawn once."""
        scale_x, scale_y = self.width / (self.x[1] - self.x[0]), self.height / (self.y[1] - self.y[0])
        base = self.top + self.height
        points = (
            f"{self.left + (x - self.x[0]) * scale_x:.2f},{base - (y - self.y[0]) * scale_y:.2f}"
            for x, y in zip(xs, ys, strict=True)
        )
        path = " ".join(point for point, _ in groupby(points))
        self.inside.append(
            f'<polyline points="{path}" fill="none" stroke="{SIGNAL}" stroke-width="{width}" stroke-linejoin="round"/>'
        )

    def band(self, first: float, last: float, fill: str) -> None:
        """A coloured band over the panel's height between two values of x."""
        left, right = sorted((self.px(first), self.px(last)))
        self.under.append(
            f'<rect x="{left:.2f}" y="{self.top:.2f}" width="{right - left:.2f}" height="{self.height:.2f}" '
            f'fill="{fill}"/>'
        )

    def bar(self, first: float, last: float, value: float) -> None:
        """A bar from 0 to ``value``."""
        left, top = self.px(first), self.py(value)
        self.inside.append(
            f'<rect x="{left:.2f}" y="{top:.2f}" width="{self.px(last) - left:.2f}" '
            f'height="{self.py(0.0) - top:.2f}" fill="{SIGNAL}" stroke="{PAPER}" stroke-width="0.6"/>'
        )

    def upright(self, at: float, colour: str, width: float = 1.0, dash: str = "", part: float = 1.0) -> None:
        """A line upwards from the axis at a value of x, over a part of the height."""
        x, bottom = self.px(at), self.top + self.height
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.inside.append(
            f'<line x1="{x:.2f}" y1="{bottom:.2f}" x2="{x:.2f}" y2="{bottom - part * self.height:.2f}" '
            f'stroke="{colour}" stroke-width="{width}"{dashes}/>'
        )

    def name(self, at: float, text: str, colour: str, *, on_left: bool) -> None:
        """Bold words at the top of a line at ``at``."""
        x = self.px(at) + (-4 if on_left else 4)
        self.over.append(words(x, self.top + SIZE, text, colour, "end" if on_left else "start", "font-weight:bold"))

    def axes(self, title: str, x_label: str = "", *, x_numbers: bool = True, y_marks: int | None = None) -> None:
        """Frame, grid, marks and words; ``y_marks`` is the most marks on y (None: what fits, 0: none)."""
        bottom, right = self.top + self.height, self.left + self.width
        for at, text in choose_ticks(*self.x, int(self.width / _POINTS_PER_TICK[0])):
            x = self.px(at)
            self.under.append(_rule(x, self.top, x, bottom, GRID, 0.5))
            self.over.append(_rule(x, bottom, x, bottom + 3, MUTED, 0.6))
            if x_numbers:
                self.over.append(words(x, bottom + 3 + SIZE * 1.15, text, INK, "middle"))
        most = int(self.height / _POINTS_PER_TICK[1]) + 1 if y_marks is None else y_marks
        for at, text in choose_ticks(*self.y, most) if most else []:
            y = self.py(at)
            self.under.append(_rule(self.left, y, right, y, GRID, 0.5))
            self.over.append(_rule(self.left - 3, y, self.left, y, MUTED, 0.6))
            self.over.append(words(self.left - 5, y + SIZE * 0.35, text, INK, "end"))
        self.over.append(_rule(self.left, bottom, right, bottom, MUTED, 0.6))
        if most:
            self.over.append(_rule(self.left, self.top, self.left, bottom, MUTED, 0.6))
        self.over.append(words(self.left, self.top - 5, title, INK, "start"))
        if x_label:
            self.over.append(words(self.left + self.width / 2, bottom + 3 + SIZE * 2.6, x_label, INK, "middle"))


def label(text: str) -> str:
    """Text from a record as a drawing can hold it: one line, of bounded length."""
    plain = " ".join(visible(text).split())
    return plain if len(plain) <= _MOST_LABEL else plain[: _MOST_LABEL - 1] + "…"


def words(x: float, y: float, text: str, colour: str, anchor: str, style: str = "") -> str:
    """One line of text."""
    extra = f"; {style}" if style else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" fill="{colour}" '
        f'style="font-size: {SIZE}px; font-family: {FONT}, sans-serif{extra}">{escape(text)}</text>'
    )


def to_svg(
    panels: Sequence[Panel], width: float, height: float, figure_id: str, title: str, description: str
) -> Markup:
    """The panels as an ``<svg>`` element; ``figure_id`` is put before every id inside."""
    defs, body = [_hatch(figure_id)], []
    for number, panel in enumerate(panels):
        clip = f"{figure_id}-p{number}"
        box = f'x="{panel.left:.2f}" y="{panel.top:.2f}" width="{panel.width:.2f}" height="{panel.height:.2f}"'
        defs.append(f'<clipPath id="{clip}"><rect {box}/></clipPath>')
        under = "".join(panel.under).replace(f'"{HATCH}"', f'"url(#{figure_id}-hatch)"')
        body.append(f'<g clip-path="url(#{clip})">{under}{"".join(panel.inside)}</g><g>{"".join(panel.over)}</g>')
    return Markup(  # noqa: S704 - every text in it went through escape()
        f'<svg viewBox="0 0 {width:.1f} {height:.1f}" role="img" aria-labelledby="{figure_id}-t {figure_id}-d">'
        f'<title id="{figure_id}-t">{escape(title)}</title><desc id="{figure_id}-d">{escape(description)}</desc>'
        f"<defs>{''.join(defs)}</defs>{''.join(body)}</svg>"
    )


HATCH = "hatch"
"""As the fill of a band: slanting lines, for a guard band."""


def standalone(svg: Markup, font: str) -> str:
    """The drawing as a file of its own: the light page's colours in it, and ``font`` in place of the page's."""
    text = str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    for name, colour in light().items():
        text = text.replace(f"var({name})", colour)
    return text.replace(FONT, f"'{font}'")


def _hatch(figure_id: str) -> str:
    return (
        f'<pattern id="{figure_id}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5" stroke="{GUARD}" stroke-width="1.2"/>'
        "</pattern>"
    )


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{colour}" stroke-width="{width}"/>'

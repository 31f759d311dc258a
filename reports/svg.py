"""Drawings as inline SVG: deterministic bytes, colours from the page's style sheet, ids that never collide.

matplotlib draws with stand-in colours; :func:`to_svg` replaces them by the page's CSS variables, so that one drawing
is readable in a light page, in a dark page and on paper.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.palette import light
from reports.safe_text import visible

INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
SIGNAL = "#040404"
CURSOR = "#050505"
LIMIT = "#060606"
ACCEPT = "#070707"
GUARD = "#080808"
PAPER = "#090909"
SIGNAL_2 = "#0a0a0a"

_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    SIGNAL: "--signal",
    CURSOR: "--cursor",
    LIMIT: "--limit",
    ACCEPT: "--accept",
    GUARD: "--guard",
    PAPER: "--paper",
    SIGNAL_2: "--signal-2",
}

_OURS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tamperbench",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.grid": True,
    "axes.grid.axis": "both",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "hatch.color": GUARD,
    "hatch.linewidth": 0.5,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "path.simplify": True,
    "figure.max_open_warning": 0,
}
_MOST_LABEL = 60


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults and our settings, whatever a matplotlibrc on this machine says; put back after."""
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, **_OURS}
    with mpl.rc_context({key: value for key, value in settings.items() if not key.startswith("backend")}):
        yield


def label(text: str) -> str:
    """Text from a record as matplotlib may print it: no mathtext, one line, of bounded length."""
    plain = " ".join(visible(text).split()).replace("$", r"\$")
    return plain if len(plain) <= _MOST_LABEL else plain[: _MOST_LABEL - 1] + "…"


def quiet(axes: Axes) -> None:
    """Take away the vertical axis of a panel whose height means nothing."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")


def to_svg(figure: Figure, figure_id: str, title: str, description: str) -> Markup:
    """The figure as an ``<svg>`` element; ``figure_id`` is put before every id inside. Call within house_style()."""
    stream = io.StringIO()
    no_metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with warnings.catch_warnings():
        # Text stays text in the drawing, so a sign that matplotlib's own font lacks is still shown by the browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(stream, format="svg", metadata=no_metadata)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"| version="1.1"', "", text)
    text = re.sub(r'(<svg )width="[^"]*" height="[^"]*" ', r"\1", text, count=1)
    text = text.replace("xlink:href", "href")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda found: found.group(0) if found.group(1) in used else "", text)
    text = re.sub(r'( id="| href="#|url\(#)', rf"\1{figure_id}-", text)
    text = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path.group(0)), text)
    text = re.sub(r"\s*\n\s*", " ", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    head = (
        f'<svg role="img" aria-labelledby="{figure_id}-t {figure_id}-d" '
        f'stroke-linejoin="round"><title id="{figure_id}-t">{escape(title)}</title>'
        f'<desc id="{figure_id}-d">{escape(description)}</desc>'
    )
    opening, rest = re.split(r"(?<=>)", text, maxsplit=1)
    view_box = re.search(r'viewBox="[^"]*"', opening)
    if view_box:
        head = head.replace("<svg ", f"<svg {view_box.group(0)} ", 1)
    return Markup(head + rest)  # noqa: S704 - matplotlib escapes text, and title and description are escaped above


def standalone(svg: Markup, font: str) -> str:
    """The drawing as a file of its own: the light page's colours in it, and ``font`` in place of the page's."""
    text = str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    for name, colour in light().items():
        text = text.replace(f"var({name})", colour)
    return text.replace("'DejaVu Sans'", f"'{font}'")

"""Signs that the PDF's fonts have, and how any other is written out.

An archived PDF (PDF/A, PDF/UA) must not show an empty box, so Typst refuses text that its fonts lack. Its last font is
DejaVu Sans Mono, of which matplotlib brings a copy whose character map can be asked: Latin, Greek, Cyrillic and most
technical signs. Anything else (Chinese, emoji) is written as its code, which the HTML report shows as the sign itself.
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

_LAST_FONT = "DejaVuSansMono.ttf"
_LAYOUT = frozenset("\n\u200b\u202f")
"""Needs no glyph: line break, place where a word may break, narrow space (which Libertinus Serif has)."""
_SURE = _LAYOUT | frozenset("µΩ≥≤−×·≈∞…✓✗■–—“”‘’‹›→±²³\ufffd") | {chr(code) for code in range(0x20, 0x7F)}


@cache
def known_signs() -> Set[str]:
    """All characters that one of the PDF's fonts has."""
    font = FT2Font(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / _LAST_FONT))
    return _LAYOUT | {chr(code) for code in font.get_charmap() if code >= 0x20}


def sure_signs() -> Set[str]:
    """The few that every version of these fonts has: ASCII and the signs of our own words."""
    return _SURE


def written_out(text: str, known: Set[str]) -> str:
    """The text with every sign outside ``known`` as ``[U+XXXX]``; a tab is a space."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in known else " " if sign == "\t" else f"[U+{ord(sign):04X}]" for sign in text)

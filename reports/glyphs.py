"""Signs that the PDF's fonts have, and how any other is written out.

An archived PDF (PDF/A, PDF/UA) must not show an empty box, so Typst refuses text that its fonts lack. Its last font is
DejaVu Sans Mono 2.37: Latin, Greek, Cyrillic, Armenian, Georgian and most technical signs. Anything else (Chinese,
emoji) is written as its code; the HTML report shows the sign itself.
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache

_BLOCKS = (
    "0020-007E 00A0-01C3 01CD-01E3 01E6-01F0 01FC-0221 0224-0241 0250-02B9 038E-03A1 03A3-03CE 03D0-03E1 03F0-045F "
    "0490-049B 0531-0556 0561-0587 10D0-10FC 1E00-1E13 1E18-1E2D 1E30-1E4D 1E54-1E63 1E68-1E79 1E7C-1E99 1EEE-1EF5 "
    "1F00-1F15 1F20-1F45 1F50-1F57 1F5F-1F7D 1F80-1FB4 1FC6-1FD3 1FDD-1FEF 2010-2023 2026-2026 202F-2037 2039-203A "
    "2074-208E 2090-209C 20A0-20B5 2153-215F 2190-2213 2217-2220 2234-223D 2241-2269 22DA-22E9 2308-2315 2335-237A "
    "239B-23AE 2500-262F 2638-268B 2690-269C 270C-2727 2729-274B 2761-2775 2798-27AF 27B1-27BE FFFD-FFFD"
)
"""Runs of its character map (first and last code), left out those that need shaping or are combined with others."""
_LAYOUT = frozenset("\n\u200b\u202f")
"""Needs no glyph: line break, place where a word may break, narrow space (which Libertinus Serif has)."""
_SURE = _LAYOUT | frozenset("µΩ°≥≤−×·≈∞…✓✗■–—“”‘’‹›→±²³\ufffd") | {chr(code) for code in range(0x20, 0x7F)}


@cache
def known_signs() -> Set[str]:
    """All characters that one of the PDF's fonts has."""
    ends = [block.split("-") for block in _BLOCKS.split()]
    return _LAYOUT | {chr(code) for first, last in ends for code in range(int(first, 16), int(last, 16) + 1)}


def sure_signs() -> Set[str]:
    """The few that every version of these fonts has: ASCII and the signs of our own words."""
    return _SURE


def written_out(text: str, known: Set[str]) -> str:
    """The text with every sign outside ``known`` as ``[U+XXXX]``; a tab is a space."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in known else " " if sign == "\t" else f"[U+{ord(sign):04X}]" for sign in text)

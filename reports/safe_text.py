"""Text from a record made safe to look at: no character that is invisible, moves the cursor or turns the line round.

Escaping for HTML is the templates' work. This is about characters that are harmless to a parser and still mislead
a reader: control codes, halves of surrogate pairs, and marks that reverse the direction of what follows.
"""

from __future__ import annotations

_KEPT = "\n\t"
_REPLACEMENT = "\ufffd"
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)


def _table() -> dict[int, str]:
    table = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _KEPT}
    table |= dict.fromkeys((*range(0x7F, 0xA0), *range(0xD800, 0xE000), *_TURNING), _REPLACEMENT)
    return table


_TABLE = _table()


def visible(text: str) -> str:
    """The text with every misleading character replaced by one that can be seen."""
    if text.isascii() and text.isprintable():
        return text  # nearly all of a record, found at once
    return text.translate(_TABLE)

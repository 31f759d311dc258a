"""What a person most likely meant by a name that there is not, and a long list of names said shortly."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

ALIKE = 0.6
"""As :func:`difflib.get_close_matches` has it; a beginning alone, of which every name has one, must be closer."""
BEGINS_ALIKE = 0.75
SHOWN = 6
"""Of a long list of names: enough to see what they look like."""


def near_miss(given: str, known: Iterable[str]) -> str:
    """The one of ``known`` that ``given`` begins, is part of, or nearly spells; empty if none comes near.

    What was typed is more often cut short than misspelt, and likeness over the whole length misses that.
    """
    names = list(known) if given else []
    cut_short = [name for name in names if name.startswith(given)]
    cut_short += [name for name in names if len(given) > 2 and given in name]
    if cut_short:
        return cut_short[0]
    likeness = {name: _likeness(given, name) for name in names}
    best = max(names, key=lambda name: likeness[name], default="")
    return best if likeness.get(best) else ""


def _likeness(given: str, name: str) -> float:
    """Of the whole name or of its beginning, 0 to 1; 0 if it is too little to be meant."""
    whole = difflib.SequenceMatcher(None, given, name).ratio()
    beginning = difflib.SequenceMatcher(None, given, name[: len(given)]).ratio()
    return max(whole if whole >= ALIKE else 0.0, beginning if beginning >= BEGINS_ALIKE else 0.0)


def some_of(names: Sequence[str], where: str = "") -> str:
    """The first few of ``names``, how many more there are, and ``where`` to see those."""
    if len(names) <= SHOWN + 1:  # "and 1 more" takes the room of the one
        return ", ".join(names)
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more{f' ({where})' if where else ''}"

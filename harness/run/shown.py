"""What the shell shows of a value: as Python does, but short where that would fill the screen.

A measured value carries its whole budget, each contribution with its source; at a prompt its uncertainty is enough,
and everything is still there by its name.
"""

from __future__ import annotations

import builtins
import reprlib
import sys
from dataclasses import fields, is_dataclass

from harness.measure.uncertainty import Budget

SHORT_ENOUGH = 200
"""Characters: two lines and a half of a terminal."""
MOST_ITEMS, DEEPEST = 8, 4
_CUT = reprlib.Repr()
_CUT.maxstring = _CUT.maxother = 80


def show(value: object) -> None:
    """The shell's display hook; ``_`` is the value, as at Python's own prompt."""
    if not _is_data(value) or len(repr(value)) <= SHORT_ENOUGH:
        sys.__displayhook__(value)
        return
    print(short(value))  # noqa: T201 - the answer to what was typed
    vars(builtins)["_"] = value


def short(value: object, depth: int = 0) -> str:
    """A value with its budgets as their expanded uncertainties (k = 2) and its long parts cut."""
    if isinstance(value, Budget):
        return f"Budget(U = {value.expanded():.3g} {value.unit}, k = 2, {len(value.contributions)} contributions)"
    if isinstance(value, float):
        return f"{value:.6g}"
    if depth < DEEPEST and isinstance(value, list | tuple):
        items = [short(item, depth + 1) for item in value[:MOST_ITEMS]]
        more = [f"and {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else []
        return ("[{}]" if isinstance(value, list) else "({})").format(", ".join(items + more))
    if depth < DEEPEST and is_dataclass(value) and not isinstance(value, type):
        parts = [f"{item.name}={short(getattr(value, item.name), depth + 1)}" for item in fields(value) if item.repr]
        return f"{type(value).__qualname__}({', '.join(parts)})"
    text = repr(value)
    return text if len(text) <= _CUT.maxother else _CUT.repr(value)


def _is_data(value: object) -> bool:
    """A measured value or several of them; all else is shown as Python does."""
    if isinstance(value, list | tuple):
        return any(map(_is_data, value))
    return is_dataclass(value) and not isinstance(value, type)

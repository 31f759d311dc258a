"""What a validator says of a wrong value, in the words and the unit of the file that the value stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(\S+)\s*")
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_LENGTHS = {"too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}
_A_DATE = "a date without quotes, as in 2027-05-31"
_A_TIME = "a date and time without quotes, as in 2026-05-31T12:00:00Z"
_KINDS = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_inexact": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "date_parsing": _A_DATE,
    "date_type": _A_DATE,
    "datetime_from_date_parsing": _A_TIME,
    "datetime_parsing": _A_TIME,
    "datetime_type": _A_TIME,
    "dict_type": "a table",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number, neither infinite nor nan",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "path_type": "a path, as text",
    "string_type": "text",
    "tuple_type": "a list",
}


def say_wrong(entry: Mapping[str, Any], data: object) -> str:
    """The error ``entry`` (pydantic's) about a value in ``data`` as one says it to whoever wrote the file."""
    kind, context = entry["type"], entry.get("ctx", {})
    written = _written(data, entry["loc"], entry["input"])
    if kind in _LIMITS:
        bound, words = _LIMITS[kind]
        return f"expected {words} {_in_unit_of(written, entry['input'], context[bound])} (found {written!r})"
    if kind in _LENGTHS:
        bound, words = _LENGTHS[kind]
        count = context[bound]
        found = context.get("actual_length")
        return f"expected {words} {count} {'entry' if count == 1 else 'entries'} (found {found})"
    if kind == "literal_error":
        return f"expected {context['expected']} (found {written!r})"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]} (found {written!r})"
    return f"{entry['msg'].removeprefix('Value error, ')} (found {written!r})"


def _written(data: object, location: tuple[int | str, ...], otherwise: object) -> object:
    """The value as it stands in the file, before a validator made another of it."""
    for part in location:
        reach: Callable[[Any], Any] | None = getattr(data, "__getitem__", None)
        try:
            data = otherwise if reach is None else reach(part)
        except (LookupError, TypeError):
            return otherwise
    return data


def _in_unit_of(written: object, value: object, limit: float) -> str:
    """``limit``, which is in the field's own unit as ``value`` is, in the unit in which the value was written."""
    match = _NUMBER_AND_UNIT.fullmatch(written) if isinstance(written, str) else None
    if match is None or not isinstance(value, int | float):
        return f"{limit}"
    number, unit = float(match[1]), match[2]
    if limit == 0:
        return f"0 {unit}"
    if not number or not value:
        return f"{limit} in the unit that the field is read in"
    return f"{limit * number / value:.9g} {unit}"

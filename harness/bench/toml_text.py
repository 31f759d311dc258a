"""Writing TOML: values, keys and tables as text. Reading it is :mod:`harness.bench.toml_file`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one table and of those inside it; ``name`` is dotted, empty for the keys of the file itself.

    A table inside is written as one of its own; None is left out, since TOML has no such value.
    """
    inner = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in values.items() if key not in inner and value is not None}
    if name and (plain or not inner):
        yield f"[{name}]"
    yield from (f"{key_text(key)} = {value_text(value)}" for key, value in plain.items())
    if plain:
        yield ""
    for key, value in inner.items():
        yield from table(f"{name}.{key_text(key)}" if name else key_text(key), value)


def key_text(name: str) -> str:
    """A key, in quotes if it needs them."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else value_text(name)


def value_text(value: Any) -> str:
    """A value: text, number, truth, date, list or inline table."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key_text(key)} = {value_text(item)}" for key, item in value.items() if item is not None)
        return f"{{ {pairs} }}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, str):
        # JSON's escapes are among TOML's, except that JSON leaves DEL as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return value.isoformat() if hasattr(value, "isoformat") else value_text(str(value))

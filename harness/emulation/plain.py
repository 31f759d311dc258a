"""Plain data: what a component's state may be made of, how it is copied and how it is digested.

Snapshots are only right when nothing hides in closures, generators or shared references, so states are
restricted to the types below and anything else is refused at the first copy.
"""

from __future__ import annotations

import dataclasses
import hashlib
from array import array
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from harness.emulation.errors import WorldError

_ATOMS = frozenset({type(None), bool, int, str, bytes})


def copy_plain(value: Any) -> Any:
    """Deep copy of plain data; raises WorldError on a type a snapshot can't hold."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is list:
        # Histories are long lists of numbers: they are looked through without a step of Python for each.
        return value.copy() if _ATOMS.issuperset(map(type, value)) else [copy_plain(item) for item in value]
    if kind is dict:
        return {key: item if type(item) in _ATOMS else copy_plain(item) for key, item in value.items()}
    if kind is tuple:
        return tuple(copy_plain(item) for item in value)
    if kind is bytearray or kind is array:
        return value[:]  # as memory: a long history of numbers, a hundred times as fast as a list
    if dataclasses.is_dataclass(kind):
        return _copy_dataclass(value)
    raise WorldError(
        f"state of type {kind.__name__} can't be put into a snapshot: {value!r}; "
        "use None, bool, int, str, bytes, bytearray, array, list, tuple, dict or a dataclass of these"
    )


def _copy_dataclass(value: Any) -> Any:
    kind: Any = type(value)
    is_frozen, names, read = _shape(kind)
    items = read(value)
    if is_frozen and _ATOMS.issuperset(map(type, items)):
        return value  # nobody can change it
    copied = (item if type(item) in _ATOMS else copy_plain(item) for item in items)
    return kind(**dict(zip(names, copied, strict=True)))


@cache
def _shape(kind: Any) -> tuple[bool, tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Of a dataclass: whether it is frozen, its fields' names, and what reads them all at once."""
    names = tuple(kind.__dataclass_fields__)
    if len(names) > 1:
        return kind.__dataclass_params__.frozen, names, attrgetter(*names)
    return kind.__dataclass_params__.frozen, names, lambda value: tuple(getattr(value, name) for name in names)


def digest_plain(value: Any) -> str:
    """SHA-256 (hex) over a canonical encoding of plain data: equal states give equal digests on every machine."""
    hasher = hashlib.sha256()
    _feed(hasher, value)
    return hasher.hexdigest()


def _feed(hasher: hashlib._Hash, value: Any) -> None:
    kind = type(value)
    if kind in (bytes, bytearray):
        hasher.update(b"b%d:" % len(value))
        hasher.update(value)
    elif kind in _ATOMS:
        text = repr(value).encode()
        hasher.update(b"%s%d:" % (kind.__name__.encode(), len(text)))
        hasher.update(text)
    elif kind in (list, tuple, array):
        hasher.update(b"l%d:" % len(value))
        for item in value:
            _feed(hasher, item)
    elif kind is dict:
        hasher.update(b"d%d:" % len(value))
        for key in sorted(value, key=repr):
            _feed(hasher, key)
            _feed(hasher, value[key])
    elif dataclasses.is_dataclass(kind):
        hasher.update(b"o" + kind.__name__.encode() + b":")
        for name in kind.__dataclass_fields__:
            _feed(hasher, getattr(value, name))
    else:
        raise WorldError(f"state of type {kind.__name__} can't be digested")

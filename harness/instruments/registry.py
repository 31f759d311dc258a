"""The drivers there are, by the name a bench file gives them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from harness.instruments.errors import UnknownDriverError
from harness.instruments.infiniivision import InfiniiVision
from harness.instruments.keysight_34970 import Keysight34970A

DRIVERS: dict[str, Callable[..., Any]] = {
    "keysight-infiniivision": InfiniiVision,
    "keysight-34970a": Keysight34970A,
}
"""Name → class, called with a resource, a clock and the options of ``visa.Instrument``."""


def find_driver(name: str, role: str) -> Callable[..., Any]:
    """The driver of that name; raises UnknownDriverError, which names the near miss. ``role`` is for the text."""
    try:
        return DRIVERS[name]
    except KeyError:
        near = difflib.get_close_matches(name, DRIVERS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownDriverError(role, f"no driver {name!r}; {hint}There are: {', '.join(sorted(DRIVERS))}") from None

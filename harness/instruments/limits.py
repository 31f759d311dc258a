"""Limits of what a bench may put out, from the bench file: no test can exceed them.

A driver that can energise something names the limits it must be given (``LIMITS``). They are checked here before
anything is sent, and where the instrument has a protection of its own the driver sets that too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from harness.instruments.errors import InstrumentError


class LimitError(InstrumentError):
    """A value beyond the bench file's limit was asked for; nothing was sent."""

    def __init__(self, instrument: str, name: str, value: float, limit: float) -> None:
        self.value = value
        self.limit = limit
        super().__init__(
            instrument,
            f"{name}: {value:g} was asked for, the bench file allows {limit:g}; nothing was put out. "
            f"Change the plan, or limits.{name} of this instrument if the bench can bear it",
        )


class MissingLimitError(InstrumentError):
    """The bench file leaves a limit out that this driver must have, or gives one that limits nothing."""


class Limits:
    """The limits of one instrument: name (with its unit) → value."""

    def __init__(
        self, instrument: str, given: Mapping[str, float], needed: Iterable[str], optional: Iterable[str] = ()
    ) -> None:
        """``needed`` are the names that the driver works with, ``optional`` those of abilities that a bench may do
        without; raises MissingLimitError.

        Also for a name too many, and for infinity and NaN, which TOML can write and which limit nothing.
        """
        self._instrument = instrument
        self._given = dict(given)
        needed = tuple(needed)
        wrong = [f"{name} is missing" for name in needed if name not in given]
        wrong += [f"{name} is not known" for name in given if name not in (*needed, *optional)]
        wrong += [f"{name} is {value:g}, no number" for name, value in given.items() if not math.isfinite(value)]
        if wrong:
            raise MissingLimitError(
                instrument,
                f"limits: {', '.join(wrong)}; this driver needs exactly: {', '.join(needed) or 'none'} "
                f"(table [instruments.{instrument}.limits] of the bench file)",
            )

    def __getitem__(self, name: str) -> float:
        """The limit of that name."""
        return self._given[name]

    def get(self, name: str) -> float | None:
        """The limit of that name, or None where the bench file leaves an optional one out."""
        return self._given.get(name)

    def at_most(self, name: str, value: float) -> float:
        """``value`` if its amount does not exceed the limit; raises LimitError, also for a value that is no number."""
        if not abs(value) <= self._given[name]:
            raise LimitError(self._instrument, name, value, self._given[name])
        return value

    def at_least(self, name: str, value: float) -> float:
        """``value`` if it is not below the limit; raises LimitError, also for a value that is no number."""
        if not value >= self._given[name]:
            raise LimitError(self._instrument, name, value, self._given[name])
        return value

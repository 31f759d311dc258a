"""The bench by name, for a person at a prompt: fixtures as tests use them, and the drivers beneath.

Nothing is opened before its name is used. What was opened is closed in reverse order, each through its own way to the
safe state, whatever happens on the way.
"""

from __future__ import annotations

import importlib
import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from typing import Any

from harness.bench.bench import Bench
from harness.bench.errors import UnsafeStateError
from harness.bench.safety import SafeState
from harness.evidence.record import TestRecord
from harness.headend.listener.history import CarriedHistory
from harness.instruments.open import open_instrument
from harness.run.needs import fixture_functions
from harness.run.shown import show

NS_PER_MS, NS_PER_S = 1_000_000, 1_000_000_000
OF_A_TEST = frozenset({"parameters", "planned", "request"})
"""What only a test of a plan has."""


class ByHand(dict[str, Any]):
    """The names at the prompt. Raises whatever opening a thing raises, at the line that first names it."""

    def __init__(self, bench: Bench, record: TestRecord) -> None:
        super().__init__(
            bench=bench,
            clock=bench.clock,
            record=record,
            history=CarriedHistory(),
            S=NS_PER_S,
            MS=NS_PER_MS,
            driver=self._driver,
            names=self._print_names,
        )
        self._own = frozenset(self)
        self._bench = bench
        self._record = record
        self._fixtures = _usable(fixture_functions())
        self._drivers: dict[str, Any] = {}
        self._stack = ExitStack()
        self._stack.callback(setattr, sys, "displayhook", sys.displayhook)
        sys.displayhook = show

    def __missing__(self, name: str) -> Any:
        """A fixture, else an instrument of the bench file; KeyError lets Python look among its own names."""
        if name in self._fixtures:
            self[name] = self._open(name)
        elif name in self._bench.file.instruments:
            self[name] = self._driver(name)
        else:
            raise KeyError(name)
        return self[name]

    def close(self) -> None:
        """Everything off and closed; raises the last error there was on the way."""
        self._stack.close()

    def words(self) -> list[str]:
        """Every name there is, opened or not."""
        return sorted({*(name for name in self if not name.startswith("_")), *self._fixtures, *self._roles()})

    def described(self) -> list[str]:
        """The names with what they are, for a person."""
        rows = [(name, _first_line(function)) for name, function in self._listed()]
        rows += [(role, f"the driver of this instrument, {self._entry(role)}") for role in self._roles()]
        rows += [
            ("driver(role)", "the bare driver of an instrument, also of one that a fixture works"),
            ("clock, record, bench", "time; what is kept of all this; the open bench"),
            ("S, MS", "a second and a millisecond in ns, as times are given: listener.collect(2 * S)"),
            ("names(), help(x)", "this list; what x can do"),
        ]
        width = max(len(name) for name, _ in rows)
        room = max(shutil.get_terminal_size().columns - width - 5, 20)
        lines = []
        for name, text in rows:
            first, *more = textwrap.wrap(text, room) or [""]
            lines += [f"  {name:<{width}}  {first}", *(f"  {'':<{width}}  {line}" for line in more)]
        return lines

    def _listed(self) -> list[tuple[str, Callable[..., Any]]]:
        """Fixtures, whether they are open or not, but those that the shell itself gives."""
        return [(name, function) for name, function in sorted(self._fixtures.items()) if name not in self._own]

    def _roles(self) -> list[str]:
        return [role for role in self._bench.file.instruments if role not in self._fixtures]

    def _entry(self, role: str) -> str:
        return self._bench.file.instruments[role].driver

    def _print_names(self) -> None:
        """What can be named here."""
        print("\n".join(self.described()))  # noqa: T201 - asked for at the prompt

    def _driver(self, role: str) -> Any:
        """The driver of the instrument ``role``; reset, so that nothing is on, at every end."""
        if role not in self._drivers:
            record = importlib.import_module("fixtures.traffic").instrument_traffic(self._record, role)
            driver = self._stack.enter_context(open_instrument(self._bench, role, record))
            self._stack.enter_context(SafeState()).on_exit(role, lambda: _leave_safe(role, driver))
            self._drivers[role] = driver
        return self._drivers[role]

    def _open(self, name: str) -> Any:
        """What the fixture ``name`` gives, after those that it asks for itself."""
        function = self._fixtures[name]
        asked = {key: self[key] for key in inspect.signature(function).parameters}
        result = function(**asked)
        if not isinstance(result, Generator):
            return result
        value = next(result)
        self._stack.callback(next, result, None)
        return value


def _leave_safe(role: str, driver: Any) -> None:
    """Outputs off by a reset; relays are asked whether they are open."""
    driver.reset()
    closed = driver.closed_channels() if hasattr(driver, "closed_channels") else []
    if closed:
        raise UnsafeStateError(f"{role}: channels {closed} are still closed after they were told to open")


def _usable(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Those that need nothing which only a test has."""
    left = dict(functions)
    given = {"bench", "clock", "record", "history"}
    usable = {name: function for name, function in left.items() if name in given}
    while True:
        more = {
            name: function
            for name, function in left.items()
            if name not in usable and set(inspect.signature(function).parameters) <= {*usable, *given} - OF_A_TEST
        }
        if not more:
            return usable
        usable |= more


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]

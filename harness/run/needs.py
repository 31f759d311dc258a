"""What a plan's tests need on the bench, told before anything is switched on.

A test asks for fixtures, a fixture for others; ``fixtures/needs.py`` says which instruments and links each one works.
The fixtures are found by name, as the tests of a plan are: nothing here imports them.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.bench.errors import InstrumentMissingError
from harness.bench.files import BenchFile
from harness.bench.near_miss import near_miss
from harness.plan.resolve import ResolvedTest

PACKAGE = "fixtures"
TABLE = f"{PACKAGE}.needs"


@dataclass(frozen=True)
class Needs:
    """Roles of instruments, names of links and what is wired, as a bench file has them."""

    instruments: frozenset[str]
    links: frozenset[str]
    wired: frozenset[str]
    """ROLE.TABLE.NAME: a channel or a probe of that instrument."""


@cache
def fixture_functions() -> Mapping[str, Callable[..., Any]]:
    """The public fixtures there are, by name."""
    spec = importlib.util.find_spec(PACKAGE)
    places = (spec.submodule_search_locations or ()) if spec else ()
    names = sorted(file.stem for place in places for file in Path(place).glob("*.py") if file.stem != "__init__")
    found: dict[str, Callable[..., Any]] = {}
    for name in names:
        module = importlib.import_module(f"{PACKAGE}.{name}")
        for key, value in vars(module).items():
            # pytest's own class for what @pytest.fixture makes is not in its documented interface; its name is stable.
            if type(value).__name__ != "FixtureFunctionDefinition":
                continue
            function: Callable[..., Any] = value.__wrapped__
            if function.__module__ == module.__name__:
                found[key] = function
    return found


def needs_of(function: Callable[..., Any]) -> Needs:
    """What a test function needs, through all the fixtures that it asks for."""
    table = importlib.import_module(TABLE)
    functions = fixture_functions()
    asked, left = set(), list(_asked(function))
    while left:
        name = left.pop()
        if name in functions and name not in asked:
            asked.add(name)
            left += _asked(functions[name])
    return Needs(
        instruments=frozenset(role for name in asked for role in table.INSTRUMENTS.get(name, ())),
        links=frozenset(link for name in asked for link in table.LINKS.get(name, ())),
        wired=frozenset(place for name in asked for place in table.WIRED.get(name, ())),
    )


def check_needs(tests: Iterable[ResolvedTest], chosen: Collection[str], bench: BenchFile, path: Path) -> None:
    """Raise InstrumentMissingError if ``bench`` (the file ``path``) lacks what the chosen tests need; none: all."""
    lines = lacking(tests, chosen, bench, path)
    if lines:
        there = ", ".join([*bench.instruments, *bench.links]) or "nothing"
        raise InstrumentMissingError(
            "\n".join(lines) + f"\non this bench there are: {there}; add what is missing, or take a plan, or tests "
            "(tamperbench run), without it"
        )


def lacking(tests: Iterable[ResolvedTest], chosen: Collection[str], bench: BenchFile, path: Path) -> list[str]:
    """What ``bench`` (the file ``path``) lacks for the chosen tests (none: all), a line each with who needs it."""
    found: dict[str, list[str]] = {}
    for test in tests:
        if not chosen or test.id in chosen:
            for what in _lacks(needs_of(test.function), bench):
                found.setdefault(what, []).append(test.id)
    return [f"{path}: {what}; it is needed by {_some(ids)}" for what, ids in found.items()]


def _lacks(needs: Needs, bench: BenchFile) -> Iterator[str]:
    yield from (f"no table [instruments.{role}]" for role in sorted(needs.instruments - set(bench.instruments)))
    yield from (f"no table [links.{name}]" for name in sorted(needs.links - set(bench.links)))
    for place in sorted(needs.wired):
        role, table, name = place.split(".")
        entry = bench.instruments.get(role)
        if entry is not None and name not in getattr(entry, table):
            near = near_miss(name, getattr(entry, table))
            hint = f" (it has {near!r})" if near else ""
            yield f"[instruments.{role}] has no {table}.{name}{hint}; add {table}.{name} = CHANNEL"


def _asked(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")

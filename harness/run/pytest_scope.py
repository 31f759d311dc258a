"""What a pytest session is about: a plan, the project's own tests, or both; and whether anything is run in it."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from enum import Enum
from pathlib import Path

import pytest

from harness.run.inputs import default_testplans

SHOWING_OPTIONS = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan")


class Scope(Enum):
    """How far a session is one of a plan."""

    NONE = "none"
    PLAN = "plan"
    AMONG_OTHERS = "among others"


def scope_of(config: pytest.Config) -> Scope:
    """By the places that are named, and by the options that only a plan has."""
    if config.getoption("--plan") is not None or config.getoption("--testplans") is not None:
        return Scope.PLAN
    testplans = default_testplans()
    given = [_place(str(argument).split("::", 1)[0], config) for argument in config.args]
    inside = [is_below(path, testplans) for path in given]
    if inside and all(inside):
        return Scope.PLAN
    return Scope.AMONG_OTHERS if any(inside) or any(path in testplans.parents for path in given) else Scope.NONE


def _place(argument: str, config: pytest.Config) -> Path:
    """Where an argument lies; with ``--pyargs`` it may be the name of a package."""
    path = Path(argument)
    if config.option.pyargs and not path.exists():
        with suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(argument)
            places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else [argument]
            path = Path(str(places[0]))
    return path.resolve()


def is_below(path: Path, folder: Path) -> bool:
    """Whether ``path`` is the folder, or in it."""
    return path == folder or folder in path.parents


def is_parallel(config: pytest.Config) -> bool:
    """Whether several processes (pytest-xdist) share the tests; true in each of them."""
    return hasattr(config, "workerinput") or bool(getattr(config.option, "numprocesses", None))


def only_shows(config: pytest.Config) -> bool:
    """Collecting for an editor, ``--fixtures`` and their like: nothing is run, so the bench stays off."""
    return any(getattr(config.option, name, False) for name in SHOWING_OPTIONS)

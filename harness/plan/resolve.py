"""From a planned test to its function: the requirements it shows and the parameters it takes.

Done before anything runs, so that a plan with a wrong name, key, unit or requirement id is refused as a whole.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss, some_of
from harness.bench.toml_file import validate
from harness.plan.catalogue import Catalogue
from harness.plan.parameters import NoParameters, Parameters
from harness.plan.plan_file import Plan, PlannedTest


@dataclass(frozen=True)
class ResolvedTest:
    """A planned test with everything that its function says about it."""

    planned: PlannedTest
    title: str
    requirements: tuple[str, ...]
    parameters: Parameters
    function: Callable[..., Any]

    @property
    def id(self) -> str:
        """The planned test's id."""
        return self.planned.id


def resolve_plan(plan: Plan, plan_path: Path, folder: Path, catalogue: Catalogue) -> tuple[ResolvedTest, ...]:
    """Every test of the plan, resolved; raises BenchFileError. ``folder`` is testplans/."""
    resolved = tuple(_resolve(planned, plan_path, folder, catalogue) for planned in plan.test)
    shown = {requirement for test in resolved for requirement in test.requirements}
    for requirement in plan.plan.requires:
        if requirement not in shown:
            raise BenchFileError(
                f"{plan_path}: key 'plan.requires': no test of this plan shows {requirement}; "
                "add a test that does or take it out of the list"
            )
    return resolved


def _resolve(planned: PlannedTest, plan_path: Path, folder: Path, catalogue: Catalogue) -> ResolvedTest:
    part = f" of {planned.part}" if planned.part else ""
    where = f"{plan_path}: test {planned.id!r}{part}"
    function = _find_function(planned.run, where, folder)
    marks = {mark.name: mark for mark in getattr(function, "pytestmark", [])}
    if "requirements" not in marks or not marks["requirements"].args:
        raise BenchFileError(f"{where}: {planned.run} names no requirement; mark it @pytest.mark.requirements(...)")
    requirements = tuple(marks["requirements"].args)
    catalogue.check(requirements, f"{where}: {planned.run}")
    model: type[Parameters] = marks["parameters"].kwargs["model"] if "parameters" in marks else NoParameters
    return ResolvedTest(
        planned=planned,
        title=_title(function, planned.run, where),
        requirements=requirements,
        parameters=validate(planned.parameters, model, f"{where}: parameters"),
        function=function,
    )


def _title(function: Callable[..., Any], run: str, where: str) -> str:
    """The first line of the test's docstring. It goes into record and report, so nothing else may stand in for it."""
    text = inspect.cleandoc(function.__doc__ or "")
    if text:
        return text.splitlines()[0]
    if sys.flags.optimize >= 2:
        raise BenchFileError(
            f"{where}: {run} has no docstring, as Python runs without them (-OO or PYTHONOPTIMIZE=2), and its first "
            "line is the test's title in the record; run without that option"
        )
    raise BenchFileError(f"{where}: {run} has no docstring, and its first line is the test's title; write one")


def _find_function(run: str, where: str, folder: Path) -> Callable[..., Any]:
    file, separator, name = run.partition("::")
    path = folder / file
    if not separator or not name or ".." in Path(file).parts:
        raise BenchFileError(f"{where}: key 'run': expected FILE::FUNCTION below {folder.name}/, found {run!r}")
    if not path.is_file():
        there = sorted(str(found.relative_to(folder)) for found in folder.glob("**/test_*.py"))
        near = near_miss(file, there)
        hint = f"did you mean {near}?" if near else f"there are: {some_of(there)}"
        raise BenchFileError(f"{where}: key 'run': there is no file {file} below {folder.name}/; {hint}")
    functions = {
        key: value
        for key, value in vars(_load_module(path, folder)).items()
        if key.startswith("test_") and callable(value)
    }
    if name not in functions:
        near = near_miss(name, functions)
        hint = f"did you mean {near}?" if near else f"it has: {', '.join(functions)}"
        raise BenchFileError(f"{where}: key 'run': {file} has no test {name!r}; {hint}")
    function: Callable[..., Any] = functions[name]
    return function


def _load_module(path: Path, folder: Path) -> ModuleType:
    """The module under the name pytest gives it too, so that it is loaded once."""
    name = ".".join([folder.name, *path.relative_to(folder).with_suffix("").parts])
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ is not None and Path(loaded.__file__).samefile(path):
        return loaded
    if loaded is not None:
        raise BenchFileError(
            f"{path}: this process has loaded another {name} already, from {loaded.__file__}; "
            "give one of the two test folders another name"
        )
    if str(folder.parent) not in sys.path:
        sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module(name)
    except Exception as error:  # the file is the user's: whatever it raises is told with its name
        raise BenchFileError(f"{path}: can't be loaded: {type(error).__name__}: {error}; correct the file") from error

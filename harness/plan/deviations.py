"""Where a plan differs from the reference plan: in its values, its decision rule, and the tests it leaves out.

Markets differ, so a plan may set its own levels, times and repeats. A pass then says less, more or something else than
the reference plan's, and whoever reads the result must be told so. Nothing here judges which of the two asks for more;
of a number of repeats alone it is said whether it is fewer or more.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import load_model, validate
from harness.plan.plan_file import DecisionSection, Plan, PlannedTest
from harness.plan.resolve import ResolvedTest

REFERENCE = "smoke"
"""The shipped plan that every other is set against."""

REPEATS = frozenset({"alerts", "changes", "closings", "openings", "pulses", "steps", "trains", "wobbles"})
"""Keys whose whole numbers count how often something is done."""

NOT_SET = "not set"


def find_deviations(plan: Plan, tests: Sequence[ResolvedTest], folder: Path, shipped: Path) -> tuple[str, ...]:
    """Everything in which ``plan`` differs from the reference plan in the folder ``shipped``, a line for each.

    Values stand as the two plans wrote them, with their units, and are compared as the test takes them: 0.5 s is
    500 ms. ``tests`` are the plan's, resolved from ``folder``. Raises BenchFileError if the reference can't be read.
    """
    reference = load_model(shipped / f"{REFERENCE}.toml", Plan)
    found = [*_decision(plan.decision, reference.decision), *_code(tests, folder, shipped)]
    covered = set()
    for test in tests:
        counterpart, differences = _compare(test, reference)
        found += differences
        if counterpart is not None:
            covered.add(counterpart.id)
    left_out = {test.id: _requirements(test.run, shipped) for test in reference.test if test.id not in covered}
    for requirement in plan.plan.requires:
        missing = [test_id for test_id, requirements in left_out.items() if requirement in requirements]
        if missing:
            found.append(f"{requirement}: the reference also asks {', '.join(missing)}")
    return tuple(found)


def _decision(own: DecisionSection, reference: DecisionSection) -> list[str]:
    pairs = {name: (getattr(own, name), getattr(reference, name)) for name in DecisionSection.model_fields}
    return [f"decision: {key} {_text(a)}, reference {_text(b)}" for key, (a, b) in pairs.items() if a != b]


def _code(tests: Sequence[ResolvedTest], folder: Path, shipped: Path) -> list[str]:
    """Files that only have a shipped one's name: the same values mean something else to other code."""
    files = dict.fromkeys(_place(test.planned.run)[0] for test in tests)
    there = [file for file in files if (shipped / file).is_file()]
    return [
        f"{file}: not the shipped file of that name"
        for file in there
        if (folder / file).read_bytes() != (shipped / file).read_bytes()
    ]


def _compare(test: ResolvedTest, reference: Plan) -> tuple[PlannedTest | None, list[str]]:
    """The reference's test of the same function, and how this one differs from it.

    Where the reference uses the function several times, it is the one of the same id, or else the one with the fewest
    differences: what that one does not cover is then told as left out.
    """
    same = [other for other in reference.test if _place(other.run) == _place(test.planned.run)]
    if not same:
        return None, [f"{test.id}: the reference has no test that runs {test.planned.run}"]
    named = [other for other in same if other.id == test.id]
    return min(((other, _differences(test, other)) for other in named or same), key=lambda pair: len(pair[1]))


def _differences(test: ResolvedTest, other: PlannedTest) -> list[str]:
    own, theirs = test.planned.parameters, other.parameters
    own_taken, their_taken = test.parameters.model_dump(by_alias=True), _taken(test, other)
    where = "" if other.id == test.id else f" in {other.id}"
    return [
        f"{test.id}: {key} {_value(own, key)}, reference {_value(theirs, key)}{_count(own, theirs, key)}{where}"
        for key in dict.fromkeys([*theirs, *own])
        if own_taken.get(key, own.get(key)) != their_taken.get(key, theirs.get(key))
    ]


def _taken(test: ResolvedTest, other: PlannedTest) -> Mapping[str, Any]:
    """The reference's parameters as this test takes them; as written if it is another test under the same name."""
    try:
        return validate(other.parameters, type(test.parameters), other.id).model_dump(by_alias=True)
    except BenchFileError:
        return other.parameters


def _value(parameters: Mapping[str, Any], key: str) -> str:
    return _text(parameters[key]) if key in parameters else NOT_SET


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(part) for part in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(own: Mapping[str, Any], theirs: Mapping[str, Any], key: str) -> str:
    a, b = own.get(key), theirs.get(key)
    if key not in REPEATS or not isinstance(a, int) or not isinstance(b, int):
        return ""
    return " (fewer)" if a < b else " (more)"


def _place(run: str) -> tuple[PurePosixPath, str]:
    """A test's function, however its path was written."""
    file, _, name = run.partition("::")
    return PurePosixPath(file), name


def _requirements(run: str, folder: Path) -> frozenset[str]:
    """What a shipped test shows, by its marker. The file is read and not loaded: one's own may have the same name."""
    file, name = _place(run)
    try:
        tree = ast.parse((folder / file).read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise BenchFileError(
            f"{folder / file}: the reference plan's test can't be read: {error}; install again"
        ) from error
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    marks = (mark for node in functions for mark in node.decorator_list if isinstance(mark, ast.Call))
    return frozenset(
        argument.value
        for mark in marks
        if isinstance(mark.func, ast.Attribute) and mark.func.attr == "requirements"
        for argument in mark.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )

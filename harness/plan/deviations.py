"""Where a plan differs from the reference plan: in its values, its decision rule, and the tests it leaves out.

Markets differ, so a plan may set its own levels, times and repeats. A pass then says less, more or something else than
the reference plan's, and whoever reads the result must be told so. Nothing here judges which of the two asks for more;
of a number of repeats alone it is said whether it is fewer or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import validate
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.plan.plan_file import CATALOGUE, DecisionSection, Plan, PlannedTest
from harness.plan.resolve import ResolvedTest
from harness.plan.shown_by import place_of, requirements_shown

REFERENCE = "full"
"""The shipped plan that every other is set against."""

NOT_SET = "not set"
LEFT_OUT = ": the reference also asks "


def find_deviations(plan: Plan, tests: Sequence[ResolvedTest], folder: Path, shipped: Path) -> tuple[str, ...]:
    """Everything in which ``plan`` differs from the reference plan in the folder ``shipped``, a line for each.

    Values stand as the two plans wrote them, with their units, and are compared as the test takes them: 0.5 s is
    500 ms. ``tests`` are the plan's, resolved from ``folder``. Raises BenchFileError if the reference can't be read.
    """
    reference = load_plan(shipped / f"{REFERENCE}.toml", load_catalogue(shipped / f"{CATALOGUE}.toml"))
    found = [*_decision(plan.decision, reference.decision), *_code(tests, folder, shipped)]
    covered, by_place = set(), _by_place(reference)
    for test in tests:
        same = by_place.get(place_of(test.planned.run), [])
        counterpart, differences = _compare(test, same, reference.repeated)
        found += differences
        if counterpart is not None:
            covered.add(counterpart.id)
    others = [test for test in reference.test if test.id not in covered]
    shown = requirements_shown((test.run for test in others), shipped)
    left_out = {test.id: shown[test.run] for test in others}
    for requirement in plan.plan.requires:
        missing = [test_id for test_id, requirements in left_out.items() if requirement in requirements]
        if missing:
            found.append(f"{requirement}{LEFT_OUT}{', '.join(missing)}")
    return tuple(found)


def is_part(lines: Sequence[str]) -> bool:
    """Whether these lines of :func:`find_deviations` say no more than which tests are left out."""
    return bool(lines) and all(LEFT_OUT in line for line in lines)


def _decision(own: DecisionSection, reference: DecisionSection) -> list[str]:
    pairs = {name: (getattr(own, name), getattr(reference, name)) for name in DecisionSection.model_fields}
    return [f"decision: {key} {_text(a)}, reference {_text(b)}" for key, (a, b) in pairs.items() if a != b]


def _code(tests: Sequence[ResolvedTest], folder: Path, shipped: Path) -> list[str]:
    """Files that only have a shipped one's name: the same values mean something else to other code."""
    files = dict.fromkeys(place_of(test.planned.run)[0] for test in tests)
    there = [file for file in files if (shipped / file).is_file()]
    return [
        f"{file}: not the shipped file of that name"
        for file in there
        if (folder / file).read_bytes() != (shipped / file).read_bytes()
    ]


def _by_place(plan: Plan) -> Mapping[object, Sequence[PlannedTest]]:
    """The plan's tests by file and function."""
    found: dict[object, list[PlannedTest]] = {}
    for test in plan.test:
        found.setdefault(place_of(test.run), []).append(test)
    return found


def _compare(
    test: ResolvedTest, same: Sequence[PlannedTest], repeated: frozenset[str]
) -> tuple[PlannedTest | None, list[str]]:
    """The one of ``same``, the reference's tests of the same function, that is meant, and how this one differs from it.

    Where the reference uses the function several times, it is the one of the same id, or else the one with the fewest
    differences: what that one does not cover is then told as left out.
    """
    if not same:
        return None, [f"{test.id}: the reference has no test that runs {test.planned.run}"]
    named = [other for other in same if other.id == test.id]
    return min(
        ((other, _differences(test, other, repeated)) for other in named or same),
        key=lambda pair: len(pair[1]),
    )


def _differences(test: ResolvedTest, other: PlannedTest, repeated: frozenset[str]) -> list[str]:
    own, theirs = test.planned.parameters, other.parameters
    own_taken, their_taken = test.parameters.model_dump(by_alias=True), _taken(test, other)
    where = "" if other.id == test.id else f" in {other.id}"
    return [
        f"{test.id}: {key} {_value(own, key)}, reference {_value(theirs, key)}"
        f"{_count(own, theirs, key, repeated)}{where}"
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


def _count(own: Mapping[str, Any], theirs: Mapping[str, Any], key: str, repeated: frozenset[str]) -> str:
    a, b = own.get(key), theirs.get(key)
    if key not in repeated or not isinstance(a, int) or not isinstance(b, int):
        return ""
    return " (fewer)" if a < b else " (more)"

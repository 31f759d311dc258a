"""A plan read from its file; one that is made of parts is flattened into one that stands alone.

A part (``testplans/parts/SUBJECT.toml``) holds ``[[test]]`` tables alone, each with its reference parameters and, where
it repeats something, what a plan of fewest or of most repeats puts in their place. A plan made of parts says

    include = ["parts/seal.toml", "parts/*.toml"]     # relative to the plan file; no file twice
    [plan]
    repeats = "fewest"                                # or "most"; else the reference parameters
    only = ["seal-1-opening-and-closing"]             # these tests, in this order; else all
    requires = "shown"                                # whatever its tests show, or a list as in any plan

What is run, kept in the run's folder and compared with is the flattened plan: every test with its parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss, some_of
from harness.bench.toml_file import FileModel, load_model, read_toml
from harness.plan.catalogue import Catalogue
from harness.plan.plan_file import DecisionSection, Plan, PlannedTest, PlanSection, Slug
from harness.plan.plan_text import comments_of, plan_text
from harness.plan.profile import ALWAYS, FOLDER, with_profile, with_reference
from harness.plan.shown_by import requirements_shown

SHOWN = "shown"
"""In place of a list of requirements: all that the plan's tests show."""

Repeats = Literal["reference", "fewest", "most"]


class PartTest(PlannedTest):
    """A test of a part; ``fewest`` and ``most`` replace those of its parameters that they name."""

    fewest: dict[str, Any] = Field(default_factory=dict)
    most: dict[str, Any] = Field(default_factory=dict)

    def with_repeats(self, repeats: Repeats) -> dict[str, Any]:
        """Its parameters in a plan of that kind."""
        changes = {"reference": {}, "fewest": self.fewest, "most": self.most}
        return self.parameters | changes[repeats]


class Part(FileModel):
    """A file of tests that plans include."""

    test: tuple[PartTest, ...] = Field(min_length=1)


def _listed(value: object) -> object:
    return (value,) if value == SHOWN else value


class MadeOfParts(FileModel):
    """The [plan] table of a plan that includes parts."""

    name: Slug
    title: str
    requires: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)
    repeats: Repeats = "reference"
    only: tuple[str, ...] | None = Field(default=None, min_length=1)


class PlanOfParts(FileModel):
    """A plan file that includes parts; tests of its own stand behind theirs."""

    include: tuple[str, ...] = Field(min_length=1)
    plan: MadeOfParts
    decision: DecisionSection = DecisionSection()
    test: tuple[PartTest, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A test where it was found: its part's name, and the comment that stands above it there."""

    test: PartTest
    part: str
    comment: tuple[str, ...] = ()


def load_plan(path: Path, catalogue: Catalogue, folder: Path | None = None, profile: Path | None = None) -> Plan:
    """The plan at ``path``, flattened, its requirement ids checked, with the values of its profiles.

    ``folder`` is testplans/ (else the plan's own). The profile "reference" there gives what the plan leaves out,
    ``profile`` its market's values; a plan from a run's folder has had its profile already.
    """
    data = read_toml(path)
    if "include" in data or any(key in data.get("plan", {}) for key in ("repeats", "only")):
        plan = _flatten(path, catalogue, folder or path.parent)
    else:
        plan = load_model(path, Plan)
        plan._text = path.read_bytes()
    if not plan.test:
        raise BenchFileError(f"{path}: the plan has no tests; add at least one [[test]] table")
    catalogue.check(plan.plan.requires, f"{path}: key 'plan.requires'")
    seen: dict[str, str] = {}
    for planned in plan.test:
        where = f"{path}{f', {planned.part}' if planned.part else ''}"
        if planned.id in seen:
            raise BenchFileError(f"{where}: test id {planned.id!r} is there twice; each test has an id of its own")
        seen[planned.id] = planned.part
    return _with_profiles(plan, folder or path.parent, profile)


def _with_profiles(plan: Plan, folder: Path, profile: Path | None) -> Plan:
    known = _tests_there(folder)
    always = folder / FOLDER / f"{ALWAYS}.toml"
    if plan.profile is None and always.is_file():
        plan = with_reference(plan, always, known)
    if profile is None or profile == always:
        return plan
    return with_profile(plan, profile, known.keys())


def _tests_there(folder: Path) -> dict[str, str]:
    """Every test of the parts and plans in testplans/: its id, and what is run."""
    parts = [load_model(file, Part).test for file in sorted((folder / "parts").glob("*.toml"))]
    found = {test.id: test.run for part in parts for test in part}
    for file in sorted(folder.glob("*.toml")):
        try:
            tests = read_toml(file).get("test", [])
        except BenchFileError:
            continue  # another plan than the one that is asked for: told when that is
        found |= {test["id"]: test["run"] for test in tests if isinstance(test, dict) and {"id", "run"} <= test.keys()}
    return found


def _flatten(path: Path, catalogue: Catalogue, folder: Path) -> Plan:
    own = load_model(path, PlanOfParts)
    found = [*_included(own.include, path), *(_Found(test, "") for test in own.test)]
    chosen = _chosen(found, own.plan.only, path)
    tests = tuple(_planned(one, own.plan.repeats) for one in chosen)
    section = PlanSection(name=own.plan.name, title=own.plan.title, requires=_requires(own, tests, folder, catalogue))
    plan = Plan(plan=section, decision=own.decision, test=tests)
    made_of = f"made of {', '.join(own.include)}, {own.plan.repeats} repeats"
    head = f"# The plan {plan.plan.name!r} as it was run: {made_of}."
    plan._text = plan_text(plan, head, [one.comment for one in chosen])
    named = [pair for one in found for pair in (*one.test.fewest.items(), *one.test.most.items())]
    plan._repeated = frozenset(key for key, value in named if isinstance(value, int))
    return plan


def _included(patterns: Sequence[str], path: Path) -> Iterator[_Found]:
    """Every test of the parts, file by file; a file that two patterns name is taken where the first has it."""
    files: dict[Path, str] = {}
    for pattern in patterns:
        place = Path(pattern)
        try:
            there = sorted((Path("/") if place.is_absolute() else path.parent).glob(pattern.lstrip("/")))
        except (ValueError, NotImplementedError) as error:
            raise BenchFileError(f"{path}: key 'include': {pattern!r} is no pattern of files: {error}") from error
        if not there:
            raise BenchFileError(
                f"{path}: key 'include': no file {pattern!r}; expected files of [[test]] tables, named from the "
                f"plan file's folder {path.parent}"
            )
        for file in there:
            files.setdefault(file, file.name if place.is_absolute() else file.relative_to(path.parent).as_posix())
    for file, name in files.items():
        part = load_model(file, Part)
        comments = comments_of(file.read_text(encoding="utf-8"))
        for place_in_file, test in enumerate(part.test):
            yield _Found(test, name, comments[place_in_file] if place_in_file < len(comments) else ())


def _chosen(found: Sequence[_Found], only: Sequence[str] | None, path: Path) -> list[_Found]:
    if only is None:
        return list(found)
    known = [one.test.id for one in found]
    for test_id in only:
        if test_id not in known:
            near = near_miss(test_id, known)
            hint = f"did you mean {near!r}?" if near else f"there are: {some_of(known)}"
            raise BenchFileError(f"{path}: key 'plan.only': no part has a test {test_id!r}; {hint}")
    return [one for test_id in only for one in found if one.test.id == test_id]


def _planned(one: _Found, repeats: Repeats) -> PlannedTest:
    planned = PlannedTest(id=one.test.id, run=one.test.run, parameters=one.test.with_repeats(repeats))
    planned._part = one.part
    return planned


def _requires(own: PlanOfParts, tests: Sequence[PlannedTest], folder: Path, catalogue: Catalogue) -> tuple[str, ...]:
    if own.plan.requires != (SHOWN,):
        return own.plan.requires
    shown = frozenset[str]().union(*requirements_shown((test.run for test in tests), folder).values())
    catalogue.check(sorted(shown), "the marker of a test")
    return tuple(row.id for row in catalogue.requirement if row.id in shown)

"""Market profiles: what a market's documents ask for in place of the reference values, with their sources.

``testplans/profiles/NAME.toml`` sets parameters of planned tests. A level whose document was not read is *to be
confirmed*, and that goes with the plan into the record and onto the report's first page: nobody shall take a level from
memory for one from the standard's text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import Field

from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss, some_of
from harness.bench.toml_file import FileModel, load_model
from harness.bench.toml_text import value_text
from harness.plan.plan_file import Plan, PlannedTest, ProfileSection, Slug
from harness.plan.plan_text import comments_of, plan_text

FOLDER = "profiles"


class ProfileHead(FileModel):
    """Whose market it is."""

    name: Slug
    title: str
    unknown: tuple[str, ...] = ()
    """What the market surely asks for, and nobody could look up: told in every report."""


class Level(FileModel):
    """Some parameters of some tests, as one document has them."""

    tests: tuple[str, ...] = Field(min_length=1)
    """Ids of planned tests; ``*`` stands for any part of one."""
    set: dict[str, Any] = Field(min_length=1)
    source: str
    confirmed: bool = False
    """Whether the value was read in the document itself."""


class Profile(FileModel):
    """A whole profile file."""

    profile: ProfileHead
    level: tuple[Level, ...] = ()


def find_profile(name_or_path: str, folder: Path) -> Path:
    """The file of a profile given by its path or by its name in testplans/profiles/."""
    if name_or_path.endswith(".toml"):
        return Path(name_or_path)
    known = sorted(file.stem for file in (folder / FOLDER).glob("*.toml"))
    if name_or_path not in known:
        near = near_miss(name_or_path, known)
        raise BenchFileError(
            f"no profile {name_or_path!r}; {f'did you mean {near!r}? ' if near else ''}give a path ending in .toml or "
            f"one of: {', '.join(known) or 'none'}"
        )
    return folder / FOLDER / f"{name_or_path}.toml"


def with_profile(plan: Plan, path: Path, known: Collection[str] = ()) -> Plan:
    """The plan with the profile's values in place; raises BenchFileError for a level that fits none of its tests' keys.

    A level of tests that this plan leaves out changes nothing, if they are among the ``known`` ones.
    """
    profile = load_model(path, Profile)
    changes: dict[str, dict[str, Any]] = {}
    doubts = list(profile.profile.unknown)
    for place, level in enumerate(profile.level):
        named = [test for test in plan.test if any(fnmatchcase(test.id, pattern) for pattern in level.tests)]
        _check_known(level.tests, {test.id for test in plan.test} | set(known), f"{path}: key 'level[{place}].tests'")
        for key, value in level.set.items():
            takers = [test.id for test in named if key in test.parameters]
            if named and not takers:
                raise BenchFileError(
                    f"{path}: key 'level[{place}].set': none of {some_of([test.id for test in named])} has a parameter "
                    f"{key!r}; they have: {some_of(sorted({name for test in named for name in test.parameters}))}"
                )
            for test_id in takers:
                changes.setdefault(test_id, {})[key] = value
            if takers and not level.confirmed:
                doubts.append(f"{', '.join(takers)}: {key} {_said(value)} ({level.source})")
    section = ProfileSection(name=profile.profile.name, title=profile.profile.title, to_be_confirmed=tuple(doubts))
    return _changed(plan, changes, section)


def _check_known(patterns: Sequence[str], known: Collection[str], where: str) -> None:
    """A misspelt id must not leave a test with the reference level."""
    for pattern in patterns:
        if not any(fnmatchcase(test_id, pattern) for test_id in known):
            near = near_miss(pattern, sorted(known))
            hint = f"did you mean {near!r}?" if near else f"there are: {some_of(sorted(known))}"
            raise BenchFileError(f"{where}: there is no test {pattern!r}; {hint}")


def _changed(plan: Plan, changes: Mapping[str, Mapping[str, Any]], section: ProfileSection) -> Plan:
    tests = []
    for test in plan.test:
        planned = PlannedTest(id=test.id, run=test.run, parameters=test.parameters | dict(changes.get(test.id, {})))
        planned._part = test.part
        tests.append(planned)
    changed = Plan(plan=plan.plan, decision=plan.decision, profile=section, test=tuple(tests))
    text = plan.text.decode("utf-8")
    head = f"# The plan {plan.plan.name!r} with the values of the profile {section.name!r}, as it was run."
    changed._text = plan_text(changed, head, comments_of(text))
    changed._repeated = plan.repeated
    return changed


def _said(value: object) -> str:
    return value if isinstance(value, str) else value_text(value)

"""Market profiles: levels that documents ask for, with their sources, which no test and no part has as its own.

``testplans/profiles/NAME.toml`` sets parameters of planned tests. The profile ``reference`` is always in force: it
gives what a test's table leaves out. Another one, chosen by its name, puts its market's values in their place. A level
whose document was not read is *to be confirmed*, and that goes with the plan into the record and the report: nobody
shall take a level from memory for one from the standard's text.
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
from harness.plan.plan_file import Plan, PlannedTest, ProfileSection, RecalledLevel, Slug
from harness.plan.plan_text import comments_of, plan_text

FOLDER = "profiles"
ALWAYS = "reference"
"""The profile that every plan has which names no other, and that others stand on."""


class ProfileHead(FileModel):
    """Whose market it is."""

    name: Slug
    title: str
    unknown: tuple[str, ...] = ()
    """What the market surely asks for, and nobody could look up: told in every report."""


class Level(FileModel):
    """Some parameters of some tests, as one document has them."""

    tests: tuple[str, ...] = Field(min_length=1)
    """Ids of planned tests; ``*`` stands for any part of one, and then for those alone that have such a parameter."""
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


def with_reference(plan: Plan, path: Path, known: Mapping[str, str]) -> Plan:
    """The plan with what its tests leave out as the profile at ``path`` has it; what they say themselves stays.

    ``known`` are the shipped tests, id → what is run: another test of the same name is left as it is.
    """
    profile = load_model(path, Profile)
    changes: dict[str, dict[str, Any]] = {}
    taken: list[tuple[Level, str, str, Any]] = []
    for level in profile.level:
        for test in _named(plan, level):
            for key, value in level.set.items():
                if key not in test.parameters and test.id in level.tests and test.run == known.get(test.id):
                    changes.setdefault(test.id, {})[key] = value
                own = changes.get(test.id, {}).get(key, test.parameters.get(key))
                if own is not None and _is_among(own, value):
                    taken.append((level, test.id, key, own))
    return _changed(plan, changes, _section(profile, taken))


def with_profile(plan: Plan, path: Path, known: Collection[str] = ()) -> Plan:
    """The plan with the profile's values in place; raises BenchFileError for a level that fits none of its tests' keys.

    A level of tests that this plan leaves out changes nothing, if they are among the ``known`` ones.
    """
    profile = load_model(path, Profile)
    changes: dict[str, dict[str, Any]] = {}
    taken: list[tuple[Level, str, str, Any]] = []
    for place, level in enumerate(profile.level):
        named = _named(plan, level)
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
                taken.append((level, test_id, key, value))
    return _changed(plan, changes, _section(profile, taken, plan.profile, changes))


def _named(plan: Plan, level: Level) -> list[PlannedTest]:
    return [test for test in plan.test if any(fnmatchcase(test.id, pattern) for pattern in level.tests)]


def _is_among(own: object, level: object) -> bool:
    """Whether the plan has the profile's value, or some of its values: what it says otherwise is its own."""
    if isinstance(own, list) and isinstance(level, list):
        return all(value in level for value in own)
    return own == level


def _section(
    profile: Profile,
    taken: Sequence[tuple[Level, str, str, Any]],
    below: ProfileSection | None = None,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> ProfileSection:
    """What is to be confirmed, each value once with all its tests; of the profile ``below`` what was not changed."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for doubt in () if below is None else below.to_be_confirmed:
        tests = [test_id for test_id in doubt.tests if doubt.parameter not in (changes or {}).get(test_id, {})]
        if tests:
            found[doubt.parameter, doubt.value, doubt.source] = tests
    for level, test_id, key, value in taken:
        if not level.confirmed:
            found.setdefault((key, _said(value), level.source), []).append(test_id)
    return ProfileSection(
        name=profile.profile.name,
        title=profile.profile.title,
        unknown=(*(() if below is None else below.unknown), *profile.profile.unknown),
        to_be_confirmed=tuple(
            RecalledLevel(tests=tuple(dict.fromkeys(tests)), parameter=key, value=value, source=source)
            for (key, value, source), tests in found.items()
        ),
    )


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
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    return value if isinstance(value, str) else value_text(value)


def recalled_lines(section: ProfileSection) -> list[str]:
    """What is to be confirmed, a line each."""
    return [
        *section.unknown,
        *(f"{', '.join(one.tests)}: {one.parameter} {one.value} ({one.source})" for one in section.to_be_confirmed),
    ]

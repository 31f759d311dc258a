"""Plan files: TOML that says which tests run, how often, with which parameters and by which decision rule."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FileModel, load_model
from harness.plan.catalogue import Catalogue


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError("expected lower-case words joined by '-', such as 'seal-2-short-pulses'")
    return text


Slug = Annotated[str, AfterValidator(_slug)]


CATALOGUE = "requirements"
"""The one TOML file beside the plans that is none."""


class PlanSection(FileModel):
    """What the plan is for and which requirements it must show."""

    name: Slug
    title: str
    requires: tuple[str, ...] = Field(min_length=1)


class DecisionSection(FileModel):
    """How a value with its uncertainty is set against a limit (ILAC-G8:09/2019)."""

    rule: Literal["guarded", "simple"] = "guarded"
    coverage_factor: float = Field(default=2.0, ge=1.0, le=4.0)


class PlannedTest(FileModel):
    """One test of the plan: a function under testplans/ with this plan's parameters."""

    id: Slug
    run: str
    """``FILE::FUNCTION``, the file relative to testplans/."""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Plan(FileModel):
    """A whole plan file."""

    plan: PlanSection
    decision: DecisionSection = DecisionSection()
    test: tuple[PlannedTest, ...] = ()

    def planned(self, test_id: str) -> PlannedTest:
        """The test of that id; raises BenchFileError."""
        for planned in self.test:
            if planned.id == test_id:
                return planned
        known = [planned.id for planned in self.test]
        hint = _near(test_id, known)
        raise BenchFileError(f"plan {self.plan.name!r} has no test {test_id!r}; {hint}it has: {', '.join(known)}")


def load_plan(path: Path, catalogue: Catalogue) -> Plan:
    """The plan at ``path``, its requirement ids checked against the catalogue."""
    plan = load_model(path, Plan)
    if not plan.test:
        raise BenchFileError(f"{path}: the plan has no tests; add at least one [[test]] table")
    catalogue.check(plan.plan.requires, f"{path}: key 'plan.requires'")
    seen: set[str] = set()
    for planned in plan.test:
        if planned.id in seen:
            raise BenchFileError(f"{path}: test id {planned.id!r} is there twice; each test has an id of its own")
        seen.add(planned.id)
    return plan


def find_plan(name_or_path: str, folder: Path) -> Path:
    """The file of a plan given by its path or by its name in ``folder``."""
    given = Path(name_or_path)
    if given.suffix == ".toml":
        return given
    path = folder / f"{name_or_path}.toml"
    if not path.is_file() or path.stem == CATALOGUE:
        known = sorted(entry.stem for entry in folder.glob("*.toml") if entry.stem != CATALOGUE)
        raise BenchFileError(
            f"no plan {name_or_path!r}; {_near(name_or_path, known)}give a path ending in .toml or one of: "
            f"{', '.join(known) or 'none'}"
        )
    return path


def _near(given: str, known: list[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {near[0]!r}? " if near else ""

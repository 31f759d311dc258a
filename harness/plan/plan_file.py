"""Plan files: TOML that says which tests run, how often, with which parameters and by which decision rule."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FileModel


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


class RecalledLevel(FileModel):
    """A value of some tests that nobody read in the document it is from: the lab is to confirm it against the text."""

    tests: tuple[str, ...] = Field(min_length=1)
    parameter: str
    value: str
    source: str


class ProfileSection(FileModel):
    """The market profile whose values the plan has (harness/plan/profile.py)."""

    name: Slug
    title: str
    unknown: tuple[str, ...] = ()
    """What the market surely asks for, and nobody could look up."""
    to_be_confirmed: tuple[RecalledLevel, ...] = ()


class PlannedTest(FileModel):
    """One test of the plan: a function under testplans/ with this plan's parameters."""

    id: Slug
    run: str
    """``FILE::FUNCTION``, the file relative to testplans/."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    _part: str = PrivateAttr(default="")

    @property
    def part(self) -> str:
        """The file of the plan's parts that it stands in; empty if that is the plan file itself."""
        return self._part


class Plan(FileModel):
    """A whole plan; one made of parts is flattened (harness/plan/parts.py)."""

    plan: PlanSection
    decision: DecisionSection = DecisionSection()
    profile: ProfileSection | None = None
    test: tuple[PlannedTest, ...] = ()
    _text: bytes = PrivateAttr(default=b"")
    _repeated: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def text(self) -> bytes:
        """The plan as a file that stands alone: what a run's folder keeps."""
        return self._text

    @property
    def repeated(self) -> frozenset[str]:
        """Keys that count how often something is done: whole numbers of which its parts name fewer or more."""
        return self._repeated

    def planned(self, test_id: str) -> PlannedTest:
        """The test of that id; raises BenchFileError."""
        for planned in self.test:
            if planned.id == test_id:
                return planned
        known = [planned.id for planned in self.test]
        hint = _near(test_id, known)
        raise BenchFileError(f"plan {self.plan.name!r} has no test {test_id!r}; {hint}it has: {', '.join(known)}")


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

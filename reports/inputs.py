"""The copies of the run's input files as far as the report quotes them: catalogue, plan, bench and meter.

A report must come out of any record, also an old or damaged one. So these files are read tolerantly: what can't be
read or is not there is *not recorded*, and the reason is printed among the record's problems.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.evidence.model import InputFile

NOT_RECORDED = "not recorded"
INPUTS_FOLDER = "inputs"


@dataclass(frozen=True)
class CatalogueRow:
    """What the catalogue says about one requirement."""

    requirement_id: str
    subject: str
    text: str
    judged: str


@dataclass(frozen=True)
class Inputs:
    """What the input files say; ``problems`` names those that could not be read."""

    catalogue: tuple[CatalogueRow, ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    bench: Mapping[str, Any] = field(default_factory=dict)
    meter: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def row(self, requirement_id: str) -> CatalogueRow:
        """The catalogue's row; one that says so where the catalogue has none."""
        for row in self.catalogue:
            if row.requirement_id == requirement_id:
                return row
        return CatalogueRow(requirement_id, NOT_RECORDED, "The run's catalogue has no text for this id.", NOT_RECORDED)

    def text(self, file: str, *keys: str) -> str:
        """A text out of ``plan``, ``bench`` or ``meter`` by its keys, or *not recorded*."""
        value: Any = getattr(self, file)
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return str(value) if value not in (None, "") else NOT_RECORDED

    def parameters(self, test_id: str) -> dict[str, str]:
        """The plan's parameters of a test, as text."""
        for test in _tables(self.plan.get("test")):
            if test.get("id") == test_id and isinstance(test.get("parameters"), Mapping):
                return {str(name): _in_words(value) for name, value in test["parameters"].items()}
        return {}

    def method(self, test_id: str) -> str:
        """The test function that the plan names for a test."""
        for test in _tables(self.plan.get("test")):
            if test.get("id") == test_id:
                return str(test.get("run", NOT_RECORDED))
        return NOT_RECORDED


def load_inputs(run_folder: Path, listed: tuple[InputFile, ...]) -> Inputs:
    """Read the copies under ``inputs/`` that the header lists."""
    problems: list[str] = []
    tables = {role: _read(run_folder, listed, role, problems) for role in ("requirements", "plan", "bench", "meter")}
    catalogue = tuple(
        CatalogueRow(str(row["id"]), str(row.get("subject", "")), str(row.get("text", "")), str(row.get("judged", "")))
        for row in _tables(tables["requirements"].get("requirement"))
        if "id" in row
    )
    return Inputs(catalogue, tables["plan"], tables["bench"], tables["meter"], tuple(problems))


def _read(run_folder: Path, listed: tuple[InputFile, ...], role: str, problems: list[str]) -> Mapping[str, Any]:
    entry = next((item for item in listed if item.role == role), None)
    if entry is None:
        problems.append(f"the record names no {role} file; what it would say is not recorded")
        return {}
    # Only a plain name is followed: a record from elsewhere must not make the report read other files.
    name = Path(entry.file).name
    try:
        return tomllib.loads((run_folder / INPUTS_FOLDER / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        problems.append(f"{INPUTS_FOLDER}/{name} ({role}) can't be read: {reason}; what it would say is not recorded")
        return {}


def _in_words(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

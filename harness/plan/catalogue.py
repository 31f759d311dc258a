"""The requirement catalogue (``testplans/requirements.toml``): stable ids and what each one demands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FileModel, load_model


class Requirement(FileModel):
    """One row of the catalogue."""

    id: str
    subject: str
    text: str
    judged: Literal["meter", "head-end", "pair"]


class Catalogue(FileModel):
    """All requirements, in the catalogue's order."""

    requirement: tuple[Requirement, ...]

    @property
    def ids(self) -> frozenset[str]:
        """Every id there is."""
        return frozenset(row.id for row in self.requirement)

    def check(self, ids: Iterable[str], where: str) -> None:
        """Raise BenchFileError for an id that is not in the catalogue."""
        for requirement_id in ids:
            if requirement_id not in self.ids:
                near = difflib.get_close_matches(requirement_id, sorted(self.ids), n=1)
                hint = f"did you mean {near[0]}?" if near else "see testplans/requirements.toml for the ids"
                raise BenchFileError(f"{where}: unknown requirement id {requirement_id!r}; {hint}")


def load_catalogue(path: Path) -> Catalogue:
    """The catalogue at ``path``; ids must be unique."""
    catalogue = load_model(path, Catalogue)
    seen: set[str] = set()
    for row in catalogue.requirement:
        if row.id in seen:
            raise BenchFileError(f"{path}: requirement id {row.id!r} is there twice; ids are unique")
        seen.add(row.id)
    return catalogue

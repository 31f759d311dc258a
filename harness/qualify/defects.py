"""Defects: ``NAME.toml`` says what a vendor would have done wrong and what that violates, ``NAME.patch`` does it.

A defect of the hardware around the firmware has no patch: its ``hardware`` table is put into the bench file's
[emulation]. The folder may be the shipped one or anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from harness.bench.near_miss import near_miss, some_of
from harness.bench.toml_file import FileModel, load_model
from harness.plan.catalogue import Catalogue
from harness.qualify.errors import QualifyError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_OWN_NAMES = ("reference",)
"""What a row and a folder of the result are called already."""
_BYTES_MAX = 200_000


class DefectFile(FileModel):
    """What ``NAME.toml`` holds."""

    title: str
    vendor_would_have: str
    violates: tuple[str, ...] = Field(min_length=1)
    """Requirement ids: a fail in a test of one of them catches the defect."""
    expected_tests: tuple[str, ...] = Field(min_length=1)
    """Ids of planned tests that are expected to fail."""
    hardware: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Defect:
    """One known-bad meter."""

    name: str
    says: DefectFile
    patch: Path | None
    """None: the reference firmware on bad hardware."""


def load_defects(folder: Path, catalogue: Catalogue) -> tuple[Defect, ...]:
    """Every defect of the folder, by name; raises QualifyError, BenchFileError."""
    if not folder.is_dir():
        raise QualifyError(f"{folder}: there is no such folder; expected one of NAME.patch and NAME.toml")
    patches = {file.stem: file for file in folder.glob("*.patch")}
    files = {file.stem: file for file in folder.glob("*.toml")}
    for file in (*patches.values(), *files.values()):
        _check_file(file)
    alone = sorted(patches.keys() - files.keys())
    if alone:
        raise QualifyError(f"{folder / alone[0]}.patch: has no {alone[0]}.toml beside it; write one: what it violates")
    if not files:
        raise QualifyError(f"{folder}: no defects; expected NAME.toml, and NAME.patch beside it")
    return tuple(_load(files[name], patches.get(name), catalogue) for name in sorted(files))


def _check_file(file: Path) -> None:
    """A defect's name becomes that of folders that are written and removed, so no name leads out of them."""
    if not _NAME.fullmatch(file.stem) or file.stem in _OWN_NAMES:
        raise QualifyError(
            f"{str(file)!r}: a defect's name has letters, digits, '-', '_' and '.', begins with a letter or digit, "
            "is not longer than 80 characters and not 'reference'; rename the file"
        )
    if not file.is_file() or file.stat().st_size > _BYTES_MAX:
        raise QualifyError(f"{file}: expected a file of at most {_BYTES_MAX} octets; a defect is a small change")


def _load(file: Path, patch: Path | None, catalogue: Catalogue) -> Defect:
    says = load_model(file, DefectFile)
    catalogue.check(says.violates, f"{file}: key 'violates'")
    if patch is None and not says.hardware:
        raise QualifyError(
            f"{file}: has neither {file.stem}.patch beside it nor a key 'hardware'; "
            "it would be the reference meter: add one of the two"
        )
    return Defect(file.stem, says, patch)


def choose(defects: Sequence[Defect], only: Sequence[str]) -> tuple[Defect, ...]:
    """Those named in ``only``, all if none is; raises QualifyError for a name that there is not."""
    known = [defect.name for defect in defects]
    for name in only:
        if name not in known:
            near = near_miss(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are: {some_of(known)}"
            raise QualifyError(f"there is no defect {name!r}; {hint}")
    return tuple(defect for defect in defects if not only or defect.name in only)


def sample(defects: Sequence[Defect], count: int) -> tuple[Defect, ...]:
    """A stratified sample of ``count`` defects, or of as many as give every violated requirement one of its own.

    Always the same for the same defects. For a requirement the one that violates least besides is taken: the others
    are caught by more tests.
    """
    strata: dict[str, list[Defect]] = {}
    for defect in sorted(defects, key=lambda defect: (len(defect.says.violates), defect.name)):
        for requirement in defect.says.violates:
            strata.setdefault(requirement, []).append(defect)
    chosen: dict[str, Defect] = {}
    for requirement in sorted(strata, key=lambda requirement: (len(strata[requirement]), requirement)):
        if not any(requirement in defect.says.violates for defect in chosen.values()):
            chosen[strata[requirement][0].name] = strata[requirement][0]
    depth = max(map(len, strata.values()), default=0)
    for place in range(1, depth):
        for requirement in sorted(strata):
            if len(chosen) < count and place < len(strata[requirement]):
                chosen.setdefault(strata[requirement][place].name, strata[requirement][place])
    return tuple(defect for defect in defects if defect.name in chosen)

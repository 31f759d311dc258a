"""Applies a defect's unified diff to a copy of the firmware. Strict: every context line must be there as it stands.

No fuzz: a patch that has gone stale must fail, or a defect would silently be something else. A hunk may have moved, as
code is added above it; then its old lines, context and all, must stand at exactly one place of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from firmware_ref.tool.errors import PatchError

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Hunk:
    """One changed place: the first line (from 1) of the old text, the old lines, the new lines."""

    first_line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class FilePatch:
    """All hunks of one file, whose path is relative to the firmware's folder."""

    path: PurePosixPath
    hunks: tuple[Hunk, ...]


def parse_patch(text: str, name: str) -> list[FilePatch]:
    """Parses a unified diff with `a/` and `b/` prefixes (or none)."""
    lines = text.splitlines()
    patches: list[FilePatch] = []
    at = 0
    while at < len(lines):
        if not lines[at].startswith("--- "):
            at += 1
            continue
        if at + 1 >= len(lines) or not lines[at + 1].startswith("+++ "):
            raise PatchError(f"{name}: line {at + 2}: expected '+++ file' after '--- file'")
        path = _target(lines[at + 1], name)
        at += 2
        hunks = []
        while at < len(lines) and lines[at].startswith("@@"):
            hunk, at = _parse_hunk(lines, at, name)
            hunks.append(hunk)
        patches.append(FilePatch(path, tuple(hunks)))
    if not patches or not all(patch.hunks for patch in patches):
        raise PatchError(f"{name}: no hunks; expected a unified diff (diff -u, git diff)")
    return patches


def _target(line: str, name: str) -> PurePosixPath:
    path = PurePosixPath(line[4:].split("\t", maxsplit=1)[0].strip().removeprefix("b/"))
    if path.is_absolute() or ".." in path.parts:
        raise PatchError(f"{name}: path {path} leaves the firmware's folder")
    return path


def _parse_hunk(lines: list[str], at: int, name: str) -> tuple[Hunk, int]:
    match = _HUNK.match(lines[at])
    if match is None:
        raise PatchError(f"{name}: line {at + 1}: not a hunk header: {lines[at]!r}")
    first, old_count, _, new_count = (int(group) if group else 1 for group in match.groups())
    start = at
    old: list[str] = []
    new: list[str] = []
    at += 1
    while len(old) < old_count or len(new) < new_count:
        line = lines[at] if at < len(lines) else None
        if line is None or line[:1] not in ("", " ", "-", "+", "\\"):
            raise PatchError(f"{name}: line {at + 1}: the hunk from line {start + 1} is cut short")
        if line[:1] in ("", " ", "-"):
            old.append(line[1:])
        if line[:1] in ("", " ", "+"):
            new.append(line[1:])
        at += 1
    return Hunk(first, tuple(old), tuple(new)), at


def _place(lines: list[str], hunk: Hunk, shift: int, which: str, path: PurePosixPath) -> int:
    """Where the hunk's old lines begin in the file: where it says, or else the one place that has them all."""
    said = hunk.first_line - 1 + shift
    count = len(hunk.old)
    if count and tuple(lines[said : said + count]) == hunk.old:
        return said
    places = [at for at in range(len(lines) - count + 1) if count and tuple(lines[at : at + count]) == hunk.old]
    if len(places) == 1:
        return places[0]
    if places:
        where = ", ".join(str(at + 1) for at in places)
        raise PatchError(
            f"{which} fits {path} at more than one place (lines {where}) and not where it says, line {said + 1}; "
            "make the patch anew from the present sources"
        )
    found = lines[said : said + count]
    at = next((i for i, line in enumerate(hunk.old) if found[i : i + 1] != [line]), 0)
    raise PatchError(
        f"{which} does not apply to {path}: at line {said + at + 1} expected {hunk.old[at] if hunk.old else ''!r}, "
        f"found {found[at] if at < len(found) else 'end of file'!r}; make the patch anew from the present sources"
    )


def apply_patch(text: str, root: Path, name: str) -> None:
    """Changes the files below `root` in place; on `PatchError` nothing has been changed."""
    for path, content in patched_files(text, root, name).items():
        path.write_text(content, encoding="utf-8")


def patched_files(text: str, root: Path, name: str) -> dict[Path, str]:
    """What the patch makes of the files below `root`, none of which is changed; raises `PatchError`."""
    changed: dict[Path, str] = {}
    for patch in parse_patch(text, name):
        path = root / patch.path
        if not path.is_file():
            raise PatchError(f"{name}: {patch.path} does not exist in the firmware; make the patch anew")
        lines = path.read_text(encoding="utf-8").splitlines()
        shift = 0
        for number, hunk in enumerate(patch.hunks, start=1):
            start = _place(lines, hunk, shift, f"{name}: hunk {number}", patch.path)
            lines[start : start + len(hunk.old)] = hunk.new
            shift = start + len(hunk.new) - (hunk.first_line - 1 + len(hunk.old))
        changed[path] = "\n".join(lines) + "\n"
    return changed

"""Copies of the firmware's sources that may be changed, at paths that stay the same.

The compiler's cache goes by path and time: a defect compiled in a new temporary folder costs 3 s, since all files are
new there; one compiled where another was compiled before costs that of the one file that differs. So a copy is
brought up to date rather than made anew, and each has a lock: as many processes as like may build at the same time.

A changed header has every file compiled, and again once it is as it was, since the cache keeps the last state only.
So defects in headers have copies of their own, and the others never pay for them.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

CHANGED_SOURCES, CHANGED_HEADERS = "changed_sources", "changed_headers"
_LEFT_OUT_FOLDERS = frozenset({"__pycache__", "defects", "tool"})


def copies_for(patch: str, folder: Path) -> Path:
    """Where below `folder` the copies for such a patch lie."""
    files = [line.split("\t")[0].strip() for line in patch.splitlines() if line.startswith("+++ ")]
    return folder / (CHANGED_HEADERS if any(file.endswith(".h") for file in files) else CHANGED_SOURCES)


@contextmanager
def changeable_copy(source: Path, folder: Path) -> Generator[Path]:
    """The sources below `source` as they stand, in one of the copies below `folder`; it is ours until the end."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count():
        with (folder / f"{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            copy = folder / str(number) / "firmware_ref"
            _bring_up_to_date(source, copy)
            yield copy
            return


def _bring_up_to_date(source: Path, copy: Path) -> None:
    """Same files, same contents; a file that is right already keeps its time."""
    wanted = {file.relative_to(source): file for file in source.rglob("*") if file.is_file() and _belongs(file, source)}
    if copy.is_dir():
        for file in [file for file in copy.rglob("*") if file.is_file()]:
            if file.relative_to(copy) not in wanted:
                file.unlink()
    for name, file in wanted.items():
        target, content = copy / name, file.read_bytes()
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _belongs(file: Path, source: Path) -> bool:
    return file.suffix != ".py" and not _LEFT_OUT_FOLDERS.intersection(file.relative_to(source).parts)

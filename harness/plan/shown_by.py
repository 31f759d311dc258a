"""What a test shows, by its marker, read from its file's text.

The file is read and not loaded: one's own may have the same module name as a shipped one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from harness.bench.errors import BenchFileError


def place_of(run: str) -> tuple[PurePosixPath, str]:
    """A test's file and function, however its path was written."""
    file, _, name = run.partition("::")
    return PurePosixPath(file), name


def requirements_shown(runs: Iterable[str], folder: Path) -> dict[str, frozenset[str]]:
    """The requirement ids in the markers of each ``FILE::FUNCTION``; raises BenchFileError for a file that is none."""
    wanted = list(runs)
    files = dict.fromkeys(place_of(run)[0] for run in wanted)
    marked = {file: _marked(folder / file) for file in files}
    return {run: marked[place_of(run)[0]].get(place_of(run)[1], frozenset()) for run in wanted}


def _marked(path: Path) -> Mapping[str, frozenset[str]]:
    """Function -> ids, for every marked function of the file."""
    try:
        return _marks_in(path.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise BenchFileError(f"{path}: the plan's test can't be read: {error}; correct the file or its name") from error


@lru_cache(maxsize=256)  # by the text itself: a plan and the reference plan name the same files, several times a run
def _marks_in(text: bytes) -> Mapping[str, frozenset[str]]:
    tree = ast.parse(text)
    return {node.name: _ids(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def _ids(function: ast.FunctionDef) -> frozenset[str]:
    marks = (mark for mark in function.decorator_list if isinstance(mark, ast.Call))
    return frozenset(
        argument.value
        for mark in marks
        if isinstance(mark.func, ast.Attribute) and mark.func.attr == "requirements"
        for argument in mark.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )

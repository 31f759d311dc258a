"""What a process that was killed may leave in a run's folder beside whole lines: files nothing names yet.

A waveform is written before the entry that names it, and every file that must be whole is written beside its place and
then moved there. In a run that was never finished such files are the kill's, no sign that anything was changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from harness.evidence.reader import load_run
from harness.evidence.verify import NOT_A_PART, NOT_FINISHED, Problem

OF_A_KILL = frozenset({NOT_FINISHED.text, NOT_A_PART})
"""With any other problem the folder was changed, and no kill explains that."""


def without_leftovers(path: Path, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of an unfinished run less those that a kill explains; of any other run, all of them."""
    problems = list(problems)
    if NOT_FINISHED not in problems or any(problem.text not in OF_A_KILL for problem in problems):
        return problems
    unended = {attempt.folder for test in load_run(path).tests for attempt in test.attempts if attempt.ended is None}
    return [problem for problem in problems if not _is_left(problem, unended)]


def _is_left(problem: Problem, unended: set[str]) -> bool:
    if problem.text != NOT_A_PART:
        return False
    file = PurePosixPath(problem.file)
    half_written = file.name.startswith(".") and file.name.endswith(".partial")
    return half_written or any(file.is_relative_to(folder) for folder in unended)

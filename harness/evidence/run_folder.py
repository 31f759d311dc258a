"""The folder of a run: made whole or not at all, then one folder per test, joined when the run is finished.

run.json        the header: what was run, on what, with what
inputs/         copies of the plan, bench and meter files, the image, the requirement catalogue
tests/          one folder per attempt at a test, each with a hash chain of its own
summary.json    verdicts, requirement matrix and the digest of the record; its absence says: not finished
volatile.json   what differs between two equal runs (wall time, host, workers); outside the digest
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.bench.clock import Clock
from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import RunFolderError
from harness.evidence.model import InputFile, RunHeader, Scalar, to_json
from harness.evidence.reader import (
    HEADER_FILE,
    INPUTS_FOLDER,
    SUMMARY_FILE,
    TESTS_FOLDER,
    VOLATILE_FILE,
    Run,
    attempt_folder,
    attempt_folders,
    load_run,
    read_header,
    read_json,
)
from harness.evidence.record import TestRecord
from harness.evidence.replay_id import check_names
from harness.evidence.summary import pretty_json, summarise


@dataclass(frozen=True)
class InputSource:
    """A file to copy into the record: ``role`` is what it was to the run (plan, bench, meter, image, …)."""

    role: str
    file: str
    data: bytes


class RunFolder:
    """An open run folder. Many processes may have the same one open; each writes tests of its own."""

    def __init__(self, path: Path) -> None:
        """Open the folder at ``path``, new or to resume; ReadError if it is none."""
        self.path = path
        self.header = read_header(path)
        self.finished: Run | None = None
        """The run as ``finish`` read it, with its summary: what ``load_run`` would give."""

    @classmethod
    def create(cls, path: Path, header: RunHeader, inputs: Iterable[InputSource]) -> RunFolder:
        """Make the folder with its header and inputs; it appears under its name only when it is whole.

        An empty folder of that name is one that the caller has claimed for this run.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunFolderError(f"{path}: is there already; a record is never overwritten: choose another folder")
        problem = check_names(header)
        if problem:
            raise RunFolderError(f"{path}: can't be made: {problem}")
        sources = tuple(inputs)
        _check_names(sources)
        if header.inputs:
            raise RunFolderError("the header lists its inputs already; give them to create() only")
        listed = tuple(InputFile(item.role, item.file, sha256_hex(item.data)) for item in sources)
        whole = replace(header, inputs=listed)
        path.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            (making / TESTS_FOLDER).mkdir()
            (making / INPUTS_FOLDER).mkdir()
            for item in sources:
                (making / INPUTS_FOLDER / item.file).write_bytes(item.data)
            (making / HEADER_FILE).write_bytes(pretty_json(to_json(whole)))
            making.chmod(0o755)  # mkdtemp's 0700 would keep the report's readers out
            making.rename(path)
        except OSError as error:
            shutil.rmtree(making, ignore_errors=True)
            raise RunFolderError(f"{path}: the run's folder can't be made: {error}") from error
        return cls(path)

    def open_test(self, test_id: str, clock: Clock, known_requirements: Iterable[str]) -> TestRecord:
        """Begin a test's record; a test that was begun before (killed, or run again) gets a new attempt."""
        if (self.path / SUMMARY_FILE).exists():
            raise RunFolderError(f"{self.path}: the run is finished; a new attempt needs a new run")
        if all(test.test_id != test_id for test in self.header.tests):
            known = ", ".join(test.test_id for test in self.header.tests) or "none"
            raise RunFolderError(f"test {test_id!r} is not in the plan {self.header.plan!r}; its tests: {known}")
        attempt = len(attempt_folders(self.path, self.header, test_id)) + 1
        folder = self.path / attempt_folder(self.header, test_id, attempt)
        return TestRecord(folder, self.header, test_id, clock, frozenset(known_requirements), attempt=attempt)

    def finish(self, volatile: Mapping[str, Scalar] | None = None) -> dict[str, Any]:
        """Join the tests in the plan's order and write the summary, which is returned. Only once per run."""
        if (self.path / SUMMARY_FILE).exists():
            raise RunFolderError(f"{self.path}: the run is finished already; its record stays as it is")
        run = load_run(self.path)
        summary = summarise(run.header, run.tests)
        _write_whole(self.path / VOLATILE_FILE, pretty_json(dict(volatile or {})))
        _write_whole(self.path / SUMMARY_FILE, pretty_json(summary))
        volatile_read = read_json(self.path / VOLATILE_FILE)
        self.finished = replace(run, summary=read_json(self.path / SUMMARY_FILE), volatile=volatile_read)
        return summary


def _check_names(sources: tuple[InputSource, ...]) -> None:
    for item in sources:
        if Path(item.file).name != item.file or item.file in {"", ".", ".."}:
            raise RunFolderError(
                f"input {item.role!r}: {item.file!r} is no plain file name; give the name without folder"
            )
    names = [item.file for item in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunFolderError(f"inputs share the file name {', '.join(twice)}; give each a name of its own")


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    beside = path.with_name(f".{path.name}.partial")
    beside.write_bytes(data)
    beside.replace(path)

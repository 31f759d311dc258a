"""Reading a run folder, finished or not: everything typed, whatever is missing or cut named.

A run that was killed has a last line that may be cut; it is left out and reported (:attr:`Attempt.cut`). Anything
else that does not read is an error that names file and line. Whether what reads was changed is for
:mod:`harness.evidence.verify`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.errors import ReadError, RecordError
from harness.evidence.model import (
    BODIES,
    FORMAT,
    Ended,
    Entry,
    Judgement,
    Kind,
    PlannedTest,
    Recalled,
    RunHeader,
    Started,
    Traffic,
    WaveformEntry,
)
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.replay_id import check_names
from harness.evidence.waveform_file import read_waveform
from harness.measure.verdict import Verdict
from harness.measure.waveform import Waveform

HEADER_FILE = "run.json"
SUMMARY_FILE = "summary.json"
VOLATILE_FILE = "volatile.json"
INPUTS_FOLDER = "inputs"
TESTS_FOLDER = "tests"

_ENVELOPE = ("n", "kind", "at_ns", "chain")
_KINDS = tuple(kind.value for kind in Kind)
_TRAFFIC = Kind.TRAFFIC.value
_TRAFFIC_FIELDS = tuple(part.name for part in fields(Traffic))


@dataclass(frozen=True)
class Attempt:
    """One attempt at one test, as far as it was written. ``folder`` is relative to the run's folder."""

    folder: str
    number: int
    entries: tuple[Entry, ...]
    cut: str = ""

    @property
    def ended(self) -> Ended | None:
        """The last entry if the attempt ended, None if it was killed."""
        last = self.entries[-1].body if self.entries else None
        return last if isinstance(last, Ended) else None

    @property
    def verdict(self) -> Verdict:
        """The attempt's verdict. A killed one is aborted, unless it had already missed a limit."""
        if self.ended is not None:
            return self.ended.verdict
        failed = any(judgement.verdict is Verdict.FAIL for judgement in self.judgements)
        return Verdict.FAIL if failed else Verdict.ABORTED

    @property
    def chain(self) -> str:
        """The last link of its chain."""
        return self.entries[-1].chain if self.entries else ""

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What was judged, in order."""
        return tuple(entry.body for entry in self.entries if isinstance(entry.body, Judgement))


@dataclass(frozen=True)
class RunTest:
    """One test of the plan with every attempt at it; none says that it was never started."""

    planned: PlannedTest
    attempts: tuple[Attempt, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The last attempt's verdict; a limit missed in any attempt stays a fail."""
        if not self.attempts:
            return Verdict.NOT_TESTED
        if any(attempt.verdict is Verdict.FAIL for attempt in self.attempts):
            return Verdict.FAIL
        return self.attempts[-1].verdict


@dataclass(frozen=True)
class Run:
    """A run as read from its folder. ``summary`` is None if the run was never finished."""

    path: Path
    header: RunHeader
    tests: tuple[RunTest, ...]
    summary: Mapping[str, Any] | None = None
    volatile: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Tests of the plan that were never started or never ended."""
        return tuple(
            test.planned.test_id
            for test in self.tests
            if not test.attempts or (test.attempts[-1].ended is None and test.verdict is not Verdict.FAIL)
        )

    @property
    def damage(self) -> tuple[str, ...]:
        """What is cut short, in words."""
        return tuple(attempt.cut for test in self.tests for attempt in test.attempts if attempt.cut)

    @property
    def to_be_confirmed(self) -> tuple[Recalled, ...]:
        """Levels from documents that nobody could read, of the tests that ran; and what the profile has no level of."""
        ran = {test.planned.test_id for test in self.tests if test.attempts}
        levels = self.header.to_be_confirmed or ()
        return tuple(
            replace(level, tests=tuple(test_id for test_id in level.tests if test_id in ran))
            for level in levels
            if not level.tests or ran & set(level.tests)
        )

    def test(self, test_id: str) -> RunTest:
        """The test of that id."""
        for test in self.tests:
            if test.planned.test_id == test_id:
                return test
        known = ", ".join(test.planned.test_id for test in self.tests)
        raise ReadError(f"{self.path}: the run has no test {test_id!r}; it has: {known}")

    def waveform(self, attempt: Attempt, entry: WaveformEntry) -> Waveform:
        """A waveform's samples; ReadError if the file is missing or changed."""
        return read_waveform(self.path / attempt.folder, entry)


def load_run(path: Path) -> Run:
    """Read a run folder; ReadError if it is none, or if a line other than a cut last one does not read."""
    header = read_header(path)
    tests = tuple(
        RunTest(planned, tuple(read_attempt(path, folder) for folder in attempt_folders(path, header, planned.test_id)))
        for planned in header.tests
    )
    summary = read_json(path / SUMMARY_FILE) if (path / SUMMARY_FILE).exists() else None
    return Run(path, header, tests, summary, _read_volatile(path / VOLATILE_FILE))


def _read_volatile(file: Path) -> Mapping[str, Any]:
    """Nothing covers this file and no result rests on it, so a broken one says nothing instead of hiding the record."""
    try:
        return read_json(file) if file.exists() else {}
    except ReadError:
        return {}


def read_header(path: Path) -> RunHeader:
    """What was run, from ``run.json``."""
    file = path / HEADER_FILE
    data = read_json(file)
    if data.get("format") != FORMAT:
        raise ReadError(f"{file}: format is {data.get('format')!r}; this version reads {FORMAT!r}")
    header: RunHeader = _parse(TypeAdapter(RunHeader), data, str(file))
    problem = check_names(header)
    if problem:
        raise ReadError(f"{file}: {problem}; the file was changed")
    return header


def attempt_folder(header: RunHeader, test_id: str, attempt: int) -> str:
    """Where an attempt is kept, relative to the run's folder: place in the plan, test id, then the attempt from 2."""
    place = [test.test_id for test in header.tests].index(test_id) + 1
    return f"{TESTS_FOLDER}/{place:03}-{test_id}" + (f"-attempt-{attempt}" if attempt > 1 else "")


def attempt_folders(path: Path, header: RunHeader, test_id: str) -> list[str]:
    """The attempts at a test that are there, first to last."""
    found: list[str] = []
    while (path / attempt_folder(header, test_id, len(found) + 1)).is_dir():
        found.append(attempt_folder(header, test_id, len(found) + 1))
    return found


def read_attempt(path: Path, folder: str) -> Attempt:
    """One attempt's entries."""
    file = path / folder / ENTRIES_FILE
    matched = re.search(r"-attempt-(\d+)$", folder)
    number = int(matched.group(1)) if matched else 1
    data = _read_bytes(file) if file.exists() else b""  # killed between making the folder and the first line
    *lines, last = data.split(b"\n")
    entries = tuple(_entry(line, f"{file}: line {place}") for place, line in enumerate(lines, 1))
    if entries and isinstance(entries[0].body, Started):
        number = entries[0].body.attempt
    return Attempt(folder, number, entries, _describe_cut(folder, last) if last else "")


def _describe_cut(folder: str, rest: bytes) -> str:
    """The digest lets the summary cover the rest too, though no chain does."""
    return (
        f"{folder}/{ENTRIES_FILE}: the last line is cut after {len(rest)} bytes and was left out "
        f"(SHA-256 {sha256_hex(rest)})"
    )


def read_json(file: Path) -> dict[str, Any]:
    """A JSON table from a file of the record."""
    return _table(_read_bytes(file), str(file))


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReadError(f"{file}: can't be read: {error.strerror}; is this the folder of a run?") from error


def _table(data: bytes, where: str) -> dict[str, Any]:
    try:
        text = data.decode()
        value = _DECODER.decode(text)
        if "\\u" in text:
            canonical_json(value)  # half a surrogate pair has no canonical form, so no harness wrote it
    except RecursionError as error:
        raise ReadError(f"{where}: is nested too deeply for a record; the file was changed") from error
    except (ValueError, RecordError) as error:
        raise ReadError(f"{where}: is no JSON: {error}; the file was changed or cut") from error
    if not isinstance(value, dict):
        raise ReadError(f"{where}: expected a JSON table, found {type(value).__name__}")
    return value


def _finite(text: str) -> float:
    """A number as JSON has it; NaN, Infinity and 1e999 are none, and no harness wrote them."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no finite number")
    return value


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _entry(line: bytes, where: str) -> Entry:
    data = _table(line, where)
    n, kind, at_ns, chain = (data.get(name) for name in _ENVELOPE)
    if not (isinstance(n, int) and isinstance(at_ns, int) and isinstance(chain, str)) or kind not in _KINDS:
        raise ReadError(f"{where}: n, kind, at_ns or chain is missing or of a wrong kind; the line was changed")
    body = _traffic(data) if kind == _TRAFFIC else None
    if body is None:
        rest = {name: value for name, value in data.items() if name not in _ENVELOPE}
        body = _parse(_body_adapter(Kind(kind)), rest, where)
    return Entry(n, at_ns, body, chain)


def _traffic(data: dict[str, Any]) -> Traffic | None:
    """Nine entries in ten, so without a model's validation; None: that shall say what is wrong."""
    texts: list[Any] = [data.get(name) for name in _TRAFFIC_FIELDS]
    return Traffic(*texts) if all(type(text) is str for text in texts) else None


@cache
def _body_adapter(kind: Kind) -> TypeAdapter[Any]:
    return TypeAdapter(BODIES[kind])


def _parse(adapter: TypeAdapter[Any], data: object, where: str) -> Any:
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReadError(f"{where}: {place}: {first['msg']}; the file was changed or is of another version") from error

"""Checking that a run's folder is what was written: every chain, every file's digest, every verdict, the summary.

A problem names the file and, in a test's record, the entry. What is outside the digest (``volatile.json``) can't be
checked here and is not. All of it shows that the folder agrees with itself: who wrote it is said by its signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bench.near_miss import some_of
from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.entry_line import entry_line
from harness.evidence.errors import EvidenceError, ReadError
from harness.evidence.header_check import contradictions
from harness.evidence.model import RunHeader, Started, WaveformEntry, first_link, to_json
from harness.evidence.output_files import REPORT_FILE as REPORT_FILE  # noqa: PLC0414 - who verifies asks for it here
from harness.evidence.output_files import is_output
from harness.evidence.reader import (
    HEADER_FILE,
    INPUTS_FOLDER,
    SUMMARY_FILE,
    VOLATILE_FILE,
    Attempt,
    Run,
    RunTest,
    attempt_folder,
    attempt_folders,
    read_attempt,
    read_header,
    read_json,
)
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.rejudge import disagreements
from harness.evidence.replay_id import make_replay_id
from harness.evidence.summary import pretty_json, summarise
from harness.evidence.waveform_file import read_waveform

Table = Mapping[str, Any]
DIGEST = "record_digest"
SIGNATURE_FILE = "signature.json"
"""Lies beside the record as its outputs do, and is checked by itself."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written. ``entry`` is the number of a test's entry, or None."""

    file: str
    entry: int | None
    text: str

    def __str__(self) -> str:
        place = self.file if self.entry is None else f"{self.file}, entry {self.entry}"
        return f"{place}: {self.text}"


NOT_FINISHED = Problem(SUMMARY_FILE, None, "is missing: the run was not finished, so nothing covers its end")
"""Alone among the problems it says that a run was killed, or is still going on, and is whole as far as it went."""


NOT_A_PART = "is not part of the record; it was put in, or the entry that named it is gone"


def verify_run(path: Path, read: Run | None = None) -> list[Problem]:
    """Everything wrong with the folder; an empty list: finished, and not changed since.

    ``read`` is the run as it was just read from there, so that what is checked is what the caller goes on to use.
    """
    try:
        header = read_header(path)
    except ReadError as error:
        return [Problem(HEADER_FILE, None, str(error))]
    problems = [*_check_header(path, header), *_check_inputs(path, header)]
    tests: list[RunTest] = []
    at_hand = {} if read is None else {attempt.folder: attempt for test in read.tests for attempt in test.attempts}
    known = {HEADER_FILE, SUMMARY_FILE, VOLATILE_FILE, *(f"{INPUTS_FOLDER}/{item.file}" for item in header.inputs)}
    for planned in header.tests:
        attempts: list[Attempt] = []
        for folder in attempt_folders(path, header, planned.test_id):
            known.add(f"{folder}/{ENTRIES_FILE}")
            try:
                attempt = at_hand.get(folder) or read_attempt(path, folder)
                problems += _check_attempt(path, header, planned.test_id, attempt)
            except EvidenceError as error:
                problems.append(Problem(f"{folder}/{ENTRIES_FILE}", None, str(error)))
                continue
            attempts.append(attempt)
            known |= {f"{folder}/{body.file}" for body in _waveforms(attempt)}
        tests.append(RunTest(planned, tuple(attempts)))
    judged = any(attempt.judgements for test in tests for attempt in test.attempts)
    problems += [
        Problem(HEADER_FILE, None, text) for text in contradictions(path / INPUTS_FOLDER, header, judged=judged)
    ]
    problems += _check_summary(path, header, tests)
    problems += _check_strangers(path, known)
    return problems


def _check_header(path: Path, header: RunHeader) -> Iterator[Problem]:
    if (path / HEADER_FILE).read_bytes() != pretty_json(to_json(header)):
        yield Problem(HEADER_FILE, None, "is not written as the harness writes it; the file was changed")


def _check_inputs(path: Path, header: RunHeader) -> Iterator[Problem]:
    for item in header.inputs:
        file = path / INPUTS_FOLDER / item.file
        if Path(item.file).name != item.file:
            yield Problem(HEADER_FILE, None, f"input {item.file!r} is no plain file name")
        elif not file.is_file():
            yield Problem(f"{INPUTS_FOLDER}/{item.file}", None, "is missing; the header names it")
        elif sha256_hex(file.read_bytes()) != item.sha256:
            yield Problem(f"{INPUTS_FOLDER}/{item.file}", None, "does not have the SHA-256 that the header names")


def _check_attempt(path: Path, header: RunHeader, test_id: str, attempt: Attempt) -> Iterator[Problem]:
    """The first entry that does not fit; behind it nothing can be said of the chain."""
    file = f"{attempt.folder}/{ENTRIES_FILE}"
    link = first_link(test_id, header.digest())
    lines = (path / file).read_bytes().split(b"\n") if (path / file).exists() else []
    for place, (entry, line) in enumerate(zip(attempt.entries, lines, strict=False), 1):
        link, written = entry_line(link, entry.n, entry.at_ns, entry.body)
        if entry.n != place:
            yield Problem(file, place, f"is numbered {entry.n}; an entry was taken out, put in or moved")
            return
        if entry.chain != link:
            hint = (
                "the entry, or the header that its chain begins with, was changed" if place == 1 else "it was changed"
            )
            yield Problem(file, place, f"does not fit the chain; {hint}")
            return
        if line != written:
            yield Problem(file, place, "is not written as the harness writes it; the line was changed")
            return
    yield from _check_content(path, header, test_id, attempt)


def _check_content(path: Path, header: RunHeader, test_id: str, attempt: Attempt) -> Iterator[Problem]:
    file = f"{attempt.folder}/{ENTRIES_FILE}"
    if attempt.entries:
        first = attempt.entries[0].body
        expected = str(make_replay_id(header, test_id))
        if not isinstance(first, Started) or first.replay_id != expected:
            yield Problem(file, 1, f"expected the start of {expected}; the record belongs to another test or run")
        elif attempt_folder(header, test_id, first.attempt) != attempt.folder:
            yield Problem(file, 1, f"is attempt {first.attempt}; the attempts before it are gone or were moved")
    for number, text in disagreements(header, attempt.entries):
        yield Problem(file, number, text)
    for entry in attempt.entries:
        if isinstance(entry.body, WaveformEntry):
            try:
                read_waveform(path / attempt.folder, entry.body)
            except ReadError as error:
                yield Problem(f"{attempt.folder}/{entry.body.file}", entry.n, str(error))


def _check_summary(path: Path, header: RunHeader, tests: list[RunTest]) -> Iterator[Problem]:
    """The summary against what header and tests give, and which of the two was changed where that can be known.

    Its rows name the last link of each test's chain, which nobody gets without that test's very entries: a row with
    the right link and another verdict was changed itself. Its own digest covers it, but whoever changes it can make
    that anew; so where only the link differs it can be either of the two.
    """
    file = path / SUMMARY_FILE
    if not file.is_file():
        yield NOT_FINISHED
        return
    derived = summarise(header, tests)
    if file.read_bytes() == pretty_json(derived):
        return
    try:
        stored = read_json(file)
        rows = _attempt_rows(stored)
    except ReadError as error:
        yield Problem(SUMMARY_FILE, None, str(error))
        return
    there = _attempt_rows(derived)
    restated = [folder for folder, row in rows.items() if row != there.get(folder) and _same_chain(row, there, folder)]
    yield Problem(SUMMARY_FILE, None, _of_summary(stored, derived, restated))
    for folder, row in there.items():
        if folder not in rows:
            yield Problem(folder, None, "the summary does not name it; it was put in, or its row was taken out there")
        elif rows[folder] != row and folder not in restated:
            yield Problem(
                f"{folder}/{ENTRIES_FILE}", None, f"does not end as {SUMMARY_FILE} says; one of the two was changed"
            )
    for folder in rows:
        if folder not in there and not (path / folder).exists():
            yield Problem(str(folder), None, "is missing; the summary names it: it was taken away")


def _of_summary(stored: Table, derived: Table, restated: list[str]) -> str:
    """What is to be said of the file itself."""
    if restated:
        return f"says otherwise than the intact records of {some_of(restated)}; it was changed"
    if stored == derived:
        return "is not written as the harness writes it; the file was changed"
    own = {name: value for name, value in stored.items() if name != DIGEST}
    if stored.get(DIGEST) != sha256_hex(canonical_json(own)):
        return "does not have the record digest that it states; it was changed"
    return "is not what header and tests give; it or one of them was changed"


def _same_chain(row: object, there: Mapping[str, object], folder: str) -> bool:
    """Whether the summary's row is about the very entries that are there."""
    other = there.get(folder)
    if not isinstance(row, dict) or not isinstance(other, dict):
        return False
    return bool(row.get("chain")) and all(row.get(name) == other[name] for name in ("chain", "entries", "cut"))


def _attempt_rows(summary: Table) -> dict[str, object]:
    """The summary's rows by attempt; ReadError if it is not built as a summary is."""
    try:
        return {str(row["folder"]): row for test in summary["tests"] for row in test["attempts"]}
    except (KeyError, TypeError) as error:
        raise ReadError(f"{SUMMARY_FILE}: has no rows for tests and attempts; the file was changed") from error


def _check_strangers(path: Path, known: set[str]) -> Iterator[Problem]:
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if (name == SIGNATURE_FILE or is_output(name)) and file.is_file() and not file.is_symlink():
            continue
        if (file.is_symlink() or not file.is_dir()) and (name not in known or file.is_symlink()):
            yield Problem(name, None, NOT_A_PART)


def never_started(run: Run) -> list[str]:
    """Planned tests without any record, in words: left out, not reached, or their records taken away."""
    missing = [test.planned.test_id for test in run.tests if not test.attempts]
    if not missing:
        return []
    return [f"{len(missing)} of the plan's {len(run.tests)} tests have no record: {', '.join(missing)}"]


def _waveforms(attempt: Attempt) -> list[WaveformEntry]:
    return [entry.body for entry in attempt.entries if isinstance(entry.body, WaveformEntry)]

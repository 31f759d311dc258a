"""Records that nobody's harness wrote: a clear problem, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.evidence.errors import ReadError, RunFolderError
from harness.evidence.model import PlannedTest
from harness.evidence.reader import load_run
from harness.evidence.run_folder import RunFolder
from harness.evidence.verify import verify_run
from tests.evidence.runs import INPUTS, header, whole_run

DEEP = b"[" * 100_000
LONG = "x" * 5000


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return whole_run(tmp_path).path


def header_with(change: Callable[[dict], None]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        table = json.loads(data)
        change(table)
        return json.dumps(table).encode()

    return changed


HEADERS = {
    "a long test id": (header_with(lambda data: data["tests"][0].update(test_id=LONG)), "a name of 5000 characters"),
    "a long plan name": (header_with(lambda data: data.update(plan=LONG)), "a name of 5000 characters"),
    "a test twice": (header_with(lambda data: data["tests"].append(data["tests"][0])), "is there twice"),
    "a path for an id": (header_with(lambda data: data["tests"][0].update(test_id="../../x")), "no replay id"),
    "a negative seed": (header_with(lambda data: data.update(seed=-1)), "no replay id"),
    "nested deeply": (lambda _: b'{"format": ' + DEEP, "nested too deeply"),
    "not a number": (header_with(lambda data: data.update(coverage_factor=float("nan"))), "is no JSON"),
    "half a surrogate pair": (header_with(lambda data: data.update(meter="\ud800")), "is no JSON"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_none_is(run: Path, case: str) -> None:
    change, text = HEADERS[case]
    file = run / "run.json"
    file.write_bytes(change(file.read_bytes()))
    (problem,) = verify_run(run)
    assert problem.file == "run.json"
    assert text in problem.text
    with pytest.raises(ReadError, match=text):
        load_run(run)


@pytest.mark.parametrize("content", [DEEP, b'{"n": 1e999}', b'{"n":1,"at_ns":0,"chain":"","kind":[]}'])
def test_a_line_that_none_is(run: Path, content: bytes) -> None:
    file = run / "tests/001-seal-1-opening/entries.jsonl"
    file.write_bytes(content + b"\n")
    assert any(problem.file.endswith("seal-1-opening/entries.jsonl") for problem in verify_run(run))


def test_a_long_name_of_an_input(run: Path) -> None:
    file = run / "run.json"
    file.write_bytes(file.read_bytes().replace(b'"smoke.toml"', f'"{LONG}"'.encode()))
    assert ["a name of 5000 characters" in problem.text for problem in verify_run(run)] == [True]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", DEEP])
def test_what_nothing_covers_does_not_hide_the_record(run: Path, content: bytes) -> None:
    (run / "volatile.json").write_bytes(content)
    assert load_run(run).volatile == {}
    assert verify_run(run) == []


def test_no_run_is_made_of_such_names(tmp_path: Path) -> None:
    from dataclasses import replace

    bad = replace(header(), tests=(PlannedTest(LONG),))
    with pytest.raises(RunFolderError, match="a name of 5000 characters"):
        RunFolder.create(tmp_path / "run", bad, INPUTS)
    assert list(tmp_path.iterdir()) == []

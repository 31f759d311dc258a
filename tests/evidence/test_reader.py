"""Reading back: everything typed, whatever was killed or cut named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.evidence.errors import ReadError
from harness.evidence.model import Alert, Declared, Ended, Failure, Judgement, Note, Reading, Started, Traffic
from harness.evidence.reader import load_run
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.verify import verify_run
from harness.measure.verdict import Verdict
from tests.evidence.runs import new_run, open_test, whole_run

FIRST = "tests/001-seal-1-opening"


def test_everything_comes_back_typed(tmp_path: Path) -> None:
    run = load_run(whole_run(tmp_path).path)
    bodies = [entry.body for entry in run.tests[0].attempts[0].entries]
    kinds = [type(body) for body in bodies]
    assert kinds[0] is Started
    assert {Declared, Reading, Traffic, Alert, Note, Judgement} < set(kinds)
    assert kinds[-1] is Ended
    assert Failure not in kinds
    judged = run.tests[0].attempts[0].judgements[0]
    assert (judged.value, judged.verdict, judged.budget[0].name) == (321.5, Verdict.PASS, "timebase")
    assert run.header.instruments[0].calibration is not None
    assert run.header.tests[0].title == "Opening is reported"
    assert run.volatile["host"] == "somewhere"
    assert run.summary is not None
    assert run.missing == ()
    assert run.damage == ()


def test_whole_and_broken_numbers_keep_their_kind(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    record.reading("whole", 3, "1", count=3, share=0.5, on=True)
    record.reading("broken", 3.0, "V")
    record.end()
    entries = load_run(run.path).tests[0].attempts[0].entries
    whole, broken = entries[1].body, entries[2].body
    assert isinstance(whole, Reading)
    assert isinstance(broken, Reading)
    assert type(whole.value) is int
    assert type(broken.value) is float
    assert [type(fact) for fact in (whole.facts["count"], whole.facts["share"], whole.facts["on"])] == [
        int,
        float,
        bool,
    ]


def test_a_killed_process_leaves_a_readable_record(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from harness.evidence.run_folder import RunFolder\n"
        "from tests.evidence.runs import open_test\n"
        "record = open_test(RunFolder(Path(sys.argv[1])))\n"
        "record.judge_equal('events', 1, 1)\n"
        "record.note('last words')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script, str(run.path)], cwd=root, check=False)
    assert done.returncode == -9
    loaded = load_run(run.path)
    attempt = loaded.tests[0].attempts[0]
    assert len(attempt.entries) == 3
    assert attempt.ended is None
    assert attempt.verdict is Verdict.ABORTED
    assert loaded.missing == ("seal-1-opening", "seal-2-pulses")
    assert [problem.file for problem in verify_run(run.path)] == ["summary.json"]


def test_a_cut_last_line_is_left_out_and_reported_wherever_it_is_cut(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    open_test(run).note("something")
    file = run.path / FIRST / ENTRIES_FILE
    data = file.read_bytes()
    first_line = data.index(b"\n") + 1
    for end in (1, first_line - 1, first_line + 1, len(data) - 1):
        file.write_bytes(data[:end])
        loaded = load_run(run.path)
        assert len(loaded.tests[0].attempts[0].entries) == (0 if end < first_line else 1)
        assert len(loaded.damage) == 1
        assert "last line is cut" in loaded.damage[0]
    file.unlink()
    assert load_run(run.path).tests[0].attempts[0].entries == ()


def test_a_cut_attempt_is_covered_by_the_summary(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    open_test(run).note("something")
    file = run.path / FIRST / ENTRIES_FILE
    file.write_bytes(file.read_bytes()[:-5])
    run.finish()
    assert verify_run(run.path) == []
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert f"{FIRST}/{ENTRIES_FILE}" in [problem.file for problem in verify_run(run.path)]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("run.json", b"{", "is no JSON"),
        ("run.json", b"[]", "expected a JSON table"),
        ("run.json", b'{"format": "other/9"}', "this version reads 'tamperbench-record/1'"),
        ("run.json", b'{"format": "tamperbench-record/1"}', "plan: Field required"),
        (f"{FIRST}/{ENTRIES_FILE}", b"garbage\n", "line 1: is no JSON"),
        (f"{FIRST}/{ENTRIES_FILE}", b'{"n": 1}\n', "line 1: n, kind, at_ns or chain"),
        (f"{FIRST}/{ENTRIES_FILE}", b'{"n":1,"kind":"note","at_ns":0,"chain":""}\n', "line 1: text: Field required"),
        (f"{FIRST}/{ENTRIES_FILE}", b'{"n":1,"kind":"novel","at_ns":0,"chain":""}\n', "line 1"),
    ],
)
def test_what_can_not_be_read_names_file_and_line(tmp_path: Path, file: str, content: bytes, message: str) -> None:
    run = whole_run(tmp_path)
    (run.path / file).write_bytes(content)
    with pytest.raises(ReadError, match=message) as raised:
        load_run(run.path)
    assert file.rsplit("/", 1)[-1] in str(raised.value)
    assert verify_run(run.path)


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is this the folder of a run"):
        load_run(tmp_path)


def test_an_unknown_test_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="it has: seal-1-opening, seal-2-pulses"):
        load_run(whole_run(tmp_path).path).test("nonsense")

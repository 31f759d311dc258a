"""The run folder: made whole, written by many, joined once; the same entries give the same bytes."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from harness.evidence.errors import RunFolderError
from harness.evidence.reader import load_run
from harness.evidence.run_folder import InputSource, RunFolder
from harness.evidence.verify import verify_run
from harness.measure.verdict import Verdict
from tests.evidence.runs import INPUTS, KNOWN, StepClock, first_test, header, new_run, open_test, second_test, swallow
from tests.evidence.runs import whole_run as whole


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write_one(path: Path, name: str) -> None:
    {"first": first_test, "second": second_test}[name](RunFolder(path))


def test_a_whole_run(tmp_path: Path) -> None:
    run = whole(tmp_path)
    summary = json.loads((run.path / "summary.json").read_text())
    assert (summary["verdict"], summary["exit_code"]) == ("pass", 0)
    assert [row["id"] for row in summary["requirements"]] == ["SEAL-1", "SEAL-2"]
    assert verify_run(run.path) == []


def test_the_same_run_gives_the_same_bytes_also_when_written_in_parallel(tmp_path: Path) -> None:
    expected = files(whole(tmp_path / "one").path)
    other = new_run(tmp_path / "two")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for task in [pool.submit(write_one, other.path, name) for name in ("second", "first")]:
            task.result()
    RunFolder(other.path).finish({"host": "elsewhere", "duration_s": 9.5})
    found = files(other.path)
    assert expected.pop("volatile.json") != found.pop("volatile.json")
    assert found == expected


def test_another_seed_gives_another_digest(tmp_path: Path) -> None:
    digests = []
    for seed in (1, 2):
        run = new_run(tmp_path / str(seed), seed=seed)
        first_test(run)
        digests.append(run.finish()["record_digest"])
    assert digests[0] != digests[1]


def test_a_requirement_that_no_test_touched_leaves_the_run_open(tmp_path: Path) -> None:
    run = new_run(tmp_path, requirements=("SEAL-1", "SEAL-2", "SIG-1"))
    first_test(run)
    second_test(run)
    summary = run.finish()
    assert (summary["verdict"], summary["exit_code"]) == ("not_certified", 2)
    assert summary["requirements"][-1] == {"id": "SIG-1", "required": True, "verdict": "not_tested", "tests": []}


def test_a_fail_wins_over_what_was_never_run(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    swallow(record.judge_equal, "events", 2, 1)
    record.end()
    summary = run.finish()
    assert (summary["verdict"], summary["exit_code"]) == ("fail", 1)
    assert [row["verdict"] for row in summary["tests"]] == ["fail", "not_tested"]


def test_a_killed_attempt_and_its_repetition_both_stay(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    open_test(run).judge_equal("events", 1, 1)  # never ended
    again = RunFolder(run.path)
    first_test(again)
    second_test(again)
    loaded = load_run(run.path)
    assert [attempt.verdict for attempt in loaded.tests[0].attempts] == [Verdict.ABORTED, Verdict.PASS]
    assert loaded.tests[0].attempts[1].number == 2
    assert again.finish()["verdict"] == "pass"
    assert verify_run(run.path) == []


def test_a_limit_missed_before_the_kill_is_not_repaired_by_a_repetition(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    swallow(open_test(run).judge_equal, "events", 2, 1)
    first_test(run)
    second_test(run)
    summary = run.finish()
    assert summary["verdict"] == "fail"
    assert summary["requirements"][0]["verdict"] == "fail"
    row = summary["tests"][0]
    assert row["verdict"] == "fail"
    assert [attempt["verdict"] for attempt in row["attempts"]] == ["fail", "pass"]


def test_a_requirement_judged_before_an_error_stays_open(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    record = open_test(run)
    record.judge_equal("events", 1, 1)
    record.error(RuntimeError("gone"))
    record.end()
    second_test(run)
    summary = run.finish()
    assert summary["requirements"][0]["verdict"] == "error"
    assert summary["exit_code"] == 2


def test_a_record_is_never_overwritten(tmp_path: Path) -> None:
    run = whole(tmp_path)
    with pytest.raises(RunFolderError, match="never overwritten"):
        new_run(tmp_path)
    with pytest.raises(RunFolderError, match="finished already"):
        run.finish()
    with pytest.raises(RunFolderError, match="new attempt needs a new run"):
        open_test(run)


def test_wrong_inputs_leave_nothing_behind(tmp_path: Path) -> None:
    for bad, message in (
        (InputSource("plan", "../escape.toml", b""), "no plain file name"),
        (InputSource("other", "smoke.toml", b""), "share the file name"),
    ):
        with pytest.raises(RunFolderError, match=message):
            RunFolder.create(tmp_path / "run", header(), (*INPUTS, bad))
    with pytest.raises(RunFolderError, match="can't be made"):
        RunFolder.create(tmp_path / "run", header(), (InputSource("plan", "x" * 300, b""),))
    assert list(tmp_path.iterdir()) == []


def test_an_unplanned_test_is_refused_and_names_the_plan(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="its tests: seal-1-opening, seal-2-pulses"):
        new_run(tmp_path).open_test("nonsense", StepClock(), KNOWN)

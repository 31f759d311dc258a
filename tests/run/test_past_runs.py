"""``list runs``: each run as it ended for whoever made it, not as if all had been certifications."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from harness.evidence.run_folder import RunFolder
from harness.run.outcome import ended
from harness.run.past_runs import past_runs
from harness.run.shell import PLAN as BY_HAND
from tests.reports.made_up_run import KNOWN, PLANNED, StepClock, counts, finished_run, latency, make_folder, run_test


def part_of_a_run(path: Path, count: int, *, finish: bool = True) -> RunFolder:
    folder = make_folder(path)
    for planned in PLANNED[:count]:
        run_test(folder, planned.test_id, counts)
    if finish:
        folder.finish({"duration_s": 1.0})
    return folder


def by_hand(path: Path) -> RunFolder:
    """As the shell leaves it: nothing is asked for."""
    header = replace(make_folder(path.with_name("other")).header, plan=BY_HAND, requirements=(), inputs=())
    folder = RunFolder.create(path, header, [])
    folder.finish()
    return folder


def test_each_run_as_it_ended(tmp_path: Path) -> None:
    finished_run(tmp_path / "whole")
    finished_run(tmp_path / "fail", {"com-1-case-latency": latency(worst_ms=900.0)})
    part_of_a_run(tmp_path / "part", 5)
    part_of_a_run(tmp_path / "replay-seal-1", 1)
    part_of_a_run(tmp_path / "killed", 2, finish=False)
    by_hand(tmp_path / "shell")
    told = {name: ended(load_run(tmp_path / name)) for name in ("whole", "fail", "part", "replay-seal-1", "killed")}
    assert told["whole"][0] == "PASS"
    assert told["whole"][1].startswith("smoke: 9 of 9 tests passed")
    assert told["fail"][0] == "FAIL"
    assert told["part"] == ("part", "smoke: 5 of 5 passed; 4 of the plan not run")
    assert told["replay-seal-1"] == ("replay", "smoke/seal-1-opening-and-closing: pass")
    assert told["killed"][0] == "unfinished"
    assert ended(load_run(tmp_path / "shell"))[0] == "by hand"


def test_an_interrupted_certification_is_no_part(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[0].test_id, counts)
    record = folder.open_test(PLANNED[1].test_id, StepClock(), frozenset(KNOWN))
    record.end(aborted="interrupted by the operator")
    folder.finish()
    assert ended(load_run(tmp_path / "run"))[0] == "NOT CERTIFIED"


def test_the_list_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert past_runs() == ["no run below out/ here; make one: tamperbench certify"]
    part_of_a_run(tmp_path / "out" / "a", 2)
    (tmp_path / "out" / "b").mkdir()
    (tmp_path / "out" / "b" / "run.json").write_text("{}", encoding="utf-8")
    first, second = past_runs()
    assert first.split(maxsplit=2)[:2] == ["out/a", "part"]
    assert second.split(maxsplit=2)[:2] == ["out/b", "unreadable"]

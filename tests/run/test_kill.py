"""A run killed with SIGKILL at any moment leaves a folder that says it was not finished; never a pass."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from harness.measure.verdict import Verdict
from tests.run.endings_plan import ENDINGS, write_plan
from tests.system.commands import Here, here_in, start
from tests.system.short_plan import write_short_plan

PATIENCE_S = 120
PARTS = ("run.json", "tests/001-*/entries.jsonl", "tests/002-*/entries.jsonl", "tests/*/waveforms/*")
"""Files in the order in which they come to be: the run is killed as soon as each is there."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)


def kill_at(pattern: str, folder: Path, image: Path, delay_s: float, *more: str) -> Path:
    """Start a run and kill all of it ``delay_s`` after a file of that pattern appears."""
    run = folder / "run"
    plan = write_short_plan(folder / "plan.toml")
    process = start("certify", "--plan", plan, "--image", image, "--out", run, *more, cwd=folder)
    deadline_s = time.monotonic() + PATIENCE_S
    while not any(run.glob(pattern)) and process.poll() is None:
        assert time.monotonic() < deadline_s
        time.sleep(0.002)
    time.sleep(delay_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    return run


@pytest.mark.parametrize("delay_s", [0.0, 0.08])
@pytest.mark.parametrize("pattern", PARTS)
def test_killed_before_its_end(here: Here, image: Path, tmp_path: Path, pattern: str, delay_s: float) -> None:
    run = kill_at(pattern, tmp_path, image, delay_s)
    if (run / "summary.json").exists():
        pytest.skip("this machine had finished the run within the delay")
    verified = here("verify", run)
    assert verified.status == 2, verified.text
    assert "the run was not finished" in verified.err
    assert "does not fit" not in verified.err
    assert verified.out == ""
    reported = here("report", run, "--format", "html")
    assert reported.status == 0, reported.text
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "unfinished" in page or "not finished" in page
    assert here("verify", run).status == 2, "a report does not make it a finished run"


def test_killed_after_its_end_it_is_whole_without_its_report(here: Here, image: Path, tmp_path: Path) -> None:
    run = kill_at("summary.json", tmp_path, image, 0.0)
    verified = here("verify", run)
    assert verified.status == 0, verified.text
    assert here("report", run, "--format", "html").status == 0
    assert here("verify", run).status == 0


def test_killed_with_workers(here: Here, image: Path, tmp_path: Path) -> None:
    run = kill_at("tests/002-*/entries.jsonl", tmp_path, image, 0.02, "--workers", "2")
    verified = here("verify", run)
    assert verified.status == 2, verified.text
    assert "the run was not finished" in verified.err


def killed_run(tmp_path: Path, image: Path) -> Path:
    plan = write_plan(tmp_path / "plan.toml", ("test_passes", "test_waits"))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", tmp_path / "run")
    process = start("certify", *options, cwd=tmp_path)
    entries = tmp_path / "run/tests/002-waits/entries.jsonl"
    deadline_s = time.monotonic() + PATIENCE_S
    while not (entries.is_file() and b"waiting" in entries.read_bytes()):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    return tmp_path / "run"


def test_what_a_kill_leaves_half_written_is_no_change_and_anything_else_is(
    here: Here, image: Path, tmp_path: Path
) -> None:
    run = killed_run(tmp_path, image)
    assert [test.verdict for test in load_run(run).tests] == [Verdict.PASS, Verdict.ABORTED]
    half_written = [run / ".summary.json.partial", run / "tests/002-waits/waveforms/001-case-sw.zlib"]
    for file in half_written:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"half")
    assert here("verify", run).status == 2
    (run / "tests/001-passes/more.txt").write_bytes(b"of a test that had ended")
    outcome = here("verify", run)
    assert outcome.status == 1, outcome.text
    assert "tests/001-passes/more.txt" in outcome.err

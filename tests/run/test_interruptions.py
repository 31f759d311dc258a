"""Runs that are broken off: Ctrl-C, SIGTERM, SIGKILL, and something in a test that ends the session."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.evidence.model import Ended
from harness.evidence.reader import load_run
from harness.evidence.verify import verify_run
from harness.measure.verdict import Verdict
from tests.run.endings_plan import ENDINGS, attempt_of, bodies, notes, relays_left_open, was_energised, write_plan
from tests.system.commands import run, start

WAITING = "waiting"
LAST = "last line of the test"
PATIENCE_S = 90
FOLDERS = ("001-passes", "002-waits", "003-is-inconclusive")


def begin(folder: Path, image: Path, *more: object, first: str = "test_passes") -> subprocess.Popen[str]:
    """A run whose second test waits, and has said so, with the case open."""
    plan = write_plan(folder / "plan.toml", (first, "test_waits", "test_is_inconclusive"))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", folder / "run", *more)
    process = start("certify", *options, cwd=folder)
    deadline_s = time.monotonic() + PATIENCE_S
    entries = folder / "run" / "tests" / "002-waits" / "entries.jsonl"
    while not (entries.is_file() and WAITING in entries.read_text(encoding="utf-8")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline_s, "the run did not get to the test that waits"
        time.sleep(0.05)
    return process


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        text, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_aborts_the_test_with_outputs_off(image: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = begin(tmp_path, image)
    process.send_signal(number)
    status, text = end(process)
    assert status == 2, text
    assert "Traceback" not in text
    assert text.splitlines()[-1].startswith("NOT CERTIFIED  endings: 1 of 3 tests passed")
    assert "not tested, not reached or not asked for: is-inconclusive" in text
    attempt = attempt_of(tmp_path / "run", "waits")
    assert attempt.verdict is Verdict.ABORTED
    assert isinstance(bodies(attempt)[-1], Ended)
    assert LAST not in notes(attempt)
    assert was_energised(attempt)
    assert relays_left_open(attempt)
    assert verify_run(tmp_path / "run") == []
    assert (tmp_path / "run" / "report.html").is_file()


def test_an_abort_does_not_hide_a_missed_limit(image: Path, tmp_path: Path) -> None:
    process = begin(tmp_path, image, first="test_misses_a_limit")
    process.send_signal(signal.SIGTERM)
    status, text = end(process)
    assert status == 1, text
    assert attempt_of(tmp_path / "run", "waits").verdict is Verdict.ABORTED


def test_a_killed_run_stays_readable_and_says_that_it_is_unfinished(image: Path, tmp_path: Path) -> None:
    process = begin(tmp_path, image)
    process.kill()
    end(process)
    folder = tmp_path / "run"
    read = load_run(folder)
    assert read.summary is None
    assert [test.verdict for test in read.tests] == [Verdict.PASS, Verdict.ABORTED, Verdict.NOT_TESTED]
    assert attempt_of(folder, "waits").ended is None
    verified = run("verify", folder, cwd=tmp_path)
    assert verified.status != 0
    assert "the run was not finished" in verified.err
    assert "Traceback" not in verified.text
    reported = run("report", folder, cwd=tmp_path)
    assert reported.status == 0, reported.text
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "unfinished" in page or "not finished" in page
    entries = folder / "tests" / "002-waits" / "entries.jsonl"
    whole = len(attempt_of(folder, "waits").entries)
    entries.write_bytes(entries.read_bytes()[:-7])
    assert len(attempt_of(folder, "waits").entries) == whole - 1, "read up to the last whole line"
    assert run("report", folder, cwd=tmp_path).status == 0


@pytest.mark.parametrize("at_terminal", [False, True], ids=["terminated", "ctrl-c"])
def test_workers_end_before_the_record_is_joined(image: Path, tmp_path: Path, at_terminal: bool) -> None:
    """Ctrl-C at a terminal reaches the workers too; a service manager's SIGTERM the command only."""
    process = begin(tmp_path, image, "--workers", 2)
    if at_terminal:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM)
    status, text = end(process)
    assert status == 2, text
    before = [path.stat().st_size for path in sorted((tmp_path / "run" / "tests").rglob("*.jsonl"))]
    assert attempt_of(tmp_path / "run", "waits").verdict is Verdict.ABORTED
    assert verify_run(tmp_path / "run") == []
    time.sleep(1)
    assert before == [path.stat().st_size for path in sorted((tmp_path / "run" / "tests").rglob("*.jsonl"))]


@pytest.mark.parametrize("function", ["test_is_interrupted", "test_leaves_the_session"])
def test_a_test_that_ends_the_session_has_not_passed(image: Path, tmp_path: Path, function: str) -> None:
    plan = write_plan(tmp_path / "plan.toml", ("test_passes", function, "test_misses_a_limit"))
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", tmp_path / "run")
    outcome = run("certify", *options, cwd=tmp_path)
    assert outcome.status == 2, outcome.text
    attempt = attempt_of(tmp_path / "run", function.removeprefix("test_").replace("_", "-"))
    assert attempt.verdict is Verdict.ABORTED
    assert relays_left_open(attempt)
    assert verify_run(tmp_path / "run") == []

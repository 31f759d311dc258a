"""``tamperbench bench shell``: the bench by name, and outputs off on every way out."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from tests.run.endings_plan import attempt_of, relays_left_open, was_energised
from tests.system.commands import COMMAND, Here, environment
from tests.system.test_bad_input import assert_refused

OPEN = "driver('relay').close(101)"
PATIENCE_S = 90


def assert_safe(folder: Path) -> None:
    attempt = attempt_of(folder, "by-hand")
    assert was_energised(attempt)
    assert relays_left_open(attempt)


def test_lines_are_worked_and_their_values_shown(here: Here, image: Path, tmp_path: Path) -> None:
    lines = ("-c", OPEN, "-c", "driver('relay').closed_channels()", "-c", "print(bench.file.bench.kind)")
    outcome = here("bench", "shell", "--image", image, "--out", "shell", *lines)
    assert outcome.status == 0, outcome.text
    assert outcome.out.startswith("[101]\nemulated\n")
    assert "outputs are off" in outcome.out
    assert_safe(tmp_path / "shell")
    assert here("verify", tmp_path / "shell").status == 0
    assert here("report", tmp_path / "shell", "--format", "html").status == 0


def test_fixtures_by_name_from_a_pipe(here: Here, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "for _ in range(1):\n    case.open()\nseen = listener.collect(2 * S)\nprint(seen.events)\n[scope][0] is scope\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    outcome = here("bench", "shell", "--image", image, "--out", "shell")
    assert outcome.status == 0, outcome.text
    assert "\n1\nTrue\n" in outcome.out
    assert_safe(tmp_path / "shell")


def test_names_stay_in_the_list_once_they_are_used(here: Here, image: Path) -> None:
    used = ("names()", "case", "print('---')", "names()")
    outcome = here("bench", "shell", "--image", image, *(part for line in used for part in ("-c", line)))
    assert outcome.status == 0, outcome.text
    before, after = outcome.out.split("---\n")
    assert [line for line in before.splitlines() if line.startswith("  case ")] != []
    assert after.startswith("".join(before.splitlines(keepends=True)[:-1]))


def test_a_measured_value_is_shown_shortly_and_kept_whole(here: Here, image: Path) -> None:
    hook = sys.displayhook
    lines = ("magnet.apply(30.0)", "print(len(_.budget.contributions), '!')", "[101] * 300")
    outcome = here("bench", "shell", "--image", image, *(part for line in lines for part in ("-c", line)))
    assert outcome.status == 0, outcome.text
    shown, counted, numbers = outcome.out.splitlines()[:3]
    assert shown.startswith("AppliedField(field_mT=(")
    assert "budget=Budget(U = " in shown
    assert len(shown) < 200
    assert int(counted.removesuffix(" !")) > 2
    assert numbers == str([101] * 300)
    assert sys.displayhook is hook


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("nothing_of_that_name", "names() shows what there is"),
        ("driver('scpoe')", "no instrument 'scpoe'"),
        ("driver('relay').close('x')", "relay"),
        ("raise KeyboardInterrupt('stop')", "stop"),
    ],
)
def test_an_error_ends_it_with_outputs_off(here: Here, image: Path, tmp_path: Path, line: str, named: str) -> None:
    outcome = here("bench", "shell", "--image", image, "--out", "shell", "-c", OPEN, "-c", line, "-c", "print('on')")
    assert outcome.status == 2, outcome.text
    assert named in outcome.text
    assert "Traceback" not in outcome.text
    assert "\non\n" not in outcome.out
    assert_safe(tmp_path / "shell")


def test_what_is_no_python_is_refused_before_the_first_line(here: Here, image: Path, tmp_path: Path) -> None:
    outcome = here("bench", "shell", "--image", image, "--out", "shell", "-c", OPEN, "-c", "case.open(")
    assert outcome.status == 2
    assert "was never closed" in outcome.out
    assert not was_energised(attempt_of(tmp_path / "shell", "by-hand"))


def test_a_record_is_never_overwritten(here: Here, image: Path, tmp_path: Path) -> None:
    (tmp_path / "shell").mkdir()
    (tmp_path / "shell/mine").write_text("", encoding="utf-8")
    assert_refused(here("bench", "shell", "--image", image, "--out", "shell", "-c", "1"), "never overwritten")


def start_shell(image: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A shell at a terminal of its own, with the case open."""
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [str(COMMAND), "bench", "shell", "--image", str(image), "--out", str(folder)],
        cwd=folder.parent,
        env=environment({"TERM": "xterm", "COLUMNS": "80"}),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    os.write(terminal, OPEN.encode() + b"\n")
    entries = folder / "tests/001-by-hand/entries.jsonl"
    deadline_s = time.monotonic() + PATIENCE_S
    while not (entries.is_file() and b"ROUTe:CLOSe" in entries.read_bytes()):
        assert process.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    time.sleep(0.5)
    return process, terminal


def test_ctrl_d_ends_it(image: Path, tmp_path: Path) -> None:
    process, terminal = start_shell(image, tmp_path / "shell")
    os.write(terminal, b"\x04")
    assert process.wait(timeout=PATIENCE_S) == 0
    os.close(terminal)
    assert_safe(tmp_path / "shell")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_at_the_prompt(image: Path, tmp_path: Path, number: signal.Signals) -> None:
    process, terminal = start_shell(image, tmp_path / "shell")
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE_S) == 2
    os.close(terminal)
    assert_safe(tmp_path / "shell")
    ended = attempt_of(tmp_path / "shell", "by-hand").ended
    assert ended is not None
    assert load_run(tmp_path / "shell").summary is not None


def test_a_signal_ends_a_line_that_goes_on_for_ever(image: Path, tmp_path: Path) -> None:
    process, terminal = start_shell(image, tmp_path / "shell")
    os.write(terminal, b"while True: pass\n\n")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_S) == 2
    os.close(terminal)
    assert_safe(tmp_path / "shell")

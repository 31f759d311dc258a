"""Giving commands as a user does, in a process of their own or, where nothing is run, in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_ref.tool.build import BuildResult, build
from harness.cli import main
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.run.inputs import default_testplans

COMMAND = Path(sys.executable).with_name("tamperbench")
PYTEST = Path(sys.executable).with_name("pytest")
BENCH = default_testplans() / "benches" / "emulated.toml"
METER = default_testplans() / "meters" / "reference.toml"
CHECKOUT = default_testplans().parent
TIMEOUT_S = 240


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without what an outer pytest tells its own plugins and workers."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return plain | {"COLUMNS": "200"} | dict(extra or {})


def run(*arguments: object, cwd: Path, program: Path = COMMAND, env: Mapping[str, str] | None = None) -> Outcome:
    """One command in a process of its own."""
    done = subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """A command that goes on by itself, in a process group of its own."""
    return subprocess.Popen(
        [str(COMMAND), *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


Here = Callable[..., Outcome]


def here_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command in this process, in ``tmp_path``: for what ends before anything is run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tamperbench", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        status = ended.value.code
        return Outcome(0 if status is None else int(status), out, err)

    return command


def build_image(folder: Path) -> BuildResult:
    """The reference firmware of this tree in a folder of the tests' own: no one else's build changes it midway."""
    return build(out=folder)


def changed(source: Path, target: Path, *changes: tuple[str, str]) -> Path:
    """A copy of a text file with each text, which must be there, replaced once."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{source} has no {old!r}"
        text = text.replace(old, new, 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def flat_plan(name: str, target: Path) -> Path:
    """A shipped plan as one file that stands alone, as a run's folder keeps it."""
    shipped = default_testplans()
    plan = load_plan(shipped / f"{name}.toml", load_catalogue(shipped / "requirements.toml"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(plan.text)
    return target

"""A qualification names the commit it was made on, and says when the tree is another; its own result is no change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.qualify.run import _commit


def git(folder: Path, *words: str) -> str:
    named = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    return subprocess.run(
        ["git", *named, *words],  # noqa: S607
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("firmware_ref/main.c", "docs/qualification.md", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "all")
    return tmp_path


def test_the_commit_is_named(checkout: Path) -> None:
    assert _commit(checkout / "firmware_ref") == git(checkout, "rev-parse", "HEAD")


def test_a_new_result_below_docs_is_no_change(checkout: Path) -> None:
    (checkout / "docs/qualification.md").write_text("newer")
    assert _commit(checkout / "firmware_ref") == git(checkout, "rev-parse", "HEAD")


def test_any_other_change_is_told(checkout: Path) -> None:
    (checkout / "README.md").write_text("newer")
    assert _commit(checkout / "firmware_ref").endswith(" with changes")


def test_outside_a_checkout_it_is_said_so(tmp_path: Path) -> None:
    assert _commit(tmp_path) == "unknown: not in a checkout"

"""Two runs that begin in the same second: each has a folder of its own, and neither shows the other's verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import harness.run.certify as module
from harness.bench.errors import BenchFileError
from harness.evidence.reader import load_run
from harness.measure.verdict import RunVerdict
from harness.run.certify import Request, RunNotMadeError, certify
from harness.run.inputs import choose_paths
from harness.run.progress import Progress
from tests.system.short_plan import write_latency_plan


@pytest.fixture
def request_of_both(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.setattr(module, "new_folder", lambda _plan: tmp_path / "short-20260101T000000Z")
    plan = write_latency_plan(tmp_path / "short.toml", limit="100 ms")
    return Request(choose_paths(plan=str(plan), image=image), seed=1, build=False)


def test_the_second_of_two_gets_the_next_name(request_of_both: Request) -> None:
    with module._claimed_folder(request_of_both) as first, module._claimed_folder(request_of_both) as second:
        assert first != second
        assert first.is_dir()
        assert second.is_dir()
    assert not first.exists()
    assert not second.exists()


def test_a_named_folder_is_claimed_once(request_of_both: Request, tmp_path: Path) -> None:
    named = replace(request_of_both, folder=tmp_path / "run")
    second = module._claimed_folder(named)
    with module._claimed_folder(named), pytest.raises(BenchFileError, match="is there already"):
        second.__enter__()


def test_a_run_shows_its_own_verdict_beside_another_of_the_same_second(
    request_of_both: Request, tmp_path: Path
) -> None:
    (tmp_path / "short-20260101T000000Z").mkdir()
    run = certify(request_of_both, Progress(Console(quiet=True)))
    assert run.path.name == "short-20260101T000000Z-2"
    assert run.summary is not None
    assert run.summary["verdict"] == RunVerdict.FAIL.value
    assert run == load_run(run.path)


def test_a_record_of_other_inputs_is_never_shown_as_this_run_s(
    request_of_both: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = certify(request_of_both, Progress(Console(quiet=True)))
    other = replace(mine, header=replace(mine.header, seed=2))
    monkeypatch.setattr(module.HandedOver, "pytest_unconfigure", lambda self, config: setattr(self, "finished", other))
    with pytest.raises(RunNotMadeError, match="another run"):
        certify(request_of_both, Progress(Console(quiet=True)))

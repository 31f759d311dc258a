"""A record made again as a whole: where its header says other than its inputs, it is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from harness.evidence.run_folder import RunFolder
from harness.evidence.verify import never_started, verify_run
from tests.evidence.remade import Table, finish_again, remake
from tests.evidence.runs import BENCH, INPUTS, header, inputs, open_test, whole_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return whole_run(tmp_path).path


def texts(path: Path) -> list[str]:
    return [str(problem) for problem in verify_run(path)]


def set_to(*keys: str | int, value: object) -> Callable[[Table], None]:
    def change(data: Table) -> None:
        part = data
        for key in keys[:-1]:
            part = part[key]  # type: ignore[index]
        part[keys[-1]] = value  # type: ignore[index]

    return change


def drop_input(role: str) -> Callable[[Table], None]:
    def change(data: Table) -> None:
        data["inputs"] = [{**item, "role": "other"} if item["role"] == role else item for item in data["inputs"]]

    return change


CHANGES = {
    "a requirement dropped": (set_to("requirements", value=["SEAL-1"]), "requirements is ['SEAL-1']"),
    "emulated called real": (set_to("bench_kind", value="real"), "bench_kind is 'real'"),
    "another plan's name": (set_to("plan", value="full"), "plan is 'full'"),
    "a milder rule": (set_to("coverage_factor", value=1.0), "coverage_factor is 1.0"),
    "a test that need not pass": (set_to("tests", 1, "required", value=False), "need not pass is ['seal-2-pulses']"),
    "another bench": (set_to("bench", value="bench-2"), "bench is 'bench-2'"),
    "another driver": (set_to("instruments", 0, "driver", value="other"), "'scope': driver is 'other'"),
    "a later calibration": (
        set_to("instruments", 0, "calibration", "due_on", value="2037-01-01"),
        "'scope': due on is '2037-01-01'",
    ),
    "no calibration": (set_to("instruments", 0, "calibration", value=None), "'scope': calibration is None"),
    "an instrument less": (set_to("instruments", value=[]), "instruments is []"),
    "another meter": (set_to("meter", value="reference meter, ACME 0002"), "meter is 'reference meter, ACME 0002'"),
    "another image": (set_to("image_sha256", value="cd" * 32), "image_sha256 is 'cdcd"),
    "no plan": (drop_input("plan"), "names 0 copies of the plan file"),
    "no image": (drop_input("image"), "names 0 copies of the image file"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_header_made_anew_is_told(run: Path, case: str) -> None:
    change, text = CHANGES[case]
    remake(run, change)
    found = texts(run)
    assert found
    assert all(problem.startswith("run.json: ") for problem in found), found
    assert any(text in problem for problem in found), found


def test_a_record_made_anew_without_a_change_fits(run: Path) -> None:
    """Else the tests above would show nothing."""
    remake(run, lambda data: data.update(seed=8))
    assert texts(run) == []


def test_a_test_taken_out_of_header_and_folder_is_told(run: Path) -> None:
    shutil.rmtree(run / "tests/002-seal-2-pulses")
    remake(run, lambda data: data.update(tests=data["tests"][:1], requirements=["SEAL-1"]))
    assert any("tests is ['seal-1-opening'], but" in text for text in texts(run))


def test_a_test_without_a_record_is_said(run: Path) -> None:
    assert never_started(load_run(run)) == []
    shutil.rmtree(run / "tests/002-seal-2-pulses")
    finish_again(run)
    loaded = load_run(run)
    assert never_started(loaded) == ["1 of the plan's 2 tests have no record: seal-2-pulses"]
    assert loaded.summary is not None
    assert loaded.summary["verdict"] == "not_certified"


def test_a_first_attempt_taken_away_is_told(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", header(), INPUTS)
    for _ in range(2):
        record = open_test(run)
        record.judge_equal("events", 1, 1)
        record.end()
    shutil.rmtree(run.path / "tests/001-seal-1-opening")
    (run.path / "tests/001-seal-1-opening-attempt-2").rename(run.path / "tests/001-seal-1-opening")
    run.finish()
    assert any("is attempt 2; the attempts before it are gone" in text for text in texts(run.path))


def test_a_bench_that_did_not_come_up_may_lack_instruments(tmp_path: Path) -> None:
    """Bring-up stopped before the first of them; nothing was judged."""
    run = RunFolder.create(tmp_path / "run", replace(header(), instruments=()), INPUTS)
    open_test(run).end(aborted="the bench did not come up")
    run.finish()
    assert texts(run.path) == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[plan", b"a = " + b"[" * 5000], ids=["no-text", "no-toml", "deep"])
def test_an_input_that_cannot_be_read_is_told(run: Path, content: bytes) -> None:
    (run / "inputs/smoke.toml").write_bytes(content)
    remake(run, lambda data: None)
    assert any("run.json: can't be set against smoke.toml" in text for text in texts(run))


def test_a_day_written_as_text_is_the_same_day(tmp_path: Path) -> None:
    bench = BENCH.replace("2026-01-01", '"2026-01-01"')
    run = RunFolder.create(tmp_path / "run", header(), inputs(bench=bench))
    run.finish()
    assert texts(run.path) == []

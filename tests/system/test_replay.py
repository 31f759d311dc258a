"""The id on a failing line runs that result again, from the copies in the run's folder; a changed input is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.evidence.model import Judgement
from harness.evidence.reader import Run, load_run
from tests.system.commands import Here, Outcome, run
from tests.system.short_plan import write_short_plan

TEST = "com-1-case-latency"


@pytest.fixture(scope="session")
def failed(image: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Run]:
    """A run that misses a limit which no meter could keep."""
    work = tmp_path_factory.mktemp("failed")
    plan = write_short_plan(work / "plan.toml", ("sig-1-genuine-alerts", TEST), '["COM-1"]', limit="5 ms")
    options = ("--plan", plan, "--image", image, "--seed", 7, "--out", work / "out" / "run")
    return run("certify", *options, cwd=work), load_run(work / "out" / "run")


def printed_id(outcome: Outcome) -> str:
    (found,) = re.findall(r"tamperbench replay (\S+)", outcome.out)
    return str(found)


def latencies(done: Run) -> list[float | int | None]:
    entries = done.test(TEST).attempts[-1].entries
    return [entry.body.value for entry in entries if isinstance(entry.body, Judgement)]


def test_the_failing_line_has_the_id_and_the_status_is_1(failed: tuple[Outcome, Run]) -> None:
    outcome, done = failed
    assert outcome.status == 1, outcome.text
    assert printed_id(outcome).startswith(f"short/{TEST}@7#")
    assert latencies(done)


def test_the_id_runs_exactly_that_result_again(failed: tuple[Outcome, Run], tmp_path: Path) -> None:
    outcome, done = failed
    again = run("replay", printed_id(outcome), "--runs", done.path.parent, "--out", tmp_path / "again", cwd=tmp_path)
    assert again.status == 1, again.text
    assert "the same record, byte for byte" in again.out
    replayed = load_run(tmp_path / "again")
    assert latencies(replayed) == latencies(done)
    assert [len(test.attempts) for test in replayed.tests] == [0, 1], "only the test of the id"


def copy_of(done: Run, target: Path) -> Path:
    for file in done.path.rglob("*"):
        if file.is_file():
            (target / file.relative_to(done.path)).parent.mkdir(parents=True, exist_ok=True)
            (target / file.relative_to(done.path)).write_bytes(file.read_bytes())
    return target


def test_a_replaced_image_is_told_by_both(here: Here, failed: tuple[Outcome, Run], tmp_path: Path) -> None:
    outcome, done = failed
    folder = copy_of(done, tmp_path / "run")
    image = bytearray((folder / "inputs" / "image.bin").read_bytes())
    image[-1] ^= 0x01
    (folder / "inputs" / "image.bin").write_bytes(image)
    verified = here("verify", folder)
    assert verified.status == 1
    assert "inputs/image.bin: does not have the SHA-256" in verified.err
    again = here("replay", printed_id(outcome), "--runs", folder, "--out", tmp_path / "again")
    assert again.status == 2, again.text
    assert "inputs/image.bin" in again.err
    assert not (tmp_path / "again").exists()


def test_a_changed_meter_file_is_told_by_both(here: Here, failed: tuple[Outcome, Run], tmp_path: Path) -> None:
    outcome, done = failed
    folder = copy_of(done, tmp_path / "run")
    meter = folder / "inputs" / "meter.toml"
    meter.write_text(meter.read_text(encoding="utf-8").replace("supply_V = 3.3", "supply_V = 3.0"), encoding="utf-8")
    assert here("verify", folder).status == 1
    again = here("replay", printed_id(outcome), "--runs", folder, "--out", tmp_path / "again")
    assert again.status == 2, again.text
    assert "inputs/meter.toml" in again.err


def test_an_id_with_other_inputs_names_the_runs_there_are(
    here: Here, failed: tuple[Outcome, Run], tmp_path: Path
) -> None:
    outcome, done = failed
    other = printed_id(outcome).replace("@7#", "@8#")
    answer = here("replay", other, "--runs", done.path.parent)
    assert answer.status == 2
    assert "runs of this test with other inputs: run (seed 7" in answer.err

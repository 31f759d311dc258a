"""docs/run-order.md, row by row: how each test ended is read from the record, as whoever gets the folder would."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from harness.evidence.model import Ended, Failure, Started
from harness.evidence.reader import Run, load_run
from harness.evidence.verify import verify_run
from tests.run.endings_plan import (
    ENDINGS,
    attempt_of,
    bodies,
    judged,
    notes,
    relays_left_open,
    was_energised,
    write_plan,
)
from tests.system.commands import CHECKOUT, Outcome, run

LAST = "last line of the test"
FUNCTIONS = (
    "test_passes",
    "test_misses_a_limit",
    "test_is_inconclusive",
    "test_raises",
    "test_asserts",
    "test_meter_stops",
    "test_raises_after_a_missed_limit",
    "test_set_up_fails",
    "test_tear_down_fails",
    "test_tear_down_fails_after_a_fail",
    "test_relay_sticks",
    "test_never_judges",
    "test_skips_itself",
)
# Test, its verdict, what it judged, the errors in its record, whether it reached its last line.
ENDS = [
    ("passes", "pass", ["pass"], [], True),
    ("misses-a-limit", "fail", ["fail"], [], False),
    ("is-inconclusive", "inconclusive", ["inconclusive"], [], False),
    ("raises", "error", ["pass"], ["BenchTroubleError"], False),
    ("asserts", "error", ["pass"], ["AssertionError"], False),
    ("meter-stops", "fail", ["pass", "fail"], ["MeterStoppedError"], False),
    ("raises-after-a-missed-limit", "fail", ["fail"], ["BenchTroubleError"], False),
    ("set-up-fails", "error", [], ["BenchTroubleError"], False),
    ("tear-down-fails", "error", ["pass"], ["BenchTroubleError"], True),
    ("tear-down-fails-after-a-fail", "fail", ["fail"], ["BenchTroubleError"], False),
    ("relay-sticks", "error", ["pass"], ["UnsafeStateError"], True),
    ("never-judges", "not_tested", ["pass"], [], True),
    ("skips-itself", "not_tested", [], [], False),
]


def certify(plan: Path, image: Path, folder: Path, *more: object) -> Outcome:
    return run(
        "certify", "--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", folder, *more, cwd=plan.parent
    )


@pytest.fixture(scope="session")
def ended(image: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Run]:
    """One run of every ending that lets the next test follow."""
    work = tmp_path_factory.mktemp("endings")
    outcome = certify(write_plan(work / "plan.toml", FUNCTIONS), image, work / "run")
    return outcome, load_run(work / "run")


@pytest.mark.parametrize(("test_id", "verdict", "judgements", "errors", "whole"), ENDS, ids=[row[0] for row in ENDS])
def test_ending(
    ended: tuple[Outcome, Run], test_id: str, verdict: str, judgements: list[str], errors: list[str], whole: bool
) -> None:
    attempt = attempt_of(ended[1].path, test_id)
    entries = bodies(attempt)
    assert attempt.verdict.value == verdict
    assert judged(attempt) == judgements
    assert [body.error for body in entries if isinstance(body, Failure)] == errors
    assert (LAST in notes(attempt)) is whole
    assert isinstance(entries[0], Started)
    assert isinstance(entries[-1], Ended)


@pytest.mark.parametrize("test_id", [row[0] for row in ENDS if row[0] != "relay-sticks"])
def test_outputs_are_off_before_the_record_ends(ended: tuple[Outcome, Run], test_id: str) -> None:
    attempt = attempt_of(ended[1].path, test_id)
    assert was_energised(attempt)
    assert relays_left_open(attempt)


def test_a_relay_that_may_be_closed_is_told_loudly_after_a_second_try(ended: tuple[Outcome, Run]) -> None:
    outcome, finished = ended
    attempt = attempt_of(finished.path, "relay-sticks")
    (failure,) = (body for body in bodies(attempt) if isinstance(body, Failure))
    assert "may still be energised" in failure.message
    assert "101" in failure.message
    assert "may still be energised" in outcome.out
    resets = [body.data for body in bodies(attempt) if getattr(body, "channel", "") == "relay"]
    after = resets[len(resets) - resets[::-1].index("ROUTe:CLOSe (@101)") :]
    assert after.count("*RST") == 2


def test_every_test_is_told_in_order_and_the_run_is_a_fail(ended: tuple[Outcome, Run]) -> None:
    outcome, finished = ended
    assert outcome.status == 1
    assert "Traceback" not in outcome.text
    places = [outcome.out.index(f" {test_id} ") for test_id, *_ in ENDS]
    assert places == sorted(places)
    assert finished.summary is not None
    assert finished.summary["verdict"] == "fail"
    assert outcome.out.splitlines()[-1].startswith("FAIL  endings: 1 of 13 tests passed")


def test_the_folder_verifies_and_each_test_that_did_not_pass_has_an_id(ended: tuple[Outcome, Run]) -> None:
    outcome, finished = ended
    assert verify_run(finished.path) == []
    for test_id, verdict, *_ in ENDS:
        assert (f"tamperbench replay endings/{test_id}@1#" in outcome.out) is (verdict != "pass")


# Every row of the page's table of endings, and the tests here that hold it.
ROWS = {
    "everything judged within acceptance": "passes",
    "a limit is missed": "misses-a-limit",
    "neither pass nor fail can be stated": "is-inconclusive",
    "an instrument, a link or the test itself fails": "raises, asserts",
    "the meter's firmware faults under test": "meter-stops; with real firmware: crash-on-opening in tests/qualify",
    "the same, after a limit was missed": "raises-after-a-missed-limit",
    "a fixture fails in c": "set-up-fails",
    "tear-down fails after a pass": "tear-down-fails, relay-sticks",
    "tear-down fails after a fail": "tear-down-fails-after-a-fail",
    "declared but never judged": "never-judges",
    "Ctrl-C, SIGTERM or a closed terminal (SIGHUP)": "test_interruptions",
    "the process is killed": "test_interruptions",
    "bring-up failed": "test_bring_up",
}


def test_every_row_of_the_page_is_held_by_a_test() -> None:
    text = (CHECKOUT / "docs" / "run-order.md").read_text(encoding="utf-8")
    table = text.split("## Endings")[1].split("\n\n")[1].splitlines()[2:]
    assert [row.split("|")[1].strip() for row in table] == list(ROWS)


# One test of this kind behind one that passes: the run's exit status.
STATUS = [
    ("test_misses_a_limit", 1),
    ("test_never_judges", 2),
]


@pytest.mark.parametrize(("function", "status"), STATUS)
def test_one_ending_decides_the_exit_status(image: Path, tmp_path: Path, function: str, status: int) -> None:
    plan = write_plan(tmp_path / "plan.toml", ("test_passes", function))
    assert certify(plan, image, tmp_path / "run", "--workers", 2).status == status
    assert verify_run(tmp_path / "run") == []


def test_all_passes_is_a_pass(image: Path, tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    assert certify(plan, image, tmp_path / "run").status == 0


def test_the_printed_command_can_be_pasted(image: Path, tmp_path: Path) -> None:
    """Also where the record lies elsewhere and the tests are the lab's own."""
    plan = write_plan(tmp_path / "plan.toml", ("test_misses_a_limit",))
    outcome = certify(plan, image, tmp_path / "a run")
    (command,) = (line.split("tamperbench ")[1] for line in outcome.out.splitlines() if "tamperbench replay" in line)
    again = run(*shlex.split(command), "--out", tmp_path / "again", cwd=tmp_path)
    assert again.status == 1, again.text
    assert "the same record, byte for byte" in again.out

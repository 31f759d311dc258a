"""What counts as caught and what does not, on runs made up through the record's own API; and what is then written."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.evidence.not_passed import NotPassed
from harness.evidence.reader import load_run
from harness.evidence.record import TestRecord
from harness.qualify import run as running
from harness.qualify.caught import Finding, Outcome, judge
from harness.qualify.cells import cell_lines
from harness.qualify.defects import DefectFile
from harness.qualify.errors import QualifyError
from harness.qualify.forms import cell, matrix_lines, summary_lines, to_csv, to_json, to_markdown
from harness.qualify.page import to_html
from harness.qualify.qualification import Qualification, Row, remarks
from harness.qualify.stored import load_qualification
from tests.evidence.runs import new_run, open_test

FIRST, SECOND = "seal-1-opening", "seal-2-pulses"
TESTS = {FIRST: "SEAL-1", SECOND: "SEAL-2"}
PASS, FAIL, OPEN, ERROR = "pass", "fail", "open", "error"


def says(*violates: str, expected: tuple[str, ...] = (FIRST,)) -> DefectFile:
    return DefectFile(title="T", vendor_would_have="V | W", violates=violates, expected_tests=expected)


def put(record: TestRecord, how: str) -> None:
    with suppress(NotPassed):
        if how == ERROR:
            record.error(RuntimeError("broken"))
        elif how == OPEN:
            record.declare("events", "1", at_most=0)
        else:
            record.judge_equal("events", 0 if how == PASS else 1, 0)
    record.end()


def finding(tmp_path: Path, first: str, second: str, defect: DefectFile, discounted: tuple[str, ...] = ()) -> Finding:
    run = new_run(tmp_path)
    put(open_test(run, FIRST), first)
    put(open_test(run, SECOND), second)
    run.finish({})
    return judge(load_run(run.path), defect, discounted)


@pytest.mark.parametrize(
    ("first", "second", "violates", "outcome"),
    [
        (FAIL, PASS, ("SEAL-1",), Outcome.CAUGHT),
        (FAIL, ERROR, ("SEAL-1",), Outcome.CAUGHT),
        (PASS, PASS, ("SEAL-1",), Outcome.PASSED),
        (PASS, FAIL, ("SEAL-1",), Outcome.ELSEWHERE),
        (ERROR, FAIL, ("SEAL-1",), Outcome.ELSEWHERE),
        (ERROR, PASS, ("SEAL-1",), Outcome.ERROR),
        (OPEN, PASS, ("SEAL-1",), Outcome.INCONCLUSIVE),
    ],
)
def test_only_a_fail_of_what_is_violated_is_caught(
    tmp_path: Path, first: str, second: str, violates: tuple[str, ...], outcome: Outcome
) -> None:
    assert finding(tmp_path, first, second, says(*violates)).outcome is outcome


def test_a_test_that_fails_on_the_reference_too_catches_nothing(tmp_path: Path) -> None:
    found = finding(tmp_path, FAIL, PASS, says("SEAL-1"), discounted=(FIRST,))
    assert found.outcome is not Outcome.CAUGHT


def test_what_is_not_as_said_is_told(tmp_path: Path) -> None:
    found = finding(tmp_path, FAIL, FAIL, says("SEAL-1", "COM-1", expected=(FIRST, "no-such-test")))
    assert found.outcome is Outcome.CAUGHT
    assert not found.is_as_said
    assert (found.also_failed, found.not_failed) == (("SEAL-2",), ("COM-1",))
    assert found.expected_passed == ("no-such-test",)
    assert found.mode == ("seal-1-opening: events", "seal-2-pulses: events")
    row = Row("one", says("SEAL-1", "COM-1"), found, "ab", 1.0, 1.0)
    assert remarks(row)[0] == "also failed: SEAL-2"


def test_a_run_that_did_not_come_up_says_so(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.finish({"bring_up_cause": "no sign-on"})
    found = judge(load_run(run.path), says("SEAL-1"))
    assert (found.outcome, found.problem) == (Outcome.NOT_UP, "no sign-on")


def row(name: str, outcome: Outcome, violates: str, mode: str = "m", **requirements: str) -> Row:
    worst = {key.replace("_", "-"): value for key, value in requirements.items()}
    ran = {test_id: "fail" for test_id, requirement in TESTS.items() if requirement in worst}
    found = Finding(outcome, ran, worst, {FIRST: ("SEAL-1",)}, (mode,))
    return Row(name, says(violates), found, "ab" * 32, 9.0, 10.0)


def made(*rows: Row, reference: Outcome = Outcome.PASSED, **changes: object) -> Qualification:
    good = "pass" if reference is Outcome.PASSED else "fail"
    whole: dict[str, object] = {
        "plan": "bite",
        "plan_sha256": "ab" * 32,
        "bench_sha256": "cd" * 32,
        "seed": 1,
        "commit": "f00",
        "made_utc": "2026-06-01T00:00:00+00:00",
        "workers": 2,
        "tests": {FIRST: ("SEAL-1",), SECOND: ("SEAL-2",)},
        "requirements": ("SEAL-1", "SEAL-2"),
        "reference": Row("reference", None, Finding(reference, {FIRST: good}, {"SEAL-1": good}), "ef", 9.0, 9.0),
        "rows": rows,
        "left_out": (),
        "violated": frozenset({"SEAL-1"}),
        "whole": True,
        "interrupted": False,
        "wall_s": 12.0,
    }
    return Qualification(**(whole | changes))  # type: ignore[arg-type]


CAUGHT = row("caught", Outcome.CAUGHT, "SEAL-1", SEAL_1="fail", SEAL_2="pass")
MISSED = row("missed", Outcome.PASSED, "SEAL-1", SEAL_1="pass", SEAL_2="error")


@pytest.mark.parametrize(
    ("qualification", "status"),
    [
        (made(CAUGHT), 0),
        (made(CAUGHT, MISSED), 1),
        (made(CAUGHT, reference=Outcome.ELSEWHERE), 1),
        (made(CAUGHT, row("unbuilt", Outcome.NOT_RUN, "SEAL-1")), 2),
        (made(MISSED, row("unbuilt", Outcome.NOT_RUN, "SEAL-1")), 1),
        (made(CAUGHT, interrupted=True), 2),
        (made(CAUGHT, row("late", Outcome.TIMED_OUT, "SEAL-1")), 1),
    ],
)
def test_the_exit_status_is_the_worst_of_all(qualification: Qualification, status: int) -> None:
    assert qualification.exit_code == status


def test_near_copies_count_once_and_untouched_requirements_are_named() -> None:
    qualification = made(CAUGHT, row("copy", Outcome.CAUGHT, "SEAL-1", SEAL_1="fail"), left_out=("other",))
    assert list(qualification.modes.values()) == [("caught", "copy")]
    assert (qualification.covered, qualification.untouched) == (("SEAL-1",), ("SEAL-2",))
    text = "\n".join(summary_lines(qualification))
    assert "2 of 2 defects caught, 1 distinct failure modes, 1 of 2 requirements" in text
    assert "no defect violates: SEAL-2" in text
    assert "the same judgements fail for: caught, copy" in text
    assert "left out (1): other" in text
    assert "left out (1)" in list(summary_lines(qualification, name_left_out=False)), "for who named what is in"


def test_the_matrix_has_a_mark_for_each_meter_and_requirement() -> None:
    qualification = made(CAUGHT, MISSED)
    lines = list(matrix_lines(qualification))
    assert "caught     X .    9.0 s" in lines
    assert "missed     ! ?    9.0 s  not caught: every test passed" in lines
    assert "reference  .      9.0 s  passes" in lines
    assert cell(qualification, row("also", Outcome.CAUGHT, "SEAL-1", SEAL_2="fail"), "SEAL-2") == "x"


def test_every_form_says_what_was_run_and_what_was_not() -> None:
    qualification = made(CAUGHT, MISSED, left_out=("other",))
    data = json.loads(to_json(qualification))
    assert (data["whole"], data["left_out"]) == (False, ["other"])
    assert data["made_on"]["commit"] == "f00"
    assert [one["outcome"] for one in data["defects"]] == ["caught", "not caught: every test passed"]
    assert to_csv(qualification).splitlines()[0] == "meter,outcome,violates,seal-1-opening,seal-2-pulses"
    page, text = to_html(qualification), to_markdown(qualification)
    for form in (page, text):
        assert "f00" in form
        assert "left out (1): other" in form
    assert "V / W" in text
    assert "V | W" in page


def test_every_cell_of_defect_and_test_has_its_mark() -> None:
    lines = list(cell_lines(made(CAUGHT, replace(MISSED, finding=replace(MISSED.finding, verdicts={FIRST: "error"})))))
    assert lines[:4] == ["           12", "reference  .", "caught     Xx", "missed     ?"]
    assert lines[-1] == "  1 seal-1-opening    2 seal-2-pulses"
    soon = list(cell_lines(made(row("soon", Outcome.CAUGHT, "SEAL-1", SEAL_1="fail"), whole=False)))
    assert soon[1:3] == ["reference  .", "soon       X"]
    assert soon[-1] == "1 more tests were run on the reference meter alone"
    for form in (to_markdown(made(CAUGHT)), to_html(made(CAUGHT))):
        assert "Defect x test" in form
        assert "Defect x requirement" in form


def test_a_matrix_wider_than_the_terminal_comes_in_blocks() -> None:
    names = {f"t-{number}": ("SEAL-1",) for number in range(1, 26)}
    ran = dict.fromkeys(names, "pass")
    wide = made(Row("one", says("SEAL-1"), Finding(Outcome.PASSED, ran), "ab", 1.0, 1.0), tests=names)
    lines = list(cell_lines(wide, 24))
    assert max(len(line) for line in lines if line.startswith(("one", "reference"))) <= 24
    assert sum(line.startswith("one ") for line in lines) == 3
    assert "".join(line.split(maxsplit=1)[1] for line in lines if line.startswith("one ")).count(".") == 25


def test_a_qualification_is_read_back_from_its_folder_as_it_was(tmp_path: Path) -> None:
    failed = replace(CAUGHT.finding, failed={FIRST: ("SEAL-1",), SECOND: ()}, verdicts={FIRST: "fail", SECOND: "pass"})
    qualification = made(replace(CAUGHT, finding=failed), MISSED, left_out=("other",))
    (tmp_path / "q.json").write_text(to_json(qualification), encoding="utf-8")
    (tmp_path / "q.csv").write_text(to_csv(qualification), encoding="utf-8")
    again = load_qualification(tmp_path, "q")
    assert list(cell_lines(again)) == list(cell_lines(qualification))
    assert to_json(again) == to_json(qualification)
    assert to_csv(again) == to_csv(qualification)
    (tmp_path / "q.csv").unlink()
    with pytest.raises(QualifyError, match=r"no whole result of a qualification: .*expected the folder that"):
        load_qualification(tmp_path, "q")


def test_a_requirement_declared_and_not_shown_is_a_finding_of_its_own() -> None:
    claims = replace(CAUGHT, name="claims", finding=replace(CAUGHT.finding, not_failed=("SEAL-2",)))
    qualification = made(CAUGHT, claims)
    assert (qualification.exit_code, qualification.not_shown) == (1, {"claims": ("SEAL-2",)})
    assert "declared, not shown: claims is declared to violate SEAL-2" in "\n".join(summary_lines(qualification))
    elsewhere = replace(claims, finding=replace(claims.finding, not_failed=("TIME-1",)))
    assert made(CAUGHT, elsewhere).exit_code == 0, "a plan without a test of it says nothing about it"


def test_what_was_not_run_is_blank_and_counted() -> None:
    qualification = made(row("soon", Outcome.CAUGHT, "SEAL-1", SEAL_1="fail"), CAUGHT, whole=False)
    assert "soon       X      9.0 s" in list(matrix_lines(qualification))
    assert "blank: not all of its tests were run" in to_html(qualification)
    assert to_csv(qualification).splitlines()[2] == "soon,caught,SEAL-1,fail,"
    assert "3 of 4 cells (defect x test) were run; a defect's trial ends" in "\n".join(summary_lines(qualification))
    assert json.loads(to_json(qualification))["whole"] is False
    assert "were run" not in "\n".join(summary_lines(made(CAUGHT)))


def test_a_requirement_passes_only_if_all_its_tests_were_run() -> None:
    both = {FIRST: ("SEAL-1",), SECOND: ("SEAL-1", "SEAL-2")}
    half = row("half", Outcome.CAUGHT, "SEAL-2", SEAL_1="pass")
    assert cell(made(half, tests=both), half, "SEAL-1") == " "
    assert cell(made(half), half, "SEAL-1") == "."


def test_a_trial_that_ended_early_says_nothing_of_what_it_did_not_come_to() -> None:
    soon = row("soon", Outcome.CAUGHT, "SEAL-1", SEAL_1="fail")
    early = replace(soon, finding=replace(soon.finding, not_failed=("SEAL-2",)))
    assert made(early).not_shown == {}
    assert json.loads(to_json(made(early)))["whole"] is False


def test_a_fail_before_the_time_ran_out_is_no_catch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: Any = SimpleNamespace(volatile={}, summary={})
    monkeypatch.setattr(running, "load_run", lambda _folder: run)
    monkeypatch.setattr(running, "judge", lambda *_: CAUGHT.finding)
    ended = SimpleNamespace(problem="took more than 600 s")
    for timed_out, outcome in ((False, Outcome.CAUGHT), (True, Outcome.TIMED_OUT)):
        done: Any = SimpleNamespace(
            ended=ended, timed_out=timed_out, trial=SimpleNamespace(folder=tmp_path, discounted=(), defect="late")
        )
        finding, _ = running._finding(done, says("SEAL-1"))
        assert finding.outcome is outcome

"""Allure results as Allure's own model takes them, and pytest's own plugin beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allure_commons import model2
from allure_commons.types import LabelType, Severity
from allure_pytest.utils import get_status

from harness.evidence.output_files import ALLURE_FOLDER, is_output
from harness.evidence.reader import load_run
from harness.evidence.record import TestRecord
from reports.allure import render_allure
from reports.content import Content, build_content
from tests.evidence.runs import swallow
from tests.reports.made_up_run import PLANNED, ROOT, StepClock, make_folder
from tests.reports.mixed_run import ERRED, FAILED, HOSTILE, INCONCLUSIVE, NEVER_STARTED, NOT_TAKEN, mixed_run

BUILT_IN = {"environment.properties", "executor.json", "categories.json"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return build_content(load_run(mixed_run(tmp_path_factory.mktemp("runs") / "mixed")))


@pytest.fixture(scope="module")
def files(mixed: Content) -> dict[str, bytes]:
    return {name.removeprefix(f"{ALLURE_FOLDER}/"): data for name, data in render_allure(mixed).items()}


@pytest.fixture(scope="module")
def results(files: dict[str, bytes]) -> dict[str, model2.TestResult]:
    """By name, through Allure's own classes, which take no field that they do not know."""
    found = [_result(json.loads(data)) for name, data in files.items() if name.endswith("-result.json")]
    return {one.name: one for one in found}


def _result(data: dict[str, Any]) -> model2.TestResult:
    steps = [_step(step) for step in data.pop("steps")]
    details = model2.StatusDetails(**data.pop("statusDetails"))
    labels = [model2.Label(**label) for label in data.pop("labels")]
    parameters = [model2.Parameter(**one) for one in data.pop("parameters")]
    attachments = [model2.Attachment(**one) for one in data.pop("attachments")]
    return model2.TestResult(
        **data, steps=steps, statusDetails=details, labels=labels, parameters=parameters, attachments=attachments
    )


def _step(data: dict[str, Any]) -> model2.TestStepResult:
    steps = [_step(step) for step in data.pop("steps")]
    return model2.TestStepResult(**data, steps=steps)


def test_every_test_of_the_plan_is_a_result_and_the_container_joins_them(
    files: dict[str, bytes], results: dict[str, model2.TestResult]
) -> None:
    assert set(results) == {planned.test_id for planned in PLANNED}
    (container,) = [json.loads(data) for name, data in files.items() if name.endswith("-container.json")]
    joined = model2.TestResultContainer(**container)
    assert joined.children == [results[planned.test_id].uuid for planned in PLANNED]


@pytest.mark.parametrize(
    ("test_id", "status", "begins"),
    [
        (FAILED, model2.Status.FAILED, "Fail: field at trip: 57.30"),
        (INCONCLUSIVE, model2.Status.BROKEN, "Inconclusive: open time"),
        (ERRED, model2.Status.BROKEN, "Error: RuntimeError: scope"),
        (NOT_TAKEN, model2.Status.SKIPPED, "Not tested: promised and never judged"),
        (NEVER_STARTED, model2.Status.SKIPPED, "Not tested: this test was never started"),
    ],
)
def test_each_ending_has_its_status_and_reason(
    results: dict[str, model2.TestResult], test_id: str, status: str, begins: str
) -> None:
    assert results[test_id].status == status
    assert results[test_id].statusDetails.message.startswith(begins)


def test_only_what_passed_is_passed(results: dict[str, model2.TestResult]) -> None:
    passed = {name for name, one in results.items() if one.status == model2.Status.PASSED}
    assert passed == {planned.test_id for planned in PLANNED} - {
        FAILED, INCONCLUSIVE, ERRED, NOT_TAKEN, NEVER_STARTED
    }  # fmt: skip


def test_labels_are_those_that_allure_knows_and_name_the_requirements(results: dict[str, model2.TestResult]) -> None:
    known = {value for name, value in vars(LabelType).items() if name.isupper()}
    for one in results.values():
        assert {label.name for label in one.labels} <= known
        severity = next(label.value for label in one.labels if label.name == LabelType.SEVERITY)
        assert severity in [level.value for level in Severity]
    features = {label.value for label in results[FAILED].labels if label.name == LabelType.FEATURE}
    assert features == {"SEAL-2"}


def test_judged_values_are_steps_and_drawings_are_there(
    files: dict[str, bytes], results: dict[str, model2.TestResult]
) -> None:
    assert [step.status for step in results[FAILED].steps] == ["failed"]
    latency = results[PLANNED[8].test_id]
    assert "case-open alert latency: 121.0000 ms" in latency.steps[0].name
    kinds = [one.type for one in latency.attachments]
    assert kinds.count("image/svg+xml") >= 2
    for one in latency.attachments:
        data = files[one.source]
        assert b"var(--" not in data
        assert one.type != "image/svg+xml" or data.startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')


def test_every_file_belongs_to_allure_and_is_named_by_something(
    mixed: Content, files: dict[str, bytes], results: dict[str, model2.TestResult]
) -> None:
    attached = {one.source for result in results.values() for one in result.attachments}
    named = attached | {f"{one.uuid}-result.json" for one in results.values()} | BUILT_IN
    (rest,) = set(files) - named
    assert rest.endswith("-container.json")
    assert all(is_output(name) for name in render_allure(mixed))


def test_the_environment_is_a_java_properties_file_without_surprises(files: dict[str, bytes], mixed: Content) -> None:
    lines = files["environment.properties"].decode("ascii").splitlines()
    pairs = dict(line.split("=", 1) for line in lines)
    assert pairs["Verdict"].startswith("Fail. At least one test")
    assert pairs["Record.digest"] == mixed.page.record_digest


def test_a_hostile_name_stays_text(results: dict[str, model2.TestResult], files: dict[str, bytes]) -> None:
    assert '=cmd|"/C calc"!A0' in results[HOSTILE].steps[0].name
    assert "\u202e".encode() not in b"".join(files.values())


def test_identifiers_come_from_the_record_and_history_from_plan_and_test(mixed: Content, tmp_path: Path) -> None:
    assert render_allure(mixed) == render_allure(build_content(mixed.run))
    other = build_content(load_run(make_folder(tmp_path / "other").path))
    ours, theirs = (
        {
            result["name"]: (result["uuid"], result["historyId"])
            for name, data in render_allure(content).items()
            if name.endswith("-result.json") and (result := json.loads(data))
        }
        for content in (mixed, other)
    )
    for name, (uuid, history) in ours.items():
        assert theirs[name][0] != uuid
        assert theirs[name][1] == history


def judged(make: Callable[[TestRecord], object], tmp_path: Path) -> Exception:
    folder = make_folder(tmp_path / "run")
    return swallow(make, folder.open_test(PLANNED[0].test_id, StepClock(), frozenset({"SEAL-1"})))


def test_pytests_own_plugin_takes_a_missed_limit_for_a_failure_and_an_open_one_for_none(tmp_path: Path) -> None:
    missed = judged(lambda record: record.judge("field", 57.3, "mT", at_most=55), tmp_path / "1")
    left_open = judged(lambda record: record.judge("t", 499.9, "ms", at_most=500, uncertainty=0.4), tmp_path / "2")
    assert get_status(missed) == model2.Status.FAILED
    assert get_status(left_open) == model2.Status.BROKEN


def test_plain_pytest_writes_allure_results_when_asked(tmp_path: Path) -> None:
    test_id = "seal-1-opening-and-closing"
    command = [sys.executable, "-m", "pytest", "testplans/detection/test_seal.py", "-q", "--test-id", test_id]
    command += ["-p", "no:cacheprovider"]
    command += ["--alluredir", str(tmp_path / "allure"), "--run-folder", str(tmp_path / "run")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    found = [json.loads(file.read_text()) for file in (tmp_path / "allure").glob("*-result.json")]
    assert [(one["name"].partition("[")[2], one["status"]) for one in found] == [(f"{test_id}]", "passed")], done.stdout

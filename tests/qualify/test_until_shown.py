"""A trial ends when all that a defect is declared to violate is shown, and the order of the tests changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.reader import Run, load_run
from harness.measure.verdict import Verdict
from harness.qualify.defects import Defect
from harness.qualify.images import build_image
from harness.qualify.run import SHIPPED_DEFECTS
from harness.qualify.trial import RUN, Trial, run_plan
from harness.run.inputs import choose_paths
from tests.qualify.sampled import THERE
from tests.system.commands import run
from tests.system.short_plan import write_short_plan

OPENING, SHORT, SIGNED, LATENCY = (
    "seal-1-opening-and-closing",
    "seal-2-single-short-pulses",
    "sig-1-genuine-alerts",
    "com-1-case-latency",
)
IDS = (OPENING, SIGNED, LATENCY, SHORT)
REQUIRED = '["SEAL-1", "SEAL-2", "SIG-1", "COM-1"]'
DEFECT = next(defect for defect in THERE if defect.name == "no-debounce")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(DEFECT, SHIPPED_DEFECTS.parent, tmp_path_factory.mktemp("image"))


def put(image: Path, folder: Path, defect: Defect, *, whole: bool, discounted: tuple[str, ...] = ()) -> Run:
    plan = write_short_plan(folder.parent / "short.toml", IDS, REQUIRED)
    trial = Trial("t", defect, choose_paths(plan=str(plan)), None, folder, folder, 1, whole, discounted=discounted)
    run_plan(trial, image)
    return load_run(folder / RUN)


def ran(run: Run) -> set[str]:
    return {test.planned.test_id for test in run.tests if test.attempts}


def claiming(*violates: str, expected: tuple[str, ...] = (SHORT,)) -> Defect:
    return replace(DEFECT, says=DEFECT.says.model_copy(update={"violates": violates, "expected_tests": expected}))


def test_it_ends_at_the_first_test_if_that_shows_all(image: Path, tmp_path: Path) -> None:
    assert ran(put(image, tmp_path / "a", claiming("SEAL-2"), whole=False)) == {SHORT}


def test_what_is_declared_and_not_shown_has_the_whole_plan_in_the_very_same_record(image: Path, tmp_path: Path) -> None:
    """In another order than the plan's, yet each test's record is the same to the byte: none knows what ran before."""
    soon = put(image, tmp_path / "a", claiming("SEAL-2", "SIG-1", expected=(SHORT, SIGNED)), whole=False)
    whole = put(image, tmp_path / "b", DEFECT, whole=True)
    assert ran(soon) == ran(whole) == set(IDS)
    assert whole.test(SHORT).verdict is Verdict.FAIL
    for test_id in IDS:
        assert soon.test(test_id).attempts[0].chain == whole.test(test_id).attempts[0].chain, test_id
    assert soon.summary == whole.summary


def test_a_test_that_fails_on_the_reference_too_ends_nothing(image: Path, tmp_path: Path) -> None:
    assert ran(put(image, tmp_path / "a", claiming("SEAL-2"), whole=False, discounted=(SHORT,))) == set(IDS)


def test_the_command_ends_a_caught_defect_and_fails_for_a_claim_that_is_not_shown(tmp_path: Path) -> None:
    folder = tmp_path / "defects"
    folder.mkdir()
    for name, violates in (("honest", '"SEAL-2"'), ("claims", '"SEAL-2", "SEAL-1"')):
        (folder / f"{name}.patch").write_text((SHIPPED_DEFECTS / "no-debounce.patch").read_text())
        (folder / f"{name}.toml").write_text(
            f'title = "T"\nvendor_would_have = "V"\nviolates = [{violates}]\nexpected_tests = ["{SHORT}"]\n'
        )
    plan = write_short_plan(tmp_path / "short.toml", (OPENING, SHORT), '["SEAL-1", "SEAL-2"]')
    done = run("qualify", "--defects", folder, "--plan", plan, "--out", "made", cwd=tmp_path)
    assert done.status == 1, done.text
    data = json.loads((tmp_path / "made" / "qualification.json").read_text(encoding="utf-8"))
    assert data["declared_not_shown"] == {"claims": ["SEAL-1"]}
    assert (data["cells_run"], data["cells"], data["whole"]) == (3, 4, False)
    assert "2 of 2 defects caught, the reference passes; declared, not shown: claims" in done.out

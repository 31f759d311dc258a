"""Each defect of the reference firmware is caught: *fail* in a test of a requirement that it violates.

An error, an inconclusive test, or a failure elsewhere only does not count (design: proving the plan itself).
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from firmware_ref.tool.build import build, build_defect
from harness.evidence.reader import Run
from harness.measure.verdict import RunVerdict, Verdict
from harness.run.certify import Request, certify
from harness.run.inputs import choose_paths
from harness.run.progress import Progress

DEFECTS = Path(__file__).resolve().parents[2] / "firmware_ref" / "defects"
NAMES = sorted(path.stem for path in DEFECTS.glob("*.toml"))


def run_bite(image: Path, folder: Path) -> Run:
    """The plan of fewest repeats on this image."""
    paths = choose_paths(plan="bite", image=image)
    return certify(Request(paths, seed=1, folder=folder / "run", build=False), Progress(Console(quiet=True)))


def test_there_are_defects_and_each_has_its_patch():
    assert {"no-debounce", "alert-held-600-ms", "signature-over-wrong-bytes"} <= set(NAMES)
    assert sorted(path.stem for path in DEFECTS.glob("*.patch")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_is_caught_for_the_right_reason(name: str, tmp_path: Path) -> None:
    defect = tomllib.loads((DEFECTS / f"{name}.toml").read_text())
    run = run_bite(build_defect(name, out=tmp_path / "image").bin, tmp_path)
    verdicts = {test.planned.test_id: test.verdict for test in run.tests}
    assert run.summary is not None
    assert run.summary["verdict"] == RunVerdict.FAIL.value
    failed = {test_id for test_id, verdict in verdicts.items() if verdict is Verdict.FAIL}
    assert set(defect["expected_tests"]) <= failed
    rows = {row["id"]: row["verdict"] for row in run.summary["requirements"]}
    touched = {requirement for requirement, verdict in rows.items() if verdict == Verdict.FAIL.value}
    assert touched == set(defect["violates"]), f"failed for another reason too: {verdicts}"
    assert set(verdicts.values()) <= {Verdict.PASS, Verdict.FAIL}, f"not judged: {verdicts}"


def test_the_reference_passes_the_same_plan(tmp_path: Path) -> None:
    run = run_bite(build(out=tmp_path / "image").bin, tmp_path)
    assert run.summary is not None
    assert run.summary["verdict"] == RunVerdict.PASS.value

"""Each defect of the sample is caught: *fail* in each test that is expected to, of a requirement that it violates.

A few go through the whole plan and must fail for no other reason. An error, an inconclusive test, or a failure
elsewhere only does not count (design: proving the plan itself). All defects: `make qualify`; the
whole matrix: `make matrix`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from firmware_ref.tool.build import build
from harness.evidence.reader import Run, load_run
from harness.measure.verdict import RunVerdict
from harness.qualify.caught import Outcome, judge
from harness.qualify.defects import Defect
from harness.qualify.images import build_image
from harness.qualify.run import SHIPPED_DEFECTS
from harness.qualify.trial import RUN, Trial, run_plan
from harness.run.inputs import choose_paths
from tests.qualify.sampled import CHOSEN, NAMES, THERE

WHOLE = ("battery-aged", "bypass-never-ends", "confirm-by-the-low-octet", "core-too-large", "hot-day-is-overheat")
"""Through the whole plan, at some 30 s of one core each: firmware and hardware, of five subjects."""


def run_bite(image: Path, folder: Path, defect: Defect | None, test_ids: Sequence[str] = ()) -> Run:
    """The plan of fewest repeats on this image, or these tests of it."""
    trial = Trial("trial", defect, choose_paths(plan="bite"), SHIPPED_DEFECTS.parent, folder, folder, seed=1)
    run_plan(trial, image, test_ids)
    return load_run(folder / RUN)


def test_there_are_defects_and_the_sample_has_every_requirement() -> None:
    assert {"no-debounce", "alert-held-600-ms", "signature-over-wrong-bytes"} <= {defect.name for defect in THERE}
    violated = {requirement for defect in THERE for requirement in defect.says.violates}
    assert {requirement for defect in CHOSEN for requirement in defect.says.violates} == violated


@pytest.mark.parametrize("defect", CHOSEN, ids=NAMES)
def test_a_defect_is_caught_by_each_test_that_is_expected_to(defect: Defect, tmp_path: Path) -> None:
    image = build_image(defect, SHIPPED_DEFECTS.parent, tmp_path / "image")
    finding = judge(run_bite(image, tmp_path, defect, defect.says.expected_tests), defect.says)
    assert finding.outcome is Outcome.CAUGHT, finding
    assert not finding.expected_passed, finding
    assert not finding.open_tests, finding


@pytest.mark.parametrize("name", WHOLE)
def test_a_defect_is_caught_for_no_other_reason(name: str, tmp_path: Path) -> None:
    defect = next(defect for defect in THERE if defect.name == name)
    image = build_image(defect, SHIPPED_DEFECTS.parent, tmp_path / "image")
    run = run_bite(image, tmp_path, defect)
    assert run.summary is not None
    assert run.summary["verdict"] == RunVerdict.FAIL.value
    finding = judge(run, defect.says)
    assert finding.is_as_said, finding


def test_the_reference_passes_the_same_plan(tmp_path: Path) -> None:
    run = run_bite(build(out=tmp_path / "image").bin, tmp_path, None)
    assert run.summary is not None
    assert run.summary["verdict"] == RunVerdict.PASS.value
    assert run.path.name == RUN

"""Each defect of the sample is caught: *fail* in a test of a requirement that it violates, and for no other reason.

An error, an inconclusive test, or a failure elsewhere only does not count (design: proving the plan itself). The whole
matrix is `make qualify`; its result is kept in docs/qualification.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_ref.tool.build import build
from harness.evidence.reader import Run, load_run
from harness.measure.verdict import RunVerdict
from harness.qualify.caught import judge
from harness.qualify.defects import Defect
from harness.qualify.images import build_image
from harness.qualify.run import SHIPPED_DEFECTS
from harness.qualify.trial import RUN, Trial, _run
from harness.run.inputs import choose_paths
from tests.qualify.sampled import CHOSEN, NAMES, THERE


def run_bite(image: Path, folder: Path, defect: Defect | None) -> Run:
    """The plan of fewest repeats on this image."""
    paths = choose_paths(plan="bite")
    trial = Trial("trial", defect, paths, SHIPPED_DEFECTS.parent, folder, folder, seed=1)
    return load_run(folder / _run(trial, image))


def test_there_are_defects_and_the_sample_has_every_requirement() -> None:
    assert {"no-debounce", "alert-held-600-ms", "signature-over-wrong-bytes"} <= {defect.name for defect in THERE}
    violated = {requirement for defect in THERE for requirement in defect.says.violates}
    assert {requirement for defect in CHOSEN for requirement in defect.says.violates} == violated


@pytest.mark.parametrize("defect", CHOSEN, ids=NAMES)
def test_a_defect_is_caught_for_the_right_reason(defect: Defect, tmp_path: Path) -> None:
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

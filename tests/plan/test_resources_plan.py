"""SEAL-4 judged end to end: a statement of the image itself is judged, one of another image or none is no pass."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console

from firmware_ref.tool.build import build
from harness.bench.errors import BenchFileError
from harness.bench.resources import RESOURCES_FILE, load_statement
from harness.evidence.reader import Run
from harness.evidence.verify import verify_run
from harness.measure.verdict import Verdict
from harness.run.certify import Request, certify
from harness.run.inputs import choose_paths
from harness.run.progress import Progress

PLAN = """
[plan]
name = "resources"
title = "SEAL-4 alone"
requires = ["SEAL-4"]

[[test]]
id = "seal-4-resources"
run = "detection/test_resources.py::test_detection_core_fits_the_reference_resources"
parameters = { image_bytes = 262144, sram_bytes = 4096, clock = "16 MHz" }
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(out=tmp_path_factory.mktemp("image")).bin


def run(folder: Path, image: Path) -> Run:
    plan = folder / "plan.toml"
    plan.write_text(PLAN)
    paths = choose_paths(plan=str(plan), image=image)
    return certify(Request(paths, seed=1, folder=folder / "run", build=False), Progress(Console(quiet=True)))


def changed(built: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of the image whose statement says something else."""
    image = Path(shutil.copy(built, folder / "meter.bin"))
    text = built.with_name(RESOURCES_FILE).read_text()
    assert old in text
    image.with_name(RESOURCES_FILE).write_text(text.replace(old, new))
    return image


def test_the_reference_is_judged_by_its_statement_which_is_kept(built: Path, tmp_path: Path) -> None:
    finished = run(tmp_path, built)
    assert [test.verdict for test in finished.tests] == [Verdict.PASS]
    kept = tmp_path / "run" / "inputs" / RESOURCES_FILE
    assert kept.read_bytes() == built.with_name(RESOURCES_FILE).read_bytes()
    assert verify_run(tmp_path / "run") == []


def test_too_much_fails(built: Path, tmp_path: Path) -> None:
    image = changed(built, tmp_path, "core_static_bytes = ", "core_static_bytes = 1")
    assert [test.verdict for test in run(tmp_path, image).tests] == [Verdict.FAIL]


def test_a_statement_of_another_image_is_none(built: Path, tmp_path: Path) -> None:
    image = changed(built, tmp_path, 'image_sha256 = "', 'image_sha256 = "' + "0" * 64 + '"  # ')
    assert [test.verdict for test in run(tmp_path, image).tests] == [Verdict.INCONCLUSIVE]


def test_without_a_statement_nothing_is_concluded(built: Path, tmp_path: Path) -> None:
    image = Path(shutil.copy(built, tmp_path / "meter.bin"))
    assert [test.verdict for test in run(tmp_path, image).tests] == [Verdict.INCONCLUSIVE]


def test_a_wrong_statement_is_refused_with_file_and_key(built: Path, tmp_path: Path) -> None:
    image = changed(built, tmp_path, "core_stack_bytes = ", "core_stack_octets = ")
    with pytest.raises(BenchFileError, match=r"resources\.toml.*core_stack_octets"):
        load_statement(image.with_name(RESOURCES_FILE))

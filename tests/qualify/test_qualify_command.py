"""`tamperbench qualify` on folders of defects made here: what it refuses, what it tells apart, what it ends with."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.bench.files import EmulationSection
from harness.bench.toml_text import value_text
from harness.plan.catalogue import load_catalogue
from harness.qualify.defects import Defect, DefectFile, load_defects, sample
from harness.qualify.images import check_patches
from harness.qualify.run import SHIPPED_DEFECTS
from harness.run.inputs import default_testplans
from tests.system.commands import Here, here_in, run
from tests.system.short_plan import write_short_plan

CATALOGUE = load_catalogue(default_testplans() / "requirements.toml")
TOML = {
    "title": "T",
    "vendor_would_have": "V",
    "violates": ["SEAL-2"],
    "expected_tests": ["seal-2-single-short-pulses"],
}


BLOCK = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)


def write(folder: Path, name: str, patch: str | None = "", **changes: Any) -> None:
    folder.mkdir(exist_ok=True)
    text = "\n".join(f"{key} = {value_text(value)}" for key, value in (TOML | changes).items())
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    if patch is not None:
        (folder / f"{name}.patch").write_text(patch, encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "patch", "named"),
    [
        ({"violates": ["SEAL-22"]}, "", ["bad.toml", "'violates'", "SEAL-22", "did you mean SEAL-2"]),
        ({"expected_tests": ["seal-2-single-shrt-pulses"]}, "", ["'expected_tests'", "'seal-2-single-short-pulses'"]),
        ({}, "--- a/core/none.c\n+++ b/core/none.c\n@@ -1 +1 @@\n-a\n+b\n", ["bad.patch", "core/none.c does not"]),
        ({}, "not a patch", ["bad.patch", "no hunks"]),
        ({"hardwear": {}}, "", ["bad.toml", "unknown key 'hardwear'", "'hardware'"]),
        ({}, None, ["bad.toml", "neither bad.patch", "'hardware'"]),
        ({"hardware": {"hall_sensr": "tmag5273"}}, None, ["bad.toml", "'hardware'", "hall_sensr", "'hall_sensor'"]),
    ],
)
def test_a_wrong_defect_is_refused_before_anything_is_run(
    here: Here, tmp_path: Path, changes: dict[str, Any], patch: str | None, named: list[str]
) -> None:
    write(tmp_path / "defects", "bad", patch, **changes)
    outcome = here("qualify", "--defects", "defects")
    assert outcome.status == 2, outcome.text
    for text in named:
        assert text in outcome.err
    assert "Traceback" not in outcome.text
    assert outcome.out == "", "told before the reference meter is put through the plan"
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*.json"))


def test_a_patch_that_nothing_describes_and_an_empty_folder_are_refused(here: Here, tmp_path: Path) -> None:
    (tmp_path / "defects").mkdir()
    assert "no defects" in here("qualify", "--defects", "defects").err
    (tmp_path / "defects" / "alone.patch").touch()
    assert "no alone.toml beside it" in here("qualify", "--defects", "defects").err
    assert "did you mean 'no-debounce'" in here("qualify", "--only", "nodebounce").err


def test_a_folder_from_outside_is_told_apart_defect_by_defect(tmp_path: Path) -> None:
    """One that is caught, one that does not build, one that changes nothing, one of the hardware."""
    folder = tmp_path / "defects"
    write(folder, "caught", (SHIPPED_DEFECTS / "no-debounce.patch").read_text(encoding="utf-8"))
    first = (SHIPPED_DEFECTS.parent / "core" / "seal.c").read_text(encoding="utf-8").splitlines()[0]
    write(folder, "broken", f"--- a/core/seal.c\n+++ b/core/seal.c\n@@ -1 +1,2 @@\n {first}\n+int broken(\n")
    write(folder, "other-sensor", None, hardware={"hall_sensor": "tmag5273"})
    ids = ("seal-1-opening-and-closing", "seal-2-single-short-pulses")
    plan = write_short_plan(tmp_path / "short.toml", ids, '["SEAL-1", "SEAL-2"]')
    done = run("qualify", "--defects", folder, "--plan", plan, "--workers", 2, "--out", "made", cwd=tmp_path)
    assert done.status == 1, done.text
    data = json.loads((tmp_path / "made" / "qualification.json").read_text(encoding="utf-8"))
    outcomes = {one["name"]: one["outcome"] for one in data["defects"]}
    assert outcomes == {
        "caught": "caught",
        "broken": "could not be run",
        "other-sensor": "not caught: every test passed",
    }
    assert data["requirements_that_no_defect_violates"] == ["SEAL-1"]
    (broken,) = (one for one in data["defects"] if one["name"] == "broken")
    assert "seal.c" in broken["problem"]
    assert "FAIL  short: 1 of 3 defects caught, the reference passes; not caught: broken, other-sensor" in done.out
    assert {file.name for file in (tmp_path / "made").glob("*.*")} >= {"qualification.html", "qualification.csv"}
    kept = {path.name for path in (tmp_path / "made" / "runs").iterdir()}
    assert kept == {"other-sensor"}, "a record is kept where somebody must look into it, and nowhere else"


def test_a_meter_that_takes_too_long_is_ended_and_told(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_DEFECTS, tmp_path / "defects")
    plan = write_short_plan(tmp_path / "short.toml")
    common = ("--plan", plan, "--only", "alert-held-600-ms", "--timeout", 1, "--out", "made")
    done = run("qualify", "--defects", tmp_path / "defects", *common, cwd=tmp_path)
    assert done.status in {1, 2}, done.text
    assert "still running after 1 s" in done.text


def test_the_page_on_a_defects_files_has_every_key_and_its_example_applies(tmp_path: Path) -> None:
    page = (default_testplans().parent / "docs" / "defects.md").read_text(encoding="utf-8")
    for key in (*DefectFile.model_fields, *EmulationSection.model_fields):
        assert f"| `{key}` |" in page
    toml, patch = ("".join(line[4:] for line in part.splitlines(True)) for part in BLOCK.findall(page)[:2])
    (tmp_path / "example.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "example.patch").write_text(patch, encoding="utf-8")
    (example,) = load_defects(tmp_path, CATALOGUE)
    check_patches([example], SHIPPED_DEFECTS.parent)


def made_up(name: str, *violates: str) -> Defect:
    return Defect(name, DefectFile(title="T", vendor_would_have="V", violates=violates, expected_tests=("t",)), Path())


def test_a_sample_has_every_requirement_and_is_always_the_same() -> None:
    there = (
        made_up("all", "A", "B", "C"),
        made_up("a1", "A"),
        made_up("a2", "A"),
        made_up("b1", "B"),
        made_up("c", "C"),
    )
    names = [defect.name for defect in sample(there, 1)]
    assert names == ["a1", "b1", "c"], "at least one for each, and the one that violates nothing besides"
    assert [defect.name for defect in sample(there, 4)] == ["a1", "a2", "b1", "c"]
    assert sample(there, 99) == there

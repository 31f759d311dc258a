"""The header says which test code judged: another test, fixture or conftest gives another record."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.canonical import sha256_hex
from harness.run.bring_up import BringUp
from harness.run.inputs import RunInputs, choose_paths, default_testplans, load_inputs
from harness.run.session import make_header


@pytest.fixture
def inputs(tmp_path: Path) -> RunInputs:
    image = tmp_path / "image.bin"
    image.write_bytes(bytes(64))
    return load_inputs(choose_paths(image=image), seed=1)


def test_the_header_names_the_planned_tests_and_the_fixtures(inputs: RunInputs) -> None:
    sources = make_header(inputs, BringUp(0)).test_sources
    checkout = default_testplans().parent
    assert {"testplans/detection/test_seal.py", "testplans/latency/test_case_latency.py"} <= set(sources)
    fixtures = {f"fixtures/{file.name}" for file in (checkout / "fixtures").glob("*.py")}
    assert {name for name in sources if name.startswith("fixtures/")} == fixtures
    for name, digest in sources.items():
        assert digest == sha256_hex((checkout / name).read_bytes())


@pytest.mark.parametrize("name", ["detection/test_seal.py", "detection/conftest.py", "conftest.py"])
def test_a_changed_test_gives_another_header(inputs: RunInputs, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "testplans"
    shutil.copytree(default_testplans(), folder)
    moved = replace(inputs, paths=replace(inputs.paths, testplans=folder))
    before = make_header(inputs, BringUp(0))
    assert make_header(moved, BringUp(0)).digest() == before.digest()  # where they are is not what they are
    with (folder / name).open("a", encoding="utf-8") as stream:
        stream.write("# milder now\n")
    after = make_header(moved, BringUp(0))
    assert after.digest() != before.digest()
    changed = {key for key in after.test_sources if after.test_sources[key] != before.test_sources.get(key)}
    assert changed == {f"testplans/{name}"}

"""Plan files, catalogue and resolving without a run: what is read, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import validate
from harness.measure.units import DurationNs, FieldMt, VoltageV
from harness.plan.catalogue import load_catalogue
from harness.plan.parameters import UNIT_SUFFIXES, NoParameters, Parameters, key_of
from harness.plan.parts import load_plan
from harness.plan.plan_file import find_plan
from harness.plan.resolve import resolve_plan
from harness.run.inputs import choose_paths, default_testplans, load_files
from tests.system.commands import changed, run

SHIPPED = default_testplans()
CATALOGUE = SHIPPED / "requirements.toml"


class Trip(Parameters):
    field_mT: FieldMt
    supply_V: VoltageV
    watch_ns: DurationNs
    repeats: int = Field(ge=1)


def test_keys_have_no_unit_and_values_have_one() -> None:
    trip = validate({"field": "0.06 T", "supply": "3300 mV", "watch": "1.5 s", "repeats": 2}, Trip, "plan")
    assert (trip.field_mT, trip.supply_V, trip.watch_ns, trip.repeats) == (60.0, 3.3, 1_500_000_000, 2)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("field", "60 ms", "flux_density"),
        ("field", 60, "has no unit"),
        ("watch", "1.5", "not a quantity"),
        ("watch", "0.5 ns", "finer than 1 ns"),
        ("repeats", "2 s", "a whole number"),
        ("repeats", 0, "at least 1"),
    ],
)
def test_a_wrong_value_names_key_and_unit(key: str, value: object, named: str) -> None:
    right = {"field": "60 mT", "supply": "3.3 V", "watch": "1.5 s", "repeats": 2}
    with pytest.raises(BenchFileError, match=rf"plan: key '{key}': .*{named}"):
        validate(right | {key: value}, Trip, "plan")


def test_the_field_with_its_unit_is_no_key() -> None:
    with pytest.raises(BenchFileError, match=r"unknown key 'watch_ns'"):
        validate({"field": "60 mT", "supply": "3.3 V", "watch_ns": "1.5 s", "repeats": 2}, Trip, "plan")


@pytest.mark.parametrize("suffix", UNIT_SUFFIXES)
def test_every_unit_ends_a_name(suffix: str) -> None:
    assert key_of(f"value{suffix}") == "value"


def test_a_name_without_unit_stays() -> None:
    assert key_of("openings") == "openings"
    assert key_of("rate_mT_per_s") == "rate"


def test_a_test_that_takes_nothing_refuses_everything() -> None:
    with pytest.raises(BenchFileError, match=r"unknown key 'openings'; known keys here: none"):
        validate({"openings": 2}, NoParameters, "plan: test 'x'")


def test_every_shipped_plan_resolves_with_ids_of_the_catalogue() -> None:
    plans = sorted(path for path in SHIPPED.glob("*.toml") if path != CATALOGUE)
    assert plans
    for path in plans:
        files = load_files(choose_paths(plan=str(path)))
        assert files.plan.plan.name == path.stem
        assert len({test.id for test in files.tests}) == len(files.tests)
        for test in files.tests:
            assert set(test.requirements) <= files.catalogue.ids
            assert test.title
            assert not test.title.startswith(test.id)


def test_tests_stand_in_the_plans_order() -> None:
    catalogue = load_catalogue(CATALOGUE)
    plan = load_plan(SHIPPED / "smoke.toml", catalogue)
    resolved = resolve_plan(plan, SHIPPED / "smoke.toml", SHIPPED, catalogue)
    assert [test.id for test in resolved] == [planned.id for planned in plan.test]


def test_a_requirement_twice_in_the_catalogue_is_refused(tmp_path: Path) -> None:
    catalogue = changed(CATALOGUE, tmp_path / "requirements.toml", ('id = "SEAL-2"', 'id = "SEAL-1"'))
    with pytest.raises(BenchFileError, match=r"requirements\.toml: requirement id 'SEAL-1' is there twice"):
        load_catalogue(catalogue)


def test_a_plan_is_found_by_name_or_path() -> None:
    assert find_plan("smoke", SHIPPED) == SHIPPED / "smoke.toml"
    assert find_plan("mine/smoke.toml", SHIPPED) == Path("mine/smoke.toml")
    with pytest.raises(BenchFileError, match=r"no plan 'requirement'; .*one of: .*smoke"):
        find_plan("requirement", SHIPPED)
    with pytest.raises(BenchFileError, match="no plan 'requirements'"):
        find_plan("requirements", SHIPPED)


def test_a_plans_limits_reach_the_test_as_numbers() -> None:
    files = load_files(choose_paths(plan="smoke"))
    (latency,) = (test for test in files.tests if test.id == "com-1-case-latency")
    assert latency.parameters.model_dump()["limit_ns"] == 500_000_000
    assert (files.plan.decision.rule, files.plan.decision.coverage_factor) == ("guarded", 2.0)


UNTITLED = """
import pytest


@pytest.mark.requirements("COM-1")
def test_says_nothing(record):
    record.judge_equal("count", 1, 1)
"""
PLAN_OF_UNTITLED = """
[plan]
name = "untitled"
title = "A test that does not say what it is"
requires = ["COM-1"]

[[test]]
id = "says-nothing"
run = "test_untitled.py::test_says_nothing"
"""


def test_a_test_without_a_docstring_has_no_title_and_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "untitled_plans"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "test_untitled.py").write_text(UNTITLED)
    (folder / "untitled.toml").write_text(PLAN_OF_UNTITLED)
    catalogue = load_catalogue(CATALOGUE)
    plan = load_plan(folder / "untitled.toml", catalogue)
    refused = r"untitled\.toml: test 'says-nothing': test_untitled\.py::test_says_nothing has no docstring.*; write one"
    with pytest.raises(BenchFileError, match=refused):
        resolve_plan(plan, folder / "untitled.toml", folder, catalogue)


def test_python_without_docstrings_is_refused_and_not_blamed_on_the_test(tmp_path: Path) -> None:
    """Else every title would silently be an id, and the record's digest another one."""
    done = run("certify", "--plan", "smoke", cwd=tmp_path, env={"PYTHONOPTIMIZE": "2"})
    assert done.status == 2, done.text
    assert "PYTHONOPTIMIZE=2" in done.err
    assert "run without that option" in done.err
    assert "Traceback" not in done.text
    assert list(tmp_path.iterdir()) == []

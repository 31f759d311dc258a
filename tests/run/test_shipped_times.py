"""The times on the bench that are shipped: complete, of the tests that there are, and what a list makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.plan.plan_file import Plan
from harness.run.inputs import choose_paths, default_testplans
from harness.run.listing import make_list
from harness.run.shipped_times import MadeOn, Times, expected_seconds, load_times, to_text
from tests.bench_times import PLANS

SHIPPED = default_testplans()


def plan_of(name: str) -> Plan:
    return load_plan(SHIPPED / f"{name}.toml", load_catalogue(SHIPPED / "requirements.toml"))


def times(plan: str, **seconds: float) -> dict[str, Times]:
    made = MadeOn(plan=plan, seed=1, image_sha256="0")
    return {plan: Times(made_on=made, bench_seconds={key.replace("_", "-"): value for key, value in seconds.items()})}


@pytest.mark.parametrize("plan", PLANS)
def test_every_test_of_a_timed_plan_has_its_time_and_no_other(plan: str) -> None:
    timed = load_times(SHIPPED)[plan].bench_seconds
    assert set(timed) == {test.id for test in plan_of(plan).test}, "run: make times"
    assert min(timed.values()) >= 0
    assert sum(timed.values()) > 600


def test_a_file_of_times_reads_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "times").mkdir()
    written = times("full", com_1_case_latency=12.5)
    (tmp_path / "times" / "full.toml").write_text(to_text(written["full"]), encoding="utf-8")
    assert load_times(tmp_path) == written


def test_a_plan_that_was_not_timed_has_the_times_of_tests_that_are_the_same() -> None:
    full, endurance = plan_of("full"), plan_of("endurance")
    told = times("full", com_1_case_latency=12.5, com_1_case_parts=3.0)
    assert expected_seconds(full, told, full) == {"com-1-case-latency": 12.5, "com-1-case-parts": 3.0}
    assert expected_seconds(endurance, told, full) == {"com-1-case-parts": 3.0}, "200 openings take longer than 20"
    assert expected_seconds(endurance, told | times("endurance", com_1_case_latency=99.0), full) == {
        "com-1-case-latency": 99.0,
        "com-1-case-parts": 3.0,
    }


def test_a_fresh_clone_lists_the_bench_time_of_each_test_and_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for plan in ("smoke", "full"):
        lines = make_list("tests", choose_paths(plan=plan))
        count = len(plan_of(plan).test)
        assert sum(line.endswith(" on the bench") for line in lines) == count
        assert lines[-1].startswith(f"{count} tests, expected bench time "), "nothing was run here"
        assert "never timed" not in lines[-1]
    assert "were never timed" in make_list("tests", choose_paths(plan="endurance"))[-1]

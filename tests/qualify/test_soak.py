"""`tamperbench soak` on worlds of a short plan, and chance as the plan of ordinary life draws it."""

from __future__ import annotations

from pathlib import Path

from firmware_ref.tool.build import build_defect
from fixtures.chance import Chance
from harness.run.inputs import choose_paths, load_files
from testplans.life.test_life import KINDS, Life
from tests.system.commands import run
from tests.system.short_plan import write_latency_plan, write_short_plan


def test_every_seed_that_passes_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    plan = write_latency_plan(tmp_path / "short.toml")
    done = run("soak", "--plan", plan, "--seeds", 3, "--seed", 5, "--workers", 2, cwd=tmp_path)
    assert done.status == 0, done.text
    for seed in (5, 6, 7):
        assert f"seed {seed}" in done.out
    assert "PASS  short: 3 of 3 seeds passed" in done.out
    assert not list((tmp_path / "out").glob("*/seed-*"))


def test_a_seed_that_fails_is_told_with_the_command_that_makes_it_again(tmp_path: Path) -> None:
    image = build_defect("alert-held-600-ms", out=tmp_path / "image").bin
    plan = write_short_plan(tmp_path / "short.toml")
    done = run("soak", "--plan", plan, "--seeds", 1, "--seed", 9, "--image", image, cwd=tmp_path)
    assert done.status == 1, done.text
    assert "com-1-case-latency: fail" in done.out
    assert f"tamperbench certify --plan {plan} --seed 9 --image {image}" in done.out
    assert "FAIL  short: 0 of 1 seeds passed; not: 9" in done.out
    (record,) = (tmp_path / "out").glob("*/seed-9/run")
    assert run("verify", record, cwd=tmp_path).status == 0


def test_chance_is_the_seeds_the_tests_and_the_names_and_even() -> None:
    one = Chance(1, "life")
    assert one.part("a") == Chance(1, "life").part("a")
    assert len({one.part("a"), one.part("b"), Chance(2, "life").part("a"), Chance(1, "other").part("a")}) == 4
    drawn = [one.below(6, str(place)) for place in range(6000)]
    assert {drawn.count(side) // 100 for side in range(6)} <= {9, 10}
    assert all(0 <= one.part(str(place)) < 1 for place in range(100))


def test_the_plan_of_ordinary_life_draws_every_kind_of_happening() -> None:
    (test,) = load_files(choose_paths(plan="life")).tests
    assert isinstance(test.parameters, Life)
    assert set(test.parameters.kinds) == set(KINDS)

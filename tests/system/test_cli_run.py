"""``tamperbench run``: some of a plan's tests, their own exit status, and no word of certification."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from harness.measure.verdict import Verdict
from tests.run.endings_plan import ENDINGS, write_plan
from tests.system.commands import Here
from tests.system.test_bad_input import assert_refused, files_in

FUNCTIONS = ("test_passes", "test_misses_a_limit", "test_is_inconclusive")


@pytest.fixture
def options(image: Path, tmp_path: Path) -> tuple[object, ...]:
    plan = write_plan(tmp_path / "plan.toml", FUNCTIONS)
    return ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", tmp_path / "run")


CHOICES = {
    "one-passes": (("passes",), 0, "PASS", ["passes"]),
    "one-fails": (("misses-a-limit",), 1, "FAIL", ["misses-a-limit"]),
    "one-is-open": (("is-inconclusive",), 2, "NOT PASSED", ["is-inconclusive"]),
    "two-by-id-in-plan-order": (("is-inconclusive", "passes"), 2, "NOT PASSED", ["passes", "is-inconclusive"]),
    "by-words": (("-k", "passes or misses"), 1, "FAIL", ["passes", "misses-a-limit"]),
    "by-requirement": (("-k", "END-1 and not misses"), 2, "NOT PASSED", ["is-inconclusive"]),
    "all": ((), 1, "FAIL", ["passes", "misses-a-limit", "is-inconclusive"]),
}


@pytest.mark.parametrize("case", CHOICES)
def test_chosen_tests_have_their_own_exit_status(
    here: Here, options: tuple[object, ...], tmp_path: Path, case: str
) -> None:
    chosen, status, word, ran = CHOICES[case]
    outcome = here("run", *chosen, *options)
    assert outcome.status == status, outcome.text
    last = outcome.out.splitlines()[-1]
    assert last.startswith(f"{word}  endings: ")
    assert "no certification" in last
    tests = load_run(tmp_path / "run").tests
    assert [test.planned.test_id for test in tests if test.attempts] == ran
    assert ("of the plan's 3" in last) == (len(ran) < 3)


def test_a_part_of_a_plan_is_no_pass_in_its_record(here: Here, options: tuple[object, ...], tmp_path: Path) -> None:
    assert here("run", "passes", *options).status == 0
    run = load_run(tmp_path / "run")
    assert run.test("passes").verdict is Verdict.PASS
    assert run.summary is not None
    assert run.summary["verdict"] == "not_certified"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("pases",), "did you mean 'passes'"),
        (("-k", "nothing-of-that-name"), "no test of plan 'endings' matches"),
        (("-k", "passes and ("), "expected words joined by"),
        (("--format", "pfd"), "did you mean 'pdf'"),
    ],
)
def test_a_wrong_choice_is_told_before_anything_is_run(
    here: Here, options: tuple[object, ...], tmp_path: Path, wrong: tuple[str, ...], named: str
) -> None:
    assert_refused(here("run", *wrong, *options), named)
    assert files_in(tmp_path) == ["plan.toml"]


def test_the_next_run_knows_how_long_each_test_took(here: Here, options: tuple[object, ...]) -> None:
    first = here("run", "passes", *options[:-2])
    assert first.status == 0, first.text
    assert "earlier runs" not in first.out
    again = here("run", "passes", *options[:-2])
    assert "time      about 1 s for 1 test, as earlier runs took" in again.out
    assert "about 1 s" in here("list", "--plan", options[3], "--testplans", ENDINGS).out


def test_forms_of_the_report_are_those_there_are() -> None:
    from harness.cli.options import FORMATS
    from reports import outputs

    assert outputs.FORMATS == FORMATS

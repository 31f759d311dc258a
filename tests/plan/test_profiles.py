"""Market profiles: what they change, what they say is to be confirmed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.errors import BenchFileError
from harness.evidence.reader import load_run
from harness.run.bring_up import BringUp
from harness.run.inputs import InputFiles, choose_paths, default_testplans, load_files, load_inputs
from harness.run.listing import make_list
from harness.run.session import create_run_folder

SHIPPED = default_testplans()
NAMES = sorted(path.stem for path in (SHIPPED / "profiles").glob("*.toml"))
PROFILE = """
[profile]
name = "mine"
title = "My market"
unknown = ["something that nobody could read"]

[[level]]
tests = ["mag-2-must-trip*"]
set = { lowest = "56 mT" }
source = "a paper"
confirmed = true

[[level]]
tests = ["com-1-case-latency"]
set = { limit = "400 ms" }
source = "a memory"
"""


def load(tmp_path: Path, *changes: tuple[str, str], plan: str = "full") -> InputFiles:
    text = PROFILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return load_files(choose_paths(plan=plan, profile=str(file)))


def test_there_is_a_profile_for_each_market() -> None:
    assert {"reference", "idis", "is-15959", "ansi"} <= set(NAMES)


@pytest.mark.parametrize("plan", ["smoke", "full", "bite"])
@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_profile_fits_every_shipped_plan(name: str, plan: str) -> None:
    files = load_files(choose_paths(plan=plan, profile=name))
    assert files.plan.profile is not None
    assert files.plan.profile.name == name
    recalled = [line for line in files.plan.profile.to_be_confirmed if "[recalled]" in line]
    assert [line.removeprefix("to be confirmed: ") for line in files.deviations if "[recalled]" in line] == recalled


def test_the_reference_profile_changes_nothing() -> None:
    assert load_files(choose_paths(plan="full", profile="reference")).deviations == ()


def test_levels_reach_the_tests_that_they_name_and_no_other(tmp_path: Path) -> None:
    plan, plain = load(tmp_path).plan, load_files(choose_paths(plan="full")).plan
    changed = {test.id: test.parameters for test in plan.test if test.parameters != plain.planned(test.id).parameters}
    assert {"mag-2-must-trip", "mag-2-must-trip-far-above", "com-1-case-latency"} <= set(changed)
    assert all(name.startswith("mag-2-must-trip") or name == "com-1-case-latency" for name in changed)
    assert changed["com-1-case-latency"]["limit"] == "400 ms"
    assert changed["mag-2-must-trip"]["lowest"] == "56 mT"


def test_what_was_not_read_is_to_be_confirmed_and_what_was_is_not(tmp_path: Path) -> None:
    found = load(tmp_path).deviations
    assert found[:2] == (
        "to be confirmed: something that nobody could read",
        "to be confirmed: com-1-case-latency: limit 400 ms (a memory)",
    )
    assert "mag-2-must-trip: lowest 56 mT, reference 55 mT" in found
    assert not any("a paper" in line for line in found)


def test_a_level_of_tests_that_a_plan_leaves_out_changes_nothing(tmp_path: Path) -> None:
    change = ('tests = ["com-1-case-latency"]', 'tests = ["com-1-case-parts"]')
    assert not any("a memory" in line for line in load(tmp_path, change, plan="smoke").deviations)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (('"com-1-case-latency"', '"com-1-case-latncy"'), r"level\[1\]\.tests.*did you mean 'com-1-case-latency'"),
        (("limit = ", "limits = "), r"level\[1\]\.set.*none of com-1-case-latency has a parameter 'limits'"),
        (('"400 ms"', '"400 mV"'), r"test 'com-1-case-latency' .*limit.*400 mV"),
        (("source = ", "sauce = "), r"unknown key 'level\[0\]\.sauce'; did you mean 'source'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], refused: str) -> None:
    with pytest.raises(BenchFileError, match=refused):
        load(tmp_path, change)


def test_an_unknown_profile_names_the_near_miss() -> None:
    with pytest.raises(BenchFileError, match=r"no profile 'is-15969'; did you mean 'is-15959'"):
        choose_paths(profile="is-15969")


def test_the_run_keeps_the_plan_with_the_profiles_values_and_needs_no_profile_again(tmp_path: Path) -> None:
    inputs = load_inputs(choose_paths(plan="full", profile="is-15959"), 1, needs_image=False)
    path = create_run_folder(tmp_path / "run", inputs, BringUp(utc_ns=0, cause="no bench")).path
    header = load_run(path).header
    assert header.parameters["profile"] == "is-15959: IS 15959 / IS 16444 with CBIP tamper levels, 240 V 50 Hz"
    assert any(line.startswith("to be confirmed: CBIP") for line in header.deviations or ())
    again = load_files(choose_paths(plan=str(path / "inputs" / "plan.toml")))
    assert again.deviations == inputs.deviations
    assert again.plan.profile == inputs.plan.profile
    assert again.plan.planned("mag-2-must-trip").parameters["lowest"] == "67 mT"


def test_the_list_of_tests_says_it(tmp_path: Path) -> None:
    lines = make_list("tests", choose_paths(plan="full", profile="ansi"))
    assert any(line.startswith("  to be confirmed: no tamper level of ANSI C12.1") for line in lines)

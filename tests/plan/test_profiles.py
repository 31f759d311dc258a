"""Market profiles: what they change, what they say is to be confirmed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import load_model
from harness.evidence.reader import load_run
from harness.plan.parts import Part
from harness.plan.profile import Profile, recalled_lines
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
    assert not any("[recalled]" in line for line in files.deviations)
    for doubt in files.plan.profile.to_be_confirmed:
        assert all(doubt.parameter in files.plan.planned(test_id).parameters for test_id in doubt.tests)


def test_the_reference_profile_is_in_force_without_being_named() -> None:
    named, unnamed = (load_files(choose_paths(plan="full", profile=name)) for name in ("reference", None))
    assert named.deviations == unnamed.deviations == ()
    assert named.plan == unnamed.plan
    assert unnamed.plan.profile is not None
    assert unnamed.plan.profile.name == "reference"


def test_every_level_of_the_reference_profile_reaches_a_shipped_test() -> None:
    profile = load_model(SHIPPED / "profiles" / "reference.toml", Profile)
    found = set()
    for plan in ("full", "life"):
        section = load_files(choose_paths(plan=plan)).plan.profile
        assert section is not None
        found |= {(test_id, one.parameter, one.source) for one in section.to_be_confirmed for test_id in one.tests}
    wanted = {(test, key, level.source) for level in profile.level for test in level.tests for key in level.set}
    assert wanted == found


def test_levels_that_only_the_profile_has_are_in_no_part() -> None:
    """Whoever changes a level in the profile changes the test, and no other place says otherwise."""
    levels = load_model(SHIPPED / "profiles" / "reference.toml", Profile).level
    tables = [load_model(file, Part).test for file in sorted((SHIPPED / "parts").glob("*.toml"))]
    named = {(test.id, key) for tests in tables for test in tests for key in test.parameters}
    assert not {(test, key) for level in levels for test in level.tests for key in level.set} & named


def test_no_part_has_a_level_from_memory_in_a_comment() -> None:
    for file in [*(SHIPPED / "parts").glob("*.toml"), *SHIPPED.glob("*.toml")]:
        text = file.read_text(encoding="utf-8")
        for mark in ("[recalled", "to be confirmed"):
            assert mark not in text, f"{file.name}: {mark}: put the level into testplans/profiles/reference.toml"


def own_plan(tmp_path: Path, *tests: str) -> Path:
    head = '[plan]\nname = "own"\ntitle = "Own"\nrequires = ["MET-1"]\n'
    file = tmp_path / "own.toml"
    file.write_text(head + "".join(f"[[test]]\n{test}\n" for test in tests), encoding="utf-8")
    return file


def test_what_a_plan_says_itself_stays_and_is_no_recalled_level(tmp_path: Path) -> None:
    run = 'run = "detection/test_surge.py::test_surges_give_no_event_and_leave_the_meter_as_it_was"'
    rest = 'voltage = "230 V", currents = ["2 A"], rhythm = "1 s", watch = "2 s"'
    file = own_plan(tmp_path, f'id = "met-1-surge"\n{run}\nparameters = {{ level = "1 kV", {rest} }}')
    plan = load_files(choose_paths(plan=str(file))).plan
    assert plan.planned("met-1-surge").parameters["level"] == "1 kV"
    assert plan.planned("met-1-surge").parameters["surges"] == 10
    assert plan.profile is not None
    assert [(one.parameter, one.value) for one in plan.profile.to_be_confirmed] == [("surges", "10")]
    file = own_plan(tmp_path, f'id = "my-surge"\n{run}\nparameters = {{ {rest} }}')
    with pytest.raises(BenchFileError, match=r"my-surge.*level"):
        load_files(choose_paths(plan=str(file)))


def test_fewer_of_the_recalled_values_are_recalled_too() -> None:
    section = load_files(choose_paths(plan="bite")).plan.profile
    assert section is not None
    (one,) = (one for one in section.to_be_confirmed if one.tests == ("met-3-frequency-drift",))
    assert one.value == "47 Hz, 49.5 Hz, 52 Hz"


def test_a_market_s_level_takes_the_place_of_the_reference_s_doubt(tmp_path: Path) -> None:
    change = (
        'tests = ["com-1-case-latency"]\nset = { limit = "400 ms" }',
        'tests = ["met-1-surge"]\nset = { level = "2 kV" }',
    )
    section = load(tmp_path, change).plan.profile
    assert section is not None
    told = {(one.tests, one.value): one.source for one in section.to_be_confirmed if one.parameter == "level"}
    assert told[("met-1-surge",), "2 kV"] == "a memory"
    assert ("met-1-mismatch-after-a-surge",) in {tests for tests, value in told if value == "4 kV"}


def test_levels_reach_the_tests_that_they_name_and_no_other(tmp_path: Path) -> None:
    plan, plain = load(tmp_path).plan, load_files(choose_paths(plan="full")).plan
    changed = {test.id: test.parameters for test in plan.test if test.parameters != plain.planned(test.id).parameters}
    assert {"mag-2-must-trip", "mag-2-must-trip-far-above", "com-1-case-latency"} <= set(changed)
    assert all(name.startswith("mag-2-must-trip") or name == "com-1-case-latency" for name in changed)
    assert changed["com-1-case-latency"]["limit"] == "400 ms"
    assert changed["mag-2-must-trip"]["lowest"] == "56 mT"


def test_what_was_not_read_is_to_be_confirmed_and_what_was_is_not(tmp_path: Path) -> None:
    files = load(tmp_path)
    assert files.plan.profile is not None
    found = recalled_lines(files.plan.profile)
    assert found[0] == "something that nobody could read"
    assert "com-1-case-latency: limit 400 ms (a memory)" in found
    assert "mag-2-must-trip: lowest 56 mT, reference 55 mT" in files.deviations
    assert not any("a paper" in line for line in found)


def test_a_level_of_tests_that_a_plan_leaves_out_changes_nothing(tmp_path: Path) -> None:
    change = ('tests = ["com-1-case-latency"]', 'tests = ["com-1-case-parts"]')
    section = load(tmp_path, change, plan="smoke").plan.profile
    assert section is not None
    assert not any(one.source == "a memory" for one in section.to_be_confirmed)


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
    told = header.to_be_confirmed or ()
    assert any(level.source.startswith("CBIP") and level.value == "67 mT" for level in told)
    assert any(level.source.startswith("CBIP") and not level.tests for level in told)
    again = load_files(choose_paths(plan=str(path / "inputs" / "plan.toml")))
    assert again.deviations == inputs.deviations
    assert again.plan.profile == inputs.plan.profile
    assert again.plan.planned("mag-2-must-trip").parameters["lowest"] == "67 mT"


def test_the_list_of_tests_says_it(tmp_path: Path) -> None:
    lines = make_list("tests", choose_paths(plan="full", profile="ansi"))
    assert any(line.startswith("profile ansi: ") and line.endswith("by the laboratory:") for line in lines)
    assert any(line.startswith("  no tamper level of ANSI C12.1") for line in lines)
    lines = make_list("tests", choose_paths(plan="full"))
    assert any(
        line.startswith("  met-1-surge, met-1-mismatch-after-a-surge: level 4 kV (IEC 62052-11") for line in lines
    )

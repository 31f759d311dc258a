"""A plan with other values than the reference plan's says so, in its own words; one with the same says nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.plan.shown_by import requirements_shown
from harness.run.inputs import choose_paths, default_testplans, load_files
from harness.run.listing import make_list
from tests.system.commands import changed, flat_plan

SHIPPED = default_testplans()
WEAK = """[plan]
name = "weak"
title = "A magnet is reported, far above and far below"
requires = ["MAG-2"]

[[test]]
id = "mag-2-must-trip"
run = "detection/test_magnet.py::test_field_above_the_threshold_is_reported"
parameters = { field = "86 mT", lowest = "80 mT", highest = "90 mT", directions = ["+x"], watch = "5 s" }

[[test]]
id = "mag-2-must-not-trip"
run = "detection/test_magnet.py::test_field_below_the_threshold_gives_no_event"
[test.parameters]
field = "30 mT"
lowest = "28 mT"
highest = "32 mT"
directions = ["+x"]
watch = "1.2 s"
control = "86 mT"
"""
ALL = '["+x", "-x", "+y", "-y", "+z", "-z", "+x+y", "+y-z", "-x+z", "+x+y+z", "-x-y-z"]'


def deviations(plan: Path | str, testplans: Path | None = None) -> tuple[str, ...]:
    return load_files(choose_paths(plan=str(plan), testplans=testplans)).deviations


def other(tmp_path: Path, *changes: tuple[str, str]) -> tuple[str, ...]:
    full = flat_plan("full", tmp_path / "full.toml")
    return deviations(changed(full, tmp_path / "other.toml", ('name = "full"', 'name = "other"'), *changes))


def test_the_reference_plan_does_not_differ_from_itself_under_any_name(tmp_path: Path) -> None:
    assert deviations("full") == ()
    assert other(tmp_path) == ()


def test_neither_order_nor_id_nor_another_spelling_of_a_value_is_a_difference(tmp_path: Path) -> None:
    assert other(tmp_path, ('"500 ms", openings', '"0.5 s", openings'), ('"com-1-case', '"com-1-of-the-case')) == ()
    assert other(tmp_path, ("detection/test_field_sensor.py", "./detection/test_field_sensor.py")) == ()
    head, *tests = flat_plan("full", tmp_path / "full.toml").read_text(encoding="utf-8").split("[[test]]")
    turned = tmp_path / "turned.toml"
    turned.write_text("[[test]]".join([head, *(f"{test}\n" for test in reversed(tests))]), encoding="utf-8")
    assert deviations(turned) == ()


def test_a_changed_level_is_named_with_both_values_as_the_plans_wrote_them(tmp_path: Path) -> None:
    found = other(tmp_path, ('highest = "58 mT", directions = ["+x", ', 'highest = "0.09 T", directions = ["+x", '))
    assert found == ("mag-2-must-trip: highest 0.09 T, reference 58 mT",)


def test_repeats_are_fewer_or_more_and_nothing_else_is_judged(tmp_path: Path) -> None:
    found = other(
        tmp_path,
        ('"500 ms", openings = 20', '"600 ms", openings = 19'),
        ("changes = 64", "changes = 65"),
        ("data_octets = 6", "data_octets = 7"),
    )
    assert sorted(found) == [
        "com-1-case-latency: limit 600 ms, reference 500 ms",
        "com-1-case-latency: openings 19, reference 20 (fewer)",
        "mag-1-sensor-on-the-bus: data_octets 7, reference 6",
        "sig-1-changed-alert-is-told: changes 65, reference 64 (more)",
    ]


def test_another_decision_rule_is_named(tmp_path: Path) -> None:
    found = other(tmp_path, ('rule = "guarded"', 'rule = "simple"'), ("coverage_factor = 2.0", "coverage_factor = 1.5"))
    assert found == ("decision: rule simple, reference guarded", "decision: coverage_factor 1.5, reference 2")


def test_a_weaker_plan_of_fewer_tests_names_levels_directions_and_what_it_leaves_out(tmp_path: Path) -> None:
    plan = tmp_path / "weak.toml"
    plan.write_text(WEAK, encoding="utf-8")
    every = ALL.replace('"', "")
    *values, left_out = deviations(plan)
    assert values == [
        "mag-2-must-trip: field 86 mT, reference 56.4 mT",
        "mag-2-must-trip: lowest 80 mT, reference 55 mT",
        "mag-2-must-trip: highest 90 mT, reference 58 mT",
        f"mag-2-must-trip: directions [+x], reference {every}",
        "mag-2-must-not-trip: field 30 mT, reference 43.7 mT",
        "mag-2-must-not-trip: lowest 28 mT, reference 42 mT",
        "mag-2-must-not-trip: highest 32 mT, reference 45 mT",
        f"mag-2-must-not-trip: directions [+x], reference {every}",
        "mag-2-must-not-trip: control 86 mT, reference 56.4 mT",
    ]
    assert left_out.startswith("MAG-2: the reference also asks ")
    asked = set(left_out.partition("also asks ")[2].split(", "))
    assert asked >= {"mag-2-restoration", "sig-1-magnet-alerts", "mag-2-must-trip-far-above"}
    assert not asked & {"mag-2-must-trip", "mag-2-must-not-trip"}
    assert deviations(plan) == deviations(plan)


def test_a_test_of_another_name_is_set_against_the_nearest_of_its_function(tmp_path: Path) -> None:
    plan = changed_weak(tmp_path, ('id = "mag-2-must-trip"', 'id = "strong-magnet"'))
    found = deviations(plan)
    assert "strong-magnet: lowest 80 mT, reference 55 mT in mag-2-must-trip-far-above" in found
    assert "the reference also asks mag-2-must-trip, " in found[-1]


def test_one_of_several_tests_left_out_is_named_once_for_each_requirement_of_the_plan(tmp_path: Path) -> None:
    text = flat_plan("full", tmp_path / "full.toml").read_text(encoding="utf-8")
    begin = text.index('[[test]]\nid = "sig-1-magnet-alerts"')
    plan = tmp_path / "shorter.toml"
    plan.write_text(text[:begin] + text[text.index("[[test]]", begin + 1) :], encoding="utf-8")
    assert deviations(plan) == (
        "MAG-2: the reference also asks sig-1-magnet-alerts",
        "SIG-1: the reference also asks sig-1-magnet-alerts",
    )


def test_a_test_of_ones_own_has_nothing_to_be_set_against(tmp_path: Path) -> None:
    folder = tmp_path / "own_plans"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "requirements.toml").write_bytes((SHIPPED / "requirements.toml").read_bytes())
    (folder / "test_own.py").write_text(
        'import pytest\n\n\n@pytest.mark.requirements("MAG-1")\ndef test_own():\n    """Own."""\n'
    )
    (folder / "own.toml").write_text(
        '[plan]\nname = "own"\ntitle = "Own"\nrequires = ["MAG-1"]\n'
        '[[test]]\nid = "own"\nrun = "test_own.py::test_own"\n'
    )
    assert deviations("own", folder) == (
        "own: the reference has no test that runs test_own.py::test_own",
        "MAG-1: the reference also asks mag-1-sensor-on-the-bus",
    )


def test_other_code_under_a_shipped_name_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "other_plans"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert deviations("full", folder) == ()
    code = folder / "detection" / "test_seal.py"
    code.write_text(code.read_text(encoding="utf-8") + "\n\nONE_MORE = 1\n", encoding="utf-8")
    assert deviations("full", folder) == ("detection/test_seal.py: not the shipped file of that name",)


def test_the_plan_that_qualifies_says_so_itself() -> None:
    found = deviations("bite")
    assert "com-1-case-latency: openings 2, reference 20 (fewer)" in found
    assert not any("the reference also asks" in line for line in found)  # it has every test, with fewer repeats
    assert any(line.endswith("(fewer)") for line in found)
    assert not any(line.endswith("(more)") for line in found)
    assert any(line.endswith("(more)") for line in deviations("endurance"))


def test_a_plan_that_leaves_tests_out_says_which(tmp_path: Path) -> None:
    values = [line for line in deviations("smoke") if "the reference also asks" not in line]
    assert values == []  # what it has, it has as the reference plan has it
    plan = tmp_path / "less.toml"
    text = (SHIPPED / "smoke.toml").read_text(encoding="utf-8").replace('  "mag-2-restoration",\n', "")
    plan.write_text(text.replace("parts/", f"{SHIPPED}/parts/"), encoding="utf-8")
    (found,) = (line for line in deviations(plan) if line.startswith("MAG-2: "))
    assert "mag-2-restoration" in found


def test_what_a_shipped_test_shows_is_read_as_the_run_takes_it() -> None:
    tests = load_files(choose_paths(plan="full")).tests
    shown = requirements_shown((test.planned.run for test in tests), SHIPPED)
    for test in tests:
        assert shown[test.planned.run] == set(test.requirements)


def test_the_list_of_a_plans_tests_says_it_too() -> None:
    lines = make_list("tests", choose_paths(plan="bite"))
    assert "this plan differs from the reference plan:" in lines
    assert "  sig-1-replayed-alert-is-told: alerts 1, reference 3 (fewer)" in lines
    assert not any("differs" in line for line in make_list("tests", choose_paths(plan="full")))


def changed_weak(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    source = tmp_path / "weak.toml"
    source.write_text(WEAK, encoding="utf-8")
    return changed(source, tmp_path / "changed.toml", *changes)


def test_what_counts_as_a_repeat_is_what_the_parts_name_fewer_or_more_of() -> None:
    plan = load_files(choose_paths(plan="full")).plan
    assert {"openings", "trains", "wobbles"} <= plan.repeated
    assert plan.repeated.isdisjoint({"address", "hold", "directions", "limit"})

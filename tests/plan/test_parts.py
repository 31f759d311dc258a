"""Plans made of parts: what is flattened, in which order, what is kept of it, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.bench.errors import BenchFileError
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.plan.plan_file import Plan
from harness.run.inputs import choose_paths, default_testplans, load_files

SHIPPED = default_testplans()
CATALOGUE = load_catalogue(SHIPPED / "requirements.toml")
PLAN = """
include = ["parts/two.toml", "parts/*.toml"]

[plan]
name = "mine"
title = "Mine"
requires = ["SEAL-1"]
"""
ONE = """
# Not a comment on a test.

# Said of the first.
# In two lines.
[[test]]
id = "one"
run = "detection/test_seal.py::test_opening_and_closing_are_each_reported"
parameters = { openings = 2, watch = "2 s" }
fewest = { openings = 1 }
most = { openings = 9, watch = "3 s" }
"""
TWO = """
[[test]]
id = "two"
run = "detection/test_seal.py::test_a_case_left_open_gives_one_event"
parameters = { hold = "60 s" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.toml").write_text(ONE, encoding="utf-8")
    (tmp_path / "parts" / "two.toml").write_text(TWO, encoding="utf-8")
    return tmp_path


def load(folder: Path, *changes: tuple[str, str]) -> Plan:
    text = PLAN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return load_plan(folder / "mine.toml", CATALOGUE, SHIPPED)


def more(line: str) -> tuple[str, str]:
    return 'requires = ["SEAL-1"]\n', f'requires = ["SEAL-1"]\n{line}\n'


def test_parts_come_in_the_order_of_the_list_each_once(folder: Path) -> None:
    plan = load(folder)
    assert [(test.id, test.part) for test in plan.test] == [("two", "parts/two.toml"), ("one", "parts/one.toml")]


@pytest.mark.parametrize(
    ("repeats", "parameters"),
    [
        ("reference", {"openings": 2, "watch": "2 s"}),
        ("fewest", {"openings": 1, "watch": "2 s"}),
        ("most", {"openings": 9, "watch": "3 s"}),
    ],
)
def test_repeats_replace_the_keys_that_they_name_and_no_other(
    folder: Path, repeats: str, parameters: dict[str, object]
) -> None:
    plan = load(folder, more(f'repeats = "{repeats}"'))
    assert plan.planned("one").parameters == parameters
    assert plan.planned("two").parameters == {"hold": "60 s"}
    assert plan.repeated == {"openings"}


def test_only_these_in_this_order(folder: Path) -> None:
    assert [test.id for test in load(folder, more('only = ["one", "two"]')).test] == ["one", "two"]
    assert [test.id for test in load(folder, more('only = ["one"]')).test] == ["one"]


def test_tests_of_its_own_stand_behind_those_of_the_parts(folder: Path) -> None:
    plan = load(folder, more(TWO.replace('"two"', '"own"')))
    assert [(test.id, test.part) for test in plan.test][-1] == ("own", "")


def test_what_its_tests_show_is_listed_in_the_catalogues_order(folder: Path) -> None:
    plan = load(folder, ('requires = ["SEAL-1"]', 'requires = "shown"'))
    assert plan.plan.requires == ("SEAL-1", "SEAL-2")


def test_the_flattened_text_is_the_same_plan_and_stands_alone(folder: Path, tmp_path: Path) -> None:
    plan = load(folder, more('repeats = "fewest"'))
    alone = tmp_path / "elsewhere" / "plan.toml"
    alone.parent.mkdir()
    alone.write_bytes(plan.text)
    again = load_plan(alone, CATALOGUE)
    assert (again.plan, again.decision) == (plan.plan, plan.decision)
    assert [test.model_dump() for test in again.test] == [test.model_dump() for test in plan.test]
    assert again.text == plan.text
    assert '# Said of the first.\n# In two lines.\n[[test]]\nid = "one"' in plan.text.decode()
    assert "Not a comment" not in plan.text.decode()


def test_every_shipped_plan_stands_alone_when_flattened(tmp_path: Path) -> None:
    for path in sorted(set(SHIPPED.glob("*.toml")) - {SHIPPED / "requirements.toml"}):
        plan = load_files(choose_paths(plan=str(path))).plan
        kept = tmp_path / path.name
        kept.write_bytes(plan.text)
        assert load_files(choose_paths(plan=str(kept))).plan.test == tuple(
            type(test).model_validate(test.model_dump()) for test in plan.test
        )
        assert {"repeats", "only", "include"}.isdisjoint(tomllib.loads(plan.text.decode())["plan"])


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (('"parts/two.toml"', '"parts/tow.toml"'), r"key 'include': no file 'parts/tow\.toml'"),
        (more('only = ["on"]'), r"key 'plan\.only': no part has a test 'on'; did you mean 'one'"),
        (more('repeats = "few"'), r"key 'plan\.repeats': .*'fewest'"),
        (more('repeat = "fewest"'), r"unknown key 'plan\.repeat'; did you mean 'repeats'"),
        (
            ('requires = ["SEAL-1"]', 'requires = ["SEAL-11"]'),
            r"key 'plan\.requires': unknown requirement id 'SEAL-11'",
        ),
        (more(TWO), r"mine\.toml: test id 'two' is there twice"),
    ],
)
def test_what_is_wrong_in_the_plan_is_named_with_its_key(folder: Path, change: tuple[str, str], refused: str) -> None:
    with pytest.raises(BenchFileError, match=rf"mine\.toml.*{refused}|{refused}"):
        load(folder, change)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (ONE.replace("fewest", "fewst"), r"one\.toml: unknown key 'test\[0\]\.fewst'; did you mean 'fewest'"),
        (ONE + '[plan]\nname = "part"\n', r"one\.toml: unknown key 'plan'"),
        ("", r"one\.toml: key 'test' is missing"),
        (TWO, r"mine\.toml, parts/one\.toml: test id 'two' is there twice"),
    ],
)
def test_what_is_wrong_in_a_part_is_named_with_the_part(folder: Path, text: str, refused: str) -> None:
    (folder / "parts" / "one.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BenchFileError, match=refused):
        load(folder)


def test_a_wrong_value_of_a_part_is_named_with_the_part(folder: Path) -> None:
    (folder / "parts" / "one.toml").write_text(ONE.replace("openings = 1", "opening = 1"), encoding="utf-8")
    load(folder, more('repeats = "fewest"'))
    with pytest.raises(BenchFileError, match=r"mine\.toml: test 'one' of parts/one\.toml: parameters: .*'opening'"):
        load_files(choose_paths(plan=str(folder / "mine.toml")))


def test_a_key_of_plans_of_parts_without_parts_is_told(folder: Path) -> None:
    with pytest.raises(BenchFileError, match="key 'include' is missing"):
        load(folder, ('include = ["parts/two.toml", "parts/*.toml"]', ""), more('repeats = "fewest"'))

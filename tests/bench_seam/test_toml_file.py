"""Reading files into models: each message names file, key or line, what was expected, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from harness.bench.errors import BenchFileError
from harness.bench.toml_file import FileModel, load_model, read_toml, validate
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters


class Probe(FileModel):
    net: str
    channel: int = Field(ge=1, le=4)


class Setup(FileModel):
    name: str
    probe: tuple[Probe, ...] = ()
    spare: dict[str, Probe] = Field(default_factory=dict)
    kind: Literal["emulated", "real"] = "emulated"
    nets: tuple[str, ...] = Field(default=("A",), min_length=1)


class Timed(Parameters):
    off_ns: DurationNs = Field(gt=0)
    field_mT: FieldMt = Field(default=0, ge=10, le=800)


LIMITS = {
    "-1 s": "expected at least 0 s (found '-1 s')",
    "0 ms": "expected more than 0 ms (found '0 ms')",
}


@pytest.mark.parametrize("written", LIMITS)
def test_a_limit_is_said_in_the_unit_of_the_file(written: str) -> None:
    with pytest.raises(BenchFileError) as raised:
        validate({"off": written}, Timed, "plan.toml")
    assert str(raised.value) == f"plan.toml: key 'off': {LIMITS[written]}"


@pytest.mark.parametrize(
    ("written", "said"), [("1 T", "at most 0.8 T"), ("900mT", "at most 800 mT"), ("5 uT", "10000")]
)
def test_a_limit_of_another_unit_is_converted(written: str, said: str) -> None:
    with pytest.raises(BenchFileError, match=f"{said}.*{written!r}"):
        validate({"off": "1 s", "field": written}, Timed, "plan.toml")


def message(data: dict[str, Any]) -> str:
    with pytest.raises(BenchFileError) as raised:
        validate(data, Setup, "lab.toml")
    return str(raised.value)


def test_a_right_one_is_read_and_frozen() -> None:
    setup = validate({"name": "lab", "probe": [{"net": "CASE_SW", "channel": 1}]}, Setup, "lab.toml")
    assert setup.probe[0].channel == 1
    with pytest.raises(ValidationError, match="frozen"):
        setup.name = "other"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "near miss": ({"name": "lab", "prob": []}, "lab.toml: unknown key 'prob'; did you mean 'probe'?"),
    "no near miss": (
        {"name": "lab", "colour": 1},
        "lab.toml: unknown key 'colour'; known keys here: kind, name, nets, probe, spare",
    ),
    "cut short": ({"name": "lab", "spa": {}}, "lab.toml: unknown key 'spa'; did you mean 'spare'?"),
    "of another kind": ({"name": 5}, "lab.toml: key 'name': expected text (found 5)"),
    "no list": ({"name": "lab", "probe": 1}, "lab.toml: key 'probe': expected a list (found 1)"),
    "no table": ({"name": "lab", "probe": ["x"]}, "lab.toml: key 'probe[0]': expected a table (found 'x')"),
    "none of those": (
        {"name": "lab", "kind": "virtual"},
        "lab.toml: key 'kind': expected 'emulated' or 'real' (found 'virtual')",
    ),
    "too few": ({"name": "lab", "nets": []}, "lab.toml: key 'nets': expected at least 1 entry (found 0)"),
    "missing": ({}, "lab.toml: key 'name' is missing; add it"),
    "misspelt": ({"nam": "lab"}, "lab.toml: unknown key 'nam'; did you mean 'name'?"),
    "in a list": (
        {"name": "lab", "probe": [{"net": "A", "channel": 1}, {"net": "B", "chanel": 2}]},
        "lab.toml: unknown key 'probe[1].chanel'; did you mean 'channel'?",
    ),
    "out of range": (
        {"name": "lab", "probe": [{"net": "A", "channel": 5}]},
        "lab.toml: key 'probe[0].channel': expected at most 4 (found 5)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_mistake_is_one_line(case: str) -> None:
    data, expected = WRONG[case]
    assert message(data) == expected


def test_a_misspelt_key_does_not_hide_another_that_is_missing() -> None:
    lines = message({"name": "lab", "probe": [{"nett": "A"}]}).splitlines()
    assert lines == [
        "lab.toml: key 'probe[0].channel' is missing; add it",
        "lab.toml: unknown key 'probe[0].nett'; did you mean 'net'?",
    ]


def test_keys_below_a_table_of_names_are_known() -> None:
    assert "did you mean 'channel'" in message({"name": "lab", "spare": {"a": {"net": "A", "channl": 1, "channel": 1}}})


class Above(FileModel):
    below: Below


class Below(FileModel):
    case_opened: int


class Whole(FileModel):
    above: Above


def test_keys_of_a_class_that_stands_further_down_are_known() -> None:
    with pytest.raises(BenchFileError, match="did you mean 'case_opened'"):
        validate({"above": {"below": {"case_opnd": 1}}}, Whole, "meter.toml")


def test_toml_errors_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('name = "lab"\nprobe = [\n', encoding="utf-8")
    with pytest.raises(BenchFileError, match=r"lab\.toml: not valid TOML: .*(line 3|end of document)"):
        read_toml(file)


def test_a_missing_file_names_the_near_miss_or_the_missing_folder(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text("", encoding="utf-8")
    with pytest.raises(BenchFileError, match=r"lap\.toml: there is no such file; did you mean .*lab\.toml\?"):
        load_model(tmp_path / "lap.toml", Setup)
    with pytest.raises(BenchFileError, match="check the path"):
        load_model(tmp_path / "something-else.cfg", Setup)
    with pytest.raises(BenchFileError, match=r"the folder .*nowhere does not exist either"):
        load_model(tmp_path / "nowhere" / "lab.toml", Setup)


def test_a_file_that_is_no_text_names_the_octet(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_bytes(b'name = "lab \xff"')
    with pytest.raises(BenchFileError, match=r"lab\.toml: can't be read: .*0xff in position 12"):
        read_toml(tmp_path / "lab.toml")

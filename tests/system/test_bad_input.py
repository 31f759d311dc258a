"""Wrong input as a user gives it: one clear message, exit status 2, nothing run and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run.inputs import default_testplans
from tests.system.commands import BENCH, METER, Here, Outcome, changed, flat_plan

SMOKE = default_testplans() / "smoke.toml"


def shipped(which: str, folder: Path) -> Path:
    """A shipped file; of a plan the one that stands alone."""
    return flat_plan("smoke", folder / "flat.toml") if which == "plan" else {"bench": BENCH, "meter": METER}[which]


# File, what is changed in it, what the message must name: the key or line, what was expected, the near miss.
WRONG_FILES = {
    "unknown-key-in-bench": ("bench", ('laboratory = "', 'laboratry = "'), ["bench.laboratry", "'laboratory'"]),
    "unknown-key-in-meter": ("meter", ("supply_V = ", "suply_V = "), ["lines.suply_V", "'supply_V'"]),
    "unknown-key-in-plan": ("plan", ("coverage_factor = ", "coverage = "), ["decision.coverage", "coverage_factor"]),
    "watch-too-short": (
        "plan",
        ('openings = 2, watch = "2 s"', 'openings = 2, watch = "10 ms"'),
        ["seal-1-opening", "watch", "at least", "10 ms"],
    ),
    "levels-swapped": (
        "plan",
        ('lowest = "42 mT", highest = "45 mT"', 'lowest = "45 mT", highest = "42 mT"'),
        ["mag-2-must-not-trip", "from lowest, 45 mT, to highest, 42 mT"],
    ),
    "mismatch-outside": ("plan", ('mismatch = "7 %"', 'mismatch = "9 %"'), ["met-1-must-not-trip", "9 %", "8 %"]),
    "unknown-parameter": ("plan", ("openings = 2", "opening = 2"), ["seal-1-opening", "'opening'", "'openings'"]),
    "missing-key-in-meter": ("meter", ('serial = "TBR00000001"\n', ""), ["'meter.serial' is missing"]),
    "missing-key-in-bench": ("bench", ('kind = "emulated"\n', ""), ["'bench.kind' is missing"]),
    "unknown-kind": ("bench", ('kind = "emulated"', 'kind = "simulated"'), ["bench.kind", "simulated", "'emulated'"]),
    "date-that-is-none": (
        "bench",
        ("calibrated_on = 2026-05-31", 'calibrated_on = "last May"'),
        ["instruments.scope.calibrated_on", "last May"],
    ),
    "voltage-for-a-time": ("plan", ('limit = "500 ms"', 'limit = "500 mV"'), ["limit", "500 mV", "time", "ms"]),
    "bare-number-for-a-time": ("plan", ('limit = "500 ms"', "limit = 500"), ["limit", "500 has no unit", "ms"]),
    "negative-time": ("plan", ('limit = "500 ms"', 'limit = "-500 ms"'), ["limit", "at least 0 ms", "-500 ms"]),
    "word-for-a-number": ("plan", ("openings = 2", 'openings = "two"'), ["openings", "two", "a whole number"]),
    "key-of-wrong-length": ("meter", ('system_title = "54', 'system_title = "'), ["alerts.system_title", "8 octets"]),
    "key-that-is-no-hex": ("meter", ('public_key = "be', 'public_key = "zz'), ["alerts.public_key", "64 octets"]),
    "unknown-requirement": ("plan", ('"SEAL-1"', '"SEAL-11"'), ["plan.requires", "SEAL-11", "did you mean SEAL-1"]),
    "requirement-that-no-test-shows": ("plan", ('"SEAL-1"', '"HES-2"'), ["plan.requires", "no test", "HES-2"]),
    "test-id-twice": ("plan", ('id = "seal-2-long-openings"', 'id = "com-1-case-latency"'), ["twice", "com-1-case"]),
    "test-id-that-is-no-slug": ("plan", ('id = "com-1-case-latency"', 'id = "Com 1"'), ["test[8].id", "lower-case"]),
    "unknown-file": (
        "plan",
        ("latency/test_case_latency.py", "latency/test_case_latncy.py"),
        ["com-1", "did you mean"],
    ),
    "function-cut-short-and-misspelt": (
        "plan",
        ("::test_a_changed_alert_is_told", "::test_a_chagned"),
        ["did you mean test_a_changed_alert_is_told"],
    ),
    "unknown-function": ("plan", ("::test_a_changed_alert_is_told", "::test_a_changed_alert"), ["did you mean"]),
    "file-outside": ("plan", ("latency/test_case_latency.py", "../conftest.py"), ["com-1", "FILE::FUNCTION below"]),
    "run-without-function": ("plan", ("::test_a_changed_alert_is_told", ""), ["sig-1-changed", "FILE::FUNCTION"]),
    "toml-without-quote": ("plan", ('title = "Case', "title = Case"), ["not valid TOML", "line 5"]),
    "key-twice": ("bench", ("[bench]\n", '[bench]\nkind = "real"\n'), ["not valid TOML", "line"]),
    "coverage-factor-too-small": ("plan", ("coverage_factor = 2.0", "coverage_factor = 0.5"), ["coverage_factor", "1"]),
}


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_refused(outcome: Outcome, *named: str) -> None:
    assert outcome.status == 2, outcome.text
    assert "Traceback" not in outcome.text
    assert outcome.out == ""
    assert outcome.err.count("not run") == 1
    for text in named:
        assert text in outcome.err


@pytest.mark.parametrize("case", WRONG_FILES)
def test_wrong_file(here: Here, image: Path, tmp_path: Path, case: str) -> None:
    which, change, named = WRONG_FILES[case]
    file = changed(shipped(which, tmp_path), tmp_path / f"{which}.toml", change)
    before = files_in(tmp_path)
    outcome = here("certify", f"--{which}", file, "--image", image, "--out", "run")
    assert_refused(outcome, str(file), *named)
    assert outcome.err.count("\n") == 1
    assert files_in(tmp_path) == before


def test_two_mistakes_are_told_together(here: Here, image: Path, tmp_path: Path) -> None:
    changes = ('laboratory = "', 'laboratry = "'), ('driver = "keysight-34970a"\n', "")
    file = changed(BENCH, tmp_path / "bench.toml", *changes)
    outcome = here("certify", "--bench", file, "--image", image, "--out", "run")
    assert_refused(outcome, "bench.laboratry", "'instruments.relay.driver' is missing")


def test_a_plan_without_tests(here: Here, image: Path, tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.write_text('[plan]\nname = "empty"\ntitle = "Nothing"\nrequires = ["SEAL-1"]\n', encoding="utf-8")
    assert_refused(here("certify", "--plan", file, "--image", image), str(file), "no tests", "[[test]]")


@pytest.mark.parametrize("which", ["plan", "bench", "meter"])
def test_a_file_that_is_no_text(here: Here, image: Path, tmp_path: Path, which: str) -> None:
    file = tmp_path / f"{which}.toml"
    file.write_bytes(shipped(which, tmp_path).read_bytes().replace(b"name", b"n\xe4me"))
    assert_refused(here("certify", f"--{which}", file, "--image", image), str(file), "utf-8")


@pytest.mark.parametrize("which", ["plan", "bench", "meter"])
def test_a_file_that_is_missing_names_the_near_miss(here: Here, image: Path, tmp_path: Path, which: str) -> None:
    there = changed(shipped(which, tmp_path), tmp_path / f"my-{which}.toml")
    asked = tmp_path / f"my_{which}.toml"
    assert_refused(here("certify", f"--{which}", asked, "--image", image), str(asked), f"did you mean {there}")


def test_a_folder_for_a_file(here: Here, image: Path, tmp_path: Path) -> None:
    assert_refused(here("certify", "--bench", tmp_path, "--image", image), str(tmp_path), "can't be read")


def test_an_unknown_plan_names_those_there_are(here: Here) -> None:
    assert_refused(here("certify", "--plan", "smok"), "'smok'", "smoke")
    assert_refused(here("list", "--plan", "smok"), "'smok'", "smoke")


def test_an_unknown_test_names_those_there_are(here: Here, image: Path, tmp_path: Path) -> None:
    outcome = here("certify", "--test", "com-1", "--image", image, "--out", "run")
    assert_refused(outcome, "'com-1'", "com-1-case-latency")
    assert files_in(tmp_path) == []


IMAGES = {
    "empty": (b"", "not a firmware image"),
    "elf": (b"\x7fELF" + bytes(2000), "raw binary"),
    "too-large": (bytes(256 * 1024 + 1), "262144"),
    "intel-hex": (b":020000040000FA\n" * 20, "HEX"),
}


@pytest.mark.parametrize("case", IMAGES)
def test_a_file_that_is_no_image(here: Here, tmp_path: Path, case: str) -> None:
    content, named = IMAGES[case]
    file = tmp_path / "image.bin"
    file.write_bytes(content)
    assert_refused(here("certify", "--image", file, "--out", "run"), str(file), named)
    assert files_in(tmp_path) == ["image.bin"]


def test_an_image_that_is_missing_or_a_folder(here: Here, tmp_path: Path) -> None:
    assert_refused(here("certify", "--image", tmp_path / "none.bin"), "none.bin", "no such image")
    assert_refused(here("certify", "--image", tmp_path), str(tmp_path), "can't be read")


def test_a_requirement_that_a_test_names_wrongly(here: Here, image: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my_tests"
    changed(default_testplans() / "requirements.toml", folder / "requirements.toml")
    (folder / "test_mine.py").write_text(
        'import pytest\n\n@pytest.mark.requirements("SAEL-1")\ndef test_mine(record):\n    """Mine."""\n\n'
        'def test_none(record):\n    """None."""\n',
        encoding="utf-8",
    )
    plan = tmp_path / "plan.toml"
    for function, named in (("test_mine", "did you mean SEAL-1"), ("test_none", "names no requirement")):
        plan.write_text(
            '[plan]\nname = "mine"\ntitle = "Mine"\nrequires = ["SEAL-1"]\n'
            f'[[test]]\nid = "mine"\nrun = "test_mine.py::{function}"\n',
            encoding="utf-8",
        )
        outcome = here("certify", "--testplans", folder, "--plan", plan, "--image", image)
        assert_refused(outcome, str(plan), "'mine'", named)


def test_a_test_file_that_does_not_load(here: Here, image: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken_tests"
    changed(default_testplans() / "requirements.toml", folder / "requirements.toml")
    (folder / "test_broken.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[plan]\nname = "mine"\ntitle = "Mine"\nrequires = ["SEAL-1"]\n'
        '[[test]]\nid = "mine"\nrun = "test_broken.py::test_mine"\n',
        encoding="utf-8",
    )
    outcome = here("certify", "--testplans", folder, "--plan", plan, "--image", image, "--out", "run")
    assert_refused(outcome, "test_broken.py", "nothing_of_that_name")


def test_a_folder_of_tests_without_a_catalogue(here: Here, tmp_path: Path) -> None:
    outcome = here("certify", "--testplans", tmp_path, "--plan", SMOKE)
    assert_refused(outcome, str(tmp_path / "requirements.toml"), "no such file")


LINKS = ("modem", "optical", "diagnostic")


def test_a_real_bench_is_not_shared(here: Here, image: Path, tmp_path: Path) -> None:
    links = [(f'"board:{name}"', f'"tcp://127.0.0.1:{port}"') for port, name in enumerate(LINKS, 4059)]
    file = changed(BENCH, tmp_path / "lab.toml", ('kind = "emulated"', 'kind = "real"'), *links)
    outcome = here("certify", "--bench", file, "--image", image, "--workers", 2, "--out", "run")
    assert_refused(outcome, "2 workers", "real bench is one bench", "--workers")


def test_a_record_is_never_overwritten(here: Here, image: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("kept", encoding="utf-8")
    assert_refused(here("certify", "--image", image, "--out", "run"), "run", "never overwritten", "another folder")
    assert files_in(tmp_path) == ["run", "run/mine.txt"]


def test_a_folder_that_cannot_be_made(here: Here, image: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = here("certify", "--image", image, "--out", tmp_path / "file" / "run")
    assert_refused(outcome, str(tmp_path / "file"), "choose another folder")
    assert files_in(tmp_path) == ["file"]


@pytest.mark.parametrize("option", [("--seed", "-1"), ("--seed", "one"), ("--workers", "0"), ("--sed", "1")])
def test_wrong_options(here: Here, image: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    outcome = here("certify", "--image", image, *option)
    assert outcome.status == 2
    assert option[0] in outcome.err
    assert "Traceback" not in outcome.text
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("command", ["verify", "report"])
def test_a_folder_that_is_no_run(here: Here, tmp_path: Path, command: str) -> None:
    outcome = here(command, tmp_path)
    assert outcome.status == 2, outcome.text
    assert str(tmp_path / "run.json") in outcome.err
    assert "is this the folder of a run?" in outcome.err
    assert "Traceback" not in outcome.text
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("text", ["smoke", "smoke/com-1-case-latency@1", "smoke/com-1-case-latency@1#0123456789"])
def test_a_replay_of_nothing(here: Here, tmp_path: Path, text: str) -> None:
    assert_refused(here("replay", text, "--runs", tmp_path), text)
    assert files_in(tmp_path) == []


def test_a_wrong_plan_is_told_before_a_build(here: Here, tmp_path: Path) -> None:
    meter = changed(METER, tmp_path / "meter.toml", ("../../firmware_ref", "no_such_source"))
    plan = changed(shipped("plan", tmp_path), tmp_path / "plan.toml", ('"SEAL-1"', '"SEAL-11"'))
    assert_refused(here("certify", "--meter", meter, "--plan", plan), "SEAL-11")
    assert_refused(here("certify", "--meter", meter), "firmware.source", "no_such_source")

"""Help, shell completion, and the firmware's tools."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from harness.evidence.replay_id import make_replay_id
from tests.reports.made_up_run import finished_run
from tests.system.commands import Here, run
from tests.system.test_bad_input import assert_refused, files_in

COMMANDS = (
    ("certify",),
    ("run",),
    ("replay",),
    ("init",),
    ("list",),
    ("verify",),
    ("report",),
    ("key",),
    ("serve",),
    ("bench", "check"),
    ("bench", "shell"),
    ("firmware", "build"),
    ("firmware", "inspect"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_says_what_for_how_and_with_which_exit_status(here: Here, command: tuple[str, ...]) -> None:
    outcome = here(*command, "--help")
    assert outcome.status == 0
    assert "Exit status" in outcome.out
    assert f"tamperbench {' '.join(command)}" in outcome.out.partition("Options")[0].partition("Usage")[2]
    assert "Example" in outcome.out
    assert here(*command, "-h").out == outcome.out


def test_help_fits_a_narrow_terminal(tmp_path: Path) -> None:
    for command in ((), ("certify",), ("bench", "shell")):
        shown = run(*command, "--help", cwd=tmp_path, env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}).out
        assert max(map(len, shown.splitlines())) <= 80
        assert "\x1b" not in shown


COMPLETIONS = {
    "commands": ("tamperbench cer", ["certify"]),
    "subcommands": ("tamperbench bench ", ["check", "shell"]),
    "plans": ("tamperbench certify --plan s", ["smoke"]),
    "plan-files": ("tamperbench certify --plan my", ["my/"]),
    "tests": ("tamperbench run com-", ["com-1-case-latency"]),
    "tests-of-the-plan-named": ("tamperbench run --plan mine.toml ", ["only-one"]),
    "test-option": ("tamperbench certify --plan bite --test com-1-c", ["com-1-case-latency"]),
    "runs": ("tamperbench verify ", ["out/a-run"]),
    "lists": ("tamperbench list re", ["requirements"]),
    "formats": ("tamperbench report out/a-run --format p", ["pdf", "pcapng"]),
    "defects": ("tamperbench firmware build --defect no-", ["no-debounce"]),
    "bench-files": ("tamperbench certify --bench mi", ["mine.toml"]),
    "nothing": ("tamperbench run --plan nowhere.toml ", []),
}


@pytest.mark.parametrize("case", COMPLETIONS)
def test_the_shell_is_offered_what_there_is(tmp_path: Path, case: str) -> None:
    typed, expected = COMPLETIONS[case]
    (tmp_path / "my").mkdir()
    (tmp_path / "mine.toml").write_text('[[test]]\nid = "only-one"\nrun = "a.py::test_a"\n', encoding="utf-8")
    (tmp_path / "out/a-run").mkdir(parents=True)
    (tmp_path / "out/a-run/run.json").write_text("{}", encoding="utf-8")
    env = {
        "_TAMPERBENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - (0 if typed.endswith(" ") else 1)),
    }
    outcome = run(cwd=tmp_path, env=env)
    assert outcome.status == 0, outcome.text
    offered = outcome.out.split()
    assert [word for word in expected if word not in offered] == []
    if case in ("nothing", "commands", "plans", "lists", "tests-of-the-plan-named"):
        assert offered == expected


def test_replay_is_offered_the_ids_of_the_latest_runs(tmp_path: Path) -> None:
    header = finished_run(tmp_path / "out" / "smoke-1").header
    (tmp_path / "out" / "zzz").mkdir()
    (tmp_path / "out" / "zzz" / "run.json").write_text("{}", encoding="utf-8")
    env = {"_TAMPERBENCH_COMPLETE": "complete_bash", "COMP_WORDS": "tamperbench replay smoke/com", "COMP_CWORD": "2"}
    outcome = run(cwd=tmp_path, env=env)
    assert outcome.status == 0, outcome.text
    assert outcome.out.split() == [str(make_replay_id(header, "com-1-case-latency"))]


def test_an_image_is_looked_into(here: Here, image: Path) -> None:
    outcome = here("firmware", "inspect", image)
    assert outcome.status == 0, outcome.text
    data = image.read_bytes()
    assert f"size       {len(data)} bytes of 262144" in outcome.out
    assert hashlib.sha256(data).hexdigest() in outcome.out
    assert " fits; " in outcome.out
    assert "core SRAM" in outcome.out
    assert "NOT AS EXPECTED" not in outcome.out
    with image.with_suffix(".elf").open("rb") as stream:
        symbols = [*ELFFile(stream).get_section_by_name(".symtab").iter_symbols()]
    for kind in ("STT_FUNC", "STT_OBJECT"):
        of_kind = [symbol for symbol in symbols if symbol["st_info"]["type"] == kind]
        largest = min(of_kind, key=lambda symbol: (-symbol["st_size"], symbol.name))
        line = f"{largest['st_size']:>6}  0x{largest['st_value']:08X}  {largest.name}"
        assert f", the largest:\n{'':<11}{line}\n" in outcome.out


def test_one_changed_bit_of_an_image_is_seen(here: Here, image: Path, tmp_path: Path) -> None:
    data = bytearray(image.read_bytes())
    data[0x4300] ^= 1
    (tmp_path / "changed.bin").write_bytes(data)
    outcome = here("firmware", "inspect", tmp_path / "changed.bin")
    assert outcome.status == 0, outcome.text
    assert "DOES NOT FIT" in outcome.out


def test_a_foreign_image_is_no_error(here: Here, tmp_path: Path) -> None:
    (tmp_path / "foreign.bin").write_bytes((0x20010000).to_bytes(4, "little") + (0x101).to_bytes(4, "little") * 300)
    outcome = here("firmware", "inspect", tmp_path / "foreign.bin")
    assert outcome.status == 0, outcome.text
    assert "no slot header" in outcome.out
    assert "symbols    none" in outcome.out


def test_what_is_no_image_or_no_elf(here: Here, image: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello, this is text", encoding="utf-8")
    assert_refused(here("firmware", "inspect", tmp_path / "none.bin"), "none.bin", "no such image")
    assert_refused(here("firmware", "inspect", tmp_path), str(tmp_path))
    for wrong in (tmp_path / "none.elf", tmp_path, tmp_path / "text"):
        assert_refused(here("firmware", "inspect", image, "--elf", wrong), str(wrong))


def test_the_image_is_built_where_it_is_asked_for(here: Here, tmp_path: Path, image: Path) -> None:
    outcome = here("firmware", "build", "--out", "fw")
    assert outcome.status == 0, outcome.text
    assert (tmp_path / "fw/meter.bin").read_bytes() == image.read_bytes()
    assert "core SRAM" in outcome.out


def test_what_can_not_be_built(here: Here, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert_refused(here("firmware", "build", "--source", "nowhere"), "nowhere", "no such folder")
    assert_refused(here("firmware", "build", "--out", "file"), "file", "no folder")
    assert_refused(here("firmware", "build", "--defect", "no-debonce"), "no-debonce", "no-debounce")
    assert_refused(here("firmware", "build", "--defect", "magnet-one-axs"), "did you mean 'magnet-one-axis-only'")
    assert_refused(here("firmware", "build", "--defect", "zzzzzz"), "zzzzzz", "no-debounce")
    assert_refused(here("firmware", "build", "--cc", "msvc"), "msvc")
    assert files_in(tmp_path) == ["file"]

"""Tampering: whatever is changed, added, moved or taken away is found and its place named."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.model import next_link
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.run_folder import RunFolder
from harness.evidence.summary import pretty_json
from harness.evidence.verify import verify_run
from tests.evidence.runs import (
    BENCH,
    first_test,
    header,
    inputs,
    new_run,
    open_test,
    second_test,
    swallow,
    whole_run,
)

FIRST = f"tests/001-seal-1-opening/{ENTRIES_FILE}"
SECOND = f"tests/002-seal-2-pulses/{ENTRIES_FILE}"
WAVEFORM = "tests/001-seal-1-opening/waveforms/001-case-sw.zlib"


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = whole_run(tmp_path_factory.mktemp("intact")).path
    assert verify_run(path) == []
    return path


def protected_files(path: Path) -> list[str]:
    found = (file.relative_to(path).as_posix() for file in sorted(path.rglob("*")) if file.is_file())
    return [name for name in found if name != "volatile.json"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(choice=st.data())
def test_any_changed_byte_is_found_in_its_file(intact: Path, choice: st.DataObject) -> None:
    name = choice.draw(st.sampled_from(protected_files(intact)))
    original = (intact / name).read_bytes()
    place = choice.draw(st.integers(min_value=0, max_value=len(original) - 1))
    changed = bytearray(original)
    changed[place] ^= choice.draw(st.integers(min_value=1, max_value=255))
    try:
        (intact / name).write_bytes(changed)
        problems = verify_run(intact)
    finally:
        (intact / name).write_bytes(original)
    assert problems
    # A changed header breaks every chain that begins with it, so then the tests are named as well.
    assert any(problem.file == name for problem in problems) or name == "run.json"
    if name == FIRST:
        line = original[:place].count(b"\n") + 1
        named = [problem for problem in problems if problem.file == name]
        assert any(problem.entry == line or f"line {line}" in problem.text for problem in named) or place_is_last(
            original, place
        )


def place_is_last(data: bytes, place: int) -> bool:
    """A line feed changed joins two lines or cuts the last one, which is then told of the line it belongs to."""
    return data[place] == 0x0A


@pytest.mark.parametrize("name", ["run.json", "summary.json", FIRST, SECOND, WAVEFORM, "inputs/smoke.toml"])
@pytest.mark.parametrize("change", ["last byte", "one byte more", "one byte less"])
def test_the_end_of_every_file_counts(intact: Path, tmp_path: Path, name: str, change: str) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    data = (path / name).read_bytes()
    changed = {
        "last byte": data[:-1] + bytes([data[-1] ^ 1]),
        "one byte more": data + b"\n",
        "one byte less": data[:-1],
    }
    (path / name).write_bytes(changed[change])
    assert name in [problem.file for problem in verify_run(path)]


@pytest.mark.parametrize("content", [b"{}", b'{"tests": 5}', b"[]", b"", b'{"tests": [{"attempts": [1]}]}'])
def test_a_summary_that_is_none_is_a_problem_and_no_crash(intact: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    (path / "summary.json").write_bytes(content)
    assert "summary.json" in [problem.file for problem in verify_run(path)]


def test_every_byte_of_a_waveform_file_counts(intact: Path, tmp_path: Path) -> None:
    """Also those that zlib itself overlooks: its level bits and the padding behind its last block."""
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    original = (path / WAVEFORM).read_bytes()
    overlooked = bytearray(original)
    overlooked[1] = 0xDA if original[1] != 0xDA else 0x9C
    assert zlib.decompressobj().decompress(bytes(overlooked)) == zlib.decompressobj().decompress(original)
    (path / WAVEFORM).write_bytes(overlooked)
    problems = verify_run(path)
    assert [(problem.file, problem.entry) for problem in problems] == [(WAVEFORM, 5)]


def lines_of(path: Path) -> list[bytes]:
    return (path / FIRST).read_bytes().splitlines(keepends=True)


def swap_lines(path: Path) -> None:
    lines = lines_of(path)
    lines[2], lines[3] = lines[3], lines[2]
    (path / FIRST).write_bytes(b"".join(lines))


def drop_a_line(path: Path) -> None:
    lines = lines_of(path)
    (path / FIRST).write_bytes(b"".join(lines[:2] + lines[3:]))


def change_a_value(path: Path) -> None:
    (path / FIRST).write_bytes((path / FIRST).read_bytes().replace(b'"value":321.5', b'"value":123.5'))


def add_a_space(path: Path) -> None:
    lines = lines_of(path)
    lines[4] = lines[4].replace(b":", b": ", 1)
    (path / FIRST).write_bytes(b"".join(lines))


def end_early(path: Path) -> None:
    (path / FIRST).write_bytes(b"".join(lines_of(path)[:-1]))


def put_a_file(path: Path) -> None:
    (path / "tests/001-seal-1-opening/better.jsonl").write_bytes(b"")


def put_a_link(path: Path) -> None:
    (path / "inputs/smoke.toml").rename(path / "inputs/other.toml")
    (path / "inputs/smoke.toml").symlink_to("other.toml")


def take_an_input(path: Path) -> None:
    (path / "inputs/reference.bin").unlink()


def change_the_seed(path: Path) -> None:
    text = (path / "run.json").read_text()
    (path / "run.json").write_text(text.replace('"seed": 7', '"seed": 8'))


def drop_a_test(path: Path) -> None:
    shutil.rmtree(path / "tests/002-seal-2-pulses")


def take_the_summary(path: Path) -> None:
    (path / "summary.json").unlink()


def pass_the_summary(path: Path) -> None:
    text = (path / "summary.json").read_text()
    (path / "summary.json").write_text(text.replace('"exit_code": 0', '"exit_code": 1'))


@pytest.mark.parametrize(
    ("tamper", "file", "entry"),
    [
        (swap_lines, FIRST, 3),
        (drop_a_line, FIRST, 3),
        (change_a_value, FIRST, 10),
        (add_a_space, FIRST, 5),
        (end_early, "summary.json", None),
        (put_a_file, "tests/001-seal-1-opening/better.jsonl", None),
        (put_a_link, "inputs/smoke.toml", None),
        (take_an_input, "inputs/reference.bin", None),
        (change_the_seed, FIRST, 1),
        (drop_a_test, "tests/002-seal-2-pulses", None),
        (take_the_summary, "summary.json", None),
        (pass_the_summary, "summary.json", None),
    ],
)
def test_tampering_is_named(
    intact: Path, tmp_path: Path, tamper: Callable[[Path], None], file: str, entry: int | None
) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    tamper(path)
    assert (file, entry) in [(problem.file, problem.entry) for problem in verify_run(path)]


def accused(path: Path) -> dict[str, str]:
    return {problem.file: problem.text for problem in verify_run(path)}


def other_verdicts(path: Path, *, with_digest: bool) -> None:
    """Every verdict of the summary made a fail; the digest too, as somebody who knows the format would."""
    summary = json.loads((path / "summary.json").read_text())
    for test in summary["tests"]:
        for row in (test, *test["attempts"]):
            row["verdict"] = "fail"
    if with_digest:
        own = {name: value for name, value in summary.items() if name != "record_digest"}
        summary["record_digest"] = sha256_hex(canonical_json(own))
    (path / "summary.json").write_bytes(pretty_json(summary))


@pytest.mark.parametrize("with_digest", [False, True])
def test_verdicts_changed_in_the_summary_accuse_the_summary_alone(
    intact: Path, tmp_path: Path, with_digest: bool
) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    other_verdicts(path, with_digest=with_digest)
    (only,) = verify_run(path)
    assert only.file == "summary.json"
    assert "than the intact records of tests/001-seal-1-opening, tests/002-seal-2-pulses; it was changed" in only.text


def test_a_summary_changed_elsewhere_does_not_have_its_digest(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    pass_the_summary(path)
    (only,) = verify_run(path)
    assert only.file == "summary.json"
    assert "does not have the record digest that it states; it was changed" in only.text


def test_a_test_taken_away_is_named_and_the_others_are_not_accused(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    drop_a_test(path)
    found = accused(path)
    assert set(found) == {"summary.json", "tests/002-seal-2-pulses"}
    assert "is missing; the summary names it" in found["tests/002-seal-2-pulses"]


def test_a_test_that_ends_otherwise_leaves_open_which_of_the_two_was_changed(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    end_early(path)
    assert "one of the two was changed" in accused(path)[FIRST]


def rechained(path: Path, old: bytes, new: bytes) -> None:
    """Change a test's entry and mend its whole chain, as somebody who knows the format would."""
    link = ""
    lines = []
    for number, line in enumerate(lines_of(path)):
        if number == 0:
            link = json.loads(line)["chain"]
            lines.append(line)
            continue
        entry = json.loads(line.replace(old, new))
        entry.pop("chain")
        link = next_link(link, entry)
        lines.append(canonical_json({**entry, "chain": link}) + b"\n")
    (path / FIRST).write_bytes(b"".join(lines))


def test_a_chain_mended_by_an_expert_no_longer_fits_the_summary(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    rechained(path, b'"value":321.5', b'"value":123.5')
    assert [problem.file for problem in verify_run(path)] == ["summary.json", FIRST]


def test_a_record_moved_from_another_run_does_not_fit(intact: Path, tmp_path: Path) -> None:
    """A failing test's record replaced by a passing one of the same test in a run with another seed."""
    failing = new_run(tmp_path, seed=8)
    record = open_test(failing)
    swallow(record.judge_equal, "events", 2, 1)
    record.end()
    second_test(failing)
    shutil.rmtree(failing.path / "tests/001-seal-1-opening")
    shutil.copytree(intact / "tests/001-seal-1-opening", failing.path / "tests/001-seal-1-opening")
    failing.finish()
    assert (FIRST, 1) in [(problem.file, problem.entry) for problem in verify_run(failing.path)]


def test_a_chain_begins_with_the_whole_header(tmp_path: Path) -> None:
    """Two runs that differ in the bench alone have the same replay ids, and still no record fits the other."""
    paths = []
    for bench in ("bench-1", "bench-2"):
        sources = inputs(bench=BENCH.replace("bench-1", bench))
        run = RunFolder.create(tmp_path / bench, replace(header(), bench=bench), sources)
        first_test(run)
        second_test(run)
        paths.append(run.path)
    shutil.rmtree(paths[1] / "tests/001-seal-1-opening")
    shutil.copytree(paths[0] / "tests/001-seal-1-opening", paths[1] / "tests/001-seal-1-opening")
    RunFolder(paths[1]).finish()
    assert [(problem.file, problem.entry) for problem in verify_run(paths[1])] == [(FIRST, 1)]


def test_a_record_can_not_lead_the_reader_out_of_its_folder(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    rechained(path, b"waveforms/001-case-sw.zlib", b"../../../../../etc/passwd")
    assert any("no name of a waveform's file" in problem.text for problem in verify_run(path))


def test_what_is_volatile_may_differ(intact: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(intact, path)
    (path / "volatile.json").write_text("{}\n")
    assert verify_run(path) == []

"""``tamperbench verify`` and ``report`` as a user gives them: what they say and with which exit status."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.cli.conclude import conclude
from harness.evidence.output_files import is_output
from harness.evidence.reader import load_run
from harness.evidence.signature import (
    check_signature,
    load_private_key,
    load_public_key,
    make_key,
    report_digest,
    sign_run,
    signed_report_digest,
)
from tests.evidence.remade import finish_again
from tests.evidence.runs import first_test, new_run, open_test, whole_run
from tests.system.commands import Here, here_in


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)


@pytest.fixture
def run(here: Here, tmp_path: Path) -> Path:
    """A finished run with its report."""
    path = whole_run(tmp_path).path
    assert here("report", path).status == 0
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "lab.pem")
    return tmp_path / "lab.pem"


def change_report(run: Path) -> None:
    file = run / "report.html"
    file.write_bytes(file.read_bytes().replace(b"321.5", b"123.5"))


def test_an_unsigned_record_is_said_to_show_nothing_of_its_maker(here: Here, run: Path) -> None:
    outcome = here("verify", run)
    assert outcome.status == 0, outcome.text
    assert "verified: " in outcome.out
    said = "NOT SIGNED: this shows that the record agrees with itself{}, not who made it."
    names = [path.name for path in run.iterdir() if is_output(path.name)]
    assert "report.html" in names
    assert said.format(f" and with {', '.join(sorted(names))}") in outcome.out
    for name in names:
        (run / name).unlink()
    shutil.rmtree(run / "allure-results")
    assert said.format(", without a report") in here("verify", run).out


def test_a_changed_report_of_an_unsigned_record_is_told(here: Here, run: Path) -> None:
    change_report(run)
    outcome = here("verify", run)
    assert outcome.status == 1
    assert "report.html: is not what this version makes of the record" in outcome.err
    assert "verified" not in outcome.out
    assert here("report", run).status == 0
    assert here("verify", run).status == 0


def test_a_signed_report_is_checked_and_not_replaced(here: Here, run: Path, key: Path, tmp_path: Path) -> None:
    (run / "report.html").write_text("made by another version", encoding="utf-8")
    sign_run(run, load_private_key(key))
    outcome = here("verify", run, "--public-key", f"{key}.pub")
    assert outcome.status == 0, outcome.text
    assert "signed by the key you gave" in outcome.out
    assert "NOT SIGNED" not in outcome.out
    outcome = here("report", run)
    assert outcome.status == 2
    assert "--out" in outcome.err
    assert here("verify", run).status == 0
    assert here("report", run, "--out", tmp_path / "again.html").status == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    (run / "report.html").write_text("changed", encoding="utf-8")
    outcome = here("verify", run)
    assert outcome.status == 1
    assert "report.html: is not the report that was signed" in outcome.err


def test_the_signed_report_can_be_made_again(here: Here, run: Path, key: Path) -> None:
    assert conclude(load_run(run), None, load_private_key(key)) == load_run(run).summary["exit_code"]
    (run / "report.html").unlink()
    assert here("verify", run).status == 1
    assert here("report", run).status == 0
    assert here("verify", run).status == 0


def test_a_report_that_cannot_be_written_is_told(here: Here, run: Path, tmp_path: Path) -> None:
    outcome = here("report", run, "--out", tmp_path / "nowhere" / "report.html")
    assert outcome.status == 2
    assert "can't be written" in outcome.err
    assert "Traceback" not in outcome.text


def test_a_killed_run_is_neither_verified_nor_changed(here: Here, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    first_test(run)
    open_test(run, "seal-2-pulses").note("begun")
    outcome = here("verify", run.path)
    assert outcome.status == 2, outcome.text
    assert outcome.err.startswith("unfinished: ")
    assert "the run was not finished: it was killed, or is still going on" in outcome.err
    assert "verified" not in outcome.out
    assert "does not fit" not in outcome.err
    entries = run.path / "tests/001-seal-1-opening/entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"321.5", b"123.5"))
    assert here("verify", run.path).status == 1


def test_a_signed_record_without_its_summary_was_changed(here: Here, run: Path, key: Path) -> None:
    sign_run(run, load_private_key(key))
    (run / "summary.json").unlink()
    assert here("verify", run).status == 1


def test_planned_tests_without_a_record_are_said(here: Here, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    first_test(run)
    finish_again(run.path)
    outcome = here("verify", run.path)
    assert outcome.status == 0, outcome.text
    assert "note: 1 of the plan's 2 tests have no record: seal-2-pulses" in outcome.out


def test_a_broken_volatile_file_hides_nothing(here: Here, run: Path) -> None:
    (run / "volatile.json").write_bytes(b"{")
    outcome = here("verify", run)  # the report quotes it, so that is not the one any more that would be made
    assert outcome.status == 1
    assert "or volatile.json, which it quotes, was. The record itself fits" in outcome.err
    assert here("report", run).status == 0
    assert here("verify", run).status == 0


def test_certify_signs_after_the_report_is_written(tmp_path: Path, key: Path) -> None:
    path = whole_run(tmp_path).path
    assert conclude(load_run(path), None, load_private_key(key)) == 0
    assert len(report_digest(path)) == 64
    assert signed_report_digest(path) == report_digest(path)
    assert check_signature(path, load_public_key(Path(f"{key}.pub")))[1] == []


def test_a_pass_that_can_not_be_signed_is_none(tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = whole_run(tmp_path).path
    (path / "signature.json").mkdir()
    assert conclude(load_run(path), None, load_private_key(key)) == 2
    out, err = capsys.readouterr()
    assert "not signed: " in err
    assert out.splitlines()[-1].startswith("NOT CERTIFIED")
    assert "PASS" not in out

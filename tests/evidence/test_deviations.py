"""Differences from the reference plan in the record: under its digest, beside the verdict; older records lack them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.model import RunHeader, to_json
from harness.evidence.reader import HEADER_FILE, load_run
from harness.evidence.run_folder import RunFolder
from harness.evidence.verify import verify_run
from harness.measure.verdict import RunVerdict
from harness.run.bring_up import BringUp
from harness.run.inputs import choose_paths, load_inputs
from harness.run.outcome import last_line
from harness.run.session import create_run_folder, make_header
from tests.evidence.runs import INPUTS, StepClock, header

LINE = "mag-2-must-trip: highest 90 mT, reference 58 mT"


def passed_run(path: Path, deviations: tuple[str, ...] | None) -> Path:
    made: RunHeader = replace(header(), deviations=deviations)
    folder = RunFolder.create(path, made, list(INPUTS))
    for planned in made.tests:
        record = folder.open_test(planned.test_id, StepClock(), {"SEAL-1", "SEAL-2"})
        record.judge_equal("events", 1, 1, requirements=list(planned.requirements))
        record.end()
    folder.finish({})
    return path


def test_a_header_without_the_field_keeps_the_digest_it_had() -> None:
    old = header()
    assert old.deviations is None
    assert "deviations" not in to_json(old)
    data = to_json(replace(old, deviations=()))
    assert data.pop("deviations") == []
    assert old.digest() == sha256_hex(canonical_json(data))


def test_a_record_without_the_field_reads_and_verifies(tmp_path: Path) -> None:
    path = passed_run(tmp_path / "old", None)
    assert "deviations" not in json.loads((path / HEADER_FILE).read_bytes())
    assert load_run(path).header.deviations is None
    assert verify_run(path) == []
    assert "reference plan" not in last_line(load_run(path))[1]


def test_a_difference_is_in_the_record_and_taking_it_out_is_told(tmp_path: Path) -> None:
    path = passed_run(tmp_path / "other", (LINE,))
    assert load_run(path).header.deviations == (LINE,)
    assert verify_run(path) == []
    file = path / HEADER_FILE
    file.write_text(file.read_text(encoding="utf-8").replace(f'\n    "{LINE}"\n  ', ""), encoding="utf-8")
    assert load_run(path).header.deviations == ()
    assert any("header" in str(problem) for problem in verify_run(path))


def test_the_last_line_says_that_the_plan_differs_and_the_verdict_stays(tmp_path: Path) -> None:
    note = "; the plan differs from the reference plan in"
    same, line = last_line(load_run(passed_run(tmp_path / "same", ())))
    assert same is RunVerdict.PASS
    assert note not in line
    for count, words in ((1, "1 point"), (2, "2 points")):
        verdict, line = last_line(load_run(passed_run(tmp_path / words, (LINE,) * count)))
        assert verdict is RunVerdict.PASS
        assert verdict.exit_code == 0
        assert line.startswith("PASS  smoke: ")
        assert line.endswith(f"{note} {words}: see the report")


def test_a_run_of_a_plan_takes_what_was_found_into_its_header(tmp_path: Path) -> None:
    came = BringUp(utc_ns=0, cause="no bench")
    full = load_inputs(choose_paths(plan="full"), 1, needs_image=False)
    assert make_header(full, came).deviations == ()
    bite = load_inputs(choose_paths(plan="bite"), 1, needs_image=False)
    path = create_run_folder(tmp_path / "bite", bite, came).path
    assert "com-1-case-latency: openings 2, reference 20 (fewer)" in (load_run(path).header.deviations or ())

"""The report shows what the record holds, loudly where it must be loud, and nothing that it does not hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import ReadError
from harness.evidence.record import TestRecord
from reports.errors import ReportWriteError
from reports.figures import MOST_HISTOGRAMS
from reports.html import write_html
from tests.reports.made_up_run import IMAGE, LATENCY, PLANNED, counts, finished_run, latency, make_folder, run_test
from tests.reports.page import Page


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run in which everything passed."""
    path = tmp_path_factory.mktemp("runs") / "passing"
    finished_run(path, {PLANNED[8].test_id: latency(3, 6000)})
    return path


def text_of(run: Path) -> str:
    return Page(write_html(run).read_text(encoding="utf-8")).text


def fails_limit(record: TestRecord) -> None:
    record.judge_equal("train 1: events", 2, 0, requirements=["SEAL-2"])


def loses_scope(record: TestRecord) -> None:
    record.traffic("scope", ">", ":WAV:DATA?\n")
    raise RuntimeError("scope: no answer within 5 s; check the cable")


def test_a_passing_run_says_what_was_certified_on_what_bench(passing: Path) -> None:
    html = write_html(passing).read_text(encoding="utf-8")
    page = Page(html)
    assert "Every test that the plan requires passed. 4 of 4 requirements of the plan are shown." in page.text
    assert "EMULATED BENCH." in page.text
    assert sha256_hex(IMAGE) in page.text
    assert "MY00000001" in page.text
    assert "tamperbench verify RUN" in page.text
    assert "everything verified" in page.text
    assert "At most 2.3 %".lower() in page.text.lower()
    assert "NOT SHOWN" not in page.text
    assert html.index('id="verdict"') < html.index('id="matrix"') < html.index('id="tests"')


def test_requirements_outside_the_plan_are_named_as_not_tested(passing: Path) -> None:
    text = text_of(passing)
    part = text[text.index("What was not tested") : text.index("Decision rule and its risk")]
    assert "MAG-2" in part
    assert "INT-3" in part
    assert "SEAL-1" not in part.split("What they ask")[0]


def test_page_is_well_formed_with_unique_ids_and_live_anchors(passing: Path) -> None:
    page = Page(write_html(passing).read_text(encoding="utf-8"))
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_page_asks_nothing_of_the_network(passing: Path) -> None:
    html = write_html(passing).read_text(encoding="utf-8")
    page = Page(html)
    assert [address for address in page.addresses if not address.startswith("#")] == []
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert re.findall(r"https?://|@import|url\((?!#)", html) == []


def test_the_same_record_gives_the_same_bytes(passing: Path, tmp_path: Path) -> None:
    first = write_html(passing).read_bytes()
    assert write_html(passing).read_bytes() == first
    copy = tmp_path / "elsewhere"
    shutil.copytree(passing, copy)
    assert write_html(copy).read_bytes() == first
    assert str(passing).encode() not in first


def test_a_report_beside_the_record_is_no_problem_of_the_record(passing: Path) -> None:
    write_html(passing)
    assert "DOES NOT VERIFY" not in text_of(passing)
    assert not list(passing.glob(".*partial"))


def test_a_fail_is_loud_and_an_error_beside_it_does_not_hide_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    finished_run(run, {PLANNED[3].test_id: fails_limit, PLANNED[0].test_id: loses_scope})
    page = Page(write_html(run).read_text(encoding="utf-8"))
    top = page.text[: page.text.index("What the plan requires")]
    assert "At least one test found the device outside a limit. 2 of 4 requirements" in top
    assert "SEAL-1 (error)" in top
    assert "SEAL-2 (fail)" in top
    assert page.text.count("NOT SHOWN") == 2
    assert "RuntimeError" in page.text
    assert "no answer within 5 s; check the cable" in page.text
    assert "made_up_run.py" in page.text
    assert re.search(r"tamperbench replay smoke/seal-2-pulse-train-dense@1#[0-9a-f]{10}", page.text)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (lambda record: record.judge("time", 1.999, "s", at_most=2, uncertainty=0.01), "Inconclusive"),
        (lambda record: record.declare("time", "s", at_most=2), "Not tested"),
        (lambda record: record.end(aborted="the operator pressed stop"), "Aborted"),
        (loses_scope, "Error"),
    ],
)
def test_what_is_neither_pass_nor_fail_is_called_by_its_name(tmp_path: Path, body, word: str) -> None:
    run = tmp_path / "run"
    finished_run(run, {PLANNED[5].test_id: body})
    text = text_of(run)
    top = text[: text.index("EMULATED BENCH")]
    assert "Not certified" in top
    assert f"{word} 1 test" in top
    assert f"SIG-1 ({word.lower()})" in top
    assert "Every test that the plan requires passed" not in text


def test_a_plan_requirement_that_no_test_touches_is_loud(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run", tests=PLANNED[:5])
    for planned in PLANNED[:5]:
        run_test(folder, planned.test_id, counts)
    folder.finish()
    text = text_of(tmp_path / "run")
    assert "Not shown: SIG-1 (not tested), COM-1 (not tested)." in text
    assert text.count("NOT SHOWN") == 2


def test_a_killed_run_says_so_at_the_top_and_has_no_verdict(tmp_path: Path) -> None:
    run = tmp_path / "run"
    folder = make_folder(run)
    run_test(folder, PLANNED[0].test_id, counts)
    run_test(folder, PLANNED[8].test_id, latency(2), end=False)
    entries = run / "tests/009-com-1-case-latency/entries.jsonl"
    entries.write_bytes(entries.read_bytes()[:-40])
    text = text_of(run)
    top = text[: text.index("EMULATED BENCH")]
    assert "UNFINISHED OR DAMAGED RUN." in top
    assert "no overall verdict" in top
    assert "the last line is cut" in top
    assert "seal-2-long-openings" in top
    assert "1 of 4 requirements" in top
    assert "DOES NOT VERIFY" not in text
    assert "Record digest, SHA-256 not recorded" in text
    assert f"Promised and never judged: {LATENCY}." in text
    assert "This test was never started." in text


def test_a_limit_missed_before_the_kill_is_said_at_the_top(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[1].test_id, fails_limit, end=False)
    text = text_of(tmp_path / "run")
    assert "A limit was already missed" in text[: text.index("EMULATED BENCH")]


def test_a_changed_record_is_not_to_be_relied_on(passing: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(passing, run)
    entries = run / "tests/002-seal-2-single-short-pulses/entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b'"value":1,', b'"value":2,', 1))
    text = text_of(run)
    assert "THE RECORD DOES NOT VERIFY." in text[: text.index("EMULATED BENCH")]
    assert "entries.jsonl, entry" in text
    assert "everything verified" not in text


def test_a_lost_waveform_is_said_in_its_place(passing: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(passing, run)
    next((run / "tests/009-com-1-case-latency/waveforms").glob("001-*")).unlink()
    text = text_of(run)
    assert "This drawing can't be made: tests/009-com-1-case-latency/waveforms/001-" in text
    assert str(tmp_path) not in text


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> ${{7*7}} {{ 7*7 }} \x1b[2J\x00\u202e電"


def speaks_hostile(record: TestRecord) -> None:
    record.note(HOSTILE)
    record.traffic("modem<script>", "<", HOSTILE)
    record.alert(HOSTILE, "malformed", b"<script>", facts={"text": HOSTILE})
    for number in range(4):
        record.reading(HOSTILE, 1.0 + number, "ms", said=HOSTILE)
    record.waveform(HOSTILE, latency_waveform(), {HOSTILE: 0.0})
    record.judge(HOSTILE, 1, "1", at_most=2, explanation=HOSTILE, requirements=["SEAL-1"])
    raise RuntimeError(HOSTILE)


def latency_waveform():
    import random

    from tests.reports.made_up_run import case_waveform

    return case_waveform(5000, random.Random(1))  # noqa: S311 - made-up data, the same each time


def test_what_a_meter_says_never_becomes_markup(tmp_path: Path) -> None:
    run = tmp_path / "run"
    finished_run(run, {PLANNED[0].test_id: speaks_hostile})
    html = write_html(run).read_text(encoding="utf-8")
    page = Page(html)
    assert page.faults == []
    assert not {"script", "img"} & set(page.tags)
    assert "<script" not in html
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "\x1b" not in html
    assert "\x00" not in html
    assert "\u202e" not in html


def test_what_the_record_does_not_hold_is_not_made_up(passing: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(passing, run)
    for name in ("requirements.toml", "meter.toml"):
        (run / "inputs" / name).unlink()
    text = text_of(run)
    assert "inputs/requirements.toml (requirements) can't be read" in text
    assert "The run's catalogue has no text for this id." in text
    assert "The requirement catalogue is not recorded" in text
    assert "Maker, serial number not recorded" in text
    clause = text_of(passing)
    clause = clause[clause.index("7.8.2.1") :]
    assert "Customer not recorded" in clause
    assert "Person authorising the report not recorded" in clause


def test_a_real_bench_is_not_called_emulated(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run", bench_kind="real")
    run_test(folder, PLANNED[0].test_id, counts)
    folder.finish()
    text = text_of(tmp_path / "run")
    assert "EMULATED BENCH" not in text
    assert "Physical bench" in text


def test_attempts_all_stay_in_the_report(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[0].test_id, loses_scope)
    run_test(folder, PLANNED[0].test_id, counts)
    folder.finish()
    text = text_of(tmp_path / "run")
    assert "Attempt 1 of 2" in text
    assert "Attempt 2 of 2" in text
    assert "no answer within 5 s" in text


def test_long_traffic_is_shortened_with_a_pointer(tmp_path: Path) -> None:
    def chatty(record: TestRecord) -> None:
        for number in range(5000):
            record.traffic("scope", ">", f"query {number} " + "x" * 5000)
        counts(record)

    run = tmp_path / "run"
    finished_run(run, {PLANNED[0].test_id: chatty})
    written = write_html(run)
    text = Page(written.read_text(encoding="utf-8")).text
    assert written.stat().st_size < 1_000_000
    assert "4910 exchanges left out here; all are in tests/001-seal-1-opening-and-closing/entries.jsonl" in text
    assert "query 0 " in text
    assert "query 4999 " in text


def test_a_report_needs_no_bench_no_instrument_and_no_emulation() -> None:
    code = "import sys, reports.html; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for part in ("harness.emulation", "harness.instruments", "harness.bench.bench", "matplotlib", "pyvisa"):
        assert part not in loaded


def test_a_target_elsewhere_and_one_that_can_not_be_written(passing: Path, tmp_path: Path) -> None:
    assert write_html(passing, tmp_path / "out.html") == tmp_path / "out.html"
    with pytest.raises(ReportWriteError, match="choose a folder"):
        write_html(passing, tmp_path / "nowhere" / "out.html")
    with pytest.raises(ReadError):
        write_html(tmp_path)


def test_histograms_that_find_no_room_are_counted_and_named(tmp_path: Path) -> None:
    def many(record: TestRecord) -> None:
        for number in range(MOST_HISTOGRAMS + 2):
            for value in range(5):
                record.reading(f"quantity {number:02}", float(value), "ms")
                record.reading("never judged", float(value), "ms")
            record.judge(f"quantity {number:02}", 4.0, "ms", at_most=5.0, requirements=["SEAL-1"])

    finished_run(tmp_path / "run", {PLANNED[0].test_id: many})
    text = text_of(tmp_path / "run")
    assert text.count("readings, with the limits of the judgement of this name") == MOST_HISTOGRAMS
    assert "readings; not judged" not in text  # taken under different stimuli: their spread means nothing
    assert "2 more histograms are not drawn, since a report has at most 12: quantity 12; quantity 13." in text
    assert text.count("more histograms are not drawn") == 1


def test_a_killed_test_is_called_unfinished_wherever_it_stands(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[8].test_id, lambda record: record.note("begun"), end=False)
    html = write_html(tmp_path / "run").read_text(encoding="utf-8")
    places = [html.index(f'id="{part}"') for part in ("shown", "not-tested", "matrix", "tests", "instruments")]
    matrix = Page(html[places[2] : places[3]]).text
    assert "Unfinished" in Page(html[places[0] : places[1]]).text
    assert "Aborted" not in Page(html[places[0] : places[1]]).text
    key, table = matrix.split("All 9 tests")
    assert "Aborted" in key  # as the name of a sign that may stand in the table
    assert "Unfinished" in table
    assert "Aborted" not in table
    assert "Aborted" not in Page(html[places[3] : places[4]]).text


def test_the_first_page_says_where_a_signature_is_and_what_it_shows(passing: Path) -> None:
    text = text_of(passing)
    part = text[text.index("How to check this report") : text.index("Requirements against tests")]
    assert "signature.json" in part
    assert "tamperbench verify RUN --public-key FILE.pub" in part
    assert "Without a signature, nothing shows who made this report." in part

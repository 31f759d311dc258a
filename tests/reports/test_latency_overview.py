"""Every judged latency of a run on one page: longest, spread, what it covers, and the parts of one taken apart."""

from pathlib import Path

from harness.evidence.reader import load_run
from harness.evidence.record import TestRecord
from reports.html import render
from reports.latency_overview import Latencies, build_latencies, latency_lines
from reports.quantities import NARROW_SPACE
from tests.evidence.runs import swallow
from tests.reports.made_up_run import LATENCY, budget_ms, finished_run

TEST = "com-1-case-latency"


def of(tmp_path: Path, body: object) -> tuple[Latencies, Path]:
    path = tmp_path / "run"
    finished_run(path, {TEST: body})  # type: ignore[dict-item]
    return build_latencies(load_run(path)), path


def repeats(record: TestRecord) -> None:
    record.declare(LATENCY, "ms", at_most=500, requirements=["COM-1"])
    for value_ms in (120.0, 240.0, 180.0, 170.0, 190.0):
        record.reading(LATENCY, value_ms, "ms")
    record.reading(f"{LATENCY}: mean", 180.0, "ms", count=5)
    record.reading(f"{LATENCY}: standard deviation", 60.0, "ms", count=5)
    record.reading(f"{LATENCY}: share of openings not above the longest, at least", 36.8, "%", count=5)
    record.reading(f"{LATENCY}: upper confidence bound for 50 % of openings", 241.04, "ms", count=5)
    record.reading(f"{LATENCY}: decision", 55.25, "ms", of_ms=240.0)
    record.reading(f"{LATENCY}: line", 14.75, "ms", of_ms=240.0)
    record.reading("something else", 7.0, "ms")
    record.judge(LATENCY, 240.0, "ms", uncertainty=budget_ms())


def late(record: TestRecord) -> None:
    record.declare(LATENCY, "ms", at_most=500, requirements=["COM-1"])
    swallow(record.judge, LATENCY, 720.0, "ms", uncertainty=budget_ms(), lower_bound=True)


def test_a_row_says_the_longest_its_spread_and_what_it_covers(tmp_path: Path) -> None:
    latencies, _ = of(tmp_path, repeats)
    (row,) = latencies.rows
    assert (row.count, row.mean, row.deviation, row.covered, row.limit) == (5, "180.0", "60.0", "36.8 %", "500")
    assert (row.bound, row.bounded) == ("241.0", f"50{NARROW_SPACE}%")
    assert row.longest.startswith("240")
    assert row.shown.word == "Pass"


def test_a_line_for_the_terminal_says_what_the_repeats_bound(tmp_path: Path) -> None:
    latencies, _ = of(tmp_path, repeats)
    (line,) = latency_lines(latencies)
    assert line.startswith(f"{TEST}: longest 240")
    assert line.endswith(f"limit 500 ms; 50{NARROW_SPACE}% of all up to 241.0 ms (95 % confidence)")


def test_the_parts_stand_in_their_order_and_a_missing_one_is_left_open(tmp_path: Path) -> None:
    latencies, _ = of(tmp_path, repeats)
    (parts,) = latencies.parts
    assert latencies.part_names == ("sensor", "decision", "signature", "queue", "line")
    assert parts.parts == ("", "55.2", "", "", "14.8")
    assert parts.whole == "70.0"


def test_the_drawing_has_a_stroke_for_each_repeat_and_says_which_is_nearest(tmp_path: Path) -> None:
    latencies, _ = of(tmp_path, repeats)
    assert latencies.drawing is not None
    assert latencies.drawing.svg is not None
    assert latencies.drawing.svg.count('stroke="var(--signal)" stroke-width="0.9"') == 5
    assert "240.0 ms of 500 ms" in latencies.drawing.description


def test_one_only_known_to_be_longer_says_so_and_reaches_the_page(tmp_path: Path) -> None:
    latencies, path = of(tmp_path, late)
    (row,) = latencies.rows
    assert row.longest.startswith("more than 720")
    assert row.shown.word == "Fail"
    page = render(load_run(path))
    assert "How long alerts took" in page
    assert "more than 720" in page


def test_a_run_without_a_latency_has_no_such_section(tmp_path: Path) -> None:
    latencies, path = of(tmp_path, lambda record: record.judge_true("it works", True))
    assert latencies.rows == ()
    assert latencies.drawing is None
    assert "How long alerts took" not in render(load_run(path))

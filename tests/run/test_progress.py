"""What is told while a run runs: how much longer, on a live line or in plain ones, never wider than the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.evidence.reader import load_run
from harness.measure.verdict import Verdict
from harness.run.durations import from_text, known_seconds, to_text
from harness.run.pace import Pace, rough
from harness.run.progress import CAUSE_PROPERTY, VERDICT_PROPERTY, Progress
from tests.evidence.runs import whole_run

TESTS = ("a", "b", "c", "d")


def test_nothing_known_is_not_guessed() -> None:
    assert Pace(TESTS, {}, 1).left_s() is None


def test_earlier_runs_tell_and_this_one_corrects() -> None:
    pace = Pace(TESTS, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, 1)
    assert pace.left_s() == pytest.approx(10)
    pace.ended("a", 2.0)
    assert pace.left_s() == pytest.approx(18), "it takes twice as long today"
    assert pace.left_s(5.0) == pytest.approx(13)
    for test_id in ("b", "c", "d"):
        pace.ended(test_id, 1.0)
    assert pace.left_s() == 0


def test_tests_of_which_nothing_is_known_take_as_long_as_the_others() -> None:
    pace = Pace(TESTS, {"a": 2.0}, 1)
    assert pace.left_s() == pytest.approx(8)
    fresh = Pace(TESTS, {}, 1)
    fresh.ended("a", 3.0)
    assert fresh.left_s() == pytest.approx(9)


def test_workers_share_what_is_left() -> None:
    assert Pace(TESTS, dict.fromkeys(TESTS, 3.0), 3).left_s() == pytest.approx(4)


def test_what_another_plan_took_says_nothing_of_this_one() -> None:
    assert Pace(("a",), {"z": 100.0}, 1).left_s() is None


@given(st.lists(st.floats(0, 1e4), min_size=4, max_size=4), st.lists(st.floats(0, 1e4), min_size=4, max_size=4))
def test_never_negative_never_without_end(known: list[float], took: list[float]) -> None:
    pace = Pace(TESTS, dict(zip(TESTS, known, strict=True)), 2)
    for test_id, seconds in zip(TESTS, took, strict=True):
        left_s = pace.left_s(seconds)
        assert left_s is not None
        assert 0 <= left_s <= 4 * 1e4 * 10
        pace.ended(test_id, seconds)
    assert pace.left_s() == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (7.4, "7 s"), (43, "45 s"), (89, "90 s"), (91, "2 min"), (600, "10 min"), (7200, "2.0 h")],
)
def test_a_time_to_wait_is_said_roughly(seconds: float, text: str) -> None:
    assert rough(seconds) == text


def test_durations_come_back_and_nonsense_is_left_out() -> None:
    assert from_text(to_text({"a-1": 0.5, "b": 12.25})) == {"a-1": 0.5, "b": 12.25}
    assert from_text("a=1 b=x =3 nonsense c=-1") == {"a": 1.0, "": 3.0, "c": 0.0}


def test_the_newest_run_of_the_plan_tells(tmp_path: Path) -> None:
    run = whole_run(tmp_path).path
    volatile = run / "volatile.json"
    volatile.write_text('{"test_seconds": "seal-1-opening=2.5"}', encoding="utf-8")
    header = load_run(run).header
    plan, kind = header.plan, header.bench_kind
    assert known_seconds(plan, kind, [run.parent]) == {"seal-1-opening": 2.5}
    assert known_seconds("another", kind, [run.parent]) == {}
    assert known_seconds(plan, "another", [run.parent]) == {}
    for broken in ("[]", "{", '{"test_seconds": 3}', "[" * 100_000):
        volatile.write_text(broken, encoding="utf-8")
        assert known_seconds(plan, kind, [run.parent]) == {}


class Report:
    """As much of a test's report as progress reads."""

    when = "teardown"

    def __init__(self, test_id: str, cause: str = "") -> None:
        self.nodeid = f"a.py::test[{test_id}]"
        self.user_properties = [(VERDICT_PROPERTY, Verdict.ERROR if cause else Verdict.PASS), (CAUSE_PROPERTY, cause)]


def at_work(tests: tuple[str, ...], *, terminal: bool, width: int) -> tuple[Progress, io.StringIO]:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=width, color_system=None, highlight=False)
    progress = Progress(console)
    progress._order = {test_id: place for place, test_id in enumerate(tests, 1)}
    progress._pace = Pace(tests, dict.fromkeys(tests, 4.0), 1)
    return progress, stream


def test_plain_lines_are_one_per_test() -> None:
    progress, stream = at_work(("first", "second"), terminal=False, width=80)
    with progress:
        for test_id in ("first", "second"):
            progress.pytest_runtest_logstart(f"a.py::test[{test_id}]")
            progress.pytest_runtest_logreport(Report(test_id))  # type: ignore[arg-type]
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "\x1b" not in stream.getvalue()
    assert "1/2  pass" in lines[0]


def test_plain_lines_tell_the_time_to_go_now_and_then() -> None:
    progress, stream = at_work(tuple(f"test-{number}" for number in range(40)), terminal=False, width=80)
    clock = [0]
    progress._elapsed_s = lambda: clock[0]  # type: ignore[method-assign]
    for number in range(40):
        clock[0] += 1
        progress.pytest_runtest_logreport(Report(f"test-{number}"))  # type: ignore[arg-type]
    times = [line for line in stream.getvalue().splitlines() if line.startswith("time ")]
    assert len(times) == 3
    assert all(" to go" in line for line in times)
    assert max(map(len, stream.getvalue().splitlines())) <= 80


@pytest.mark.parametrize("width", [10, 20, 40, 80, 200])
def test_the_live_line_is_narrower_than_the_terminal(width: int) -> None:
    name = "a-test-with-a-very-long-name" * 4
    progress, stream = at_work((name, "b"), terminal=True, width=width)
    with progress:
        if width >= 80:
            assert "the bench comes up" in progress._line().plain
        progress.pytest_runtest_logstart(f"a.py::test[{name}]")
        line = progress._line().plain
        assert len(line) < width
        if width >= 40:
            assert "a-test" in line
            assert line.endswith("about 8 s to go")
        progress.pytest_runtest_logreport(Report(name))  # type: ignore[arg-type]
        progress.pytest_runtest_logreport(Report("b"))  # type: ignore[arg-type]
        assert "to go" not in progress._line().plain
    assert "\x1b[2K" in stream.getvalue(), "it is taken away at the end"


def test_the_same_cause_is_told_once() -> None:
    progress, stream = at_work(("a", "b", "c"), terminal=False, width=80)
    for test_id in ("a", "b", "c"):
        progress.pytest_runtest_logreport(Report(test_id, "the scope is gone"))  # type: ignore[arg-type]
    assert stream.getvalue().count("the scope is gone") == 1
    assert stream.getvalue().count("as above") == 2

"""A record whose chain fits but whose verdicts do not follow from its numbers is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.canonical import canonical_json
from harness.evidence.model import first_link, next_link
from harness.evidence.reader import load_run, read_header
from harness.evidence.record import ENTRIES_FILE
from harness.evidence.summary import pretty_json, summarise
from harness.evidence.verify import verify_run
from harness.measure.uncertainty import Budget, Contribution
from tests.evidence.runs import new_run, open_test, second_test, swallow, whole_run

Rows = list[dict[str, Any]]


def failed_run(folder: Path) -> Path:
    """A latency that misses its limit by much."""
    run = new_run(folder)
    record = open_test(run)
    record.declare("latency", "ms", at_most=500.0)
    budget = Budget("ms", (Contribution("timebase", 3.0, "ms"), Contribution("sampling", 4.0, "ms")))
    swallow(record.judge, "latency", 700.0, "ms", uncertainty=budget)
    record.end()
    second_test(run)
    run.finish()
    return run.path


def rewrite(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change entries and make chains and summary anew, as a forger without the laboratory's key can."""
    header = read_header(path)
    for file in sorted(path.glob(f"tests/*/{ENTRIES_FILE}")):
        rows: Rows = [json.loads(line) for line in file.read_bytes().splitlines()]
        link = first_link(rows[0]["test_id"], header.digest())
        lines = []
        for row in rows:
            edit(row)
            row.pop("chain")
            link = next_link(link, row)
            lines.append(canonical_json({**row, "chain": link}) + b"\n")
        file.write_bytes(b"".join(lines))
    run = load_run(path)
    (path / "summary.json").write_bytes(pretty_json(summarise(run.header, run.tests)))


def on(kind: str, **changes: object) -> Callable[[dict[str, Any]], None]:
    """Changes to every entry of a kind about the latency, or to every end."""

    def edit(row: dict[str, Any]) -> None:
        if row["kind"] == kind and row.get("name", "latency") == "latency":
            row.update(changes)

    return edit


def test_rewriting_alone_is_no_problem(tmp_path: Path) -> None:
    path = failed_run(tmp_path)
    rewrite(path, on("judgement"))
    assert verify_run(path) == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (on("judgement", verdict="pass"), "give fail"),
        (on("judgement", value=123.0), "give pass"),
        (on("judgement", accept_at_most=1000.0), "accepted from None to 1000"),
        (on("judgement", uncertainty=0.0), "its budget gives"),
        (on("judgement", coverage_factor=1.0, uncertainty=5.0 / 3.0**0.5), "k is 1.0"),
        (on("judgement", rule="simple"), "by the rule simple"),
        (on("judgement", at_most=None, accept_at_most=None, verdict="pass"), "without any limit"),
        (on("judgement", at_least=900.0), "limits exclude each other"),
        (on("ended", verdict="pass"), "gives fail"),
        (on("ended", not_taken=["voltage"]), "as never judged"),
    ],
)
def test_what_does_not_follow_is_told(tmp_path: Path, edit: Callable[[dict[str, Any]], None], told: str) -> None:
    path = failed_run(tmp_path)
    rewrite(path, edit)
    problems = verify_run(path)
    assert any(told in str(problem) for problem in problems), problems
    assert all(problem.file.endswith(ENTRIES_FILE) and problem.entry for problem in problems)


def test_an_honest_run_follows(tmp_path: Path) -> None:
    assert verify_run(whole_run(tmp_path).path) == []
    assert verify_run(failed_run(tmp_path / "failed")) == []


def test_a_test_left_before_its_end_does_not_pass(tmp_path: Path) -> None:
    """pytest.skip() in the middle of a test: what was judged before it passed, what comes after was never measured."""
    run = new_run(tmp_path)
    record = open_test(run)
    record.judge_equal("events", 0, 0)
    record.skip("not today")
    assert record.end().value == "not_tested"
    second_test(run)
    summary = run.finish()
    assert summary["verdict"] == "not_certified"
    assert summary["requirements"][0]["verdict"] == "not_tested"
    assert verify_run(run.path) == []

"""The table of values: nothing rounded, nothing lost, nothing that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from harness.evidence.model import Judgement, Reading
from harness.evidence.reader import Run, load_run
from reports.values_csv import COLUMNS, render_values
from tests.reports.made_up_run import ROOT
from tests.reports.mixed_run import FAILED, HOSTILE, HOSTILE_NAME, mixed_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(mixed_run(tmp_path_factory.mktemp("runs") / "mixed"))


@pytest.fixture(scope="module")
def rows(run: Run) -> list[dict[str, str]]:
    text = render_values(run).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_value_of_the_record_has_its_row_in_order(run: Run, rows: list[dict[str, str]]) -> None:
    expected = [
        (test.planned.test_id, entry.body.value)
        for test in run.tests
        for attempt in test.attempts
        for entry in attempt.entries
        if isinstance(entry.body, (Judgement, Reading))
    ]
    assert [(row["test"], float(row["value"])) for row in rows] == expected
    assert len(expected) > 15


def test_a_judgement_is_told_in_full(run: Run, rows: list[dict[str, str]]) -> None:
    (row,) = [row for row in rows if row["test"] == FAILED]
    at_ns = next(entry.at_ns for entry in run.test(FAILED).attempts[0].entries if isinstance(entry.body, Judgement))
    assert row == {
        "test": FAILED, "attempt": "1", "kind": "judged", "name": "field at trip", "value": "57.3", "unit": "mT",
        "at_least": "", "at_most": "55", "accept_at_least": "", "accept_at_most": "54.6", "uncertainty": "0.4",
        "coverage_factor": "2.0", "rule": "guarded", "verdict": "fail", "requirements": "SEAL-2",
        "time_s": f"0.{at_ns:09d}", "remark": "",
    }  # fmt: skip


def test_lines_end_as_rfc_4180_has_it_and_each_has_every_column(run: Run) -> None:
    data = render_values(run)
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert {len(row) for row in csv.reader(io.StringIO(data.decode(), newline=""))} == {len(COLUMNS)}


def test_no_text_begins_as_a_formula_and_numbers_stay_numbers(rows: list[dict[str, str]]) -> None:
    numbers = {"value", "at_least", "at_most", "accept_at_least", "accept_at_most", "uncertainty", "time_s"}
    for row in rows:
        for column, cell in row.items():
            assert column in numbers or not cell.lstrip().startswith(("=", "+", "-", "@", "＝")), (column, cell)
    hostile = [row for row in rows if row["test"] == HOSTILE]
    assert [row["value"] for row in hostile] == ["-1.5", "-1.5"]
    assert hostile[0]["name"].startswith("'" + HOSTILE_NAME[:18])
    assert hostile[1]["remark"] == "'+49, a telephone number"


def test_the_columns_are_those_that_the_page_describes() -> None:
    page = Path(ROOT / "docs/outputs.md").read_text(encoding="utf-8")
    described = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [name for name in described if name in COLUMNS] == list(COLUMNS)

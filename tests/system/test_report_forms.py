"""A form of the report that can't be made, and help texts as a narrow terminal shows them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import harness.cli
from harness.cli.conclude import conclude, tell_report
from harness.cli.console import EXIT_NOT_CERTIFIED
from harness.evidence.reader import load_run
from harness.measure.verdict import RunVerdict
from harness.run.outcome import chosen_line, last_line
from reports import outputs
from reports.content import Content
from reports.errors import ReportError
from tests.reports.made_up_run import finished_run, latency

Maker = Callable[[Content], dict[str, bytes]]
CLI = Path(harness.cli.__file__).parent
WIDEST = 76
"""Of a paragraph's line: what 80 columns leave beside the margins; a longer line would break twice."""


def _refuse(content: Content) -> dict[str, bytes]:
    raise ReportError(f"{content.title} can't be set")


def test_one_form_that_fails_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished_run(tmp_path / "run").path
    makers: dict[str, Maker] = {**outputs._MAKERS, "pdf": _refuse}
    monkeypatch.setattr(outputs, "_MAKERS", makers)
    (lacks,) = tell_report(load_run(run), None)
    assert lacks.startswith("the report is not whole: ")
    assert "can't be set" in lacks
    told = capsys.readouterr()
    assert "no report" in told.err
    assert "can't be set" in told.err
    assert "report.html" in told.out
    there = {path.name for path in run.iterdir()}
    assert {"report.html", "junit.xml", "values.csv", "meter-traffic.pcapng", "allure-results"} <= there
    assert "report.pdf" not in there


def _break_down(content: Content) -> dict[str, bytes]:
    raise ZeroDivisionError("division by zero\nand more")


@pytest.mark.parametrize(
    ("maker", "why"), [(_refuse, "can't be set"), (_break_down, "ZeroDivisionError: division by zero; ")]
)
def test_without_a_report_the_last_line_is_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], maker: Maker, why: str
) -> None:
    run = finished_run(tmp_path / "run").path
    loaded = load_run(run)
    assert last_line(loaded)[0] is RunVerdict.PASS
    monkeypatch.setattr(outputs, "_MAKERS", dict.fromkeys(outputs._MAKERS, maker))
    assert conclude(loaded, None, None) == EXIT_NOT_CERTIFIED
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("NOT CERTIFIED  smoke: no report: ")
    assert why in last
    ids = [test.planned.test_id for test in loaded.tests]
    verdict, text = chosen_line(loaded, ids[:1], ["no report: disk full"])
    assert verdict is RunVerdict.NOT_CERTIFIED
    assert text.startswith("NOT PASSED  smoke: no report: disk full; 1 of 1 chosen tests passed")


def test_a_fail_stays_one_without_a_report(tmp_path: Path) -> None:
    loaded = load_run(finished_run(tmp_path / "run", {"com-1-case-latency": latency(worst_ms=900.0)}).path)
    assert last_line(loaded, ["no report"])[0] is RunVerdict.FAIL
    assert last_line(loaded, ["no report"])[1].startswith("FAIL  smoke: ")


def test_help_paragraphs_break_where_a_narrow_terminal_does() -> None:
    for file in CLI.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.endswith("_command"):
                _, *rest = (ast.get_docstring(node) or "").splitlines()
                paragraphs = [line for line in rest if not line.startswith(" ")]
                assert all(len(line) <= WIDEST for line in paragraphs), f"{file.name}: {node.name}"

"""A form of the report that can't be made, and help texts as a narrow terminal shows them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import harness.cli
from harness.cli.conclude import tell_report
from harness.cli.console import EXIT_NOT_CERTIFIED
from harness.evidence.reader import load_run
from reports import outputs
from reports.content import Content
from reports.errors import ReportError
from tests.reports.made_up_run import finished_run

CLI = Path(harness.cli.__file__).parent
WIDEST = 76
"""Of a paragraph's line: what 80 columns leave beside the margins; a longer line would break twice."""


def _refuse(content: Content) -> dict[str, bytes]:
    raise ReportError(f"{content.title} can't be set")


def test_one_form_that_fails_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished_run(tmp_path / "run").path
    makers: dict[str, Callable[[Content], dict[str, bytes]]] = {**outputs._MAKERS, "pdf": _refuse}
    monkeypatch.setattr(outputs, "_MAKERS", makers)
    assert tell_report(load_run(run), 0, None) == EXIT_NOT_CERTIFIED
    told = capsys.readouterr()
    assert "no report" in told.err
    assert "can't be set" in told.err
    assert "report.html" in told.out
    there = {path.name for path in run.iterdir()}
    assert {"report.html", "junit.xml", "values.csv", "meter-traffic.pcapng", "allure-results"} <= there
    assert "report.pdf" not in there


def test_help_paragraphs_break_where_a_narrow_terminal_does() -> None:
    for file in CLI.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.endswith("_command"):
                _, *rest = (ast.get_docstring(node) or "").splitlines()
                paragraphs = [line for line in rest if not line.startswith(" ")]
                assert all(len(line) <= WIDEST for line in paragraphs), f"{file.name}: {node.name}"

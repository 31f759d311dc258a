"""A qualification as one HTML page: both matrices, and for each cell which tests it rests on."""

from __future__ import annotations

import jinja2

from harness.qualify import cells
from harness.qualify.forms import LEGEND, cell, columns_of, summary_lines
from harness.qualify.qualification import Qualification, Row, remarks


def to_html(made: Qualification) -> str:
    """The page; it needs nothing beside it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.qualify", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        made=made,
        columns=columns_of(made),
        rows=[made.reference, *made.rows],
        cell=cell,
        tests=cells.shown_tests(made),
        mark=cells.mark,
        test_legend=cells.LEGEND,
        why=_why,
        remarks=remarks,
        summary=list(summary_lines(made)),
        legend=LEGEND,
    )


def _why(row: Row, requirement: str) -> str:
    tests = [name for name, requirements in row.finding.failed.items() if requirement in requirements]
    return f"{requirement}: failed by {', '.join(tests)}" if tests else requirement

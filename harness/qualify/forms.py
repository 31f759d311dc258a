"""A qualification written down: JSON whole, CSV defect x test, and for people both matrices in Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.measure.verdict import Verdict
from harness.qualify.caught import Outcome
from harness.qualify.cells import cell_lines
from harness.qualify.qualification import Qualification, Row, remarks

FORMAT = "tamperbench-qualification/1"
CAUGHT, ALSO, NOT_SHOWN, PASSED, OPEN, NOT_RUN = "X", "x", "!", ".", "?", " "
LEGEND = (
    f"{CAUGHT} declared to be violated, and failed: caught   {ALSO} failed too   {NOT_SHOWN} declared, not shown   "
    f"{PASSED} passed   {OPEN} open: error or inconclusive   blank: not all of its tests were run"
)
NAME_LONGEST = 40
_WHY_CUT = "the others belong to meters that were not built, took too long or were interrupted"
_WHY_NOT_RUN = (
    "a defect's trial ends once it is caught for every requirement that it is declared to violate, so what else it "
    "fails, and which defects fail the same, is known only as far as that (--whole runs every test)"
)


def to_json(made: Qualification) -> str:
    """The whole of it, for programs and for keeping."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "made_on": {
            "commit": made.commit,
            "utc": made.made_utc,
            "plan": made.plan,
            "plan_sha256": made.plan_sha256,
            "bench_sha256": made.bench_sha256,
            "seed": made.seed,
            "workers": made.workers,
            "wall_s": round(made.wall_s, 1),
        },
        "interrupted": made.interrupted,
        "every_test": made.whole,
        "whole": not made.left_out and made.cells_run == len(made.rows) * len(made.tests),
        "cells": len(made.rows) * len(made.tests),
        "cells_run": made.cells_run,
        "left_out": made.left_out,
        "exit_code": made.exit_code,
        "defects_caught": f"{len(made.caught)} of {len(made.rows)}",
        "declared_not_shown": made.not_shown,
        "distinct_modes": len(made.modes),
        "modes": [{"judgements": mode, "defects": names} for mode, names in made.modes.items()],
        "requirements": made.requirements,
        "requirements_covered": made.covered,
        "requirements_that_no_defect_violates": made.untouched,
        "tests": made.tests,
        "reference": _row(made.reference),
        "defects": [_row(row) for row in made.rows],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    finding = row.finding
    says = {} if row.says is None else row.says.model_dump(mode="json")
    passed = [name for name, verdict in finding.verdicts.items() if verdict == Verdict.PASS.value]
    return {
        "name": row.name,
        **says,
        "outcome": finding.outcome.value,
        "image_sha256": row.image_sha256,
        "failed": finding.failed,
        "judgements_failed": finding.mode,
        "also_failed": finding.also_failed,
        "not_failed": finding.not_failed,
        "expected_passed": finding.expected_passed,
        "open": {name: finding.verdicts[name] for name in finding.open_tests},
        "passed": len(passed),
        "problem": finding.problem,
        "cpu_s": round(row.cpu_s, 1),
        "wall_s": round(row.wall_s, 1),
        "run": row.run,
    }


def to_csv(made: Qualification) -> str:
    """Rows are meters, columns are tests, cells are verdicts; blank: not run."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["meter", "outcome", "violates", *made.tests])
    for row in (made.reference, *made.rows):
        violates = " ".join(row.says.violates) if row.says else ""
        cells = [row.finding.verdicts.get(test_id, "") for test_id in made.tests]
        writer.writerow([row.name, row.finding.outcome.value, violates, *cells])
    return stream.getvalue()


def columns_of(made: Qualification) -> list[str]:
    """The requirements that stand over the matrix: the plan's."""
    return list(made.requirements)


def cell(made: Qualification, row: Row, requirement: str) -> str:
    """One mark of the matrix."""
    violated = row.says is not None and requirement in row.says.violates
    verdict = row.finding.requirements.get(requirement)
    if verdict == Verdict.FAIL.value:
        return CAUGHT if violated else ALSO
    if violated:
        return NOT_SHOWN
    if verdict is None or not row.finding.verdicts.keys() >= set(made.tests_of(requirement)):
        return NOT_RUN
    return PASSED if verdict == Verdict.PASS.value else OPEN


def matrix_lines(made: Qualification) -> Iterator[str]:
    """Rows are meters, columns requirements, whose ids stand upright: a hundred rows are still read at a glance."""
    ids = columns_of(made)
    rows = (made.reference, *made.rows)
    width = min(max(len(row.name) for row in rows), NAME_LONGEST)
    for place in range(max(map(len, ids))):
        yield f"{'':<{width}}  " + " ".join(name.rjust(max(map(len, ids)))[place] for name in ids)
    for row in rows:
        marks = " ".join(cell(made, row, requirement) for requirement in ids)
        yield f"{row.name[:width]:<{width}}  {marks}  {row.cpu_s:5.1f} s  {_word(row)}".rstrip()
    yield LEGEND


def _word(row: Row) -> str:
    if row.says is None:
        return "passes" if row.finding.outcome is Outcome.PASSED else "DOES NOT PASS"
    return "" if row.finding.outcome is Outcome.CAUGHT else row.finding.outcome.value


def summary_lines(made: Qualification, *, name_left_out: bool = True) -> Iterator[str]:
    """What all rows together say. Whoever chose the defects by name need not read the names of all the others."""
    yield (
        f"{len(made.caught)} of {len(made.rows)} defects caught, {len(made.modes)} distinct failure modes, "
        f"{len(made.covered)} of {len(made.requirements)} requirements shown to be failed by a bad meter"
    )
    for name, requirements in made.not_shown.items():
        yield f"declared, not shown: {name} is declared to violate {', '.join(requirements)}, where no test failed"
    if made.untouched:
        yield f"no defect violates: {', '.join(made.untouched)}"
    for names in _copies(made):
        yield f"the same judgements fail for: {', '.join(names)}"
    if made.left_out:
        named = f": {', '.join(made.left_out)}" if name_left_out else ""
        yield f"left out ({len(made.left_out)}){named}"
    if made.interrupted:
        yield "interrupted: those left out were not put through it"
    cells = len(made.rows) * len(made.tests)
    if made.cells_run < cells:
        is_cut = any(row.finding.outcome in {Outcome.NOT_RUN, Outcome.TIMED_OUT} for row in made.rows)
        why = "; ".join([_WHY_NOT_RUN] * (not made.whole) + [_WHY_CUT] * (is_cut or made.whole))
        yield f"{made.cells_run} of {cells} cells (defect x test) were run; {why}"


def _copies(made: Qualification) -> Sequence[tuple[str, ...]]:
    return [names for names in made.modes.values() if len(names) > 1]


def to_markdown(made: Qualification) -> str:
    """For the project's own pages: what was run, the matrix, what is remarkable."""
    lines = [
        "# Qualification of the plan",
        "",
        "Written by `make qualify` or `make matrix`, not to be edited. Every known-bad meter is put through the plan,",
        "and each must be caught; the reference meter must pass.",
        "",
        f"Commit {made.commit}; plan {made.plan} (SHA-256 {made.plan_sha256[:16]}), {len(made.tests)} tests; "
        f"seed {made.seed}; {made.made_utc}; {made.wall_s / 60:.1f} min on {made.workers} workers.",
        "",
        *(f"- {line}" for line in summary_lines(made)),
        "",
        "## Defect x requirement",
        "",
        "```",
        *matrix_lines(made),
        "```",
        "",
        "## Defect x test",
        "",
        "```",
        *cell_lines(made),
        "```",
    ]
    told = [(row, remarks(row)) for row in made.rows]
    if any(found for _, found in told):
        lines += ["", "## Remarks", "", *(f"- {row.name}: {'; '.join(found)}" for row, found in told if found)]
    lines += ["", "## What each is", "", "| defect | what a vendor would have done | caught by |", "|---|---|---|"]
    for row in made.rows:
        said = row.says.vendor_would_have if row.says else ""
        lines.append(f"| {row.name} | {said.replace('|', '/')} | {', '.join(row.finding.failed)} |")
    return "\n".join(lines) + "\n"

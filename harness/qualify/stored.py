"""A qualification read back from what it left in its folder, so that its other forms can be written anew."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.measure.verdict import Verdict
from harness.qualify.caught import Finding, Outcome
from harness.qualify.defects import DefectFile
from harness.qualify.errors import QualifyError
from harness.qualify.forms import FORMAT
from harness.qualify.qualification import Qualification, Row

WORST = (Verdict.FAIL, Verdict.ERROR, Verdict.ABORTED, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.PASS)


def load_qualification(folder: Path, name: str) -> Qualification:
    """The qualification whose NAME.json and NAME.csv lie in ``folder``; raises QualifyError."""
    try:
        data = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = {row["meter"]: row for row in csv.DictReader(file)}
        if data["format"] != FORMAT:
            raise QualifyError(f"{folder}: format {data['format']!r}; this version reads {FORMAT!r}")
        return _qualification(data, cells)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QualifyError(
            f"{folder}: no whole result of a qualification: {type(error).__name__}: {error}; expected the folder that "
            f"tamperbench qualify wrote, with {name}.json and {name}.csv in it"
        ) from error


def _qualification(data: Mapping[str, Any], cells: Mapping[str, Mapping[str, str]]) -> Qualification:
    made_on = data["made_on"]
    tests = {test_id: tuple(requirements) for test_id, requirements in data["tests"].items()}
    rows = tuple(_row(one, cells[one["name"]], tests) for one in data["defects"])
    untouched = set(data["requirements_that_no_defect_violates"])
    return Qualification(
        plan=made_on["plan"],
        plan_sha256=made_on["plan_sha256"],
        bench_sha256=made_on["bench_sha256"],
        seed=made_on["seed"],
        commit=made_on["commit"],
        made_utc=made_on["utc"],
        workers=made_on["workers"],
        tests=tests,
        requirements=tuple(data["requirements"]),
        reference=_row(data["reference"], cells[data["reference"]["name"]], tests),
        rows=rows,
        left_out=tuple(data["left_out"]),
        violated=frozenset(data["requirements"]) - untouched,
        whole=bool(data.get("every_test", 2 * data["cells_run"] > data["cells"])),
        interrupted=data["interrupted"],
        wall_s=made_on["wall_s"],
    )


def _row(one: Mapping[str, Any], cells: Mapping[str, str], tests: Mapping[str, tuple[str, ...]]) -> Row:
    verdicts = {test_id: cells[test_id] for test_id in tests if cells[test_id]}
    says = {key: one[key] for key in DefectFile.model_fields if key in one}
    return Row(
        name=one["name"],
        says=DefectFile.model_validate(says) if says else None,
        finding=Finding(
            outcome=Outcome(one["outcome"]),
            verdicts=verdicts,
            requirements=_requirements(verdicts, one["failed"], tests),
            failed={test_id: tuple(requirements) for test_id, requirements in one["failed"].items()},
            mode=tuple(one["judgements_failed"]),
            also_failed=tuple(one["also_failed"]),
            not_failed=tuple(one["not_failed"]),
            expected_passed=tuple(one["expected_passed"]),
            open_tests=tuple(one["open"]),
            problem=one["problem"],
        ),
        image_sha256=one["image_sha256"],
        cpu_s=one["cpu_s"],
        wall_s=one["wall_s"],
        run=one["run"],
    )


def _requirements(
    verdicts: Mapping[str, str], failed: Mapping[str, Any], tests: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Requirement → worst verdict over its tests; a test that failed may have failed another requirement only."""
    found: dict[str, list[Verdict]] = {}
    for test_id, verdict in verdicts.items():
        for requirement in tests[test_id]:
            is_elsewhere = verdict == Verdict.FAIL.value and requirement not in failed.get(test_id, ())
            found.setdefault(requirement, []).append(Verdict.PASS if is_elsewhere else Verdict(verdict))
    return {requirement: min(of, key=WORST.index).value for requirement, of in found.items()}

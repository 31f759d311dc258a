"""The run as an Allure results folder, for the report that ``allure generate`` makes of it.

One result per test of the plan, with a step for each judged value and the drawings attached; a container that joins
them; ``environment.properties``, ``executor.json`` and ``categories.json``. Identifiers are made from the record, so
the same record gives the same files, and a test keeps its history from run to run. A missed limit is *failed*, what
stayed open *broken*, what was not tested *skipped*. Times are bench time.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

from harness.evidence.output_files import ALLURE_FOLDER
from reports import svg
from reports.content import Content
from reports.figures import Drawing
from reports.first_page import against_reference, profile_of, recalled_lines
from reports.junit import duration_ns
from reports.outcomes import Outcome, Status, judged_line, outcome_of, status_of
from reports.per_test import AttemptPage, TestPage
from reports.rows import Row
from reports.safe_text import visible

_OURS = UUID("5a4c30c0-7d0f-5f0e-9c3e-4f1d2b6a8e77")
"""The name space of our identifiers; any fixed number does."""
_NS_PER_MS = 1_000_000
_FONT = "Liberation Sans"
_OPEN_WORDS = ("Inconclusive", "Error", "Aborted", "Unfinished", "Not tested")


def render_allure(content: Content) -> dict[str, bytes]:
    """Every file of the folder, by its name relative to the run's folder."""
    files: dict[str, bytes] = {}
    children = []
    for place, test in enumerate(content.tests):
        result = _result(content, place, test, files)
        children.append(result["uuid"])
        files[f"{result['uuid']}-result.json"] = _json(result)
    run_id = _identifier(content, "run")
    begin_ms = content.run.header.bench_utc_ns // _NS_PER_MS
    longest_ms = max((duration_ns(content, place) for place in range(len(content.tests))), default=0) // _NS_PER_MS
    container = {
        "uuid": run_id,
        "name": content.page.title,
        "children": children,
        "befores": [],
        "afters": [],
        "start": begin_ms,
        "stop": begin_ms + longest_ms,
    }
    files[f"{run_id}-container.json"] = _json(container)
    files["environment.properties"] = _environment(content)
    files["executor.json"] = _json(
        {"name": "tamperbench", "type": "tamperbench", "reportName": content.title, "buildName": content.mark}
    )
    files["categories.json"] = _json(_categories())
    return {f"{ALLURE_FOLDER}/{name}": data for name, data in files.items()}


def _result(content: Content, place: int, test: TestPage, files: dict[str, bytes]) -> dict[str, Any]:
    outcome = outcome_of(test)
    header = content.run.header
    begin_ms = header.bench_utc_ns // _NS_PER_MS
    return {
        "uuid": _identifier(content, test.test_id),
        "historyId": str(uuid5(_OURS, f"{header.plan}/{test.test_id}")),
        "testCaseId": str(uuid5(_OURS, test.test_id)),
        "fullName": f"{test.method}[{test.test_id}]",
        "name": test.test_id,
        "description": test.title,
        "status": outcome.status.value,
        "statusDetails": _details(outcome),
        "stage": "finished",
        "start": begin_ms,
        "stop": begin_ms + duration_ns(content, place) // _NS_PER_MS,
        "labels": _labels(content, test),
        "parameters": [
            *({"name": name, "value": value} for name, value in test.parameters),
            {"name": "replay", "value": f"tamperbench replay {test.replay_id}", "excluded": True},
        ],
        "steps": _steps(test),
        "attachments": _attachments(content, test, files),
        "links": [],
    }


def _details(outcome: Outcome) -> dict[str, Any]:
    if outcome.status is Status.PASSED:
        return {}
    return {"message": outcome.reason, "trace": "\n".join(outcome.details)}


def _labels(content: Content, test: TestPage) -> list[dict[str, str]]:
    pairs = [
        ("parentSuite", content.run.header.plan),
        ("suite", test.method.partition("/")[0] or content.run.header.plan),
        ("severity", "critical" if test.required else "minor"),
        ("framework", "tamperbench"),
        ("language", "python"),
    ]
    for requirement in test.requirements:
        pairs += [("feature", requirement), ("tag", requirement)]
    return [{"name": name, "value": value} for name, value in pairs]


def _steps(test: TestPage) -> list[dict[str, Any]]:
    """The judged values of an attempt; attempts are a level of their own where there is more than one."""
    if len(test.attempts) == 1:
        return [_step(row) for row in test.attempts[0].judgements]
    return [
        {
            "name": f"attempt {attempt.number}",
            "status": status_of(attempt.shown.style).value,
            "stage": "finished",
            "steps": [_step(row) for row in attempt.judgements],
        }
        for attempt in test.attempts
    ]


def _step(row: Row) -> dict[str, Any]:
    remarks = "; ".join(row.remarks)
    details = {"message": remarks} if remarks and row.shown.style != "pass" else {}
    return {
        "name": judged_line(row),
        "status": status_of(row.shown.style).value,
        "statusDetails": details,
        "stage": "finished",
        "steps": [],
    }


def _attachments(content: Content, test: TestPage, files: dict[str, bytes]) -> list[dict[str, str]]:
    """The drawings, and what was done as text."""
    found: list[dict[str, str]] = []

    def attach(name: str, data: bytes, extension: str, kind: str) -> None:
        source = f"{_identifier(content, f'{test.test_id}/{len(found)}')}-attachment.{extension}"
        files[source] = data
        found.append({"name": visible(name), "source": source, "type": kind})

    for attempt in test.attempts:
        for drawing in _drawings(attempt):
            if drawing.svg is not None:
                data = visible(svg.standalone(drawing.svg, _FONT)).encode()
                attach(drawing.caption, data, "svg", "image/svg+xml")
        if attempt.notes:
            text = "\n".join(f"{at}  {note}" for at, note in attempt.notes)
            attach("stimuli and remarks", visible(text).encode(), "txt", "text/plain")
    return found


def _drawings(attempt: AttemptPage) -> list[Drawing]:
    return [*(series.drawing for series in attempt.series if series.drawing is not None), *attempt.acquisitions]


def _environment(content: Content) -> bytes:
    """A Java properties file: keys without spaces, everything but plain ASCII escaped."""
    header = content.run.header
    pairs = {
        "Verdict": f"{content.page.shown.word}. {content.page.shown.meaning} {content.page.sentence}",
        "Bench": f"{header.bench} ({header.bench_kind})",
        "Meter": header.meter,
        "Firmware.SHA-256": header.image_sha256,
        "Plan": header.plan,
        "Plan.reference": against_reference(header),
        **{f"Plan.deviation.{number}": line for number, line in enumerate(header.deviations or (), 1)},
        "Profile": profile_of(header),
        **{f"To.be.confirmed.{n}": line for n, line in enumerate(recalled_lines(content.page.to_be_confirmed), 1)},
        "Seed": str(header.seed),
        "Record.digest": content.page.record_digest,
        **{f"Problem.{number}": problem for number, problem in enumerate(content.problems, 1)},
    }
    return "".join(f"{name}={_property(value)}\n" for name, value in pairs.items()).encode("ascii")


def _property(value: str) -> str:
    one_line = " ".join(visible(value).split()).replace("\\", "\\\\")
    units = one_line.encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)


def _categories() -> list[dict[str, Any]]:
    """Allure sorts what did not pass by the word that its message begins with."""
    rows: list[dict[str, Any]] = [{"name": "Outside a limit", "matchedStatuses": ["failed"]}]
    for word in _OPEN_WORDS:
        statuses = ["broken", "skipped"]
        rows.append({"name": word, "messageRegex": rf"(?s){word}:.*", "matchedStatuses": statuses})
    return rows


def _identifier(content: Content, name: str) -> str:
    return str(uuid5(_OURS, f"{content.page.record_digest}/{content.run.header.digest()}/{name}"))


def _json(value: object) -> bytes:
    return (json.dumps(_visible(value), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _visible(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _visible(part) for key, part in value.items()}
    return [_visible(part) for part in value] if isinstance(value, list) else value

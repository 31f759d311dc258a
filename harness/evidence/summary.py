"""The summary of a run: a verdict per test, per requirement and for the run, and the digest that covers it all.

It is derived from the header and the tests' records alone, so anyone can derive it again and compare.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.evidence.model import FORMAT, Declared, Entry, Judgement, RunHeader
from harness.evidence.reader import Attempt, RunTest
from harness.measure.verdict import RunVerdict, TestVerdict, Verdict, run_verdict, worst


def summarise(header: RunHeader, tests: Iterable[RunTest]) -> dict[str, Any]:
    """The content of ``summary.json``, ``record_digest`` included. ``tests`` stand in the plan's order."""
    tests = tuple(tests)
    rows = requirement_rows(header, tests)
    verdict = _verdict(header, tests, rows)
    summary: dict[str, Any] = {
        "format": FORMAT,
        "header_digest": header.digest(),
        "tests": [_test_row(test) for test in tests],
        "requirements": rows,
        "verdict": verdict.value,
        "exit_code": verdict.exit_code,
    }
    return {**summary, "record_digest": sha256_hex(canonical_json(summary))}


def pretty_json(value: object) -> bytes:
    """The bytes of a file that people read too; as fixed as the canonical form."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def requirement_rows(header: RunHeader, tests: Iterable[RunTest]) -> list[dict[str, Any]]:
    """The traceability matrix: for every requirement asked for or touched, which tests showed what about it."""
    found: dict[str, dict[str, Verdict]] = {requirement: {} for requirement in header.requirements}
    for test in tests:
        for requirement in sorted(_touched(test)):
            found.setdefault(requirement, {})[test.planned.test_id] = _requirement_verdict(test, requirement)
    return [
        {
            "id": requirement,
            "required": requirement in header.requirements,
            "verdict": worst(verdicts.values()).value,
            "tests": [{"test_id": test_id, "verdict": verdict.value} for test_id, verdict in verdicts.items()],
        }
        for requirement, verdicts in found.items()
    ]


def _verdict(header: RunHeader, tests: Iterable[RunTest], rows: Iterable[dict[str, Any]]) -> RunVerdict:
    """Tests and the plan's requirements together: one that no test has judged leaves the run open."""
    results = [TestVerdict(test.verdict, test.planned.required) for test in tests]
    asked = [TestVerdict(Verdict(row["verdict"])) for row in rows if row["id"] in header.requirements]
    if not any(result.verdict is Verdict.PASS for result in results):
        asked = [result for result in asked if result.verdict is not Verdict.PASS]
    return run_verdict([*results, *asked])


def _test_row(test: RunTest) -> dict[str, Any]:
    return {
        "test_id": test.planned.test_id,
        "required": test.planned.required,
        "verdict": test.verdict.value,
        "attempts": [_attempt_row(attempt) for attempt in test.attempts],
    }


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt.number,
        "folder": attempt.folder,
        "verdict": attempt.verdict.value,
        "entries": len(attempt.entries),
        "chain": attempt.chain,
        "cut": attempt.cut,
    }


def _touched(test: RunTest) -> set[str]:
    touched = set(test.planned.requirements)
    for attempt in test.attempts:
        for entry in attempt.entries:
            touched.update(_requirements(entry))
    return touched


def _requirements(entry: Entry) -> tuple[str, ...]:
    return entry.body.requirements if isinstance(entry.body, (Declared, Judgement)) else ()


def _requirement_verdict(test: RunTest, requirement: str) -> Verdict:
    """What one test says about one requirement: by its last attempt, and by a limit missed in any.

    A test that stopped in an error or was aborted leaves its requirements open, even those it had judged before.
    """
    judged = [
        (attempt, judgement.verdict)
        for attempt in test.attempts
        for judgement in attempt.judgements
        if requirement in judgement.requirements
    ]
    if any(verdict is Verdict.FAIL for _, verdict in judged):
        return Verdict.FAIL
    if not test.attempts:
        return Verdict.NOT_TESTED
    last = test.attempts[-1]
    verdicts = [verdict for attempt, verdict in judged if attempt is last]
    if last.verdict in {Verdict.ERROR, Verdict.ABORTED}:
        verdicts.append(last.verdict)
    open_names = set(last.ended.not_taken) if last.ended else set()
    was_left = last.verdict is Verdict.NOT_TESTED and not open_names  # skipped: what came after is not known
    if was_left or any(_left_open(entry, open_names, requirement) for entry in last.entries):
        verdicts.append(Verdict.NOT_TESTED)
    return worst(verdicts)


def _left_open(entry: Entry, names: set[str], requirement: str) -> bool:
    body = entry.body
    return isinstance(body, Declared) and body.name in names and requirement in body.requirements

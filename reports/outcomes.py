"""How a test ended, in the few words that other tools have for it, with the reason in one line and in full.

JUnit and Allure know passed, failed, broken and skipped. Only a limit that was missed is *failed*; whatever left the
question open is *broken*, so that no dashboard shows it green; what was never tried is *skipped*, which is no pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reports.per_test import AttemptPage, TestPage
from reports.rows import Row


class Status(StrEnum):
    """The words that JUnit's and Allure's readers share."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    SKIPPED = "skipped"


_STATUS = {
    "pass": Status.PASSED,
    "fail": Status.FAILED,
    "inconclusive": Status.BROKEN,
    "error": Status.BROKEN,
    "aborted": Status.BROKEN,
    "unfinished": Status.BROKEN,
    "not-tested": Status.SKIPPED,
}
NEVER_STARTED = "this test was never started"


@dataclass(frozen=True)
class Outcome:
    """A test's end; ``verdict`` is the record's own word for it, ``reason`` one line, ``details`` every line."""

    status: Status
    verdict: str
    reason: str
    details: tuple[str, ...]


def status_of(style: str) -> Status:
    """By the style of a shown verdict; one that is not known is broken, never passed."""
    return _STATUS.get(style, Status.BROKEN)


def outcome_of(test: TestPage) -> Outcome:
    """What a reader who sees only one line of a test must know."""
    reasons = [reason for attempt in test.attempts for reason in _reasons(attempt)]
    if not test.attempts:
        reasons = [NEVER_STARTED]
    status = status_of(test.shown.style)
    if status is Status.PASSED:
        return Outcome(status, test.shown.word, "", ())
    reason = reasons[0] if reasons else test.shown.meaning
    return Outcome(status, test.shown.word, f"{test.shown.word}: {reason}", tuple(reasons))


def judged_line(row: Row) -> str:
    """One judged value in one line."""
    unit = f" {row.unit}" if row.unit else ""
    limits = " and ".join(row.limit)
    accept = "" if row.accept == row.limit else f", acceptance limit {' and '.join(row.accept)}"
    return f"{row.name}: {row.value}{unit} (limit {limits}{accept}, U {row.uncertainty})"


def _reasons(attempt: AttemptPage) -> list[str]:
    """Worst first: a missed limit, an error, an open judgement, what the record says of the end, what was not taken."""
    open_rows = [row for row in attempt.judgements if row.shown.style != "pass"]
    missed = [row for row in open_rows if row.shown.style == "fail"]
    lines = [judged_line(row) for row in missed]
    lines += [f"{error.error}: {error.message}" for error in attempt.errors]
    for row in open_rows:
        if row.shown.style != "fail":
            lines.append("; ".join((judged_line(row), *row.remarks)))
    lines += [line for line in (attempt.reason, attempt.cut) if line]
    if attempt.not_taken:
        lines.append(f"promised and never judged: {'; '.join(attempt.not_taken)}")
    if not (attempt.judgements or lines):
        lines.append("nothing was judged")
    return lines

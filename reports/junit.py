"""The run as JUnit XML, for the CI servers and dashboards that read nothing else.

One ``testcase`` per test of the plan. A missed limit is a ``failure``; inconclusive, error, aborted and unfinished are
an ``error``; not tested is ``skipped`` with the reason. The verdict on the run stands in the suite's properties and in
the exit status, not in a count of test cases: a run of skipped tests is not certified. ``time`` is bench time, virtual
on an emulated bench. Form: the schema of Jenkins' xUnit plugin, junit-10.xsd, which knows properties of a suite only:
those of a test carry its id in their name, and its requirements are its ``group`` too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

from reports.content import Content
from reports.first_page import against_reference, profile_of, recalled_lines
from reports.outcomes import Outcome, Status, judged_line, outcome_of
from reports.per_test import TestPage
from reports.rows import Row
from reports.safe_text import visible

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NS_PER_S = 1_000_000_000
_NS_PER_US = 1000


def render_junit(content: Content) -> bytes:
    """The whole file."""
    outcomes = [outcome_of(test) for test in content.tests]
    durations_ns = [duration_ns(content, place) for place in range(len(content.tests))]
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(sum(one.status is Status.FAILED for one in outcomes)),
        "errors": str(sum(one.status is Status.BROKEN for one in outcomes)),
        "time": _seconds(sum(durations_ns)),
    }
    header = content.run.header
    root = Xml.Element("testsuites", {"name": _text(content.page.title), **counts})
    suite = Xml.SubElement(root, "testsuite", {"name": _text(header.plan), **counts})
    suite.set("skipped", str(sum(one.status is Status.SKIPPED for one in outcomes)))
    suite.set("timestamp", _timestamp(header.bench_utc_ns))
    about_tests = [pair for test, one in zip(content.tests, outcomes, strict=True) for pair in _about_test(test, one)]
    _properties(suite, [*_about_run(content), *about_tests])
    for test, outcome, one_ns in zip(content.tests, outcomes, durations_ns, strict=True):
        _case(suite, header.plan, test, outcome, one_ns)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def duration_ns(content: Content, place: int) -> int:
    """How long all attempts at a test took by the bench's clock."""
    attempts = content.run.tests[place].attempts
    return sum(max(entry.at_ns for entry in attempt.entries) for attempt in attempts if attempt.entries)


def _about_run(content: Content) -> list[tuple[str, str]]:
    header, page = content.run.header, content.page
    return [
        ("verdict", page.shown.word),
        ("verdict-sentence", page.sentence),
        ("bench", f"{header.bench} ({header.bench_kind})"),
        ("meter", header.meter),
        ("firmware-sha256", header.image_sha256),
        ("seed", str(header.seed)),
        ("record-digest", page.record_digest),
        ("against-reference-plan", against_reference(header)),
        *(("deviation", line) for line in header.deviations or ()),
        ("profile", profile_of(header)),
        *(("to-be-confirmed", line) for line in recalled_lines(page.to_be_confirmed)),
        *(("problem", problem) for problem in content.problems),
        *(("unfinished", line) for line in page.unfinished),
    ]


def _about_test(test: TestPage, outcome: Outcome) -> list[tuple[str, str]]:
    about = [
        ("requirements", " ".join(test.requirements)),
        ("required", "yes" if test.required else "no"),
        ("verdict", outcome.verdict),
        ("replay-id", test.replay_id),
    ]
    about += [(f"value {row.name}", f"{row.value} {row.unit}".strip()) for row in _rows(test)]
    return [(f"{test.test_id}: {name}", value) for name, value in about]


def _case(suite: Xml.Element, plan: str, test: TestPage, outcome: Outcome, one_ns: int) -> None:
    where = test.method.partition("::")[0].removesuffix(".py").replace("/", ".")
    case = Xml.SubElement(suite, "testcase", {"name": _text(test.test_id), "classname": _text(f"{plan}.{where}")})
    case.set("time", _seconds(one_ns))
    case.set("group", _text(" ".join(test.requirements)))
    element = {Status.FAILED: "failure", Status.BROKEN: "error", Status.SKIPPED: "skipped"}.get(outcome.status)
    if element is not None:
        found = Xml.SubElement(
            case, element, {"type": _text(outcome.verdict.lower()), "message": _text(outcome.reason)}
        )
        found.text = _text("\n".join((*outcome.details, f"run it again: tamperbench replay {test.replay_id}")))
    lines = [f"{row.shown.word}: {judged_line(row)}" for row in _rows(test)]
    Xml.SubElement(case, "system-out").text = _text("\n".join(lines or ["nothing was judged"]))


def _rows(test: TestPage) -> list[Row]:
    return [row for attempt in test.attempts for row in attempt.judgements]


def _properties(parent: Xml.Element, pairs: list[tuple[str, str]]) -> None:
    table = Xml.SubElement(parent, "properties")
    for name, value in pairs:
        Xml.SubElement(table, "property", {"name": _text(name), "value": _text(value)})


def _text(text: str) -> str:
    """What XML 1.0 can hold and a reader is not misled by."""
    return _NOT_XML.sub("\ufffd", visible(text))


def _seconds(one_ns: int) -> str:
    return f"{one_ns / _NS_PER_S:.6f}"


def _timestamp(utc_ns: int) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // _NS_PER_US)
    except OverflowError:
        return "1970-01-01T00:00:00"
    return f"{at:%Y-%m-%dT%H:%M:%S}"

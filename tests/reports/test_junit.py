"""JUnit XML as its readers take it: an independent one, and the schema of Jenkins' xUnit plugin."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import junitparser
import pytest

from harness.evidence.reader import load_run
from reports.content import Content, build_content
from reports.junit import render_junit
from tests.reports.made_up_run import PLANNED, counts, make_folder, run_test
from tests.reports.mixed_run import ERRED, FAILED, HOSTILE, INCONCLUSIVE, NEVER_STARTED, NOT_TAKEN, mixed_run

SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "group", "id", "package"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
"""Per element: attributes it must have, may have, and elements inside (junit-10.xsd of Jenkins' xUnit plugin)."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return build_content(load_run(mixed_run(tmp_path_factory.mktemp("runs") / "mixed")))


@pytest.fixture(scope="module")
def cases(mixed: Content) -> dict[str, junitparser.TestCase]:
    (suite,) = junitparser.JUnitXml.fromstring(render_junit(mixed))
    return {case.name: case for case in suite}


def parse(data: bytes) -> Xml.Element:
    return Xml.fromstring(data)  # noqa: S314 - made a moment ago by the code under test


def schema_faults(element: Xml.Element) -> list[str]:
    required, optional, inside = SCHEMA[element.tag]
    faults = [f"{element.tag} lacks {name}" for name in required - element.attrib.keys()]
    faults += [f"{element.tag} has {name}" for name in element.attrib.keys() - required - optional]
    for child in element:
        faults += [f"{child.tag} in {element.tag}"] if child.tag not in inside else schema_faults(child)
    return faults


def test_it_has_the_form_that_jenkins_takes(mixed: Content) -> None:
    assert schema_faults(parse(render_junit(mixed))) == []


def test_one_case_per_test_of_the_plan_in_its_order(mixed: Content, cases: dict[str, junitparser.TestCase]) -> None:
    assert list(cases) == [planned.test_id for planned in PLANNED]


@pytest.mark.parametrize(
    ("test_id", "kind", "words"),
    [
        (FAILED, junitparser.Failure, "Fail: field at trip: 57.30 mT (limit ≤ 55, acceptance limit ≤ 54.60"),
        (INCONCLUSIVE, junitparser.Error, "Inconclusive: open time: 499.90 ms"),
        (ERRED, junitparser.Error, "Error: RuntimeError: scope: no answer within 5 s"),
        (NOT_TAKEN, junitparser.Skipped, "Not tested: promised and never judged: case-open alert latency"),
        (NEVER_STARTED, junitparser.Skipped, "Not tested: this test was never started"),
    ],
)
def test_each_ending_has_its_element_and_its_reason(
    cases: dict[str, junitparser.TestCase], test_id: str, kind: type, words: str
) -> None:
    (found,) = cases[test_id].result
    assert isinstance(found, kind)
    assert found.message.replace("\u202f", " ").startswith(words)
    assert "run it again: tamperbench replay smoke/" in found.text


def test_only_what_passed_has_none(cases: dict[str, junitparser.TestCase]) -> None:
    others = {FAILED, INCONCLUSIVE, ERRED, NOT_TAKEN, NEVER_STARTED}
    assert {name for name, case in cases.items() if case.result} == others


def test_the_counts_are_those_of_the_cases(mixed: Content) -> None:
    (suite,) = junitparser.JUnitXml.fromstring(render_junit(mixed))
    written = (suite.tests, suite.failures, suite.errors, suite.skipped)
    suite.update_statistics()
    assert written == (9, 1, 2, 2) == (suite.tests, suite.failures, suite.errors, suite.skipped)


def test_a_killed_test_is_an_error_and_never_a_pass(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[0].test_id, counts, end=False)
    (suite,) = junitparser.JUnitXml.fromstring(render_junit(build_content(load_run(folder.path))))
    (found,) = next(iter(suite)).result
    assert (type(found), found.type) == (junitparser.Error, "unfinished")
    assert (suite.tests, suite.errors, suite.skipped) == (9, 1, 8)


def test_requirements_and_values_are_properties(mixed: Content) -> None:
    root = parse(render_junit(mixed))
    properties = {one.get("name"): one.get("value") for one in root.iter("property")}
    assert properties["verdict"] == "Fail"
    assert properties[f"{FAILED}: requirements"] == "SEAL-2"
    assert properties[f"{FAILED}: value field at trip"] == "57.30 mT"
    assert properties["record-digest"] == mixed.page.record_digest
    assert {case.get("name"): case.get("group") for case in root.iter("testcase")}[FAILED] == "SEAL-2"


def test_hostile_text_stays_text(mixed: Content) -> None:
    data = render_junit(mixed)
    case = next(one for one in parse(data).iter("testcase") if one.get("name") == HOSTILE)
    assert [child.tag for child in case] == ["system-out"]
    assert '=cmd|"/C calc"!A0' in (case[0].text or "")
    assert "\u202e".encode() not in data


def test_time_is_bench_time(mixed: Content) -> None:
    case = next(one for one in parse(render_junit(mixed)).iter("testcase") if one.get("name") == FAILED)
    last_ns = mixed.run.test(FAILED).attempts[0].entries[-1].at_ns
    assert float(case.get("time", "")) == pytest.approx(last_ns / 1e9, abs=1e-6)

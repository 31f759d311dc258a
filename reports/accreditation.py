"""What ISO/IEC 17025:2017, 7.8.2.1 asks of a report, item by item, as far as a record holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence.reader import Run
from reports.first_page import FirstPage, against_reference
from reports.inputs import NOT_RECORDED, Inputs
from reports.quantities import utc


@dataclass(frozen=True)
class Item:
    """One item of the clause: what it asks for and what the record says."""

    letter: str
    asks: str
    says: str

    @property
    def absent(self) -> bool:
        """Whether the record does not hold it."""
        return self.says.startswith(NOT_RECORDED)


def build_items(run: Run, inputs: Inputs, page: FirstPage) -> list[Item]:
    """The items a to p, in the clause's order."""
    header = run.header
    laboratory = inputs.text("bench", "bench", "laboratory")
    clock = "emulated time" if page.emulated else "bench clock"
    methods = sorted({inputs.method(test.planned.test_id) for test in run.tests} - {NOT_RECORDED})
    return [
        Item("a", "Title", f"Certification report: {page.title}"),
        Item("b", "Name and address of the laboratory", f"{laboratory}; address {NOT_RECORDED}"),
        Item("c", "Location of the activities", _volatile(run.volatile, "location")),
        Item("d", "Unique identification and end of the report", f"record {page.record_digest}; the end is marked"),
        Item("e", "Customer", NOT_RECORDED),
        Item("f", "Method", f"plan {header.plan}: {', '.join(methods) or NOT_RECORDED}"),
        Item(
            "g",
            "Item tested and its condition",
            f"{header.meter}, firmware SHA-256 {header.image_sha256}; condition {NOT_RECORDED}",
        ),
        Item("h", "Date of receipt of the item", NOT_RECORDED),
        Item("i", "Dates of the activity", f"begun {utc(header.bench_utc_ns)} by the {clock}{_wall(run.volatile)}"),
        Item("j", "Date of issue", f"{NOT_RECORDED}: the report is made from the record and has no date of its own"),
        Item("k", "Sampling plan", "one item; repeats as in the plan, with the seed printed above"),
        Item("l", "To what the results relate", "only to the item and the firmware image named here"),
        Item("m", "Results with units", "in the sections of the tests"),
        Item("n", "Additions, deviations, exclusions", _exclusions(run, page)),
        Item("o", "Person authorising the report", NOT_RECORDED),
        Item("p", "Results from external providers", NOT_RECORDED),
    ]


def _volatile(volatile: Mapping[str, Any], name: str) -> str:
    return str(volatile.get(name) or NOT_RECORDED)


def _wall(volatile: Mapping[str, Any]) -> str:
    """Wall-clock facts lie outside the record's digest, which is said where they are quoted."""
    names = sorted(set(volatile) - {"test_seconds"})
    said = ", ".join(f"{name.replace('_', ' ')} {volatile[name]}" for name in names)
    return f"; outside the digest: {said}" if said else ""


def _exclusions(run: Run, page: FirstPage) -> str:
    if page.unfinished and run.summary is None:
        return "the run was not completed; see the top of the report"
    if run.missing:
        return f"not run to their end: {', '.join(run.missing)}{_beside_reference(run)}"
    return f"every test of the plan was run; one that missed a limit stopped there{_beside_reference(run)}"


def _beside_reference(run: Run) -> str:
    return f"; against the reference plan: {against_reference(run.header)}" if run.header.deviations else ""

"""Everything a report says about a run, made once from its record; each form of the report only lays it out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.errors import EvidenceError
from harness.evidence.reader import SUMMARY_FILE, Run
from harness.evidence.signature import signer_of
from harness.evidence.verify import Problem, verify_run
from reports.accreditation import Item, build_items
from reports.first_page import FirstPage, build_first_page
from reports.inputs import Inputs, load_inputs
from reports.latency_overview import Latencies, build_latencies
from reports.matrix import Matrix, build_matrix
from reports.per_test import TestPage, build_tests

_MARK_CHARACTERS = 16


@dataclass(frozen=True)
class Content:
    """A run in words, rows and drawings."""

    run: Run
    inputs: Inputs
    page: FirstPage
    matrix: Matrix
    latencies: Latencies
    tests: tuple[TestPage, ...]
    items: tuple[Item, ...]
    problems: tuple[str, ...]
    """What verifying the folder found, with places in the record in place of places on this machine."""
    signer: str
    """Fingerprint of the key that signs this report, empty if none does."""

    @property
    def mark(self) -> str:
        """The report's identification on every page: the beginning of the record's digest."""
        return re.sub(r"[^0-9a-f]", "", self.page.record_digest)[:_MARK_CHARACTERS] or "none"

    @property
    def title(self) -> str:
        """What a window or a list of files shows of it: the verdict first."""
        return f"{self.page.shown.word}: {self.page.title} ({self.run.header.meter})"


def build_content(run: Run, signer: str | None = None, problems: Sequence[Problem] | None = None) -> Content:
    """Read, verify and draw. ``signer`` None: the key of the signature that lies in the folder, if there is one.

    ``problems`` are what :func:`verify_run` has found just now; None: verify here.
    """
    inputs = load_inputs(run.path, run.header.inputs)
    matrix = build_matrix(run, inputs)
    page = build_first_page(run, inputs, matrix)
    tests = tuple(build_tests(run, inputs))
    found = verify_run(run.path, run) if problems is None else problems
    return Content(
        run=run,
        inputs=inputs,
        page=page,
        matrix=matrix,
        latencies=build_latencies(run),
        tests=tests,
        items=tuple(build_items(run, inputs, page)),
        problems=_in_words(run, found),
        signer=_signer(run, signer),
    )


def _in_words(run: Run, found: Sequence[Problem]) -> tuple[str, ...]:
    if run.summary is None:
        # That the run was never finished stands at the top in its own words; it is no change of the record.
        found = [problem for problem in found if problem.file != SUMMARY_FILE]
    return tuple(str(problem).replace(f"{run.path}/", "") for problem in found)


def _signer(run: Run, named: str | None) -> str:
    """An unfinished run is never signed. A broken signature names nobody; saying so is for ``tamperbench verify``."""
    if run.summary is None:
        return ""
    if named is not None:
        return named
    try:
        return signer_of(run.path)
    except EvidenceError:
        return ""

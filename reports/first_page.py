"""The first page: what was certified, the verdict in one line, by whom, on what bench, by which rule, what is open."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.model import Instrument, Recalled, RunHeader
from harness.evidence.reader import Run
from harness.measure.decision import Rule
from harness.measure.verdict import RunVerdict, Verdict
from harness.plan.deviations import is_part
from reports.inputs import NOT_RECORDED, Inputs
from reports.matrix import Matrix, is_unfinished
from reports.words import UNFINISHED, Shown, show, show_run

FIRST_DEVIATIONS = 6
"""How many differences from the reference plan the first page lists; the others are folded, or stand further behind."""


@dataclass(frozen=True)
class FirstPage:
    """All of the first page, in words."""

    title: str
    shown: Shown
    sentence: str
    emulated: bool
    bench_line: str
    is_part: bool
    """Whether the plan differs from the reference plan in no more than the tests that it leaves out."""
    deviations: tuple[str, ...]
    more_deviations: tuple[str, ...]
    """Those that the first page has no room for."""
    profile: str
    """Name of the plan's profile."""
    to_be_confirmed: tuple[Recalled, ...]
    """Levels of the tests that ran, from documents that nobody could read."""
    unfinished: tuple[str, ...]
    item: tuple[tuple[str, str], ...]
    counts: tuple[tuple[Shown, int], ...]
    rule: tuple[str, ...]
    instruments: tuple[tuple[str, ...], ...]
    record_digest: str


def build_first_page(run: Run, inputs: Inputs, matrix: Matrix) -> FirstPage:
    """Everything from the record; what it does not hold is called *not recorded*."""
    verdict = None if run.summary is None else RunVerdict(run.summary.get("verdict", RunVerdict.NOT_CERTIFIED))
    header = run.header
    emulated = header.is_emulated
    listed = () if is_part(header.deviations or ()) else (header.deviations or ())[:FIRST_DEVIATIONS]
    return FirstPage(
        title=inputs.text("plan", "plan", "title"),
        shown=show_run(verdict),
        sentence=_sentence(verdict, matrix),
        emulated=emulated,
        bench_line=_bench_line(emulated, header),
        is_part=is_part(header.deviations or ()),
        deviations=listed,
        more_deviations=(header.deviations or ())[len(listed) :],
        profile=profile_name(header),
        to_be_confirmed=run.to_be_confirmed,
        unfinished=_unfinished(run),
        item=_item(run, inputs),
        counts=_counts(run),
        rule=rule_in_words(header.decision_rule, header.coverage_factor),
        instruments=tuple(_instrument(instrument) for instrument in header.instruments),
        record_digest=NOT_RECORDED if run.summary is None else str(run.summary.get("record_digest", NOT_RECORDED)),
    )


def rule_in_words(rule: Rule, coverage_factor: float) -> tuple[str, ...]:
    """The decision rule and its risk, for a reader who does not know the standards (ISO/IEC 17025, 7.8.6)."""
    beyond = 0.5 * math.erfc(coverage_factor / math.sqrt(2.0)) * 100
    k = f"{coverage_factor:g}"
    if rule is Rule.SIMPLE:
        return (
            "Simple acceptance (ILAC-G8:09/2019, 4.2.1): a value passes if it lies inside its limit. "
            "The measurement's uncertainty is reported and not set against the device or its user.",
            "Risk: a value exactly at its limit, and passed, may in truth lie beyond it with a probability of up "
            "to 50 %; and likewise for a value just beyond it that failed.",
        )
    return (
        f"Guarded acceptance (ILAC-G8:09/2019, 4.2.2; JCGM 106:2012): a value passes only if it lies inside its limit "
        f"by at least its expanded uncertainty U (k = {k}). The value to stay within is printed as acceptance limit.",
        "A value beyond its limit fails. A value between acceptance limit and limit is inconclusive: it conforms, but "
        "not surely enough to say so.",
        f"Risk of a false pass: at most {beyond:.2g} % for a value at the acceptance limit, less further inside "
        "(errors taken as normally distributed). Risk of a false fail: a value just beyond its limit may in truth "
        "conform, with a probability of up to 50 %; this risk is the maker's.",
        "Counts and yes-or-no answers are exact, have no uncertainty, and are judged without a guard band.",
    )


def against_reference(header: RunHeader) -> str:
    """Whether the plan is the reference plan in all that it asks, in a few words."""
    if header.deviations is None:
        return NOT_RECORDED
    count = len(header.deviations)
    if is_part(header.deviations):
        return f"a part of it: {len(header.tests)} {'test' if len(header.tests) == 1 else 'tests'}, with its values"
    return f"differs in {count} {'point' if count == 1 else 'points'}" if count else "no difference"


def recalled_lines(levels: Sequence[Recalled]) -> list[str]:
    """Levels to be confirmed, a line each."""
    return [
        f"{', '.join(level.tests)}: {level.parameter} {level.value} ({level.source})" if level.tests else level.source
        for level in levels
    ]


def profile_of(header: RunHeader) -> str:
    """The profile's name and title."""
    return str(header.parameters.get("profile", NOT_RECORDED))


def profile_name(header: RunHeader) -> str:
    """The profile's name without its title."""
    return profile_of(header).partition(":")[0]


def _how_many(run: Run) -> str:
    if run.header.to_be_confirmed is None:
        return ""
    levels = len(run.to_be_confirmed)
    if not levels:
        return "; no level of the tests that ran is from memory"
    return f"; {levels} {'level' if levels == 1 else 'levels'} to be confirmed, listed below"


def _sentence(verdict: RunVerdict | None, matrix: Matrix) -> str:
    required = matrix.required
    shown = len(required) - len(matrix.open)
    count = f"{shown} of {len(required)} requirements of the plan are shown"
    if not matrix.open:
        return f"{count}." if verdict is not None else f"So far {count}; the run is not complete."
    ids = ", ".join(f"{line.requirement.requirement_id} ({line.shown.word.lower()})" for line in matrix.open)
    return f"{count}. Not shown: {ids}."


def _bench_line(emulated: bool, header: RunHeader) -> str:
    if emulated:
        return (
            "EMULATED BENCH. The firmware image was run on an emulated meter board; instruments, physics and network "
            "were emulated too. No physical meter and no physical instrument was involved, and nothing here states "
            "how a physical meter behaves."
        )
    if header.bench_kind == "real":
        return "Physical bench: a meter and instruments, read over their own interfaces."
    return f"Kind of bench: {header.bench_kind or NOT_RECORDED}."


def _unfinished(run: Run) -> tuple[str, ...]:
    if run.summary is not None:
        return run.damage
    missing = run.missing
    lines = ["The run was never finished: its record has no summary and no overall verdict."]
    if missing:
        lines.append(f"Tests without an end: {', '.join(missing)}.")
    failed = [test.planned.test_id for test in run.tests if test.verdict is Verdict.FAIL]
    if failed:
        lines.append(f"A limit was already missed, which no completion can undo: {', '.join(failed)}.")
    return (*lines, *run.damage)


def _item(run: Run, inputs: Inputs) -> tuple[tuple[str, str], ...]:
    header = run.header
    maker, serial = inputs.text("meter", "meter", "maker"), inputs.text("meter", "meter", "serial")
    return (
        ("Device under test", header.meter or NOT_RECORDED),
        ("Maker, serial number", f"{maker}, {serial}" if maker != serial else NOT_RECORDED),
        ("Firmware, SHA-256", header.image_sha256 or NOT_RECORDED),
        ("Plan", header.plan),
        ("Laboratory", inputs.text("bench", "bench", "laboratory")),
        ("Against the reference plan", against_reference(header)),
        ("Profile", f"{profile_of(header)}{_how_many(run)}"),
        ("Bench", f"{header.bench} ({header.bench_kind})"),
        ("Seed of the run", str(header.seed)),
    )


def _counts(run: Run) -> tuple[tuple[Shown, int], ...]:
    """How many tests ended how, worst first."""
    found: Counter[Shown] = Counter()
    for test in run.tests:
        found[UNFINISHED if is_unfinished(test) else show(test.verdict)] += 1
    order = [*(show(verdict) for verdict in reversed(Verdict)), UNFINISHED]
    return tuple((shown, found[shown]) for shown in order if found[shown])


def _instrument(instrument: Instrument) -> tuple[str, ...]:
    calibration = instrument.calibration
    return (
        instrument.role,
        " ".join(part for part in (instrument.maker, instrument.model) if part) or NOT_RECORDED,
        instrument.serial or NOT_RECORDED,
        instrument.firmware or NOT_RECORDED,
        calibration.certificate or NOT_RECORDED if calibration else NOT_RECORDED,
        calibration.calibrated_on or NOT_RECORDED if calibration else NOT_RECORDED,
        calibration.due_on or NOT_RECORDED if calibration else NOT_RECORDED,
        calibration.laboratory or NOT_RECORDED if calibration else NOT_RECORDED,
    )

"""A run's outcome in words for a terminal: one line for the verdict, one for each thing that is open."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from harness.bench.near_miss import some_of
from harness.evidence.reader import Run, RunTest
from harness.evidence.replay_id import make_replay_id
from harness.evidence.summary import summarise
from harness.measure.verdict import RunVerdict, TestVerdict, Verdict, run_verdict
from harness.plan.deviations import is_part
from harness.run.live_run import OUT

WORDS = {
    RunVerdict.PASS: "PASS",
    RunVerdict.FAIL: "FAIL",
    RunVerdict.NOT_CERTIFIED: "NOT CERTIFIED",
}
REPLAY = "replay-"
"""How the folder of a replay begins, unless it was given another (``harness.run.replay``)."""


def last_line(run: Run, lacks: Sequence[str] = ()) -> tuple[RunVerdict, str]:
    """The run's verdict and the line that says it. A pass that ``lacks`` its report or signature (why) is none."""
    if run.summary is None:
        return RunVerdict.NOT_CERTIFIED, f"NOT CERTIFIED  {run.header.plan}: the run was not finished"
    verdict = RunVerdict(run.summary["verdict"])
    if not run.header.requirements:
        return verdict, f"{WORDS[verdict]}  {run.header.plan}: asks for nothing, so it shows nothing"
    passed = sum(test.verdict is Verdict.PASS for test in run.tests)
    required = [row for row in run.summary["requirements"] if row["required"]]
    shown = sum(row["verdict"] == Verdict.PASS.value for row in required)
    verdict, but = _without(verdict, lacks)
    text = (
        f"{WORDS[verdict]}  {run.header.plan}: {but}{passed} of {len(run.tests)} tests passed, "
        f"{shown} of {len(required)} requirements shown; record {run.summary['record_digest'][:16]}"
    )
    if run.header.is_emulated:
        text += " (emulated bench)"
    return verdict, f"{text}{deviation_note(run)}{profile_note(run)}"


def deviation_note(run: Run) -> str:
    """What follows the verdict of a plan that is not the reference plan; empty if it does not differ."""
    count = len(run.header.deviations or ())
    points = "1 point" if count == 1 else f"{count} points"
    if is_part(run.header.deviations or ()):
        return "; the plan is a part of the reference plan: see the report"
    return f"; the plan differs from the reference plan in {points}: see the report" if count else ""


def profile_note(run: Run) -> str:
    """What follows the verdict where levels of the plan's profile are from documents that nobody could read."""
    count = len(run.to_be_confirmed)
    name = str(run.header.parameters.get("profile", "")).partition(":")[0]
    levels = "1 level is" if count == 1 else f"{count} levels are"
    return f"; of profile {name} {levels} to be confirmed: see the report" if count else ""


def _without(verdict: RunVerdict, lacks: Sequence[str]) -> tuple[RunVerdict, str]:
    """The verdict without what the run lacks, and why it is no longer the one of the tests alone."""
    if verdict is not RunVerdict.PASS or not lacks:
        return verdict, ""
    return RunVerdict.NOT_CERTIFIED, "".join(f"{reason}; " for reason in lacks)


def replay_options(run: Run, testplans: Path | None) -> str:
    """What ``tamperbench replay`` needs besides the id, so that the printed line can be pasted as it stands."""
    folder = run.path.resolve()
    options = [] if folder.parent == OUT.resolve() else ["--runs", str(folder)]
    if testplans is not None:
        options += ["--testplans", str(testplans)]
    return "".join(f" {shlex.quote(option)}" for option in options)


def not_shown(run: Run, options: str = "") -> list[str]:
    """What keeps the run from a pass, with the command that runs it again (``options``: its :func:`replay_options`)."""
    if run.volatile.get("bring_up_cause"):
        return [f"the bench did not come up, so no test was run: {run.volatile['bring_up_cause']}"]
    lines = [_open_line(run, test, options) for test in run.tests if test.verdict is not Verdict.PASS and test.attempts]
    untouched = [test.planned.test_id for test in run.tests if not test.attempts]
    if untouched:
        lines.append(f"not tested, not reached or not asked for: {some_of(untouched)}")
    lines += [
        f"requirement {row['id']}: {row['verdict'].replace('_', ' ')}"
        for row in summarise(run.header, run.tests)["requirements"]
        if row["required"] and row["verdict"] != Verdict.PASS.value
    ]
    return lines


def ended(run: Run) -> tuple[str, str]:
    """How a run ended, in a word and a line: a part of a plan, a replay and work by hand are no certification.

    What a run was for is not recorded, only what it left: tests without a record were left out if all others ended.
    """
    header = run.header
    ran = [test for test in run.tests if test.attempts]
    if run.summary is None:
        return "unfinished", f"{header.plan}: killed, or still going on"
    if not header.requirements:
        return "by hand", f"{header.meter}: no test, no verdict on the meter"
    if run.path.resolve().name.startswith(REPLAY) and len(ran) == 1:
        return "replay", f"{header.plan}/{ran[0].planned.test_id}: {ran[0].verdict.value.replace('_', ' ')}"
    is_part = 0 < len(ran) < len(run.tests) and not any(test.verdict is Verdict.ABORTED for test in ran)
    if is_part and not run.volatile.get("bring_up_cause"):
        passed = sum(test.verdict is Verdict.PASS for test in ran)
        return "part", f"{header.plan}: {passed} of {len(ran)} passed; {len(run.tests) - len(ran)} of the plan not run"
    verdict, text = last_line(run)
    return WORDS[verdict], text.removeprefix(WORDS[verdict]).strip()


def chosen_line(run: Run, chosen: Collection[str], lacks: Sequence[str] = ()) -> tuple[RunVerdict, str]:
    """The verdict of these tests alone and the line that says it, and that it certifies nothing.

    ``lacks`` as for :func:`last_line`.
    """
    tests = [test for test in run.tests if test.planned.test_id in chosen]
    verdict = RunVerdict.NOT_CERTIFIED
    if run.summary is not None and not run.volatile.get("bring_up_cause"):
        verdict = run_verdict(TestVerdict(test.verdict) for test in tests)
    verdict, but = _without(verdict, lacks)
    passed = sum(test.verdict is Verdict.PASS for test in tests)
    part = "" if len(tests) == len(run.tests) else f" ({len(tests)} of the plan's {len(run.tests)})"
    words = {RunVerdict.NOT_CERTIFIED: "NOT PASSED"}.get(verdict, WORDS[verdict])
    return verdict, (
        f"{words}  {run.header.plan}: {but}{passed} of {len(tests)} chosen tests passed{part}; a development run, no "
        "certification"
    )


def chosen_not_passed(run: Run, chosen: Collection[str], options: str = "") -> list[str]:
    """As :func:`not_shown`, for these tests alone."""
    if run.volatile.get("bring_up_cause"):
        return not_shown(run)
    return [
        _open_line(run, test, options)
        for test in run.tests
        if test.planned.test_id in chosen and test.verdict is not Verdict.PASS
    ]


def _open_line(run: Run, test: RunTest, options: str) -> str:
    planned = test.planned
    if not test.attempts:
        return f"not tested, not reached: {planned.test_id}"
    return (
        f"{test.verdict.value.replace('_', ' ')}: {planned.test_id} [{', '.join(planned.requirements)}]"
        f"  tamperbench replay {make_replay_id(run.header, planned.test_id)}{options}"
    )

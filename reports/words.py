"""How a verdict is shown: always a word and a sign, so that colour is never the only thing that tells it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.measure.verdict import RunVerdict, Verdict


@dataclass(frozen=True)
class Shown:
    """A verdict as the page prints it: ``style`` is the class that gives the colour."""

    style: str
    sign: str
    word: str
    meaning: str


_VERDICTS = {
    Verdict.PASS: Shown("pass", "✓", "Pass", "every judged value lay inside its acceptance limits"),
    Verdict.FAIL: Shown("fail", "✗", "Fail", "at least one value lay outside its limit"),
    Verdict.INCONCLUSIVE: Shown(
        "inconclusive", "?", "Inconclusive", "a value lay inside the guard band, or could not be obtained"
    ),
    Verdict.ERROR: Shown("error", "!", "Error", "the bench or the test failed; nothing is said about the device"),
    Verdict.ABORTED: Shown("aborted", "■", "Aborted", "stopped before its end by a person or a safety limit"),
    Verdict.NOT_TESTED: Shown("not-tested", "–", "Not tested", "nothing was judged, or a promised value never taken"),
}

UNFINISHED = Shown("unfinished", "…", "Unfinished", "the record ends before the test did; there is no verdict")
NOT_COVERED = Shown("not-covered", "", "", "the test does not concern this requirement")

_RUNS = {
    RunVerdict.PASS: Shown("pass", "✓", "Pass", "Every test that the plan requires passed."),
    RunVerdict.FAIL: Shown("fail", "✗", "Fail", "At least one test found the device outside a limit."),
    RunVerdict.NOT_CERTIFIED: Shown(
        "inconclusive",
        "?",
        "Not certified",
        "No limit was found exceeded, but at least one required answer is open. This is neither a pass nor a fail.",
    ),
}


def show(verdict: Verdict | None) -> Shown:
    """The wording of a test's or judgement's verdict; None is a test whose record has no end."""
    return UNFINISHED if verdict is None else _VERDICTS[verdict]


def show_run(verdict: RunVerdict | None) -> Shown:
    """The wording of the run's verdict; None is a run that was never finished."""
    if verdict is None:
        return Shown(
            "unfinished", "…", "Unfinished", "The run was not completed. This record holds no overall verdict."
        )
    return _RUNS[verdict]


def legend() -> list[Shown]:
    """Every sign that can stand in a table, for the key beside it."""
    return [*_VERDICTS.values(), UNFINISHED]

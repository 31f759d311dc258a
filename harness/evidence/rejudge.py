"""Deciding again what a record says was decided: from its numbers, by its rule, to its verdicts.

A chain shows that nothing was changed since it was written; it says nothing about whether what was written is right.
So whoever checks a record takes every verdict again from value, limits, uncertainty and rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.evidence.model import Declared, Ended, Entry, Failure, Judgement, RunHeader
from harness.measure.decision import DecisionRule, Limits, decide
from harness.measure.errors import MeasureError
from harness.measure.verdict import Verdict, worst

RELATIVE_TOLERANCE = 1e-9
"""An expanded uncertainty is a root of a sum of squares, taken again here from its parts."""


def disagreements(header: RunHeader, entries: tuple[Entry, ...]) -> Iterator[tuple[int, str]]:
    """Number of the entry and what is wrong with it, for everything that does not follow from the rest."""
    for entry in entries:
        if isinstance(entry.body, Judgement) and (text := _check_judgement(header, entry.body)):
            yield entry.n, text
    last = entries[-1] if entries else None
    if last is not None and isinstance(last.body, Ended) and (text := _check_ended(entries, last.body)):
        yield last.n, text


def _check_judgement(header: RunHeader, judgement: Judgement) -> str:
    if judgement.rule is not header.decision_rule:
        return f"{judgement.name!r} is judged by the rule {judgement.rule.value}, the run's is {header.decision_rule}"
    if judgement.at_least is None and judgement.at_most is None:  # what a test states itself can't be taken again
        return "" if judgement.verdict is not Verdict.PASS else f"{judgement.name!r} passes without any limit"
    if judgement.budget and (text := _check_budget(header, judgement)):
        return text
    return _check_decision(header, judgement)


def _check_budget(header: RunHeader, judgement: Judgement) -> str:
    combined = math.sqrt(sum(line.standard * line.standard for line in judgement.budget))
    expanded = combined * judgement.coverage_factor
    if not math.isclose(expanded, judgement.uncertainty, rel_tol=RELATIVE_TOLERANCE):
        return f"{judgement.name!r}: U is {judgement.uncertainty}, its budget gives {expanded}"
    if judgement.coverage_factor < header.coverage_factor * (1 - RELATIVE_TOLERANCE):
        return f"{judgement.name!r}: k is {judgement.coverage_factor}, the run's is {header.coverage_factor}"
    return ""


def _check_decision(header: RunHeader, judgement: Judgement) -> str:
    try:
        decision = decide(
            judgement.value,
            Limits(judgement.at_least, judgement.at_most),
            judgement.uncertainty,
            DecisionRule(header.decision_rule, header.coverage_factor),
            lower_bound=judgement.lower_bound,
        )
    except MeasureError as error:
        return f"{judgement.name!r} can't be judged: {error}"
    found = (judgement.verdict, judgement.accept_at_least, judgement.accept_at_most)
    expected = (decision.verdict, decision.accept_at_least, decision.accept_at_most)
    if found != expected:
        return f"{judgement.name!r} says {_text(*found)}; its value, limits and uncertainty give {_text(*expected)}"
    return ""


def _text(verdict: Verdict, low: float | None, high: float | None) -> str:
    return f"{verdict.value} (accepted from {low} to {high})"


def _check_ended(entries: tuple[Entry, ...], ended: Ended) -> str:
    """The worst of what was judged; a test can also end worse than its judgements (skipped, aborted), never better."""
    bodies = [entry.body for entry in entries]
    verdicts = [body.verdict for body in bodies if isinstance(body, Judgement)]
    judged = {body.name for body in bodies if isinstance(body, Judgement)}
    open_names = tuple(body.name for body in bodies if isinstance(body, Declared) and body.name not in judged)
    if open_names != ended.not_taken:
        return f"names {list(ended.not_taken)} as never judged; those are {list(open_names)}"
    if open_names:
        verdicts.append(Verdict.NOT_TESTED)
    if any(isinstance(body, Failure) for body in bodies):
        verdicts.append(Verdict.ERROR)
    expected = worst(verdicts)
    if ended.verdict.severity < expected.severity:
        return f"ends in {ended.verdict.value}; what was judged before gives {expected.value}"
    return ""

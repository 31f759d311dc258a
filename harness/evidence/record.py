"""The record of one test: what it takes, judges and notes goes through here, line by line into its own folder.

A judged value is stored, decided and, if it did not pass, raised as :class:`NotPassed`. Every line is flushed as it
is written, so a killed run stays readable up to its last whole line. One process writes one test; joining the tests
of a run is for :mod:`harness.evidence.run_folder`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from harness.bench.clock import Clock
from harness.evidence.canonical import number_or_reason
from harness.evidence.entry_line import entry_line
from harness.evidence.errors import RecordError
from harness.evidence.model import (
    Alert,
    Body,
    BudgetLine,
    Declared,
    Ended,
    Failure,
    Judgement,
    Note,
    Reading,
    RunHeader,
    Scalar,
    Started,
    Traffic,
    WaveformEntry,
    first_link,
)
from harness.evidence.not_passed import Inconclusive, LimitMissed, NotPassed
from harness.evidence.replay_id import make_replay_id
from harness.evidence.waveform_file import write_waveform
from harness.measure.decision import DecisionRule, Limits, decide
from harness.measure.uncertainty import Budget
from harness.measure.unit_table import find_unit
from harness.measure.verdict import Verdict, worst
from harness.measure.waveform import Waveform

ENTRIES_FILE = "entries.jsonl"


class TestRecord:
    """The open record of one attempt at one test. Made by ``RunFolder.open_test``."""

    __test__ = False  # pytest would take the class for a test by its name

    def __init__(
        self, folder: Path, header: RunHeader, test_id: str, clock: Clock, known: frozenset[str], *, attempt: int
    ) -> None:
        planned = next((test for test in header.tests if test.test_id == test_id), None)
        if planned is None:
            raise RecordError(f"test {test_id!r} is not in the plan {header.plan!r}; its tests: {_names(header)}")
        self.folder = folder
        self.test_id = test_id
        self.replay_id = str(make_replay_id(header, test_id))
        self.rule = DecisionRule(header.decision_rule, header.coverage_factor)
        self._clock = clock
        self.before_exchange: Callable[[], None] | None = None
        """Called before each exchange is kept: where whoever runs the test may end it."""
        self._start_ns = clock.now_ns()
        self._known = known
        self._requirements = self._check_requirements(planned.requirements)
        self._declared: dict[str, Declared] = {}
        self._verdicts: list[Verdict] = []
        self._judged: set[str] = set()
        self._count = 0
        self._waveforms = 0
        self._chain = first_link(test_id, header.digest())
        self._skipped = ""
        self._verdict: Verdict | None = None
        folder.mkdir(parents=True)
        self._file: BinaryIO = (folder / ENTRIES_FILE).open("xb")
        self._append(Started(test_id, self.replay_id, attempt))

    def declare(
        self,
        name: str,
        unit: str,
        at_least: float | None = None,
        at_most: float | None = None,
        requirements: Iterable[str] = (),
    ) -> None:
        """Promise to judge ``name``. What is declared and never judged makes the test *not tested*."""
        if name in self._declared:
            raise RecordError(f"test {self.test_id}: {name!r} is declared twice; declare each value once")
        low, high = _plain(at_least), _plain(at_most)
        if low is not None or high is not None:
            Limits(low, high)
        body = Declared(name, find_unit(unit).symbol, low, high, self._requirements_of(name, requirements))
        self._declared[name] = body
        self._append(body)

    def reading(self, name: str, value: float, unit: str, **facts: Scalar) -> None:
        """Store a value that was taken and is not judged, with facts about it."""
        number, reason = number_or_reason(value)
        self._append(Reading(name, number, self._unit(name, unit), reason, dict(facts)))

    def judge(
        self,
        name: str,
        value: float | None,
        unit: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        uncertainty: Budget | float | None = None,
        requirements: Iterable[str] = (),
        explanation: str = "",
        lower_bound: bool = False,
    ) -> Judgement:
        """Store ``value`` with its limits, decide, and raise LimitMissed or Inconclusive unless it passed.

        ``uncertainty`` is a budget, or an already *expanded* uncertainty, in the unit of the value; None says that
        the value has none (a count, an answer), not that it is unknown. Limits and requirements that are left out
        are those of the declaration. ``lower_bound``: see :func:`harness.measure.decision.decide`.
        """
        symbol = self._unit(name, unit)
        limits = self._limits(name, at_least, at_most)
        number, reason = (None, "no value was taken") if value is None else number_or_reason(value)
        expanded, factor, lines = self._expand(name, symbol, uncertainty)
        decision = decide(number, limits, expanded, self.rule, lower_bound=lower_bound)
        judgement = Judgement(
            name=name,
            value=number,
            unit=symbol,
            at_least=limits.at_least,
            at_most=limits.at_most,
            accept_at_least=decision.accept_at_least,
            accept_at_most=decision.accept_at_most,
            uncertainty=expanded,
            coverage_factor=factor,
            rule=self.rule.rule,
            verdict=decision.verdict,
            requirements=self._requirements_of(name, requirements),
            lower_bound=lower_bound,
            explanation=explanation,
            reason=reason or decision.reason,
            budget=lines,
        )
        return self._settle(judgement)

    def judge_equal(
        self, name: str, value: int, expected: int, *, requirements: Iterable[str] = (), explanation: str = ""
    ) -> Judgement:
        """Judge an exact count or code that must equal ``expected``."""
        return self.judge(
            name,
            value,
            "1",
            at_least=expected,
            at_most=expected,
            requirements=requirements,
            explanation=explanation,
        )

    def judge_true(
        self, name: str, holds: bool, *, requirements: Iterable[str] = (), explanation: str = ""
    ) -> Judgement:
        """Judge a condition; it is stored as the count 1 (holds) or 0 with the limit 1."""
        return self.judge_equal(name, int(holds), 1, requirements=requirements, explanation=explanation)

    def inconclusive(self, reason: str, requirements: Iterable[str] = (), name: str = "conclusion") -> None:
        """State that the test can't conclude, and raise Inconclusive."""
        self._settle(
            Judgement(
                name=name,
                value=None,
                unit="1",
                at_least=None,
                at_most=None,
                accept_at_least=None,
                accept_at_most=None,
                uncertainty=0.0,
                coverage_factor=self.rule.coverage_factor,
                rule=self.rule.rule,
                verdict=Verdict.INCONCLUSIVE,
                requirements=self._requirements_of(name, requirements),
                reason=reason,
            )
        )

    def waveform(self, name: str, waveform: Waveform, cursors: Mapping[str, float] | None = None) -> None:
        """Keep a waveform's raw codes; ``cursors`` mark times on it in ns relative to the trigger."""
        marks = {label: _finite(f"cursor {label!r} of waveform {name!r}", at) for label, at in (cursors or {}).items()}
        self._waveforms += 1
        file, digest = write_waveform(self.folder, self._waveforms, name, waveform)
        self._append(
            WaveformEntry(
                name=name,
                file=file,
                sha256=digest,
                samples=len(waveform),
                channel_label=waveform.channel_label,
                y_increment=float(waveform.y_increment),
                y_origin=float(waveform.y_origin),
                y_reference=int(waveform.y_reference),
                x_increment_ns=float(waveform.x_increment_ns),
                x_origin_ns=float(waveform.x_origin_ns),
                unit=waveform.unit,
                cursors=marks,
            )
        )

    def traffic(self, channel: str, direction: str, data: bytes | str, at_ns: int | None = None) -> None:
        """Keep one exchange: ``direction`` is ``>`` to the device or ``<`` from it; ``at_ns`` on the bench clock."""
        if self.before_exchange is not None:
            self.before_exchange()
        if direction not in {">", "<"}:
            raise RecordError(f"traffic on {channel!r}: direction {direction!r}; expected '>' or '<'")
        text = isinstance(data, str)
        body = Traffic(channel, direction, "text" if text else "hex", data if isinstance(data, str) else data.hex())
        self._append(body, at_ns)

    def alert(
        self,
        channel: str,
        outcome: str,
        data: bytes,
        at_ns: int | None = None,
        facts: Mapping[str, Scalar] | None = None,
    ) -> None:
        """Keep an alert as received, with what the listener found; ``at_ns`` on the bench clock."""
        self._append(Alert(channel, outcome, data.hex(), dict(facts or {})), at_ns)

    def note(self, text: str) -> None:
        """Keep a remark for the reader of the report."""
        self._append(Note(text))

    def error(self, exception: BaseException) -> None:
        """Keep the error that stopped the test. A value that did not pass is no error and stands already."""
        if isinstance(exception, NotPassed):
            return
        frames = tuple(
            f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(exception.__traceback__)
        )
        self._verdicts.append(Verdict.ERROR)
        self._append(Failure(type(exception).__name__, str(exception), frames))

    def skip(self, reason: str) -> None:
        """The test was left before its end: what it judged stands, but it can't pass any more."""
        self._skipped = reason or "skipped"

    @property
    def bench_s(self) -> float:
        """Bench time since the test began: what it takes where time is not made."""
        return (self._clock.now_ns() - self._start_ns) / 1e9

    def end(self, *, aborted: str = "") -> Verdict:
        """Close the record and give the test's verdict. ``aborted`` says why the test was broken off, if it was."""
        if self._verdict is not None:
            return self._verdict
        not_taken = tuple(name for name in self._declared if name not in self._judged)
        verdicts = list(self._verdicts)
        if not_taken or self._skipped:
            verdicts.append(Verdict.NOT_TESTED)
        if aborted:
            verdicts.append(Verdict.ABORTED)
        verdict = worst(verdicts)
        self._append(Ended(verdict, not_taken, aborted or self._skipped))
        self._verdict = verdict
        self._file.close()
        return verdict

    def _append(self, body: Body, at_ns: int | None = None) -> None:
        if self._verdict is not None:
            raise RecordError(f"test {self.test_id}: its record has ended, so {body.kind.value!r} can't be added")
        when_ns = (self._clock.now_ns() if at_ns is None else at_ns) - self._start_ns
        link, line = entry_line(self._chain, self._count + 1, when_ns, body)
        self._file.write(line + b"\n")
        self._file.flush()
        self._count, self._chain = self._count + 1, link

    def _settle(self, judgement: Judgement) -> Judgement:
        self._judged.add(judgement.name)
        self._verdicts.append(judgement.verdict)
        self._append(judgement)
        if judgement.verdict is Verdict.FAIL:
            raise LimitMissed(judgement, self.replay_id)
        if judgement.verdict is not Verdict.PASS:
            raise Inconclusive(judgement, self.replay_id)
        return judgement

    def _unit(self, name: str, unit: str) -> str:
        symbol = find_unit(unit).symbol
        declared = self._declared.get(name)
        if declared is not None and declared.unit != symbol:
            raise RecordError(
                f"test {self.test_id}: {name!r} is declared in {declared.unit} and given in {symbol}; "
                f"convert it to {declared.unit}"
            )
        return symbol

    def _limits(self, name: str, at_least: float | None, at_most: float | None) -> Limits:
        declared = self._declared.get(name)
        if declared is None or (declared.at_least is None and declared.at_most is None):
            return Limits(_plain(at_least), _plain(at_most))
        own = Limits(declared.at_least, declared.at_most)
        if (at_least, at_most) not in {(None, None), (own.at_least, own.at_most)}:
            raise RecordError(
                f"test {self.test_id}: {name!r} is declared with limits {own.at_least} to {own.at_most} and judged "
                f"by {at_least} to {at_most}; limits do not change once the value is known: leave them out"
            )
        return own

    def _expand(
        self, name: str, unit: str, uncertainty: Budget | float | None
    ) -> tuple[float, float, tuple[BudgetLine, ...]]:
        k = self.rule.coverage_factor
        if not isinstance(uncertainty, Budget):
            return float(uncertainty or 0.0), k, ()
        if find_unit(uncertainty.unit).symbol != unit:
            raise RecordError(
                f"test {self.test_id}: {name!r} is in {unit}, its uncertainty budget in {uncertainty.unit}; "
                "make the budget in the unit of the value"
            )
        lines = tuple(
            BudgetLine(
                name=part.name,
                value=part.value,
                unit=part.unit,
                distribution=part.distribution.value,
                divisor=part.used_divisor,
                sensitivity=part.sensitivity,
                degrees_of_freedom=part.degrees_of_freedom,
                standard=part.standard,
                source=part.source,
            )
            for part in uncertainty.contributions
        )
        return uncertainty.expanded(k), uncertainty.coverage_factor(k), lines

    def _requirements_of(self, name: str, given: Iterable[str]) -> tuple[str, ...]:
        declared = self._declared.get(name)
        own = tuple(given)
        return self._check_requirements(own) or (declared.requirements if declared else self._requirements)

    def _check_requirements(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [requirement for requirement in ids if requirement not in self._known]
        if unknown:
            raise RecordError(
                f"test {self.test_id}: unknown requirement id {', '.join(unknown)}; "
                "every id stands in testplans/requirements.toml"
            )
        return ids


def _names(header: RunHeader) -> str:
    return ", ".join(test.test_id for test in header.tests) or "none"


def _plain(limit: float | None) -> float | None:
    """A limit as Python's own number; one that is none stays as it is, for Limits to refuse."""
    if limit is None:
        return None
    number, _ = number_or_reason(limit)
    return float(limit) if number is None else number


def _finite(what: str, value: float) -> float:
    number, reason = number_or_reason(value)
    if number is None:
        raise RecordError(f"{what} is {reason}; expected a finite number of ns")
    return float(number)

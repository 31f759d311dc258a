"""What a record holds: the header of a run and the entries of a test, as frozen dataclasses that are JSON-stable.

An entry is a body (one class per kind) in an envelope ``n``, ``kind``, ``at_ns``, ``chain``. ``at_ns`` is bench
time since the test started. ``chain`` is SHA-256 over the previous link and the entry's canonical JSON without
``chain``; the first link is SHA-256 over the test's id and the digest of the run's header, so entries can be moved
neither within a test, nor to another test, nor to another run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, ClassVar

from harness.evidence.canonical import canonical_json, sha256_hex
from harness.measure.decision import Rule
from harness.measure.verdict import Verdict

FORMAT = "tamperbench-record/1"
"""Name and version of the folder's format, the first thing a reader checks."""

EMULATED_SERIAL = "EMU"
"""How the serial number of every emulated instrument begins, so that a served bench can't pass for a real one."""

LATER: Mapping[str, bool] = {"later": True}
"""On a field that older records lack: without a value it is not written, so that their digests stay what they were."""

Scalar = str | int | float | bool | None
"""What a fact beside a value may be."""


@dataclass(frozen=True)
class Calibration:
    """The calibration of one instrument; dates as ISO 8601 days."""

    certificate: str
    calibrated_on: str
    due_on: str
    laboratory: str = ""


@dataclass(frozen=True)
class Instrument:
    """One instrument of the bench as it identified itself; ``role`` is its name in the bench file."""

    role: str
    driver: str
    maker: str
    model: str
    serial: str
    firmware: str
    calibration: Calibration | None = None


@dataclass(frozen=True)
class InputFile:
    """A file that decided what was run, kept as a copy under ``inputs/``."""

    role: str
    file: str
    sha256: str


@dataclass(frozen=True)
class PlannedTest:
    """One test of the plan, in the plan's order."""

    test_id: str
    requirements: tuple[str, ...] = ()
    required: bool = True
    title: str = ""


@dataclass(frozen=True)
class Recalled:
    """A level of some tests that nobody read in the document it is from: the lab is to confirm it against the text.

    Without ``tests`` it is something that the profile's market asks for and the plan has no value of.
    """

    tests: tuple[str, ...]
    parameter: str
    value: str
    source: str


@dataclass(frozen=True)
class RunHeader:
    """What was run, on what, with what: everything that the result depends on, nothing that varies by machine.

    ``tests`` stand in the plan's order; ``requirements`` are those the plan must show.
    ``test_sources`` are SHA-256 digests of the files whose code judged: the planned tests and their fixtures.
    ``bench_utc_ns`` is UTC by the bench's clock when the run began; on an emulated bench it is the world's.
    """

    plan: str
    seed: int
    bench: str
    bench_kind: str
    meter: str
    image_sha256: str
    bench_utc_ns: int
    tests: tuple[PlannedTest, ...]
    requirements: tuple[str, ...]
    decision_rule: Rule = Rule.GUARDED
    coverage_factor: float = 2.0
    instruments: tuple[Instrument, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    test_sources: Mapping[str, str] = field(default_factory=dict)
    format: str = FORMAT
    deviations: tuple[str, ...] | None = field(default=None, metadata=LATER)
    """Where the plan differs from the reference plan, a line each; None if the two were not compared."""
    to_be_confirmed: tuple[Recalled, ...] | None = field(default=None, metadata=LATER)
    """Levels of the plan's profile from documents that could not be read; None if it has no profile."""

    @property
    def is_emulated(self) -> bool:
        """Whether emulated instruments took part: by the bench's kind, or, over a network, by their serial numbers."""
        return self.bench_kind == "emulated" or any(
            instrument.serial.startswith(EMULATED_SERIAL) for instrument in self.instruments
        )

    def digest(self) -> str:
        """SHA-256 of the header, the root of every test's chain."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return sha256_hex(canonical_json(to_json(self)))  # of thousands of values, and asked for with every test


class Kind(StrEnum):
    """The kinds of entry."""

    STARTED = "started"
    DECLARED = "declared"
    READING = "reading"
    JUDGEMENT = "judgement"
    WAVEFORM = "waveform"
    TRAFFIC = "traffic"
    ALERT = "alert"
    NOTE = "note"
    ERROR = "error"
    ENDED = "ended"


@dataclass(frozen=True)
class Started:
    """First entry of a test. ``attempt`` counts complete new runs of it; every attempt stays in the record."""

    kind: ClassVar[Kind] = Kind.STARTED
    test_id: str
    replay_id: str
    attempt: int = 1


@dataclass(frozen=True)
class Declared:
    """A value the test promises to judge. One that was never judged is *not tested*."""

    kind: ClassVar[Kind] = Kind.DECLARED
    name: str
    unit: str
    at_least: float | int | None = None
    at_most: float | int | None = None
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A value that was taken and is not judged. ``value`` is None if there is no number, and ``reason`` says why."""

    kind: ClassVar[Kind] = Kind.READING
    name: str
    value: float | int | None
    unit: str
    reason: str = ""
    facts: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class BudgetLine:
    """One contribution to the uncertainty of a judged value, as the budget computed it."""

    name: str
    value: float
    unit: str
    distribution: str
    divisor: float
    sensitivity: float
    degrees_of_freedom: float | None
    standard: float
    source: str = ""


@dataclass(frozen=True)
class Judgement:
    """A value, its limits, the acceptance limits that the decision rule made of them, and the verdict.

    ``uncertainty`` is the expanded one. A verdict without any limit is one that the test stated itself.
    """

    kind: ClassVar[Kind] = Kind.JUDGEMENT
    name: str
    value: float | int | None
    unit: str
    at_least: float | int | None
    at_most: float | int | None
    accept_at_least: float | int | None
    accept_at_most: float | int | None
    uncertainty: float
    coverage_factor: float
    rule: Rule
    verdict: Verdict
    requirements: tuple[str, ...]
    lower_bound: bool = False
    explanation: str = ""
    reason: str = ""
    budget: tuple[BudgetLine, ...] = ()


@dataclass(frozen=True)
class WaveformEntry:
    """A waveform kept beside the entries in ``file``; ``sha256`` is of the codes as the instrument sent them."""

    kind: ClassVar[Kind] = Kind.WAVEFORM
    name: str
    file: str
    sha256: str
    samples: int
    channel_label: str
    y_increment: float
    y_origin: float
    y_reference: int
    x_increment_ns: float
    x_origin_ns: float
    unit: str
    """Of ``y_increment`` and ``y_origin``."""
    cursors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Traffic:
    """One exchange on a channel; ``direction`` is ``>`` to the device, ``<`` from it. ``encoding``: text or hex."""

    kind: ClassVar[Kind] = Kind.TRAFFIC
    channel: str
    direction: str
    encoding: str
    data: str


@dataclass(frozen=True)
class Alert:
    """An alert as the listener received and checked it; ``data`` is the bytes on the wire in hexadecimal."""

    kind: ClassVar[Kind] = Kind.ALERT
    channel: str
    outcome: str
    data: str
    facts: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """A remark for the reader of the report, or an operator's answer."""

    kind: ClassVar[Kind] = Kind.NOTE
    text: str


@dataclass(frozen=True)
class Failure:
    """An error that kept the test from going on. ``frames`` name modules and functions, never machine paths."""

    kind: ClassVar[Kind] = Kind.ERROR
    error: str
    message: str
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """Last entry of a test: its verdict, and the declared names that were never judged."""

    kind: ClassVar[Kind] = Kind.ENDED
    verdict: Verdict
    not_taken: tuple[str, ...] = ()
    reason: str = ""


Body = Started | Declared | Reading | Judgement | WaveformEntry | Traffic | Alert | Note | Failure | Ended
"""What an entry can hold."""

BODIES: dict[Kind, type[Body]] = {
    body.kind: body
    for body in (Started, Declared, Reading, Judgement, WaveformEntry, Traffic, Alert, Note, Failure, Ended)
}


@dataclass(frozen=True)
class Entry:
    """One line of a test's record."""

    n: int
    at_ns: int
    body: Body
    chain: str

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written, ``chain`` included."""
        return {**entry_json(self.n, self.at_ns, self.body), "chain": self.chain}


def to_json(value: object) -> dict[str, Any]:
    """A dataclass of this module as plain JSON data."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{value!r} is no dataclass of a record")
    names, later = _names(type(value))
    plain = {name: _plain(getattr(value, name)) for name in names}
    for name in later:
        if plain[name] is None:
            del plain[name]
    return plain


@cache
def _names(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A dataclass's fields, and those of them that older records lack."""
    return tuple(part.name for part in fields(kind)), tuple(part.name for part in fields(kind) if part.metadata)


def entry_json(n: int, at_ns: int, body: Body) -> dict[str, Any]:
    """The part of an entry that its link of the chain is taken over."""
    return {**to_json(body), "n": n, "kind": body.kind.value, "at_ns": at_ns}


def first_link(test_id: str, header_digest: str) -> str:
    """The link before the first entry of a test."""
    return sha256_hex(canonical_json([test_id, header_digest]))


def next_link(previous: str, entry: Mapping[str, Any]) -> str:
    """The link of an entry given as JSON data without ``chain``."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical_json(dict(entry))).hexdigest()


def _plain(value: Any) -> Any:
    """As JSON has it. A record of minutes has tens of thousands of entries, so plain text and numbers come first."""
    if value is None or type(value) in {str, int, float, bool}:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return to_json(value) if is_dataclass(value) else value

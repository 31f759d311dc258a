"""Setting a run's header against the copies of its inputs: what it says was run must be what they say.

Whoever makes a whole record again can make every chain and digest fit. What the plan asked, what bench it was and
which image ran then still stand twice in the record, so they are compared. The files are read as plain TOML here: a
record is checked without the rules of the version that wrote it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.evidence.canonical import sha256_hex
from harness.evidence.model import Instrument, RunHeader

ROLES = ("plan", "bench", "meter", "image")
"""The inputs that a header repeats something of; each must be there exactly once."""

CALIBRATION = ("certificate", "calibrated_on", "calibrated_until", "calibrated_by")

Table = Mapping[str, Any]
Pair = tuple[str, object, object]
"""What it is, what the header says, what the input says."""


def contradictions(inputs: Path, header: RunHeader, *, judged: bool) -> Iterator[str]:
    """Everything in the header that its inputs (the folder ``inputs``) say otherwise.

    ``judged``: whether any test judged anything. Only a bench that did not come up may lack instruments.
    """
    for role in ROLES:
        names = [item.file for item in header.inputs if item.role == role]
        if len(names) != 1:
            yield f"names {len(names)} copies of the {role} file; expected one, without which it can't be checked"
            continue
        file = inputs / Path(names[0]).name
        if not file.is_file():
            continue  # told where the inputs' digests are checked
        if role == "image":
            yield from _told(file, [("image_sha256", header.image_sha256, sha256_hex(file.read_bytes()))])
            continue
        table, problem = _read(file)
        if problem:
            yield problem
        elif role == "plan":
            yield from _told(file, _plan(header, table))
        elif role == "bench":
            yield from _told(file, [*_bench(header, table), *_instruments(header, table, judged=judged)])
        else:
            yield from _told(file, [("meter", header.meter, _meter(table))])


def _told(file: Path, pairs: list[Pair]) -> Iterator[str]:
    for name, said, found in pairs:
        if said != found:
            yield f"{name} is {said!r}, but {file.parent.name}/{file.name} gives {found!r}; one of them was changed"


def _read(file: Path) -> tuple[Table, str]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8")), ""
    except RecursionError:
        return {}, f"can't be set against {file.name}: it is nested too deeply to be an input of a run"
    except (OSError, ValueError) as error:  # neither text nor TOML
        return {}, f"can't be set against {file.name}: {error}"


def _plan(header: RunHeader, plan: Table) -> list[Pair]:
    own, decision, tests = _table(plan, "plan"), _table(plan, "decision"), _tables(plan.get("test"))
    pairs: list[Pair] = [
        ("plan", header.plan, own.get("name")),
        ("requirements", list(header.requirements), own.get("requires")),
        ("decision_rule", header.decision_rule.value, decision.get("rule", "guarded")),
        ("coverage_factor", header.coverage_factor, _as(float, decision.get("coverage_factor", 2.0))),
        ("tests", [test.test_id for test in header.tests], [test.get("id") for test in tests]),
        # A plan has no tests that need not pass: one that the header calls so was made so later.
        ("tests that need not pass", [test.test_id for test in header.tests if not test.required], []),
    ]
    if "plan title" in header.parameters:
        pairs.append(("plan title", header.parameters["plan title"], own.get("title")))
    return pairs


def _bench(header: RunHeader, bench: Table) -> list[Pair]:
    own = _table(bench, "bench")
    pairs: list[Pair] = [("bench", header.bench, own.get("name")), ("bench_kind", header.bench_kind, own.get("kind"))]
    if "laboratory" in header.parameters:
        pairs.append(("laboratory", header.parameters["laboratory"], own.get("laboratory", "")))
    return pairs


def _instruments(header: RunHeader, bench: Table, *, judged: bool) -> list[Pair]:
    entries = _table(bench, "instruments")
    roles, expected = [instrument.role for instrument in header.instruments], list(entries)
    # Bring-up goes through the bench file in its order and stops at the first that does not answer.
    pairs: list[Pair] = [("instruments", roles, expected if judged else expected[: len(roles)])]
    for instrument in header.instruments:
        entry = entries.get(instrument.role)
        if isinstance(entry, Mapping):
            pairs += _instrument(instrument, entry)
    return pairs


def _instrument(instrument: Instrument, entry: Table) -> list[Pair]:
    role, calibration = f"instrument {instrument.role!r}", instrument.calibration
    pairs: list[Pair] = [(f"{role}: driver", instrument.driver, entry.get("driver"))]
    if entry.get("serial") is not None:
        pairs.append((f"{role}: serial", instrument.serial, entry["serial"]))
    if calibration is None:
        return [*pairs, (f"{role}: calibration", None, next((entry[key] for key in CALIBRATION if key in entry), None))]
    return [
        *pairs,
        (f"{role}: certificate", calibration.certificate, entry.get("certificate", "")),
        (f"{role}: calibrated on", calibration.calibrated_on, _day(entry.get("calibrated_on", ""))),
        (f"{role}: due on", calibration.due_on, _day(entry.get("calibrated_until", ""))),
        (f"{role}: calibrated by", calibration.laboratory, entry.get("calibrated_by", "")),
    ]


def _meter(meter: Table) -> str:
    own = _table(meter, "meter")
    return f"{own.get('name')}, {own.get('maker')} {own.get('serial')}"


def _day(value: object) -> object:
    day = _as(date, value)
    return day.isoformat() if isinstance(day, date) else day


def _as(kind: type, value: object) -> object:
    """As whoever read the file for the run took it; what it could not have been stays as it is."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return value


def _table(table: Table, name: str) -> Table:
    part = table.get(name)
    return part if isinstance(part, Mapping) else {}


def _tables(value: object) -> list[Table]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

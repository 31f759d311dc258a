"""A meter's security log as its optical port gives it: one text line a cause, strictly taken apart (LOG-3).

The form is docs/readout.md's: a header with the log's code, then lines ``(first;last;sequence;code;text;count;state)``.
Sans-I/O: takes the data sets of a block, gives lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from harness.meter.errors import CodecError
from harness.meter.readout import DataSet, Readout

LAYER = "security log"
CLAUSE = "docs/readout.md, security log"
Standing = Literal["active", "ended", "noted"]
"""A state that lasts, one that is over, and what has no duration."""

_LINE = re.compile(r"([^;]+);([^;]+);(\d{10});([0-9A-F]{2});([^;]+);(\d{10});(active|noted|ended ([^;]+))", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(\??)", re.ASCII)


@dataclass(frozen=True)
class LogTime:
    """A time of the meter's clock, UTC, in whole seconds; ``certain`` is False where the meter marks it with ``?``."""

    utc_s: int
    certain: bool


@dataclass(frozen=True)
class LogLine:
    """All that the meter keeps of one cause."""

    first: LogTime
    last: LogTime
    sequence: int
    """Of the cause's last alert."""
    code: int
    text: str
    count: int
    standing: Standing
    ended: LogTime | None


@dataclass(frozen=True)
class SecurityLog:
    """The log at one instant. ``newest`` is the sequence of the last alert of any cause; None without a log."""

    newest: int | None
    lines: tuple[LogLine, ...]

    def find(self, code: int) -> LogLine | None:
        """The line of a cause, by the code that begins it."""
        return next((line for line in self.lines if line.code == code), None)


def decode_security_log(readout: Readout, code: str) -> SecurityLog:
    """The log in a block whose header has ``code``; raises CodecError."""
    if not readout.sets or readout.sets[0].code != code or readout.sets[0].unit is not None:
        found = repr(readout.sets[0].encode()) if readout.sets else "an empty block"
        raise CodecError(LAYER, 0, f"{code}(newest sequence) first", found, CLAUSE)
    newest = readout.sets[0].value
    if newest and not re.fullmatch(r"\d{10}", newest, re.ASCII):
        raise CodecError(LAYER, 0, "ten digits of the newest sequence, or none", repr(newest), CLAUSE)
    lines = tuple(_decode_line(data_set) for data_set in readout.sets[1:])
    if len({line.code for line in lines}) != len(lines):
        raise CodecError(LAYER, 0, "one line a cause", repr([f"{line.code:02X}" for line in lines]), CLAUSE)
    return SecurityLog(int(newest) if newest else None, lines)


def _decode_line(data_set: DataSet) -> LogLine:
    match = _LINE.fullmatch(data_set.value)
    if match is None or data_set.code or data_set.unit is not None:
        raise CodecError(LAYER, 0, "(first;last;sequence;code;text;count;state)", repr(data_set.encode()), CLAUSE)
    standing: Standing = "ended" if match[8] else "active" if match[7] == "active" else "noted"
    return LogLine(
        first=_decode_time(match[1]),
        last=_decode_time(match[2]),
        sequence=int(match[3]),
        code=int(match[4], 16),
        text=match[5],
        count=int(match[6]),
        standing=standing,
        ended=_decode_time(match[8]) if match[8] else None,
    )


def _decode_time(text: str) -> LogTime:
    match = _TIME.fullmatch(text)
    try:
        read = datetime.strptime(match[1] if match else "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise CodecError(LAYER, 0, "a time as 2026-06-01 08:00:12, ? if uncertain", repr(text), CLAUSE) from None
    return LogTime(int(read.timestamp()), text[-1] != "?")

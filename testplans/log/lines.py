"""What the tests of the log share: a cause's line in the meter's security log, before and after, judged."""

from __future__ import annotations

from dataclasses import dataclass

from fixtures.errors import FixtureError
from fixtures.listener import EventName, Listener
from fixtures.meter import Meter
from harness.evidence.record import TestRecord
from harness.meter.security_log import LogLine, LogTime, SecurityLog


@dataclass(frozen=True)
class CauseLines:
    """Reads the lines of one cause and judges them."""

    meter: Meter
    listener: Listener
    record: TestRecord
    event: EventName
    tolerance_ns: int
    """How far a time in the log may be from the bench's UTC at the stimulus."""

    def line(self) -> LogLine | None:
        """The cause's line now; None where it was never detected."""
        return self.meter.security_log().find(self.listener.code_of(self.event))

    def one(self, when: str, requirement: str = "LOG-1") -> LogLine:
        """The line, judged to be there."""
        found = self.line()
        self.record.judge_true(f"{when}: a line of this cause", found is not None, requirements=[requirement])
        if found is None:
            raise FixtureError(f"{when}: no line although one was judged to be there")  # judge_true has raised before
        return found

    def judge_count(self, when: str, line: LogLine, before: LogLine | None, added: int) -> None:
        """The count has grown by what was done, no more and no less."""
        grown = line.count - (0 if before is None else before.count)
        self.record.judge_equal(f"{when}: detections counted", grown, added, requirements=["LOG-1"])

    def judge_time(self, what: str, time: LogTime, at_utc_ns: int) -> None:
        """A time in the log against the stimulus."""
        self.record.judge(
            f"{what} against bench UTC",
            time.utc_s + 0.5 - at_utc_ns / 1e9,  # the line gives whole seconds, rounded down
            "s",
            at_least=-self.tolerance_ns / 1e9,
            at_most=self.tolerance_ns / 1e9,
            uncertainty=self.listener.utc_uncertainty(),
            requirements=["LOG-1"],
        )


def counts(log: SecurityLog) -> dict[int, int]:
    """How often each cause was detected, by its code."""
    return {line.code: line.count for line in log.lines}

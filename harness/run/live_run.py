"""A run while it runs, in one process: the open bench, the run folder, the cause if the bench did not come up.

The order of things is docs/run-order.md. The controller ``begin``s a run and ``finish``es it; a worker ``join``s.
"""

from __future__ import annotations

import gc
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from harness.bench.bench import Bench
from harness.bench.clock import WallClock
from harness.bench.errors import BenchError
from harness.evidence.record import TestRecord
from harness.evidence.run_folder import RunFolder
from harness.headend.listener.history import CarriedHistory
from harness.instruments.visa import Traffic
from harness.plan.resolve import ResolvedTest
from harness.run import durations
from harness.run.bring_up import BringUp, bring_up
from harness.run.inputs import RunInputs
from harness.run.interruption import Interruption
from harness.run.session import create_run_folder, open_inputs_bench

OUT = Path("out")

GARBAGE_AT_OBJECTS = 50_000
"""A run makes few cycles and, when its record is read, hundreds of thousands of objects that stay: looking for garbage
at every 700 (Python's own figure) is 1 % of it."""


class StoppedClock:
    """The clock of a bench that could not be opened: no time passes on it."""

    def now_ns(self) -> int:
        """Always 0."""
        return 0

    def utc_ns(self) -> int:
        """Always 0."""
        return 0

    def sleep_ns(self, duration_ns: int) -> None:
        """Returns at once: there is nothing to wait for."""


class LiveRun:
    """A run in this process."""

    def __init__(self, inputs: RunInputs, folder: RunFolder, cause: str, bench: Bench | None) -> None:
        self.inputs = inputs
        self.folder = folder
        self.cause = cause
        self.failure: BaseException | None = None
        self.interruption = Interruption()
        self.history = CarriedHistory()
        """From test to test, on a bench that keeps its history; it has one worker, so this process sees all of it."""
        self._bench = bench
        self._collects_at: tuple[int, int, int] | None = None
        self._wall = WallClock()
        self._began_utc_ns = self._wall.utc_ns()
        self.test_seconds: dict[str, float] = {}
        """By the wall, for telling the next run how long it takes."""
        self.bench_seconds: dict[str, float] = {}
        """By the bench's clock: what the same tests take on a real bench."""

    @classmethod
    def begin(cls, inputs: RunInputs, path: Path | None) -> LiveRun:
        """Bring the bench up and make the run folder; a bench that does not come up still gives a record."""
        bench: Bench | None = None
        try:
            try:
                bench = open_inputs_bench(inputs)
                result = bring_up(bench, _unrecorded)
            except BenchError as error:
                result = BringUp(utc_ns=0, cause=f"{type(error).__name__}: {error}")
            folder = create_run_folder(path or new_folder(inputs.plan.plan.name), inputs, result)
        except BaseException:
            if bench is not None:
                bench.close()
            raise
        return cls(inputs, folder, result.cause, bench)

    @classmethod
    def join(cls, inputs: RunInputs, path: Path, cause: str) -> LiveRun:
        """Work for a run that another process began."""
        return cls(inputs, RunFolder(path), cause, None)

    @property
    def bench(self) -> Bench:
        """The open bench."""
        if self._bench is None:
            raise BenchError("the bench is not open in this process")
        return self._bench

    def begin_test(self, planned: ResolvedTest) -> TestRecord:
        """Bring the bench to where every test begins and open the test's record.

        What goes wrong with the bench here is kept in ``failure``, for the test's set-up to raise.
        """
        self.failure = None
        if self._collects_at is None:
            self._collects_at = gc.get_threshold()
            gc.freeze()  # what start-up has made stays to the end; looking through it again and again is 4 % of a run
            gc.set_threshold(GARBAGE_AT_OBJECTS)
        if not self.cause:
            try:
                if self._bench is None:
                    self._bench = open_inputs_bench(self.inputs)
                self._bench.start_test(planned.id)
            except BenchError as error:
                self.failure = error
        clock = StoppedClock() if self._bench is None else self._bench.clock
        record = self.folder.open_test(planned.id, clock, self.inputs.catalogue.ids)
        if self.cause:
            record.note(f"not tested, because the bench did not come up: {self.cause}")
        return record

    def close(self) -> None:
        """Close the bench; harmless when done twice. What the collector was told for the run is taken back."""
        if self._collects_at is not None:
            gc.unfreeze()
            gc.set_threshold(*self._collects_at)
            self._collects_at = None
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    def finish(self) -> int:
        """Join the tests' records and give the run's exit code."""
        summary = self.folder.finish(
            {
                "began_utc": _iso(self._began_utc_ns),
                "ended_utc": _iso(self._wall.utc_ns()),
                "duration_s": (self._wall.utc_ns() - self._began_utc_ns) / 1e9,
                "python": sys.version.split()[0],
                "machine": f"{platform.system()} {platform.machine()}",
                "bring_up_cause": self.cause,
                durations.KEY: durations.to_text(self.test_seconds),
                durations.BENCH_KEY: durations.to_text(self.bench_seconds),
            }
        )
        return int(summary["exit_code"])


def new_folder(plan: str) -> Path:
    """A folder under ``out/`` that is not there yet, named after the plan and the time."""
    stamp = datetime.fromtimestamp(WallClock().utc_ns() / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
    return free_folder(OUT / f"{plan}-{stamp}")


def free_folder(path: Path) -> Path:
    """``path``, or with a number behind it if that is there already."""
    free, number = path, 2
    while free.exists():
        free = path.with_name(f"{path.name}-{number}")
        number += 1
    return free


def _iso(utc_ns: int) -> str:
    return datetime.fromtimestamp(utc_ns / 1e9, UTC).isoformat(timespec="milliseconds")


def _unrecorded(_channel: str) -> Traffic:
    """Bring-up comes before the record; what it found stands in the header, what failed is the cause."""
    return lambda _direction, _data, _at_ns: None

"""What a person sees while a run runs: one line per test as it ends, why one did not pass, and the time to go.

On a terminal the last line lives: which test is running, how long the run has taken and about how much longer it will.
Into a pipe or a file go plain lines only, one per test.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from harness.bench.clock import WallClock
from harness.measure.verdict import Verdict
from harness.run.durations import known_seconds
from harness.run.inputs import RunInputs
from harness.run.live_run import OUT
from harness.run.pace import Pace, rough
from harness.run.terminal import fitted_for

STYLES = {
    Verdict.PASS: "[green]pass[/green]        ",
    Verdict.FAIL: "[bold red]FAIL[/bold red]        ",
    Verdict.ERROR: "[bold magenta]ERROR[/bold magenta]       ",
    Verdict.ABORTED: "[magenta]aborted[/magenta]     ",
    Verdict.INCONCLUSIVE: "[yellow]inconclusive[/yellow]",
    Verdict.NOT_TESTED: "[yellow]not tested[/yellow]  ",
}
VERDICT_PROPERTY = "tamperbench_verdict"
CAUSE_PROPERTY = "tamperbench_cause"
BENCH_SECONDS_PROPERTY = "tamperbench_bench_s"
REFRESHES_PER_S = 2
ID_LONGEST = 46
TELL_TIME_EVERY_S = 10


class Progress:
    """A pytest plugin of the controlling process. A context: the live line is gone when it is left."""

    def __init__(self, console: Console) -> None:
        self.problem = ""
        self._console = console
        self._clock = WallClock()
        self._began_ns = self._last_ns = self._clock.now_ns()
        self._order: dict[str, int] = {}
        self._pace = Pace((), {}, 1)
        self._running: dict[str, float] = {}
        self._id_width = 0
        self._ended = 0
        self._told_cause = ""
        self._told_time_s = 0.0
        self._live: Live | None = None

    def firmware(self, image: Path, flash_bytes: int, core_bytes: int) -> None:
        """The image was built."""
        name = image.name
        self._console.print(f"firmware  {name}: {flash_bytes} B of flash, detection core {core_bytes} B of 4096 B SRAM")

    def begin(self, inputs: RunInputs, test_ids: Sequence[str], workers: int = 1, folder: Path | None = None) -> None:
        """The inputs are good, the run begins. Earlier runs beside ``folder`` and under out/ tell how long it takes."""
        kind = inputs.bench.bench.kind
        chosen = [test.id for test in inputs.tests if not test_ids or test.id in test_ids]
        self._order = {test_id: place for place, test_id in enumerate(chosen, 1)}
        self._id_width = min(max(map(len, chosen), default=0), ID_LONGEST)
        folders = {OUT} if folder is None else {OUT, folder.parent}
        self._pace = Pace(chosen, known_seconds(inputs.plan.plan.name, kind, folders), workers)
        self._console.print(f"plan      {escape(inputs.plan.plan.name)}: {escape(inputs.plan.plan.title)}")
        self._tell_profile(inputs)
        self._console.print(f"meter     {escape(inputs.meter.meter.name)}, image {inputs.image_sha256[:16]}")
        self._console.print(f"bench     {escape(inputs.bench.bench.name)} ({kind}), seed {inputs.seed}")
        left_s = self._pace.left_s()
        if left_s is not None:
            tests = "1 test" if len(chosen) == 1 else f"{len(chosen)} tests"
            self._console.print(f"time      about {rough(left_s)} for {tests}, as earlier runs took")

    def _tell_profile(self, inputs: RunInputs) -> None:
        profile = inputs.plan.profile
        if profile is not None:
            self._console.print(f"profile   {escape(profile.name)}: {escape(profile.title)}")

    def __enter__(self) -> Progress:
        self._began_ns = self._last_ns = self._clock.now_ns()
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._line,
                refresh_per_second=REFRESHES_PER_S,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self._running[_test_id(nodeid)] = self._elapsed_s()
        self._refresh()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended; the last one, tear-down, carries the verdict."""
        properties: dict[str, Any] = dict(report.user_properties)
        if report.when != "teardown" or VERDICT_PROPERTY not in properties:
            return
        self._ended += 1
        verdict = Verdict(properties[VERDICT_PROPERTY])
        test_id = _test_id(report.nodeid)
        seconds = self._elapsed_s()
        self._last_ns = self._clock.now_ns()
        self._pace.ended(test_id, seconds - self._running.pop(test_id, seconds))
        self._refresh()
        count = f"{self._ended:>3}/{len(self._order)}"
        self._console.print(f"{count}  {STYLES[verdict]}  {escape(test_id):<{self._id_width}}{seconds:7.1f} s")
        self._tell_cause(str(properties.get(CAUSE_PROPERTY, "")))
        self._tell_time_to_go(seconds)

    def _tell_cause(self, cause: str) -> None:
        """Once, not again for every test that the same thing keeps from running."""
        if cause and cause == self._told_cause:
            self._console.print("         as above")
            return
        self._told_cause = cause
        for line in cause.splitlines():
            for part in fitted_for(self._console, f"         {line}"):
                self._console.print(escape(part))

    def _tell_time_to_go(self, seconds: float) -> None:
        """In plain lines, now and then: where no line lives, nobody waits for every second."""
        to_go = self._to_go().lstrip(", ")
        if self._live is None and to_go and seconds - self._told_time_s >= TELL_TIME_EVERY_S:
            self._told_time_s = seconds
            self._console.print(f"time      {to_go}")

    def pytest_internalerror(self, excrepr: Any) -> None:
        """The harness itself broke: keep the text for the last line."""
        self.problem = f"{excrepr}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test module can't be loaded: keep the text for the last line."""
        if report.failed:
            self.problem = f"{report.nodeid}: {report.longreprtext}"

    def _refresh(self) -> None:
        """What is printed next moves the live line as it was drawn last."""
        if self._live is not None:
            self._live.refresh()

    def _elapsed_s(self) -> float:
        return (self._clock.now_ns() - self._began_ns) / 1e9

    def _to_go(self) -> str:
        left_s = self._pace.left_s((self._clock.now_ns() - self._last_ns) / 1e9)
        return f", about {rough(left_s)} to go" if left_s else ""

    def _line(self) -> Text:
        """The live line, no wider than the terminal is at this moment: a line that wraps would stay behind."""
        # A test may begin or end while this is drawn, in the thread that refreshes.
        between = "the record is joined" if self._ended == len(self._order) else "the bench comes up"
        running = ", ".join(list(self._running)) or between
        tail = f"  {self._elapsed_s():.0f} s{self._to_go()}"
        head = f"{self._ended:>3}/{len(self._order)}  "
        room = max(self._console.width - 1 - len(head) - len(tail), 0)
        shown = running if len(running) <= room else running[: max(room - 1, 0)] + "…"
        return Text((head + shown + tail)[: self._console.width - 1], style="dim", no_wrap=True)


def _test_id(nodeid: str) -> str:
    return nodeid.rpartition("[")[2].rstrip("]")

"""What a person sees while a run runs: one line per test as it ends, and why one did not pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.markup import escape

from harness.bench.clock import WallClock
from harness.measure.verdict import Verdict
from harness.run.inputs import RunInputs

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


class Progress:
    """A pytest plugin of the controlling process."""

    def __init__(self, console: Console) -> None:
        self.problem = ""
        self._console = console
        self._clock = WallClock()
        self._began_ns = self._clock.now_ns()
        self._order: dict[str, int] = {}
        self._ended = 0
        self._told_cause = ""

    def firmware(self, image: Path, flash_bytes: int, core_bytes: int) -> None:
        """The image was built."""
        name = image.name
        self._console.print(f"firmware  {name}: {flash_bytes} B of flash, detection core {core_bytes} B of 4096 B SRAM")

    def begin(self, inputs: RunInputs, test_ids: Sequence[str]) -> None:
        """The inputs are good, the run begins."""
        kind = inputs.bench.bench.kind
        self._order = {
            test.id: place for place, test in enumerate(inputs.tests, 1) if not test_ids or test.id in test_ids
        }
        self._console.print(f"plan      {escape(inputs.plan.plan.name)}: {escape(inputs.plan.plan.title)}")
        self._console.print(f"meter     {escape(inputs.meter.meter.name)}, image {inputs.image_sha256[:16]}")
        self._console.print(f"bench     {escape(inputs.bench.bench.name)} ({kind}), seed {inputs.seed}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended; the last one, tear-down, carries the verdict."""
        properties: dict[str, Any] = dict(report.user_properties)
        if report.when != "teardown" or VERDICT_PROPERTY not in properties:
            return
        self._ended += 1
        verdict = Verdict(properties[VERDICT_PROPERTY])
        test_id = report.nodeid.rpartition("[")[2].rstrip("]")
        seconds = (self._clock.now_ns() - self._began_ns) / 1e9
        count = f"{self._ended:>3}/{len(self._order)}"
        self._console.print(f"{count}  {STYLES[verdict]}  {escape(test_id):<46}{seconds:6.1f} s")
        self._tell_cause(str(properties.get(CAUSE_PROPERTY, "")))

    def _tell_cause(self, cause: str) -> None:
        """Once, not again for every test that the same thing keeps from running."""
        if cause and cause == self._told_cause:
            self._console.print("         as above")
            return
        self._told_cause = cause
        for line in cause.splitlines():
            self._console.print(f"         {escape(line)}")

    def pytest_internalerror(self, excrepr: Any) -> None:
        """The harness itself broke: keep the text for the last line."""
        self.problem = f"{excrepr}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test module can't be loaded: keep the text for the last line."""
        if report.failed:
            self.problem = f"{report.nodeid}: {report.longreprtext}"

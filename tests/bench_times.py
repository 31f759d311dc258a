"""``python -m tests.bench_times [--workers N] [RUN ...]``: keep how long the tests take on the bench.

Writes ``testplans/times/PLAN.toml`` from finished runs of shipped plans with every test in them; without a run it makes
those of the plans in PLANS first. ``tamperbench list tests`` shows the times where nothing was run yet.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from harness.evidence.reader import Run, load_run
from harness.run.certify import Request, certify
from harness.run.durations import BENCH_KEY, from_text
from harness.run.inputs import DEFAULT_SEED, choose_paths, default_testplans
from harness.run.progress import Progress
from harness.run.shipped_times import FOLDER, MadeOn, Times, to_text

PLANS = ("full", "bite", "life")
"""What is timed. ``smoke`` is a part of ``full``; of ``endurance`` those tests are known that are as in ``full``."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_times", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    options = parser.parse_args(arguments)
    folder = default_testplans() / FOLDER
    for run in map(load_run, options.runs) if options.runs else _made(options.workers):
        times = times_of(run)
        folder.mkdir(exist_ok=True)
        (folder / f"{times.made_on.plan}.toml").write_text(to_text(times), encoding="utf-8")
        sys.stdout.write(f"{FOLDER}/{times.made_on.plan}.toml: {len(times.bench_seconds)} tests\n")
    return 0


def _made(workers: int) -> Iterator[Run]:
    with tempfile.TemporaryDirectory() as folder:
        for plan in PLANS:
            request = Request(choose_paths(plan=plan), DEFAULT_SEED, workers, Path(folder) / plan)
            yield certify(request, Progress(Console()))


def times_of(run: Run) -> Times:
    """A finished run's times; raises SystemExit for one that is not whole or did not pass."""
    told = from_text(str(run.volatile.get(BENCH_KEY) or ""))
    verdict = None if run.summary is None else run.summary["verdict"]
    missing = [test.planned.test_id for test in run.tests if test.planned.test_id not in told]
    if missing or verdict != "pass":
        raise SystemExit(
            f"{run.path}: verdict {verdict}, no time of {missing or 'no test'}; expected a whole run that passed"
        )
    return Times(
        made_on=MadeOn(plan=run.header.plan, seed=run.header.seed, image_sha256=run.header.image_sha256),
        bench_seconds={test.planned.test_id: round(told[test.planned.test_id], 1) for test in run.tests},
    )


if __name__ == "__main__":
    sys.exit(main())

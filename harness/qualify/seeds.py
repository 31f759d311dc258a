"""One meter and one plan on many seeds: many worlds of other tolerances, noise and chance, each of which must pass."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from harness.evidence.errors import ReadError
from harness.evidence.reader import Run, load_run
from harness.measure.verdict import RunVerdict, Verdict
from harness.qualify.errors import QualifyError
from harness.qualify.pool import Done, run_all
from harness.qualify.trial import RUN, Trial
from harness.run.firmware import build_if_source
from harness.run.inputs import InputPaths, load_inputs


@dataclass(frozen=True)
class SeedRequest:
    """What is asked for: ``count`` seeds from ``first`` on."""

    paths: InputPaths
    out: Path
    first: int
    count: int
    workers: int
    timeout_s: float


@dataclass(frozen=True)
class SeedResult:
    """What came of one seed."""

    seed: int
    verdict: RunVerdict
    not_passed: tuple[str, ...]
    """``TEST: verdict``, with the judgement that failed."""
    wall_s: float
    cpu_s: float
    run: str = ""
    """Folder of its record, kept if it is no pass."""


def run_seeds(request: SeedRequest) -> Iterator[SeedResult]:
    """Each seed as it ends; raises BenchError if it could not be begun."""
    inputs_paths = request.paths
    inputs = load_inputs(inputs_paths, request.first, needs_image=False)
    if inputs.bench.bench.kind != "emulated":
        raise QualifyError(f"{inputs_paths.bench}: a seed draws an emulated world; choose a bench of that kind")
    if inputs_paths.image is None:
        build_if_source(inputs.meter, inputs_paths.meter)
    trials = [
        Trial(
            name=f"seed {seed}",
            defect=None,
            paths=inputs_paths,
            source=None,
            build=request.out,
            folder=request.out / f"seed-{seed}",
            seed=seed,
        )
        for seed in range(request.first, request.first + request.count)
    ]
    with closing(run_all(trials, request.workers, request.timeout_s)) as ends:
        for done in ends:
            yield _result(done)


def _result(done: Done) -> SeedResult:
    folder = done.trial.folder / RUN
    try:
        run = load_run(folder)
        verdict, told = _verdict(run), _not_passed(run)
    except ReadError as error:
        verdict, told = RunVerdict.NOT_CERTIFIED, (done.ended.problem or str(error),)
    if done.timed_out and verdict is RunVerdict.PASS:
        verdict = RunVerdict.NOT_CERTIFIED
    kept = verdict is not RunVerdict.PASS and folder.is_dir()
    if not kept:
        shutil.rmtree(done.trial.folder, ignore_errors=True)
    told = (*told, done.ended.problem) if done.ended.problem and done.ended.problem not in told else told
    return SeedResult(done.trial.seed, verdict, told, done.wall_s, done.ended.cpu_s, str(folder) if kept else "")


def _verdict(run: Run) -> RunVerdict:
    if run.summary is not None:
        return RunVerdict(run.summary["verdict"])
    failed = any(test.verdict is Verdict.FAIL for test in run.tests)
    return RunVerdict.FAIL if failed else RunVerdict.NOT_CERTIFIED


def _not_passed(run: Run) -> tuple[str, ...]:
    found = []
    for test in run.tests:
        if test.verdict is not Verdict.PASS and test.attempts:
            missed = [one.name for one in test.attempts[-1].judgements if one.verdict is not Verdict.PASS]
            found.append(
                f"{test.planned.test_id}: {test.verdict.value}" + (f" ({', '.join(missed)})" if missed else "")
            )
    return tuple(found)

"""A qualification from its request to its result: the reference meter first, then every defect over the cores."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from harness.bench.clock import WallClock
from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss
from harness.evidence.errors import ReadError
from harness.evidence.reader import load_run
from harness.measure.verdict import RunVerdict
from harness.plan.catalogue import load_catalogue
from harness.plan.deviations import REFERENCE as REFERENCE_PLAN
from harness.plan.parts import load_plan
from harness.plan.plan_file import CATALOGUE
from harness.qualify.caught import Finding, Outcome, judge
from harness.qualify.defects import Defect, DefectFile, choose, load_defects, sample
from harness.qualify.errors import QualifyError
from harness.qualify.images import check_patches
from harness.qualify.pool import Done, run_all
from harness.qualify.qualification import REFERENCE, Qualification, Row
from harness.qualify.trial import RUN, Trial, write_bench
from harness.run import durations
from harness.run.inputs import InputFiles, InputPaths, default_testplans, load_files
from harness.run.needs import check_needs

SHIPPED_DEFECTS = default_testplans().parent / "firmware_ref" / "defects"
NO_DEFECT = DefectFile(title="none", vendor_would_have="done it right", violates=("-",), expected_tests=("-",))


@dataclass(frozen=True)
class Request:
    """What is asked for. ``paths``: plan, bench and meter; the meter file names the firmware's source."""

    paths: InputPaths
    out: Path
    defects: Path = SHIPPED_DEFECTS
    only: Sequence[str] = ()
    sample: int | None = None
    seed: int = 1
    workers: int = 1
    timeout_s: float = 600.0
    whole: bool = False
    """Every test of every defect, not only those that it takes to catch it."""


class Listener(Protocol):
    """Whoever watches it go on."""

    def begins(self, files: InputFiles, chosen: Sequence[Defect], left_out: Sequence[Defect]) -> None:
        """The defects are read, the first trial begins."""

    def ended(self, row: Row) -> None:
        """A meter has been put through the plan."""


def qualify(request: Request, listener: Listener) -> Qualification:
    """Do it. Raises BenchError if it could not be begun; whatever happens to one defect stands in its row."""
    clock = WallClock()
    began_ns = clock.now_ns()
    files = load_files(request.paths)
    source = _source(files, request.paths)
    there = load_defects(request.defects, files.catalogue)
    chosen = choose(there, request.only)
    chosen = chosen if request.sample is None else sample(chosen, request.sample)
    check_needs(files.tests, (), files.bench, request.paths.bench)
    _check_expected(request, chosen, files)
    check_patches(chosen, source)
    _make(request.out)
    _check_hardware(request, chosen)
    left_out = tuple(defect for defect in there if defect not in chosen)
    listener.begins(files, chosen, left_out)
    build = _build_folder(request, source)
    trials = [
        Trial(
            name=defect.name if defect else REFERENCE,
            defect=defect,
            paths=request.paths,
            source=source,
            build=build,
            folder=request.out / "runs" / (defect.name if defect else REFERENCE),
            seed=request.seed,
            whole=defect is None or request.whole,
        )
        for defect in (None, *chosen)
    ]
    (reference,) = _rows(trials[:1], request)
    listener.ended(reference)
    discounted = tuple(reference.finding.failed)
    trials = [replace(trial, bench_s=reference.bench_s, discounted=discounted) for trial in trials[1:]]
    rows: list[Row] = []
    interrupted = False
    try:
        for row in _rows(trials, request):
            rows.append(row)
            listener.ended(row)
    except KeyboardInterrupt:  # what is known by now took minutes
        interrupted = True
    judged = {row.name for row in rows}
    return Qualification(
        plan=files.plan.plan.name,
        plan_sha256=hashlib.sha256(files.plan.text).hexdigest(),
        bench_sha256=hashlib.sha256(request.paths.bench.read_bytes()).hexdigest(),
        seed=request.seed,
        commit=_commit(source),
        made_utc=datetime.fromtimestamp(clock.utc_ns() // 1_000_000_000, UTC).isoformat(),
        workers=request.workers,
        tests={test.id: test.requirements for test in files.tests},
        requirements=files.plan.plan.requires,
        reference=reference,
        rows=tuple(sorted(rows, key=lambda row: row.name)),
        left_out=tuple(defect.name for defect in there if defect.name not in judged),
        violated=frozenset(requirement for defect in there for requirement in defect.says.violates),
        interrupted=interrupted,
        whole=request.whole,
        wall_s=(clock.now_ns() - began_ns) / 1e9,
    )


def _rows(trials: Sequence[Trial], request: Request) -> Iterator[Row]:
    with closing(run_all(trials, request.workers, request.timeout_s)) as ends:
        for done in ends:
            yield _row(done)


def _row(done: Done) -> Row:
    """The finding on one meter. The record is kept only where somebody must look into it: each is many megabytes."""
    says = done.trial.defect.says if done.trial.defect else None
    folder = done.trial.folder / RUN
    finding, bench_s = _finding(done, says or NO_DEFECT)
    as_wanted = Outcome.CAUGHT if says else Outcome.PASSED
    kept = finding.outcome is not as_wanted and folder.is_dir()
    if not kept:
        shutil.rmtree(done.trial.folder, ignore_errors=True)
    return Row(
        name=done.trial.name,
        says=says,
        finding=finding,
        image_sha256=done.ended.image_sha256,
        cpu_s=done.ended.cpu_s,
        wall_s=done.wall_s,
        bench_s=bench_s,
        run=str(folder) if kept else "",
    )


def _finding(done: Done, says: DefectFile) -> tuple[Finding, dict[str, float]]:
    """And what each test took on the bench."""
    problem = done.ended.problem
    try:
        run = load_run(done.trial.folder / RUN)
    except ReadError as error:
        outcome = Outcome.TIMED_OUT if done.timed_out else Outcome.NOT_RUN
        return Finding(outcome, problem=problem or str(error)), {}
    bench_s = durations.from_text(str(run.volatile.get(durations.BENCH_KEY) or ""))
    found = judge(run, says, done.trial.discounted)
    if done.timed_out:
        return replace(found, outcome=Outcome.TIMED_OUT, problem=problem), bench_s
    if done.trial.defect is None:
        return _of_reference(found, run.summary), bench_s
    return replace(found, problem=problem or found.problem), bench_s


def _of_reference(found: Finding, summary: object) -> Finding:
    """The good meter must pass the plan as a whole; nothing is expected to fail."""
    passed = isinstance(summary, dict) and summary.get("verdict") == RunVerdict.PASS.value
    plain = replace(found, not_failed=(), expected_passed=(), also_failed=())
    if passed:
        return replace(plain, outcome=Outcome.PASSED)
    return replace(plain, outcome=Outcome.ELSEWHERE if found.outcome is Outcome.PASSED else found.outcome)


def _source(files: InputFiles, paths: InputPaths) -> Path:
    """The sources that the patches are made for."""
    if files.bench.bench.kind != "emulated":
        raise QualifyError(f"{paths.bench}: known-bad firmware is run on an emulated bench; choose one of that kind")
    if files.meter.firmware.source is None:
        raise BenchFileError(
            f"{paths.meter}: key 'firmware.source' is missing; add it: defects are patches of these sources"
        )
    return (paths.meter.parent / files.meter.firmware.source).resolve()


def _build_folder(request: Request, source: Path) -> Path:
    """Where images of earlier qualifications still lie; a folder of each folder of defects."""
    shipped = request.defects.resolve() == SHIPPED_DEFECTS.resolve()
    name = (
        "firmware_defects" if shipped else f"defects-{hashlib.sha256(bytes(request.defects.resolve())).hexdigest()[:8]}"
    )
    return source.parent / "build" / name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise QualifyError(f"{folder}: is there already, and nothing is overwritten; choose another folder") from None
    except OSError as error:
        raise QualifyError(f"{folder}: can't be made: {error.strerror}; choose another folder") from error


def _check_expected(request: Request, chosen: Sequence[Defect], files: InputFiles) -> None:
    """A misspelt test in ``expected_tests`` would be expected in vain; known are the plan's and all shipped ones."""
    shipped = default_testplans()
    whole = load_plan(shipped / f"{REFERENCE_PLAN}.toml", load_catalogue(shipped / f"{CATALOGUE}.toml"))
    known = [*(test.id for test in files.tests), *(test.id for test in whole.test)]
    wrong = []
    for defect in chosen:
        for name in defect.says.expected_tests:
            if name not in known:
                near = near_miss(name, known)
                hint = f"did you mean {near!r}?" if near else "tamperbench list tests --plan full shows those there are"
                wrong.append(f"{request.defects / defect.name}.toml: key 'expected_tests': no test {name!r}; {hint}")
    if wrong:
        raise QualifyError("\n".join(wrong))


def _check_hardware(request: Request, chosen: Sequence[Defect]) -> None:
    """A misspelt key is told before the first trial, with the defect's file."""
    target = request.out / "bench.toml"
    for defect in chosen:
        if defect.says.hardware:
            try:
                write_bench(request.paths.bench, defect, target)
            except BenchFileError as error:
                raise QualifyError(f"{request.defects / defect.name}.toml: key 'hardware': {error}") from None
    target.unlink(missing_ok=True)


def _commit(source: Path) -> str:
    """The commit of the checkout that the sources are in, with a mark if something was changed since."""
    changed = ["status", "--porcelain", "--untracked-files=no", ":/", ":(top,exclude)docs"]
    try:
        told = [
            subprocess.run(["git", *words], cwd=source, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
            for words in (["rev-parse", "HEAD"], changed)
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown: not in a checkout"
    return told[0] + (" with changes" if told[1] else "")

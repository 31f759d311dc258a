"""One defect put through the plan, in a process of its own: build the image, run the plan, leave the record.

A process each, so that a meter that hangs can be ended, and nothing that one leaves behind reaches the next.
"""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console

from harness.bench.errors import BenchError
from harness.bench.files import load_bench_file
from harness.bench.toml_file import read_toml
from harness.bench.toml_text import table
from harness.evidence.errors import EvidenceError
from harness.evidence.reader import load_run
from harness.qualify.caught import Outcome, judge
from harness.qualify.defects import Defect
from harness.qualify.images import build_image
from harness.run.certify import Request, certify
from harness.run.inputs import InputPaths
from harness.run.progress import Progress

RUN, FIRST = "run", "expected-tests"
"""The folders of the records of the whole plan, and of the expected tests alone."""


@dataclass(frozen=True)
class Trial:
    """What is to be done for one defect. ``defect`` None: the reference meter."""

    name: str
    defect: Defect | None
    paths: InputPaths
    source: Path | None
    """Of the firmware; None: the image of the paths, or of the meter file, as it is."""
    build: Path
    folder: Path
    seed: int
    first_failure: bool = False


@dataclass(frozen=True)
class Ended:
    """What the process says at its end; the rest stands in the record."""

    image_sha256: str = ""
    run: str = RUN
    cpu_s: float = 0.0
    problem: str = ""


def run_trial(trial: Trial, pipe: Connection) -> None:
    """Do it and say how it ended; whatever goes wrong is told, never raised."""
    ended = Ended()
    try:
        image = trial.paths.image
        if trial.source is not None:
            image = build_image(trial.defect, trial.source, trial.build)
            ended = replace(ended, image_sha256=hashlib.sha256(image.read_bytes()).hexdigest())
        ended = replace(ended, run=_run(trial, image))
    except (BenchError, EvidenceError, OSError) as error:
        ended = replace(ended, problem=f"{type(error).__name__}: {error}")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    pipe.send(replace(ended, cpu_s=sum(use.ru_utime + use.ru_stime for use in used)))
    pipe.close()


def _run(trial: Trial, image: Path | None) -> str:
    paths = replace(trial.paths, image=image, bench=_bench(trial))
    if trial.first_failure and trial.defect is not None:
        _certify(trial, paths, FIRST, trial.defect.says.expected_tests)
        if judge(load_run(trial.folder / FIRST), trial.defect.says).outcome is Outcome.CAUGHT:
            return FIRST
    _certify(trial, paths, RUN, ())
    return RUN


def _certify(trial: Trial, paths: InputPaths, name: str, test_ids: Sequence[str]) -> None:
    request = Request(paths, seed=trial.seed, folder=trial.folder / name, test_ids=test_ids, build=False)
    certify(request, Progress(Console(quiet=True)))


def _bench(trial: Trial) -> Path:
    if trial.defect is None or not trial.defect.says.hardware:
        return trial.paths.bench
    trial.folder.mkdir(parents=True, exist_ok=True)
    return write_bench(trial.paths.bench, trial.defect, trial.folder / "bench.toml")


def write_bench(bench: Path, defect: Defect, target: Path) -> Path:
    """The bench file with the defect's hardware in [emulation]; raises BenchFileError if the two don't go together."""
    data = read_toml(bench)
    data["emulation"] = data.get("emulation", {}) | defect.says.hardware
    lines = [line for name, values in data.items() for line in table(name, values)]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    load_bench_file(target)
    return target

"""One defect put through the plan, in a process of its own: build the image, run the plan, leave the record.

A process each, so that a meter that hangs can be ended, and nothing that one leaves behind reaches the next.
"""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console

from harness.bench.errors import BenchError
from harness.bench.files import load_bench_file
from harness.bench.toml_file import read_toml
from harness.bench.toml_text import table
from harness.evidence.errors import EvidenceError
from harness.qualify.defects import Defect
from harness.qualify.images import build_image
from harness.qualify.until_shown import UntilShown
from harness.run.certify import Request, certify
from harness.run.inputs import InputPaths
from harness.run.progress import Progress

RUN = "run"
"""The folder of the record."""


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
    whole: bool = True
    """Every test of the plan; False: those that it takes to show all that the defect is declared to violate."""
    bench_s: Mapping[str, float] = field(default_factory=dict)
    """Test id → seconds on the bench, with the reference meter."""
    discounted: tuple[str, ...] = ()
    """Tests that fail with the reference meter."""


@dataclass(frozen=True)
class Ended:
    """What the process says at its end; the rest stands in the record."""

    image_sha256: str = ""
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
        run_plan(trial, image)
    except (BenchError, EvidenceError, OSError) as error:
        ended = replace(ended, problem=f"{type(error).__name__}: {error}")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    pipe.send(replace(ended, cpu_s=sum(use.ru_utime + use.ru_stime for use in used)))
    pipe.close()


def run_plan(trial: Trial, image: Path | None, test_ids: Sequence[str] = ()) -> None:
    """The plan on the image, as much of it as the trial says; or of these tests alone."""
    paths = replace(trial.paths, image=image, bench=_bench(trial))
    folder = trial.folder / RUN
    plugins: tuple[object, ...] = ()
    if trial.defect is not None and not trial.whole:
        plugins = (UntilShown(folder, trial.defect.says, trial.bench_s, trial.discounted),)
    request = Request(paths, seed=trial.seed, folder=folder, test_ids=test_ids, build=False, plugins=plugins)
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

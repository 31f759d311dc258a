"""Everything a run is decided by, read and checked before anything is switched on or written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.bench.errors import BenchError, BenchFileError
from harness.bench.files import BenchFile, MeterFile, load_meter_file, read_image
from harness.bench.resources import ResourceStatement, load_statement, statement_beside
from harness.instruments.declared import load_declared_bench
from harness.plan.catalogue import Catalogue, load_catalogue
from harness.plan.deviations import find_deviations
from harness.plan.parts import load_plan
from harness.plan.plan_file import Plan, find_plan
from harness.plan.profile import find_profile
from harness.plan.resolve import ResolvedTest, resolve_plan

DEFAULT_SEED = 1
DEFAULT_PLAN = "smoke"


@dataclass(frozen=True)
class InputPaths:
    """Where the inputs are. ``testplans`` is the folder of the tests and of the catalogue."""

    testplans: Path
    plan: Path
    bench: Path
    meter: Path
    image: Path | None = None
    """Another image than the meter file's: a defect, or the copy kept in a run folder."""
    symbols: Path | None = None
    profile: Path | None = None
    """The market profile whose values are put into the plan."""


@dataclass(frozen=True)
class RunInputs:
    """The checked inputs of a run."""

    paths: InputPaths
    plan: Plan
    tests: tuple[ResolvedTest, ...]
    catalogue: Catalogue
    bench: BenchFile
    meter: MeterFile
    image: bytes
    image_path: Path
    symbols: Path | None
    seed: int
    deviations: tuple[str, ...]
    """Where the plan differs from the reference plan."""
    resources: ResourceStatement | None = None
    """What the image's maker states beside it."""

    @property
    def image_sha256(self) -> str:
        """SHA-256 (hex) of the image: what was certified."""
        return hashlib.sha256(self.image).hexdigest()

    def test(self, test_id: str) -> ResolvedTest:
        """The test of that id; raises BenchFileError."""
        self.plan.planned(test_id)
        return next(test for test in self.tests if test.id == test_id)


def default_testplans() -> Path:
    """The folder ``testplans`` that belongs to this installation."""
    return Path(__file__).resolve().parents[2] / "testplans"


def choose_paths(
    testplans: Path | None = None,
    plan: str | None = None,
    bench: Path | None = None,
    meter: Path | None = None,
    image: Path | None = None,
    symbols: Path | None = None,
    profile: str | None = None,
) -> InputPaths:
    """What was given, and what is shipped for the rest. A plan or profile is given by its path or its name."""
    shipped = default_testplans()
    folder = (testplans or shipped).resolve()
    if not folder.is_dir():
        raise BenchFileError(
            f"{testplans}: there is no such folder; expected one of tests with requirements.toml in it"
        )
    return InputPaths(
        testplans=folder,
        plan=find_plan(plan or DEFAULT_PLAN, folder),
        bench=bench or shipped / "benches" / "emulated.toml",
        meter=meter or shipped / "meters" / "reference.toml",
        image=image,
        symbols=symbols,
        profile=None if profile is None else find_profile(profile, folder),
    )


def check_workers(inputs: RunInputs, workers: int) -> None:
    """Refuse to share a real bench between tests; raises BenchError."""
    if inputs.bench.bench.kind == "real" and workers > 1:
        raise BenchError(
            f"{workers} workers on bench {inputs.bench.bench.name!r}: a real bench is one bench, "
            "which two tests can't share; leave -n (or --workers) at 1"
        )


@dataclass(frozen=True)
class InputFiles:
    """The checked files of a run, before its image is there: a wrong plan is told without a build."""

    catalogue: Catalogue
    plan: Plan
    tests: tuple[ResolvedTest, ...]
    bench: BenchFile
    meter: MeterFile
    deviations: tuple[str, ...]


def load_files(paths: InputPaths) -> InputFiles:
    """Read and check every file but the image; raises BenchFileError naming file, key and remedy."""
    catalogue = load_catalogue(paths.testplans / "requirements.toml")
    plan = load_plan(paths.plan, catalogue, paths.testplans, paths.profile)
    bench = load_declared_bench(paths.bench)
    meter = load_meter_file(paths.meter)
    tests = resolve_plan(plan, paths.plan, paths.testplans, catalogue)
    deviations = find_deviations(plan, tests, paths.testplans, default_testplans())
    return InputFiles(catalogue, plan, tests, bench, meter, deviations)


def load_inputs(
    paths: InputPaths, seed: int, *, needs_image: bool = True, files: InputFiles | None = None
) -> RunInputs:
    """Read and check every input; raises BenchFileError naming file, key and remedy.

    ``needs_image`` is false where nothing will be run (collecting tests for an editor): it need not be built yet, and
    no password is asked for. ``files`` are those of ``paths`` if they have been loaded just before.
    """
    if seed < 0:
        raise BenchFileError(f"seed {seed}: expected a whole number of 0 or more")
    files = files or load_files(paths)
    meter = files.meter
    if needs_image and meter.diagnostic is not None:
        _ = meter.diagnostic.password  # told now if it can't be read, not by the first test that asks for it
    path = image_path(paths, meter)
    symbols = symbols_path(paths, meter) if needs_image else None
    statement = statement_beside(path) if needs_image else None
    return RunInputs(
        paths=paths,
        plan=files.plan,
        tests=files.tests,
        catalogue=files.catalogue,
        bench=files.bench,
        meter=meter,
        image=read_image(path) if needs_image else b"",
        image_path=path,
        symbols=symbols,
        seed=seed,
        deviations=files.deviations,
        resources=None if statement is None else load_statement(statement),
    )


def image_path(paths: InputPaths, meter: MeterFile) -> Path:
    """Where the image that is run lies."""
    return paths.image or _beside(paths.meter, meter.firmware.image)


def symbols_path(paths: InputPaths, meter: MeterFile) -> Path | None:
    """The ELF that puts names to the image's addresses, if there is one; raises BenchFileError."""
    symbols = paths.symbols
    if symbols is None and paths.image is None and meter.firmware.symbols is not None:
        symbols = _beside(paths.meter, meter.firmware.symbols)
    if symbols is None and paths.image is not None and paths.image.with_suffix(".elf").is_file():
        symbols = paths.image.with_suffix(".elf")  # as every build leaves it; it only puts names to addresses
    if symbols is not None and not symbols.is_file():
        raise BenchFileError(f"{symbols}: there is no such symbol file; build it or take firmware.symbols out")
    return symbols


def _beside(file: Path, relative: Path) -> Path:
    return (file.parent / relative).resolve()

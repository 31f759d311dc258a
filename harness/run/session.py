"""One run from its inputs to its joined record, in whatever process or worker it takes place."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from harness import __version__
from harness.bench.bench import Bench, open_bench
from harness.bench.files import BenchFile, load_meter_file, read_image
from harness.bench.resources import RESOURCES_FILE, statement_beside
from harness.evidence.model import Calibration, Instrument, PlannedTest, Recalled, RunHeader
from harness.evidence.run_folder import InputSource, RunFolder
from harness.instruments.declared import load_declared_bench
from harness.measure.decision import Rule
from harness.plan.plan_file import ProfileSection
from harness.run.bring_up import BringUp
from harness.run.firmware import build_if_source
from harness.run.inputs import InputPaths, RunInputs, image_path, symbols_path

EMULATION_TOOLS = ("unicorn",)
TOOLS = ("cryptography", "numpy", "pyvisa")
"""Packages whose version can change a result; it stands in the header."""


def open_inputs_bench(inputs: RunInputs) -> Bench:
    """Open the bench of these inputs."""
    return open_bench(inputs.bench, inputs.meter, image=inputs.image, symbols=inputs.symbols, seed=inputs.seed)


@contextmanager
def open_bench_alone(paths: InputPaths, seed: int) -> Generator[Bench]:
    """A bench without a plan and without a run, closed on every way out; raises BenchError, FirmwareError."""
    bench_file = load_declared_bench(paths.bench)
    meter = load_meter_file(paths.meter)
    image, symbols = b"", None
    if bench_file.bench.kind == "emulated":
        if paths.image is None:
            build_if_source(meter, paths.meter)
        path = image_path(paths, meter)
        image, symbols = read_image(path), symbols_path(paths, meter)
    bench = open_bench(bench_file, meter, image=image, symbols=symbols, seed=seed)
    try:
        yield bench
    finally:
        bench.close()


def make_header(inputs: RunInputs, bring_up: BringUp) -> RunHeader:
    """What the run's result depends on."""
    tools = TOOLS + (EMULATION_TOOLS if inputs.bench.bench.kind == "emulated" else ())
    return RunHeader(
        plan=inputs.plan.plan.name,
        seed=inputs.seed,
        bench=inputs.bench.bench.name,
        bench_kind=inputs.bench.bench.kind,
        meter=f"{inputs.meter.meter.name}, {inputs.meter.meter.maker} {inputs.meter.meter.serial}",
        image_sha256=inputs.image_sha256,
        bench_utc_ns=bring_up.utc_ns,
        tests=tuple(
            PlannedTest(test_id=test.id, requirements=test.requirements, title=test.title) for test in inputs.tests
        ),
        requirements=inputs.plan.plan.requires,
        decision_rule=Rule(inputs.plan.decision.rule),
        coverage_factor=inputs.plan.decision.coverage_factor,
        instruments=instruments_found(inputs.bench, bring_up),
        tools={"tamperbench": __version__} | {name: _version(name) for name in tools},
        parameters=_parameters(inputs),
        test_sources=test_sources(inputs),
        deviations=inputs.deviations,
        to_be_confirmed=_to_be_confirmed(inputs.plan.profile),
    )


def _to_be_confirmed(profile: ProfileSection | None) -> tuple[Recalled, ...] | None:
    if profile is None:
        return None
    levels = [Recalled(one.tests, one.parameter, one.value, one.source) for one in profile.to_be_confirmed]
    return (*levels, *(Recalled((), "", "", line) for line in profile.unknown))


def _parameters(inputs: RunInputs) -> dict[str, str]:
    told = {"plan title": inputs.plan.plan.title, "laboratory": inputs.bench.bench.laboratory}
    profile = inputs.plan.profile
    return told if profile is None else told | {"profile": f"{profile.name}: {profile.title}"}


def instruments_found(file: BenchFile, bring_up: BringUp) -> tuple[Instrument, ...]:
    """Those that answered, with what the bench file says of their calibration."""
    return tuple(
        Instrument(
            role=role,
            driver=file.instrument(role).driver,
            maker=identity.maker,
            model=identity.model,
            serial=identity.serial,
            firmware=identity.firmware,
            calibration=_calibration(file, role),
        )
        for role, identity in bring_up.identities.items()
    )


def test_sources(inputs: RunInputs) -> dict[str, str]:
    """SHA-256 (hex) of the code that judges: the files of the planned tests, what pytest loads for them, the fixtures.

    Named from ``testplans/`` and ``fixtures/``, never by their place on this machine.
    """
    folder = inputs.paths.testplans
    planned = {folder / test.planned.run.partition("::")[0] for test in inputs.tests}
    beside = {up / "conftest.py" for file in planned for up in file.parents if up.is_relative_to(folder)}
    found = {f"testplans/{file.relative_to(folder).as_posix()}": file for file in planned | beside if file.is_file()}
    spec = importlib.util.find_spec("fixtures")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found |= {f"fixtures/{file.name}": file for file in Path(place).glob("*.py")}
    return {name: hashlib.sha256(found[name].read_bytes()).hexdigest() for name in sorted(found)}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def create_run_folder(path: Path, inputs: RunInputs, bring_up: BringUp) -> RunFolder:
    """The folder of a run with its header and a copy of everything that decides it."""
    sources = [
        InputSource("plan", "plan.toml", inputs.plan.text),
        InputSource("bench", "bench.toml", inputs.paths.bench.read_bytes()),
        InputSource("meter", "meter.toml", inputs.paths.meter.read_bytes()),
        InputSource("requirements", "requirements.toml", (inputs.paths.testplans / "requirements.toml").read_bytes()),
        InputSource("image", "image.bin", inputs.image),
    ]
    statement = statement_beside(inputs.image_path)
    if statement is not None:
        sources.append(InputSource("resources", RESOURCES_FILE, statement.read_bytes()))
    return RunFolder.create(path, make_header(inputs, bring_up), sources)


def _calibration(file: BenchFile, role: str) -> Calibration:
    entry = file.instrument(role)
    return Calibration(
        certificate=entry.certificate,
        calibrated_on=entry.calibrated_on.isoformat(),
        due_on=entry.calibrated_until.isoformat(),
        laboratory=entry.calibrated_by,
    )

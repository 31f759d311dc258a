"""The programs under test, built once per session: the core for the host with sanitizers, and the image."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_ref.tool.build import BuildResult, build
from firmware_ref.tool.toolchain import zig_command
from tests.firmware.host_meter import HostMeter, HostProgram

SOURCE = Path(__file__).resolve().parents[2] / "firmware_ref"
WARNINGS = ("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wconversion")
UNDEFINED = ("-fsanitize=undefined", "-fsanitize-trap=undefined")
ADDRESS_AND_UNDEFINED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
HOST_FOLDERS = ("core", "crypto", "dlms", "port/host")
HOST_PROGRAM = "TAMPERBENCH_HOST_PROGRAM"
"""Another build of the core for the host to run the tests on: the instrumented one of ``tests.firmware.coverage``."""


def host_sources() -> list[str]:
    """Every C file of the program, relative to the firmware's folder."""
    return [str(path.relative_to(SOURCE)) for folder in HOST_FOLDERS for path in sorted((SOURCE / folder).glob("*.c"))]


def compile_host(out: Path) -> Path:
    """Address and undefined-behaviour sanitizers with gcc; the ziglang wheel's clang has the second only (traps)."""
    sources = [
        str(path.relative_to(SOURCE)) for folder in HOST_FOLDERS for path in sorted((SOURCE / folder).glob("*.c"))
    ]
    gcc = shutil.which("gcc")
    compiler, sanitizers = ([gcc], ADDRESS_AND_UNDEFINED) if gcc else (list(zig_command()), UNDEFINED)
    for attempt, flags in ((compiler, sanitizers), (list(zig_command()), UNDEFINED)):
        command = [*attempt, *WARNINGS, *flags, "-I.", *sources, "-o", str(out)]
        done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return out
        if "asan" not in done.stderr and "ubsan" not in done.stderr:
            break  # not the missing run-time library of a bare gcc, but the sources
    raise AssertionError(f"the core does not build for the host:\n{done.stderr}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With another build given, only what runs on it is of interest."""
    if HOST_PROGRAM in os.environ:
        others = [item for item in items if "host_program" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


@pytest.fixture(scope="session")
def host_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get(HOST_PROGRAM)
    return Path(given) if given else compile_host(tmp_path_factory.mktemp("host") / "meter")


@pytest.fixture
def modules(host_program: Path) -> Iterator[HostProgram]:
    program = HostProgram(host_program)
    yield program
    program.close()


@pytest.fixture
def make_meter(host_program: Path) -> Iterator[Callable[[], HostMeter]]:
    """Makes meters and ends them all."""
    meters: list[HostMeter] = []

    def make() -> HostMeter:
        meters.append(HostMeter(host_program))
        return meters[-1]

    yield make
    for meter in meters:
        meter.power_off()


@pytest.fixture
def meter(make_meter: Callable[[], HostMeter]) -> HostMeter:
    """A meter that has booted with its case closed: scan of the log and probe of the secure element are over."""
    made = make_meter().power_on()
    made.run(1_000_000)
    return made


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    return build(SOURCE, tmp_path_factory.mktemp("image"))

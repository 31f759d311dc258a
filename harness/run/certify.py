"""From named files to verdict and report: what ``tamperbench certify`` does, in the order of docs/run-order.md."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from harness.bench.errors import BenchError, BenchFileError
from harness.evidence.reader import HEADER_FILE, Run, load_run
from harness.measure.verdict import RunVerdict
from harness.run.firmware import build_if_source
from harness.run.handed_over import HandedOver
from harness.run.inputs import InputFiles, InputPaths, check_workers, load_files, load_inputs
from harness.run.interruption import WORDS
from harness.run.live_run import free_folder, new_folder
from harness.run.needs import check_needs
from harness.run.progress import Progress


class RunNotMadeError(BenchError):
    """No run folder came of it; the text says why."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    paths: InputPaths
    seed: int
    workers: int = 1
    folder: Path | None = None
    test_ids: Sequence[str] = ()
    build: bool = True
    plugins: Sequence[object] = ()
    """More pytest plugins of this process (the shell's)."""
    options: Sequence[str] = ()
    """More options for pytest."""


def certify(request: Request, progress: Progress) -> Run:
    """Build, run and join; gives the finished run. Raises BenchError or FirmwareError if there is none."""
    files = _checked(request, load_files(request.paths))
    if request.build and request.paths.image is None:
        build_if_source(files.meter, request.paths.meter, progress.firmware)
    inputs = load_inputs(request.paths, request.seed, files=files)
    handed_over = HandedOver(inputs)
    check_workers(inputs, request.workers)
    with _claimed_folder(request) as folder:
        progress.begin(inputs, request.test_ids, request.workers, folder)
        with terminated_like_interrupted(), _without_foreign_options(), progress:
            status = pytest.main(_arguments(request, folder), plugins=[progress, handed_over, *request.plugins])
        if not (folder / HEADER_FILE).is_file():
            if status == pytest.ExitCode.INTERRUPTED:
                raise RunNotMadeError("interrupted before the first test; nothing was recorded")
            raise RunNotMadeError(progress.problem or f"the run did not start (pytest status {int(status)})")
    run = handed_over.finished or load_run(folder)
    if (run.header.image_sha256, run.header.seed) != (inputs.image_sha256, request.seed):
        raise RunNotMadeError(f"{folder}: holds the record of another run than this one; run again")
    if progress.problem and (run.summary is None or run.summary["verdict"] != RunVerdict.FAIL):
        raise RunNotMadeError(f"{progress.problem}\nwhat was recorded before is in {folder}")
    return run


def _checked(request: Request, files: InputFiles) -> InputFiles:
    """``files`` if the chosen tests are there and the bench has what they need; raises BenchError."""
    for test_id in request.test_ids:
        files.plan.planned(test_id)
    check_needs(files.tests, request.test_ids, files.bench, request.paths.bench)
    return files


def _arguments(request: Request, folder: Path) -> list[str]:
    paths = request.paths
    arguments = [str(paths.testplans), "--testplans", str(paths.testplans)]
    arguments += ["--plan", str(paths.plan), "--bench", str(paths.bench)]
    arguments += ["--meter", str(paths.meter), "--seed", str(request.seed), "--run-folder", str(folder)]
    if paths.image is not None:
        arguments += ["--image", str(paths.image)]
    if paths.profile is not None:
        arguments += ["--profile", str(paths.profile)]
    if paths.symbols is not None:
        arguments += ["--symbols", str(paths.symbols)]
    for test_id in request.test_ids:
        arguments += ["--test-id", test_id]
    if request.workers > 1:
        arguments += ["-n", str(request.workers)]
    # The terminal belongs to our own progress; no foreign plugin, pytest.ini or cache may change a certification.
    arguments += ["--disable-plugin-autoload", "-p", "xdist", "--assert", "plain"]
    quiet = [
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-c",
        str(Path(__file__).with_name("certify.ini")),
    ]
    quiet += request.options
    return [*arguments, *quiet, "--rootdir", str(paths.testplans), "-p", "harness.plugin"]


@contextmanager
def _claimed_folder(request: Request) -> Generator[Path]:
    """The run's folder, made empty here and now: of two runs that want the same name one gets another, or is refused.

    If no record comes of it, it is taken away again.
    """
    folder = (request.folder or new_folder(request.paths.plan.stem)).resolve()
    _check_writable(folder)
    while True:
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            if request.folder is not None:
                raise BenchFileError(
                    f"{request.folder}: is there already; records are never overwritten: choose another folder"
                ) from None
            folder = free_folder(folder)
        except OSError as error:
            raise BenchFileError(f"{folder}: can't be made: {error.strerror}; choose another folder") from error
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def _check_writable(folder: Path) -> None:
    """Told before anything is switched on, not by a record that can't be written."""
    existing = next(parent for parent in folder.parents if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise BenchFileError(
            f"{folder}: can't be made, since {existing} is no folder that may be written to; choose another folder"
        )


@contextmanager
def _without_foreign_options() -> Generator[None]:
    """What a user sets for pytest in general (PYTEST_ADDOPTS, PYTEST_PLUGINS) must not change a certification."""
    foreign = {name: os.environ.pop(name) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(foreign)


@contextmanager
def terminated_like_interrupted() -> Generator[None]:
    """SIGTERM and a terminal that closes end a run as Ctrl-C does: outputs off, record readable."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(WORDS[signal.Signals(number)])

    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

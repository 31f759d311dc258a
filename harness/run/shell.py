"""The bench worked by hand: ``tamperbench bench shell``, from opening it to outputs off, with a record of it all.

A line of Python is worked like a test's body: Ctrl-C and its kin take effect between two exchanges with the bench, and
never in the tear-down (:mod:`harness.run.interruption`).
"""

from __future__ import annotations

import ast
import codeop
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from harness import __version__
from harness.bench.bench import Bench
from harness.bench.errors import BenchError
from harness.bench.toml_text import table
from harness.evidence.canonical import sha256_hex
from harness.evidence.model import PlannedTest, RunHeader
from harness.evidence.record import TestRecord
from harness.evidence.run_folder import InputSource, RunFolder
from harness.run.bring_up import BringUp, bring_up
from harness.run.by_hand import ByHand
from harness.run.inputs import InputPaths, image_path
from harness.run.interruption import Interruption
from harness.run.live_run import new_folder
from harness.run.session import instruments_found, open_bench_alone

PLAN, TEST = "shell", "by-hand"
TITLE = "The bench worked by hand: no test, no verdict on the meter"
FILE = "<bench>"
PROMPT, MORE = "bench> ", "  ...> "
Tell = Callable[[str], None]


@dataclass(frozen=True)
class ShellOutcome:
    """How it ended."""

    text: str
    exit_code: int


class LineError(Exception):
    """A line that was not typed by a person failed: nothing behind it is worked."""


def run_shell(
    paths: InputPaths, seed: int, folder: Path | None, commands: Sequence[str] | None, tell: Tell
) -> ShellOutcome:
    """Open the bench, work ``commands`` (None: those of standard input), leave it safe. Raises BenchError and its like.

    The record goes to ``folder``, by default a new one under out/.
    """
    interruption = Interruption()
    interruption.install()
    try:
        with open_bench_alone(paths, seed) as bench:
            found = bring_up(bench, lambda _channel: lambda *_exchange: None)
            if found.cause:
                tell(f"the bench did not come up: {found.cause}\nwhat does answer can still be used here")
            kept = _make_folder(folder, paths, bench, seed, found)
            bench.start_test(TEST)
            record = kept.open_test(TEST, bench.clock, frozenset())
            record.before_exchange = interruption.check
            record.note("worked by hand, by tamperbench bench shell: no test, no verdict on the meter")
            problem = _work_and_close(ByHand(bench, record), record, interruption, commands, tell)
            kept.finish()
    finally:
        interruption.uninstall()
    ended = problem or "ended; outputs are off, relays open"
    return ShellOutcome(f"{ended}\nkept in {kept.path}", 2 if problem else 0)


def _work_and_close(
    names: ByHand, record: TestRecord, interruption: Interruption, commands: Sequence[str] | None, tell: Tell
) -> str:
    """Work the lines, then leave everything safe; what went wrong, empty if nothing did."""
    problem, aborted = "", ""
    try:
        _work(names, record, interruption, commands, tell)
    except LineError as error:
        problem = f"stopped at an error, outputs are off: {error}"
    except KeyboardInterrupt as error:
        aborted = str(error) or "interrupted by the operator"
        problem = f"{aborted}; outputs are off, relays open"
    finally:
        try:
            with interruption.holding():
                if aborted and sys.stdin.isatty():
                    tell("")  # leaves the line of the prompt
                names.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the person must hear that outputs may be on
            record.error(error)
            problem = f"NOT SAFE: {error}"
        record.end(aborted=aborted)
    return problem


def _work(
    names: ByHand, record: TestRecord, interruption: Interruption, commands: Sequence[str] | None, tell: Tell
) -> None:
    is_typed = commands is None and sys.stdin.isatty()
    if is_typed:
        tell(
            f"{names['bench'].file.bench.name}\nPython, with the bench by name. Ctrl-D or Ctrl-C ends it, outputs off."
        )
        for line in names.described():
            tell(line)
        source = _typed(names)
    else:
        source = _given(sys.stdin.read() if commands is None else "\n".join(commands))
    for text, code in source:
        record.note(f"worked: {text}")
        try:
            with interruption.noting():
                exec(code, names)  # noqa: S102 - what a shell is for
            interruption.check()
        except SystemExit:
            return
        except Exception as error:  # whatever the person's line raises is theirs to read
            with suppress(BenchError):
                record.error(error)
            if not is_typed:
                raise LineError(f"{text.splitlines()[0]}: {_described(error)}") from error
            tell(_described(error))


def _given(text: str) -> Iterator[tuple[str, CodeType]]:
    """The statements of a whole text, each worked for itself; a text that is no Python is refused before the first."""
    try:
        tree = ast.parse(text, FILE)
    except SyntaxError as error:
        raise LineError(_described(error)) from error
    for statement in tree.body:
        code = compile(ast.Interactive([statement]), FILE, "single")
        yield ast.get_source_segment(text, statement) or "", code


def _typed(names: ByHand) -> Iterator[tuple[str, CodeType]]:
    """Statements as a person types them, with history and completion where the terminal has them."""
    with _completing(names):
        compiler, lines = codeop.CommandCompiler(), list[str]()
        while True:
            try:
                lines.append(input(MORE if lines else PROMPT))
            except EOFError:
                print()  # noqa: T201 - the line of the prompt ends here
                return
            text = "\n".join(lines)
            try:
                code = compiler(text, FILE, "single")
            except (SyntaxError, ValueError, OverflowError) as error:
                lines.clear()
                print(_described(error))  # noqa: T201 - the answer to what was typed
                continue
            if code is not None:
                lines.clear()
                if text.strip():
                    yield text, code


@contextmanager
def _completing(names: ByHand) -> Iterator[None]:
    try:
        import readline  # noqa: PLC0415 - not every Python has it, and only a person needs it
        import rlcompleter  # noqa: PLC0415
    except ImportError:
        yield
        return
    attributes = rlcompleter.Completer(names)

    def complete(text: str, state: int) -> str | None:
        first, dot, _ = text.partition(".")
        if dot:  # only of what is open: TAB must not switch anything
            return attributes.complete(text, state) if first in names else None
        return [*(word for word in names.words() if word.startswith(text)), None][state]

    before = readline.get_completer()
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        readline.set_completer(before)


def _described(error: BaseException) -> str:
    """An error as one says it: the harness's own explain themselves, a mistake in Python is told with its line."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).rstrip()
    text = f"{type(error).__name__}: {error}"
    return f"{text} (names() shows what there is)" if isinstance(error, NameError) else text


def _make_folder(folder: Path | None, paths: InputPaths, bench: Bench, seed: int, found: BringUp) -> RunFolder:
    """A run's folder, so that ``verify`` and ``report`` read it; its plan says that it tests nothing."""
    file, meter = bench.file, bench.meter
    image = image_path(paths, meter).read_bytes() if file.bench.kind == "emulated" else b""
    header = RunHeader(
        plan=PLAN,
        seed=seed,
        bench=file.bench.name,
        bench_kind=file.bench.kind,
        meter=f"{meter.meter.name}, {meter.meter.maker} {meter.meter.serial}",
        image_sha256=sha256_hex(image),
        bench_utc_ns=found.utc_ns,
        tests=(PlannedTest(test_id=TEST, title=TITLE),),
        requirements=(),
        instruments=instruments_found(file, found),
        tools={"tamperbench": __version__},
        parameters={"plan title": TITLE, "laboratory": file.bench.laboratory},
    )
    plan = {"plan": {"name": PLAN, "title": TITLE, "requires": []}, "test": [{"id": TEST}]}
    sources = [
        InputSource("plan", "plan.toml", "\n".join(table("", plan)).encode()),
        InputSource("image", "image.bin", image),
        InputSource("bench", "bench.toml", paths.bench.read_bytes()),
        InputSource("meter", "meter.toml", paths.meter.read_bytes()),
    ]
    return RunFolder.create(folder or new_folder(PLAN), header, sources)

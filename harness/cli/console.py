"""How every command speaks and fails: two terminals, one clear message for what a user can mend, three statuses."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.markup import escape

from harness.bench.errors import BenchError
from harness.evidence.errors import EvidenceError
from harness.instruments.errors import InstrumentError
from harness.meter.errors import MeterError
from harness.run.terminal import Terminal, fitted_for
from reports.errors import ReportError

EXIT_NOT_CERTIFIED = 2
VERDICT_EPILOG = "Exit status: 0 pass, 1 fail, 2 not certified (could not be run or judged)."
DONE_EPILOG = "Exit status: 0 done, 2 not (the message says why)."

stderr = Terminal(stderr=True, highlight=False, soft_wrap=True)
stdout = Terminal(highlight=False, soft_wrap=True)


@contextmanager
def told_errors() -> Generator[None]:
    """Errors that a user can act on: one clear message, exit status 2."""
    from firmware_ref.tool.errors import FirmwareError  # noqa: PLC0415 - only where a command may build

    try:
        yield
    except (BenchError, EvidenceError, FirmwareError, InstrumentError, MeterError, ReportError) as error:
        stderr.print(f"[bold red]not run[/bold red]: {escape(str(error))}")
        raise typer.Exit(EXIT_NOT_CERTIFIED) from error
    except KeyboardInterrupt:
        stderr.print("interrupted; outputs are off")
        raise typer.Exit(EXIT_NOT_CERTIFIED) from None


def say(text: str) -> None:
    """A line on the terminal, as it stands: nothing in it is taken for markup; broken only between words."""
    for line in fitted_for(stdout, text):
        stdout.print(escape(line))


def shown_path(path: Path) -> str:
    """A path as short as it can be pasted here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)

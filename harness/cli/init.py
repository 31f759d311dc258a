"""``tamperbench init``: the first files of a bench and a meter of one's own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import DONE_EPILOG, say, told_errors
from harness.run.starting_files import BENCH, METER, PLAN, write_starting_files

FolderArgument = Annotated[Path, typer.Argument(help="Where to write them; made if it is not there.", metavar="FOLDER")]
RealOption = Annotated[
    bool, typer.Option("--real", help="For a bench of real instruments: to be filled in, refused until then.")
]


def init_command(folder: FolderArgument = Path("bench"), real: RealOption = False) -> None:
    """Write a bench file, a meter file and a plan to begin with, explained in the files themselves.

    They run as they are, on the emulated bench with the reference meter. With
    --real they have a table for every class of instrument and a place to fill
    in for every fact of the laboratory's. Nothing is ever overwritten.

    Examples:

      tamperbench init mybench

      tamperbench init lab2 --real
    """
    with told_errors():
        for path in write_starting_files(folder, real=real):
            say(f"written   {path}")
        bench, meter, plan = (shlex.quote(str(folder / name)) for name in (BENCH, METER, PLAN))
        files = f"--bench {bench} --meter {meter}"
        say("next      fill in what is marked FILL IN, then:" if real else "next")
        say(f"  tamperbench bench check {files}")
        say(f"  tamperbench certify --plan {plan} {files}")


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line."""
    app.command(name="init", epilog=DONE_EPILOG, rich_help_panel="Begin")(init_command)

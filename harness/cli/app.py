"""The commands put together, and the one way in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harness import __version__
from harness.cli.bench import add_to as add_bench
from harness.cli.certify import add_to as add_certify
from harness.cli.console import EXIT_NOT_CERTIFIED, VERDICT_EPILOG, say, stderr
from harness.cli.firmware import add_to as add_firmware
from harness.cli.init import add_to as add_init
from harness.cli.qualify import add_to as add_qualify
from harness.cli.record import add_to as add_record
from harness.cli.serve import add_to as add_serve
from harness.cli.show import add_to as add_list
from harness.cli.soak import add_to as add_soak

app = typer.Typer(
    name="tamperbench",
    help="Test and certify the tamper detection of smart meters, on a real or an emulated bench.",
    epilog=VERDICT_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        say(f"tamperbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Test and certify the tamper detection of smart meters, on a real or an emulated bench.

    First steps: "tamperbench certify" runs the shipped plan on the emulated
    bench, "tamperbench init" writes files for a bench and a meter of your own.
    Each command explains itself: tamperbench COMMAND --help.
    """


for add in (add_init, add_list, add_certify, add_record, add_bench, add_serve, add_firmware, add_qualify, add_soak):
    add(app)


def main() -> None:
    """Entry point. Whatever goes wrong unforeseen, the status is never that of a verdict on a meter."""
    try:
        sys.exit(app())
    except Exception:  # noqa: BLE001 - told whole; Python's own status for it would be 1, which means fail
        stderr.print_exception()
        stderr.print("[bold red]not run[/bold red]: a defect of tamperbench; please report it with the text above")
        sys.exit(EXIT_NOT_CERTIFIED)

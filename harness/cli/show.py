"""``tamperbench list``: what there is to choose from."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.completion import complete_word
from harness.cli.console import say, told_errors
from harness.cli.options import BenchOption, PlanOption, ProfileOption, TestplansOption
from harness.run.inputs import DEFAULT_PLAN, choose_paths
from harness.run.listing import LISTS, make_list

WhatArgument = Annotated[
    str,
    typer.Argument(
        help=f"One of: {', '.join(LISTS)}.",
        metavar="[WHAT]",
        autocompletion=lambda incomplete: complete_word(LISTS, incomplete),
    ),
]


def list_command(
    what: WhatArgument = "tests",
    plan: PlanOption = DEFAULT_PLAN,
    profile: ProfileOption = None,
    bench: BenchOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Show what there is: a plan's tests, plans, requirements, instruments, drivers, fixtures, runs.

    Tests come with the requirements they show, the instruments they need, the
    bench time to expect, and how long they took in the last run under out/.

    Examples:

      tamperbench list

      tamperbench list tests --plan bite

      tamperbench list requirements
    """
    with told_errors():
        for line in make_list(what, choose_paths(testplans, plan, bench, profile=profile)):
            say(line)


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line."""
    app.command(name="list", epilog="Exit status: 0 shown, 2 not (a file is wrong).", rich_help_panel="Begin")(
        list_command
    )

"""Options that several commands share, each with one name, one meaning and one default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.completion import (
    complete_image,
    complete_plan,
    complete_profile,
    complete_run,
    complete_test,
    complete_toml,
    complete_word,
)

FORMATS = ("html", "pdf", "junit", "csv", "pcapng", "allure")
"""As ``reports.outputs.FORMATS`` (a test compares them), which takes a second to load."""

PlanOption = Annotated[
    str,
    typer.Option(help="A plan by name (testplans/NAME.toml), or a path ending in .toml.", autocompletion=complete_plan),
]
TestplansOption = Annotated[
    Path | None, typer.Option(help="Folder of tests, plans and requirements.toml. Default: the shipped testplans/.")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        help="A market profile by name (testplans/profiles/NAME.toml), or a path ending in .toml.",
        autocompletion=complete_profile,
    ),
]
BenchOption = Annotated[
    Path | None,
    typer.Option(help="Bench file. Default: the shipped emulated bench.", autocompletion=complete_toml),
]
MeterOption = Annotated[
    Path | None,
    typer.Option(help="Meter file. Default: the shipped reference meter.", autocompletion=complete_toml),
]
ImageOption = Annotated[
    Path | None,
    typer.Option(
        help="Run this firmware image (raw binary from address 0), not the meter file's.",
        autocompletion=complete_image,
    ),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Draws the emulated world: tolerances, noise, bounce.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Tests at the same time (emulated benches only).")]
OutOption = Annotated[Path | None, typer.Option(help="Folder for the record. Default: a new one under out/.")]
TestOption = Annotated[
    list[str] | None,
    typer.Option("--test", help="Run only this test of the plan; repeatable.", autocompletion=complete_test),
]
KeyOption = Annotated[
    Path | None, typer.Option(help="Sign the record with this laboratory key (see: tamperbench key).")
]
FormatOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help=f"A form of the report: {', '.join(FORMATS)}; repeatable.",
        show_default=False,
        autocompletion=lambda incomplete: complete_word(FORMATS, incomplete),
    ),
]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN", autocompletion=complete_run)]

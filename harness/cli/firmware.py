"""``tamperbench firmware build`` and ``inspect``: the reference meter's image made, any image looked at."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from harness.bench.errors import BenchError
from harness.bench.files import read_image
from harness.bench.near_miss import near_miss
from harness.cli.completion import complete_defect, complete_image
from harness.cli.console import DONE_EPILOG, say, told_errors

SourceOption = Annotated[Path | None, typer.Option(help="Folder of the sources. Default: the shipped firmware_ref/.")]
OutOption = Annotated[
    Path | None, typer.Option(help="Folder for meter.bin and meter.elf. Default: below build/ beside the sources.")
]
DefectOption = Annotated[
    str | None, typer.Option(help="Build the known-bad variant of this name.", autocompletion=complete_defect)
]
CompilerOption = Annotated[
    str | None, typer.Option("--cc", help='"zig" (comes with the package) or "arm-none-eabi-gcc".')
]
ImageArgument = Annotated[
    Path, typer.Argument(help="A raw binary from address 0.", metavar="IMAGE", autocompletion=complete_image)
]
ElfOption = Annotated[
    Path | None, typer.Option("--elf", help="Its symbols. Default: the .elf of the same name beside it, if there.")
]

app = typer.Typer(
    help="Build the reference meter's image, or look into any image.",
    epilog=DONE_EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def build_command(
    source: SourceOption = None,
    out: OutOption = None,
    defect: DefectOption = None,
    cc: CompilerOption = None,
) -> None:
    """Build the reference meter's image and check it against its budgets; done in no time if nothing has changed.

    A defect is a variant that a vendor might have got wrong; certify it to see
    the plan bite.

    Examples:

      tamperbench firmware build

      tamperbench firmware build --defect no-debounce --out /tmp/bad
    """
    with told_errors():
        tool = _tool()
        folder = source or tool.SOURCE
        if not folder.is_dir():
            raise BenchError(f"{folder}: there is no such folder; give the folder that holds core/ and boot/")
        _check_target(out)
        if defect is None:
            result = tool.build(folder, out or tool.OUT, cc)
        else:
            _check_defect(defect, folder)
            result = tool.build_defect(defect, folder, out, cc)
        for line in result.describe().splitlines():
            say(line)


def inspect_command(image: ImageArgument, elf: ElfOption = None) -> None:
    """Show what is in an image: size, digest, vector table, slot header, budgets, the largest symbols.

    Of a foreign image the slot header and the budgets are not there to be
    shown; that is said, and is no error.

    Example:

      tamperbench firmware inspect build/firmware_ref/meter.bin
    """
    with told_errors():
        data = read_image(image)
        _tool()
        from firmware_ref.tool.inspect import inspect_image  # noqa: PLC0415 - needs the extra 'emulation'

        if elf is None and image.with_suffix(".elf").is_file():
            elf = image.with_suffix(".elf")
        for line in inspect_image(image, data, elf):
            say(line)


def _tool() -> ModuleType:
    try:
        from firmware_ref.tool import build  # noqa: PLC0415 - only here is the build tool needed
    except ImportError as error:
        raise BenchError(
            f"the firmware's tools need the extra 'emulation' ({error.name} is missing): "
            "pip install 'tamperbench[emulation]'"
        ) from error
    return build


def _check_defect(name: str, source: Path) -> None:
    """Raise BenchError for a misspelt one; what has no near miss the build itself tells, with all there are."""
    known = sorted(file.stem for file in (source / "defects").glob("*.patch"))
    near = "" if name in known else near_miss(name, known)
    if near:
        raise BenchError(f"there is no defect {name!r}; did you mean {near!r}? There are: {', '.join(known)}")


def _check_target(out: Path | None) -> None:
    if out is not None and out.exists() and not out.is_dir():
        raise BenchError(f"{out}: is no folder; choose one for meter.bin and meter.elf")


def add_to(main: typer.Typer) -> None:
    """Put the commands into the command line."""
    app.command(name="build", epilog=DONE_EPILOG)(build_command)
    app.command(name="inspect", epilog=DONE_EPILOG)(inspect_command)
    main.add_typer(app, name="firmware", rich_help_panel="Firmware")

"""``tamperbench serve``: the emulated bench for any other VISA client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.bench.errors import BenchError
from harness.bench.files import load_meter_file
from harness.cli.console import DONE_EPILOG, say, stdout, told_errors
from harness.cli.options import BenchOption, ImageOption, MeterOption, SeedOption
from harness.instruments.declared import load_declared_bench
from harness.run.firmware import build_if_source
from harness.run.inputs import DEFAULT_PLAN, DEFAULT_SEED, choose_paths
from harness.run.progress import Progress

HostOption = Annotated[str, typer.Option(help="IPv4 address or name to listen on.")]
PortBaseOption = Annotated[
    int, typer.Option(min=0, max=65535, help="First TCP port, the others follow; 0: the system chooses.")
]
WriteBenchOption = Annotated[Path | None, typer.Option(help="Write a bench file of kind real that runs on it.")]
DurationOption = Annotated[str | None, typer.Option("--for", help='End by itself after this time, as in "30 s".')]


def serve_command(
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    host: HostOption = "127.0.0.1",
    port_base: PortBaseOption = 0,
    write_bench: WriteBenchOption = None,
    duration: DurationOption = None,
) -> None:
    """Offer an emulated bench on TCP, paced by wall time: instruments as VISA sockets, links as byte streams.

    For any VISA client, and for trying a bench file of kind "real" without a
    bench. There is no password: it binds to this machine alone unless --host
    says otherwise. Ends with Ctrl-C, SIGTERM or after --for.

    Examples:

      tamperbench serve --write-bench served.toml

      tamperbench certify --bench served.toml
    """
    with told_errors():
        try:
            from harness.emulation.serve.options import make_request  # noqa: PLC0415 - needs the extra 'emulation'
            from harness.emulation.serve.serve import serve  # noqa: PLC0415
        except ImportError as error:
            raise BenchError(
                f"serving needs the extra 'emulation' ({error.name} is missing): pip install 'tamperbench[emulation]'"
            ) from error
        paths = choose_paths(None, DEFAULT_PLAN, bench, meter, image)
        load_declared_bench(paths.bench)  # a wrong file is told without a build
        if image is None:
            build_if_source(load_meter_file(paths.meter), paths.meter, Progress(stdout).firmware)
        serve(make_request(paths.bench, paths.meter, image, seed, host, port_base, write_bench, duration), say)


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line."""
    app.command(name="serve", epilog=DONE_EPILOG, rich_help_panel="Bench")(serve_command)

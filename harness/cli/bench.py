"""``tamperbench bench check`` and ``bench shell``: a bench looked at and worked by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from harness.cli.completion import complete_plan
from harness.cli.console import DONE_EPILOG, EXIT_NOT_CERTIFIED, say, stderr, stdout, told_errors
from harness.cli.options import BenchOption, ImageOption, MeterOption, OutOption, SeedOption, TestplansOption
from harness.run.bench_check import Finding, check_bench
from harness.run.certify import terminated_like_interrupted
from harness.run.inputs import DEFAULT_PLAN, DEFAULT_SEED, choose_paths, load_files
from harness.run.needs import lacking
from harness.run.session import open_bench_alone
from harness.run.shell import run_shell

CommandOption = Annotated[
    list[str] | None, typer.Option("-c", "--command", help="Work this line instead of asking; repeatable.")
]

WiredPlanOption = Annotated[
    str | None,
    typer.Option("--plan", help="Also see whether this plan finds what it works.", autocompletion=complete_plan),
]

app = typer.Typer(
    help="Look at a bench, or work it by hand.",
    epilog=DONE_EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def check_command(
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    plan: WiredPlanOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Open everything on the bench, tell what answers, and whether a run could use it. Tests nothing.

    Every instrument: who it is, until when its calibration counts, its error
    queue, the limits of what it may put out, its shortest round trip. Every
    link; the meter's sign-on at the optical port. Instruments are reset: relays
    open, outputs off. With --plan also whether the bench file names what the
    plan's tests work: instruments, links, relay channels.

    Examples:

      tamperbench bench check --bench lab.toml --meter acme-e350.toml

      tamperbench bench check --bench lab.toml --plan full
    """
    with told_errors(), terminated_like_interrupted():
        paths = choose_paths(testplans, plan or DEFAULT_PLAN, bench, meter, image)
        lacks: list[str] = []
        if plan is not None:
            files = load_files(paths)
            lacks = lacking(files.tests, (), files.bench, paths.bench)
        for line in lacks:
            stderr.print(f"[bold red]missing[/bold red]: {escape(line)}")
        with open_bench_alone(paths, seed) as opened:
            say(f"bench     {opened.file.bench.name} ({opened.file.bench.kind}), {paths.bench}")
            findings = list(check_bench(opened))
        for line in _table(findings):
            say(line)
        problems = [f"{paths.bench}: {finding.problem}" for finding in findings if finding.problem]
        for problem in problems:
            stderr.print(f"[bold red]not usable[/bold red]: {escape(problem)}")
        if problems:
            say(f"{len(problems)} of {len(findings)} can't be used: a run on this bench is not certified")
        if lacks:
            say(f"plan {paths.plan.stem} lacks {len(lacks)}: it is refused on this bench")
        if problems or lacks:
            raise typer.Exit(EXIT_NOT_CERTIFIED)
        unseen = "" if plan else "; not looked at: whether a plan finds every channel that it works (--plan NAME)"
        say(f"all {len(findings)} can be used" + (unseen or f", and plan {paths.plan.stem} finds what it needs"))


def shell_command(
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    out: OutOption = None,
    command: CommandOption = None,
) -> None:
    """Work the bench by hand, in Python: its drivers and fixtures by name, everything kept in a record.

    Names are opened when they are first used: a fixture as tests use it (case,
    scope, listener, meter, …), or the driver of an instrument of the bench file
    where no fixture has that name; driver("scope") is always the bare driver.
    help(case) tells what it can do, names() what there is. Commands may come
    from a pipe; the first error then ends it.

    Outputs go off and relays open on every way out: end of input (Ctrl-D),
    Ctrl-C, SIGTERM, a closed terminal, an error. Only SIGKILL and a power cut
    leave them as they are.

    Examples:

      tamperbench bench shell --bench lab.toml

      echo 'case.open(); print(listener.collect(2 * S))' | tamperbench bench shell

      tamperbench bench shell -c 'relay.close(101)' -c 'print(relay.closed_channels())'
    """
    with told_errors():
        paths = choose_paths(None, DEFAULT_PLAN, bench, meter, image)
        outcome = run_shell(paths, seed, out, tuple(command) if command else None, say)
        say(outcome.text)
        raise typer.Exit(outcome.exit_code)


def _table(findings: Sequence[Finding]) -> list[str]:
    """A row for each with its details below, no wider than the terminal unless a name is."""
    header = ("name", "what answers", "serial", "calibrated", "round trip")
    rows = [(item.name, item.what, item.serial, item.calibrated_until, _trip(item)) for item in findings]
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    room = max(stdout.width - widths[0] - 3, 20)
    lines = []
    for row, item in zip((header, *rows), (None, *findings), strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("  ".join([*cells, row[-1].rjust(widths[-1])]).rstrip())
        details = "; ".join(item.details) if item is not None else ""
        lines += [" " * (widths[0] + 2) + line for line in textwrap.wrap(details, room)]
    return lines


def _trip(finding: Finding) -> str:
    return "" if finding.round_trip_ns is None else f"{finding.round_trip_ns / 1e6:.1f} ms"


def add_to(main: typer.Typer) -> None:
    """Put the commands into the command line."""
    done = "Exit status: 0 everything can be used, 2 something can't."
    app.command(name="check", epilog=done)(check_command)
    ended = "Exit status: 0 ended with outputs off, 2 not (an error, an interruption, a bench that does not come up)."
    app.command(name="shell", epilog=ended)(shell_command)
    main.add_typer(app, name="bench", rich_help_panel="Bench")

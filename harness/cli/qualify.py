"""``tamperbench qualify``: every known-bad meter through the plan, to see that the plan bites."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from harness.bench.clock import WallClock
from harness.bench.errors import BenchFileError
from harness.cli.completion import complete_defect
from harness.cli.console import say, shown_path, stdout, told_errors
from harness.cli.options import BenchOption, MeterOption, PlanOption, SeedOption, TestplansOption
from harness.qualify.caught import Outcome
from harness.qualify.cells import cell_lines
from harness.qualify.defects import Defect
from harness.qualify.forms import matrix_lines, summary_lines, to_csv, to_json, to_markdown
from harness.qualify.page import to_html
from harness.qualify.qualification import Qualification, Row, remarks
from harness.qualify.run import SHIPPED_DEFECTS, Request, qualify
from harness.qualify.stored import load_qualification
from harness.run.certify import terminated_like_interrupted
from harness.run.inputs import DEFAULT_SEED, InputFiles, choose_paths
from harness.run.live_run import new_folder
from harness.run.pace import Pace, rough

QUALIFYING_PLAN = "bite"
NAME = "qualification"

DefectsOption = Annotated[
    Path, typer.Option(help="Folder of NAME.patch and NAME.toml.", show_default="the shipped ones")
]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Only this defect; repeatable.", autocompletion=complete_defect)
]
SampleOption = Annotated[
    int | None, typer.Option(min=1, help="About so many defects, at least one for each requirement; always the same.")
]
CoresOption = Annotated[int, typer.Option("--workers", min=1, help="Defects at the same time, a core each.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=1,
        help="Seconds of the wall clock for one defect. Default: 600, with --whole 3600, since a meter that never "
        "sleeps takes long.",
    ),
]
TIMEOUT_S, WHOLE_TIMEOUT_S = 600.0, 3600.0
WholeOption = Annotated[
    bool, typer.Option("--whole", help="Every test of every defect, also when it is caught already: most of an hour.")
]
OutOption = Annotated[Path | None, typer.Option(help="Folder for the result. Default: a new one under out/.")]
SaveOption = Annotated[
    Path | None, typer.Option(help=f"Also keep {NAME}.json and {NAME}.md in this folder, in place of older ones.")
]

FromOption = Annotated[
    Path | None,
    typer.Option("--from", help="Run nothing: write and tell anew what a qualification left in this folder."),
]


class Told:
    """A line for each meter as it ends, with what it cost and the time to go."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pace = Pace((), {}, workers)
        self._count = self._ended = 0
        self._clock = WallClock()
        self._width = 0

    def begins(self, files: InputFiles, chosen: Sequence[Defect], left_out: Sequence[Defect]) -> None:
        """The first line."""
        self._count = len(chosen)
        self._width = max(len(defect.name) for defect in chosen)
        self._pace = Pace([defect.name for defect in chosen], {}, self._workers)
        say(f"plan      {files.plan.plan.name}: {len(files.tests)} tests, {len(files.plan.plan.requires)} requirements")
        say(f"defects   {len(chosen)}" + (f", {len(left_out)} left out" if left_out else ""))
        say("now       the reference meter, with the whole plan; then a line for each defect as it ends")

    def ended(self, row: Row) -> None:
        """A meter has ended."""
        tests = len(row.finding.verdicts)
        cost = f"{row.cpu_s:5.1f} s of one core, {tests:>3} {'test ' if tests == 1 else 'tests'}"
        if row.says is None:
            good = row.finding.outcome is Outcome.PASSED
            word = "[green]passes[/green]" if good else "[bold red]DOES NOT PASS[/bold red]"
            stdout.print(f"reference {word}  {cost}")
            _tell_details(row)
            return
        self._ended += 1
        self._pace.ended(row.name, row.wall_s)
        left_s = self._pace.left_s()
        to_go = f", about {rough(left_s)} to go" if left_s else ""
        caught = row.finding.outcome is Outcome.CAUGHT
        word = "[green]caught[/green]    " if caught else "[bold red]NOT CAUGHT[/bold red]"
        count = f"{self._ended:>3}/{self._count}"
        failed = ", ".join(row.says.violates) if caught else row.finding.outcome.value.removeprefix("not caught: ")
        stdout.print(f"{count}  {word}  {escape(row.name):<{self._width}}  {cost}  {escape(failed)}{to_go}")
        _tell_details(row)


def _tell_details(row: Row) -> None:
    for line in remarks(row):
        say(f"         {line}")
    if row.says is None and row.finding.failed:
        say(f"         failed: {', '.join(row.finding.failed)}")
    if row.run:
        say(f"         record: {shown_path(Path(row.run).resolve())}")


def qualify_command(
    defects: DefectsOption = SHIPPED_DEFECTS,
    only: OnlyOption = None,
    sample: SampleOption = None,
    plan: PlanOption = QUALIFYING_PLAN,
    workers: CoresOption = 1,
    seed: SeedOption = DEFAULT_SEED,
    timeout_s: TimeoutOption = None,
    whole: WholeOption = False,
    bench: BenchOption = None,
    meter: MeterOption = None,
    out: OutOption = None,
    save: SaveOption = None,
    again: FromOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Put known-bad meters through a plan: each must be caught, and the reference meter must pass.

    Caught means: a fail in a test of a requirement that the defect violates.
    An error, a time-out, nothing judged or a fail elsewhere is not. A defect is
    NAME.patch (of the firmware that the meter file names) and NAME.toml; one of
    the hardware has "hardware" in NAME.toml and needs no patch. Their keys,
    with an example: docs/defects.md.

    A defect's tests end once it is caught for each requirement in "violates",
    those that should catch it going first. If one of these is never shown, the
    whole plan has been run, and the file's claim is wrong: a failure too.

    Examples:

      tamperbench qualify --workers 2

      tamperbench qualify --only no-debounce --only counter-in-ram

      tamperbench qualify --defects my_defects --sample 10

      tamperbench qualify --only no-debounce --whole

      tamperbench qualify --from out/qualify-bite-20260601T120000Z --save docs
    """
    with told_errors():
        if again is not None:
            made = load_qualification(again, NAME)
            _write(made, again, save)
            raise typer.Exit(_conclude(made, again.resolve(), name_left_out=True))
        paths = choose_paths(testplans, plan, bench, meter)
        folder = (out or new_folder(f"qualify-{paths.plan.stem}")).resolve()
        limit_s = timeout_s if timeout_s is not None else WHOLE_TIMEOUT_S if whole else TIMEOUT_S
        request = Request(paths, folder, defects, tuple(only or ()), sample, seed, workers, limit_s, whole)
        with terminated_like_interrupted():
            made = qualify(request, Told(workers))
        _write(made, folder, save)
        raise typer.Exit(_conclude(made, folder, name_left_out=not only))


def _write(made: Qualification, folder: Path, save: Path | None) -> None:
    forms = {"json": to_json(made), "csv": to_csv(made), "html": to_html(made), "md": to_markdown(made)}
    places = [(folder, forms)] + ([] if save is None else [(save, {name: forms[name] for name in ("json", "md")})])
    for place, kept in places:
        for suffix, text in kept.items():
            try:
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{NAME}.{suffix}").write_text(text, encoding="utf-8")
            except OSError as error:
                raise BenchFileError(f"{place}: can't be written: {error.strerror}; choose another folder") from error


def _conclude(made: Qualification, folder: Path, *, name_left_out: bool) -> int:
    say("")
    width = stdout.width if stdout.is_terminal else None
    for line in (
        *cell_lines(made, width),
        "",
        *matrix_lines(made),
        "",
        *summary_lines(made, name_left_out=name_left_out),
    ):
        say(line)
    say(f"matrix    {shown_path(folder / f'{NAME}.html')}; {NAME}.json, .csv, .md beside it")
    words = {0: "[bold green]PASS[/bold green]", 1: "[bold red]FAIL[/bold red]"}
    word = words.get(made.exit_code, "[bold yellow]INCONCLUSIVE[/bold yellow]")
    reference = "the reference passes" if made.reference_passes else "the reference does NOT pass"
    worst = ", ".join(row.name for row in made.not_caught)
    stdout.print(
        f"{word}  {escape(made.plan)}: {len(made.caught)} of {len(made.rows)} defects caught, {reference}"
        + (f"; not caught: {escape(worst)}" if worst else "")
        + (f"; declared, not shown: {escape(', '.join(made.not_shown))}" if made.not_shown else "")
        + ("; interrupted" if made.interrupted else "")
        + f"; {made.wall_s:.0f} s on {made.workers} workers"
    )
    return made.exit_code


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line."""
    app.command(
        name="qualify",
        epilog="Exit status: 0 all caught as declared and the reference passes, 1 not, 2 inconclusive: a meter could "
        "not be run, it was interrupted, or a file is wrong. What a defect's files hold: docs/defects.md.",
        rich_help_panel="Test the tests",
    )(qualify_command)

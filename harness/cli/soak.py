"""``tamperbench soak``: one meter and one plan on many seeds, to see that it never cries wolf."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.bench.clock import WallClock
from harness.cli.conclude import tell_verdict
from harness.cli.console import say, shown_path, told_errors
from harness.cli.options import (
    BenchOption,
    ImageOption,
    MeterOption,
    PlanOption,
    ProfileOption,
    SeedOption,
    TestplansOption,
    WorkersOption,
)
from harness.measure.verdict import RunVerdict
from harness.qualify.seeds import SeedRequest, SeedResult, run_seeds
from harness.run.certify import terminated_like_interrupted
from harness.run.inputs import DEFAULT_SEED, choose_paths
from harness.run.live_run import new_folder
from harness.run.pace import Pace, rough

SOAKING_PLAN = "life"
WORDS = {RunVerdict.PASS: "PASS", RunVerdict.FAIL: "FAIL", RunVerdict.NOT_CERTIFIED: "NOT CERTIFIED"}

SeedsOption = Annotated[int, typer.Option(min=1, help="How many seeds.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds of the wall clock for one seed.")]


def soak_command(
    plan: PlanOption = SOAKING_PLAN,
    seeds: SeedsOption = 10,
    seed: SeedOption = DEFAULT_SEED,
    workers: WorkersOption = 1,
    profile: ProfileOption = None,
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    timeout_s: TimeoutOption = 1800.0,
    testplans: TestplansOption = None,
) -> None:
    """Run a plan on many seeds, from --seed on: each is another world, and the meter must pass in every one.

    Without options: an hour of ordinary life on each of ten seeds. The record
    of a seed that does not pass is kept; the others' are not.

    Examples:

      tamperbench soak --seeds 200 --workers 2

      tamperbench soak --plan full --seeds 10 --image build/my_meter.bin
    """
    with told_errors():
        paths = choose_paths(testplans, plan, bench, meter, image, profile=profile)
        folder = new_folder(f"soak-{paths.plan.stem}").resolve()
        request = SeedRequest(paths, folder, seed, seeds, workers, timeout_s)
        clock = WallClock()
        began_ns = clock.now_ns()
        pace = Pace([str(number) for number in range(seed, seed + seeds)], {}, workers)
        done: list[SeedResult] = []
        interrupted = False
        say(f"plan      {paths.plan.stem}, seeds {seed} to {seed + seeds - 1}, {workers} at the same time")
        try:
            with terminated_like_interrupted():
                for result in run_seeds(request):
                    done.append(result)
                    pace.ended(str(result.seed), result.wall_s)
                    _tell(result, len(done), seeds, pace, _again(result.seed, plan, profile, bench, meter, image))
        except KeyboardInterrupt:  # what is known by now took minutes
            interrupted = True
        raise typer.Exit(_conclude(done, seeds, interrupted, (clock.now_ns() - began_ns) / 1e9, paths.plan.stem))


def _tell(result: SeedResult, count: int, seeds: int, pace: Pace, again: str) -> None:
    left_s = pace.left_s()
    to_go = f", about {rough(left_s)} to go" if left_s else ""
    say(f"{count:>4}/{seeds}  {WORDS[result.verdict].lower():<13}  seed {result.seed:<6} {result.cpu_s:5.1f} s{to_go}")
    for line in result.not_passed:
        say(f"           {line}")
    if result.verdict is not RunVerdict.PASS:
        say(f"           {again}")
        if result.run:
            say(f"           record: {shown_path(Path(result.run))}")


def _again(seed: int, plan: str, profile: str | None, *files: Path | None) -> str:
    """The command that makes the failing world again."""
    words = ["tamperbench", "certify", "--plan", plan, "--seed", str(seed)]
    words += ["--profile", profile] if profile is not None else []
    for option, file in zip(("--bench", "--meter", "--image"), files, strict=True):
        words += [option, str(file)] if file is not None else []
    return shlex.join(words)


def _conclude(done: list[SeedResult], seeds: int, interrupted: bool, wall_s: float, plan: str) -> int:
    bad = [result for result in done if result.verdict is not RunVerdict.PASS]
    verdicts = {result.verdict for result in done}
    verdict = RunVerdict.PASS if not bad and len(done) == seeds and not interrupted else RunVerdict.NOT_CERTIFIED
    verdict = RunVerdict.FAIL if RunVerdict.FAIL in verdicts else verdict
    cpu_s = sum(result.cpu_s for result in done)
    named = ", ".join(str(result.seed) for result in bad)
    tell_verdict(
        verdict,
        f"{WORDS[verdict]}  {plan}: {len(done) - len(bad)} of {seeds} seeds passed"
        + (f"; not: {named}" if named else "")
        + ("; interrupted" if interrupted else "")
        + f"; {wall_s:.0f} s, {cpu_s / max(len(done), 1):.1f} s of one core each",
    )
    return verdict.exit_code


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line."""
    app.command(
        name="soak",
        epilog="Exit status: 0 every seed passes, 1 one fails, 2 one could not be run or judged.",
        rich_help_panel="Test the tests",
    )(soak_command)

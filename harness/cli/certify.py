"""``tamperbench certify``, ``run`` and ``replay``: the commands that put a meter through a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.bench.errors import BenchFileError
from harness.bench.near_miss import near_miss, some_of
from harness.cli.completion import complete_replay, complete_test
from harness.cli.conclude import check_formats, conclude, tell_report, tell_verdict
from harness.cli.console import EXIT_NOT_CERTIFIED, VERDICT_EPILOG, say, stdout, told_errors
from harness.cli.options import (
    BenchOption,
    FormatOption,
    ImageOption,
    KeyOption,
    MeterOption,
    OutOption,
    PlanOption,
    ProfileOption,
    SeedOption,
    TestOption,
    TestplansOption,
    WorkersOption,
)
from harness.evidence.signature import load_private_key
from harness.plan.plan_file import Plan
from harness.run.certify import Request, certify
from harness.run.inputs import DEFAULT_PLAN, DEFAULT_SEED, choose_paths, load_files
from harness.run.outcome import chosen_line, chosen_not_passed, replay_options
from harness.run.progress import Progress
from harness.run.replay import compare, find_run, replay_request
from harness.run.select import select_tests

IdArgument = Annotated[
    str,
    typer.Argument(
        help="As printed beside a result: PLAN/TEST@SEED#DIGEST.", metavar="ID", autocompletion=complete_replay
    ),
]
RunsOption = Annotated[Path, typer.Option(help="A run's folder, or a folder of runs to look in.")]
TestsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of tests of the plan. Default: all.", metavar="[TEST]...", autocompletion=complete_test),
]
KeywordOption = Annotated[
    str,
    typer.Option(
        "-k",
        metavar="EXPRESSION",
        help="Only tests whose id, function or requirements match, as in pytest: 'seal and not dense', 'COM-1'.",
    ),
]


def certify_command(
    plan: PlanOption = DEFAULT_PLAN,
    profile: ProfileOption = None,
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    workers: WorkersOption = 1,
    out: OutOption = None,
    test: TestOption = None,
    key: KeyOption = None,
    report_format: FormatOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Run a whole plan on a bench with a meter on it; write the record and the report.

    Builds the meter's firmware first if its file names the source. Without
    options: the plan "smoke" on the emulated bench with the reference meter.
    With --test the rest of the plan stays untested, so it can't pass; for a
    part of a plan there is: tamperbench run.

    Examples:

      tamperbench certify

      tamperbench certify --plan smoke --bench lab.toml --meter acme-e350.toml

      tamperbench certify --image build/my_meter.bin --seed 7 --workers 2

      tamperbench certify --plan full --profile is-15959 --key lab.pem
    """
    with told_errors():
        check_formats(report_format)
        signing_key = None if key is None else load_private_key(key)
        paths = choose_paths(testplans, plan, bench, meter, image, profile=profile)
        if test:
            _check_ids(load_files(paths).plan, test)
        run = certify(Request(paths, seed, workers, out, tuple(test or ())), Progress(stdout))
        raise typer.Exit(conclude(run, testplans, signing_key, report_format))


def run_command(
    tests: TestsArgument = None,
    keyword: KeywordOption = "",
    plan: PlanOption = DEFAULT_PLAN,
    profile: ProfileOption = None,
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    workers: WorkersOption = 1,
    out: OutOption = None,
    report_format: FormatOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Run tests of a plan while you develop: the same tests, verdicts and record, no certification.

    The exit status is that of the chosen tests alone. The record says what was
    left out, so "verify" and the report of a part never show a pass of the
    plan. A certification is: tamperbench certify.

    Examples:

      tamperbench run com-1-case-latency

      tamperbench run -k "seal and not dense" --image build/my_meter.bin

      tamperbench run -k SIG-1 --plan bite --workers 2
    """
    with told_errors():
        check_formats(report_format)
        paths = choose_paths(testplans, plan, bench, meter, image, profile=profile)
        files = load_files(paths)
        _check_ids(files.plan, tests or ())
        chosen = select_tests(files.plan, files.tests, tuple(tests or ()), keyword)
        left_out = len(files.tests) - len(chosen)
        run = certify(Request(paths, seed, workers, out, () if left_out == 0 else chosen), Progress(stdout))
        for line in chosen_not_passed(run, chosen, replay_options(run, testplans)):
            say(f"  {line}")
        verdict, text = chosen_line(run, chosen, tell_report(run, report_format or ("html",)))
        tell_verdict(verdict, text)
        raise typer.Exit(verdict.exit_code)


def replay_command(
    replay_id: IdArgument,
    runs: RunsOption = Path("out"),
    out: OutOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Run exactly one result again: same inputs, same image, same seed, from the copies in the run's folder.

    On an emulated bench the new record must be the old one, byte by byte; this
    says whether it is.

    A secret password is in no record: where the meter file names its file and
    that is elsewhere now, name it in TAMPERBENCH_PASSWORD_FILE.

    Example:

      tamperbench replay 'smoke/com-1-case-latency@1#1c2f3a4b5c'
    """
    with told_errors():
        original = find_run(replay_id, runs)
        new = certify(replay_request(replay_id, original, out, testplans), Progress(stdout))
        comparison = compare(replay_id, original, new)
        lacks = tell_report(new, ("html",))
        say("".join(f"{reason}; " for reason in lacks) + comparison.text)
        raise typer.Exit(comparison.exit_code or (EXIT_NOT_CERTIFIED if lacks else 0))


def _check_ids(plan: Plan, ids: Sequence[str]) -> None:
    """Raise BenchFileError for a test that the plan has not, with the one that was most likely meant."""
    known = [planned.id for planned in plan.test]
    for test_id in ids:
        if test_id not in known:
            near = near_miss(test_id, known)
            hint = f"did you mean {near!r}? " if near else ""
            there = some_of(known, "all: tamperbench list tests")
            raise BenchFileError(f"plan {plan.plan.name!r} has no test {test_id!r}; {hint}it has: {there}")


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line."""
    panel = "Test a meter"
    app.command(name="certify", epilog=VERDICT_EPILOG, rich_help_panel=panel)(certify_command)
    app.command(name="run", epilog=VERDICT_EPILOG, rich_help_panel=panel)(run_command)
    app.command(name="replay", epilog=VERDICT_EPILOG, rich_help_panel=panel)(replay_command)

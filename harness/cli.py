"""The command ``tamperbench``: options in, one clear line and an exit status out. The work is in ``harness.run``."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from harness import __version__
from harness.bench.errors import BenchError
from harness.bench.files import load_meter_file
from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import EvidenceError, SignatureError
from harness.evidence.reader import HEADER_FILE, Run, load_run, read_header
from harness.evidence.signature import (
    PrivateKey,
    check_signature,
    fingerprint,
    load_private_key,
    load_public_key,
    make_key,
    sign_run,
    signed_report_digest,
)
from harness.evidence.verify import (
    NOT_FINISHED,
    REPORT_FILE,
    SIGNATURE_FILE,
    Problem,
    never_started,
    verify_run,
)
from harness.measure.verdict import RunVerdict
from harness.run.certify import Request, certify
from harness.run.firmware import build_if_source
from harness.run.inputs import DEFAULT_PLAN, DEFAULT_SEED, choose_paths
from harness.run.outcome import last_line, not_shown, replay_options
from harness.run.progress import Progress
from harness.run.replay import compare, find_run, replay_request
from harness.run.terminal import Terminal

EXIT_NOT_CERTIFIED = 2
UNSIGNED = (
    "this shows that the record agrees with itself{report}, not who made it. Whoever makes a whole record anew passes "
    "it too; ask the laboratory for a signed one (tamperbench certify --key)"
)
EPILOG = "Exit status: 0 pass, 1 fail, 2 not certified (could not be run or judged)."

app = typer.Typer(
    name="tamperbench",
    help="Test and certify the tamper detection of smart meters, on a real or an emulated bench.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
stderr = Terminal(stderr=True, highlight=False, soft_wrap=True)
stdout = Terminal(highlight=False, soft_wrap=True)

PlanOption = Annotated[str, typer.Option(help="A plan by name (testplans/NAME.toml), or a path ending in .toml.")]
TestplansOption = Annotated[
    Path | None, typer.Option(help="Folder of tests, plans and requirements.toml. Default: the shipped testplans/.")
]
BenchOption = Annotated[Path | None, typer.Option(help="Bench file. Default: the shipped emulated bench.")]
MeterOption = Annotated[Path | None, typer.Option(help="Meter file. Default: the shipped reference meter.")]
ImageOption = Annotated[
    Path | None,
    typer.Option(help="Run this firmware image (raw binary from address 0), not the meter file's."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Draws the emulated world: tolerances, noise, bounce.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Tests at the same time (emulated benches only).")]
OutOption = Annotated[Path | None, typer.Option(help="Folder for the record. Default: a new one under out/.")]
TestOption = Annotated[list[str] | None, typer.Option("--test", help="Run only this test of the plan; repeatable.")]
HostOption = Annotated[str, typer.Option(help="IPv4 address or name to listen on.")]
PortBaseOption = Annotated[
    int, typer.Option(min=0, max=65535, help="First TCP port, the others follow; 0: the system chooses.")
]
WriteBenchOption = Annotated[Path | None, typer.Option(help="Write a bench file of kind real that runs on it.")]
DurationOption = Annotated[str | None, typer.Option("--for", help='End by itself after this time, as in "30 s".')]
KeyOption = Annotated[
    Path | None, typer.Option(help="Sign the record with this laboratory key (see: tamperbench key).")
]
PublicKeyOption = Annotated[Path | None, typer.Option(help="The record must be signed by this key (FILE.pub).")]
ReportOption = Annotated[Path | None, typer.Option("--out", help="Write it here. Default: report.html in the run.")]
KeyArgument = Annotated[
    Path, typer.Argument(help="Where to put the private key; the public one is FILE.pub.", metavar="FILE")
]
IdArgument = Annotated[str, typer.Argument(help="As printed beside a result: PLAN/TEST@SEED#DIGEST.", metavar="ID")]
RunsOption = Annotated[Path, typer.Option(help="A run's folder, or a folder of runs to look in.")]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")]


@contextmanager
def told_errors() -> Generator[None]:
    """Errors that a user can act on: one clear message, exit status 2."""
    from firmware_ref.tool.errors import FirmwareError  # noqa: PLC0415 - only where a command may build
    from reports.errors import ReportError  # noqa: PLC0415

    try:
        yield
    except (BenchError, EvidenceError, FirmwareError, ReportError) as error:
        stderr.print(f"[bold red]not run[/bold red]: {escape(str(error))}")
        raise typer.Exit(EXIT_NOT_CERTIFIED) from error
    except KeyboardInterrupt:
        stderr.print("interrupted; outputs are off")
        raise typer.Exit(EXIT_NOT_CERTIFIED) from None


@app.command(name="certify", epilog=EPILOG)
def certify_command(
    plan: PlanOption = DEFAULT_PLAN,
    bench: BenchOption = None,
    meter: MeterOption = None,
    image: ImageOption = None,
    seed: SeedOption = DEFAULT_SEED,
    workers: WorkersOption = 1,
    out: OutOption = None,
    test: TestOption = None,
    key: KeyOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Run a plan on a bench with a meter on it; write the record and the report.

    Builds the meter's firmware first if its file names the source. Without options: the plan "smoke" on the
    emulated bench with the reference meter.

    Examples:

      tamperbench certify

      tamperbench certify --plan smoke --bench lab.toml --meter acme-e350.toml

      tamperbench certify --image build/my_meter.bin --seed 7 --workers 2

      tamperbench certify --key lab.pem
    """
    with told_errors():
        signing_key = None if key is None else load_private_key(key)
        run = certify(
            Request(choose_paths(testplans, plan, bench, meter, image), seed, workers, out, tuple(test or ())),
            Progress(stdout),
        )
        raise typer.Exit(_conclude(run, testplans, signing_key))


@app.command(epilog=EPILOG)
def replay(
    replay_id: IdArgument,
    runs: RunsOption = Path("out"),
    out: OutOption = None,
    testplans: TestplansOption = None,
) -> None:
    """Run exactly one result again: same inputs, same image, same seed, from the copies in the run's folder.

    On an emulated bench the new record must be the old one, byte by byte; this says whether it is.
    """
    with told_errors():
        original = find_run(replay_id, runs)
        new = certify(replay_request(replay_id, original, out, testplans), Progress(stdout))
        comparison = compare(replay_id, original, new)
        stdout.print(escape(comparison.text))
        _write_report(new)
        raise typer.Exit(comparison.exit_code)


@app.command()
def verify(run: RunArgument, public_key: PublicKeyOption = None) -> None:
    """Check a run's folder: chains, digests, verdicts derived anew, header against inputs, report, signature.

    Needs nothing but the folder and, to know who answers for it, the laboratory's public key: without a signature
    it shows that record and report agree, not who made them. Exit status 0 if everything fits, 1 if something was
    changed, 2 if it can't be read or the run was not finished.
    """
    with told_errors():
        if not (run / HEADER_FILE).exists():
            read_header(run)  # says that there is no run: nothing was changed, there is nothing to check
        expected = None if public_key is None else load_public_key(public_key)
        problems = verify_run(run)
        is_signed = (run / SIGNATURE_FILE).is_file()
        if problems == [NOT_FINISHED] and not is_signed:
            stderr.print(
                f"[bold yellow]unfinished[/bold yellow]: {escape(str(run))}: the run was not finished: it was "
                "killed, or is still going on. What is there fits together, but nothing covers its end, so it shows "
                "nothing; run it again"
            )
            raise typer.Exit(EXIT_NOT_CERTIFIED)
        signed, unsigned = ("not signed", []) if problems else check_signature(run, expected)
        problems += unsigned
        if not problems and not is_signed:
            problems += _check_report(run)
        for problem in problems:
            stderr.print(f"[bold red]does not fit[/bold red]: {escape(str(problem))}")
        if problems:
            raise typer.Exit(1)
        loaded = load_run(run)
        digest = "none" if loaded.summary is None else loaded.summary["record_digest"]
        stdout.print(f"verified: {escape(str(run))}, record {digest}, {escape(signed)}")
        for line in never_started(loaded):
            stdout.print(f"[bold yellow]note[/bold yellow]: {escape(line)}")
        if not is_signed:
            with_report = " and with report.html" if (run / REPORT_FILE).exists() else ", without a report"
            stdout.print(f"[bold yellow]NOT SIGNED[/bold yellow]: {UNSIGNED.format(report=with_report)}")


@app.command()
def key(file: KeyArgument) -> None:
    """Make a laboratory's key to sign records with: FILE (keep it, mode 600) and FILE.pub (give it to everyone)."""
    with told_errors():
        public = make_key(file)
        mark = fingerprint(load_public_key(public))[:16]
        stdout.print(f"private key {escape(str(file))}, public key {escape(str(public))}, fingerprint {mark}")


@app.command(epilog="Exit status: 0 written, 2 not (the folder can't be read, the signed report would be replaced).")
def report(run: RunArgument, out: ReportOption = None) -> None:
    """Write the report of a run again, from its record alone; also of a run that was killed."""
    with told_errors():
        loaded = load_run(run)
        if out is None:
            _keep_signed_report(loaded)
        stdout.print(f"report: {escape(str(_write_report(loaded, out)))}")


@app.command(name="serve")
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

    For any VISA client, and for trying a bench file of kind "real" without a bench. There is no password: it binds
    to this machine alone unless --host says otherwise. Ends with Ctrl-C, SIGTERM or after --for.

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
        if image is None:
            build_if_source(load_meter_file(paths.meter), paths.meter, Progress(stdout))
        serve(
            make_request(paths.bench, paths.meter, image, seed, host, port_base, write_bench, duration),
            lambda line: stdout.print(escape(line)),
        )


@app.command(name="list", epilog="Exit status: 0 shown, 2 not (a file is wrong).")
def list_command(
    plan: Annotated[str, typer.Option(help="Show this plan's tests.")] = DEFAULT_PLAN,
    testplans: TestplansOption = None,
) -> None:
    """Show a plan's tests with the requirements they show."""
    from harness.plan.catalogue import load_catalogue  # noqa: PLC0415
    from harness.plan.plan_file import load_plan  # noqa: PLC0415
    from harness.plan.resolve import resolve_plan  # noqa: PLC0415

    with told_errors():
        paths = choose_paths(testplans, plan)
        folder, path = paths.testplans, paths.plan
        catalogue = load_catalogue(folder / "requirements.toml")
        loaded = load_plan(path, catalogue)
        stdout.print(f"{escape(loaded.plan.name)}: {escape(loaded.plan.title)}")
        stdout.print(f"requires {', '.join(loaded.plan.requires)}")
        for test in resolve_plan(loaded, path, folder, catalogue):
            stdout.print(f"  {test.id:<46} {', '.join(test.requirements):<10} {escape(test.title)}")


def _version(asked: bool) -> None:
    if asked:
        stdout.print(f"tamperbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Test and certify the tamper detection of smart meters, on a real or an emulated bench."""


def _conclude(run: Run, testplans: Path | None, signing_key: PrivateKey | None) -> int:
    """What is open, the report, the signature over it, the one-line verdict; gives the exit status.

    A report that can't be written hides no verdict: a fail stays a fail, and a pass without its report is none. So
    with a signature.
    """
    for line in not_shown(run, replay_options(run, testplans)):
        stdout.print(f"  {escape(line)}")
    verdict, text = last_line(run)
    exit_code = verdict.exit_code
    try:
        stdout.print(f"report    {escape(str(_write_report(run)))}")
    except Exception:  # noqa: BLE001 - told whole, and the verdict must still be said
        stderr.print_exception(max_frames=4)
        stderr.print(f"[bold red]no report[/bold red]: the record is whole; try: tamperbench report {run.path}")
        exit_code = exit_code or EXIT_NOT_CERTIFIED
    try:
        if signing_key is not None and run.summary is not None:
            sign_run(run.path, signing_key)
            stdout.print(f"signed    by key {fingerprint(signing_key.public_key())[:16]}")
    except EvidenceError as error:
        stderr.print(f"[bold red]not signed[/bold red]: {escape(str(error))}")
        exit_code = exit_code or EXIT_NOT_CERTIFIED
    style = {RunVerdict.PASS: "bold green", RunVerdict.FAIL: "bold red"}.get(verdict, "bold yellow")
    stdout.print(f"[{style}]{escape(text)}[/{style}]")
    return exit_code


def _check_report(run: Path) -> list[Problem]:
    """Nothing covers the report of a record that is not signed, so it is made again and compared."""
    from reports.html import render  # noqa: PLC0415 - matplotlib takes a second to load

    file = run / REPORT_FILE
    if not file.exists() or file.read_bytes() == render(load_run(run)).encode():
        return []
    text = (
        f"is not what this version ({__version__}) makes of the record: it was changed, or made by another "
        "version, or volatile.json, which it quotes, was. The record itself fits; make the report again: tamperbench "
        "report RUN"
    )
    return [Problem(REPORT_FILE, None, text)]


def _keep_signed_report(run: Run) -> None:
    """Refuse to put another report in the place of the one that was signed; raises SignatureError."""
    from reports.html import render  # noqa: PLC0415 - matplotlib takes a second to load

    signed = signed_report_digest(run.path)
    if signed is not None and sha256_hex(render(run).encode()) != signed:
        raise SignatureError(
            f"{run.path / REPORT_FILE}: this version does not make the report that was signed, so the signature would "
            "no longer fit; write it elsewhere with --out FILE"
        )


def _write_report(run: Run, target: Path | None = None) -> Path:
    from reports.html import write_html  # noqa: PLC0415 - matplotlib takes a second to load

    path = write_html(run.path, target)
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def main() -> None:
    """Entry point. Whatever goes wrong unforeseen, the status is never that of a verdict on a meter."""
    try:
        sys.exit(app())
    except Exception:  # noqa: BLE001 - told whole; Python's own status for it would be 1, which means fail
        stderr.print_exception()
        stderr.print("[bold red]not run[/bold red]: a defect of tamperbench; please report it with the text above")
        sys.exit(EXIT_NOT_CERTIFIED)

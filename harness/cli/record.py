"""``tamperbench verify``, ``report`` and ``key``: what is done with a record that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from harness import __version__
from harness.cli.conclude import write_report
from harness.cli.console import EXIT_NOT_CERTIFIED, say, stderr, stdout, told_errors
from harness.cli.options import RunArgument
from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import SignatureError
from harness.evidence.reader import HEADER_FILE, Run, load_run, read_header
from harness.evidence.signature import check_signature, fingerprint, load_public_key, make_key, signed_report_digest
from harness.evidence.verify import (
    NOT_FINISHED,
    REPORT_FILE,
    SIGNATURE_FILE,
    Problem,
    never_started,
    verify_run,
)

UNSIGNED = (
    "this shows that the record agrees with itself{report}, not who made it. Whoever makes a whole record anew passes "
    "it too; ask the laboratory for a signed one (tamperbench certify --key)"
)
PublicKeyOption = Annotated[Path | None, typer.Option(help="The record must be signed by this key (FILE.pub).")]
ReportOption = Annotated[Path | None, typer.Option("--out", help="Write it here. Default: report.html in the run.")]
KeyArgument = Annotated[
    Path, typer.Argument(help="Where to put the private key; the public one is FILE.pub.", metavar="FILE")
]


def verify_command(run: RunArgument, public_key: PublicKeyOption = None) -> None:
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
        say(f"verified: {run}, record {digest}, {signed}")
        for line in never_started(loaded):
            stdout.print(f"[bold yellow]note[/bold yellow]: {escape(line)}")
        if not is_signed:
            with_report = " and with report.html" if (run / REPORT_FILE).exists() else ", without a report"
            stdout.print(f"[bold yellow]NOT SIGNED[/bold yellow]: {UNSIGNED.format(report=with_report)}")


def report_command(run: RunArgument, out: ReportOption = None) -> None:
    """Write the report of a run again, from its record alone; also of a run that was killed."""
    with told_errors():
        loaded = load_run(run)
        if out is None:
            _keep_signed_report(loaded)
        say(f"report: {write_report(loaded, out)}")


def key_command(file: KeyArgument) -> None:
    """Make a laboratory's key to sign records with: FILE (keep it, mode 600) and FILE.pub (give it to everyone)."""
    with told_errors():
        public = make_key(file)
        mark = fingerprint(load_public_key(public))[:16]
        say(f"private key {file}, public key {public}, fingerprint {mark}")


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


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line."""
    panel = "Records"
    app.command(name="verify", rich_help_panel=panel)(verify_command)
    app.command(
        name="report",
        epilog="Exit status: 0 written, 2 not (the folder can't be read, the signed report would be replaced).",
        rich_help_panel=panel,
    )(report_command)
    app.command(name="key", epilog="Exit status: 0 made, 2 not (a file is there already).", rich_help_panel=panel)(
        key_command
    )

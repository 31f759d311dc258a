"""``tamperbench verify``, ``report`` and ``key``: what is done with a record that is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.markup import escape

from harness.cli.conclude import check_formats
from harness.cli.console import EXIT_NOT_CERTIFIED, say, shown_path, stderr, stdout, told_errors
from harness.cli.options import FORMATS, FormatOption, RunArgument
from harness.evidence.leftovers import without_leftovers
from harness.evidence.output_files import outputs_present
from harness.evidence.reader import HEADER_FILE, Run, load_run, read_header
from harness.evidence.signature import check_signature, fingerprint, load_public_key, make_key
from harness.evidence.verify import (
    NOT_FINISHED,
    SIGNATURE_FILE,
    Problem,
    never_started,
    verify_run,
)
from reports.errors import ReportError

UNSIGNED = (
    "this shows that the record agrees with itself{report}, not who made it. Whoever makes a whole record anew passes "
    "it too; ask the laboratory for a signed one (tamperbench certify --key)"
)
SUFFIXES = {".html": "html", ".pdf": "pdf", ".xml": "junit", ".csv": "csv", ".pcapng": "pcapng"}
PublicKeyOption = Annotated[Path | None, typer.Option(help="The record must be signed by this key (FILE.pub).")]
ReportOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to write into, or one form's file. Default: the run's folder.")
]
KeyArgument = Annotated[
    Path, typer.Argument(help="Where to put the private key; the public one is FILE.pub.", metavar="FILE")
]


def verify_command(run: RunArgument, public_key: PublicKeyOption = None) -> None:
    """Check a run's folder: chains, digests, verdicts derived anew, header against inputs, report, signature.

    Needs nothing but the folder and, to know who answers for it, the
    laboratory's public key: without a signature it shows that record and report
    agree, not who made them. Exit status 0 if everything fits, 1 if something
    was changed, 2 if it can't be read or the run was not finished.

    Example:

      tamperbench verify out/smoke-20260601T080000Z --public-key lab.pem.pub
    """
    with told_errors():
        if not (run / HEADER_FILE).exists():
            read_header(run)  # says that there is no run: nothing was changed, there is nothing to check
        expected = None if public_key is None else load_public_key(public_key)
        problems = without_leftovers(run, verify_run(run))
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
            problems += _check_outputs(run)
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
            reports = [name for name in outputs_present(run) if "/" not in name]
            with_report = f" and with {', '.join(reports)}" if reports else ", without a report"
            stdout.print(f"[bold yellow]NOT SIGNED[/bold yellow]: {UNSIGNED.format(report=with_report)}")


def report_command(run: RunArgument, report_format: FormatOption = None, out: ReportOption = None) -> None:
    """Write the report of a run again, from its record alone; also of a run that was killed.

    Every form there is: html and pdf for people; junit, csv, allure and pcapng
    for other tools.

    Examples:

      tamperbench report out/smoke-20260601T080000Z

      tamperbench report RUN --format junit --format csv --out for-ci/

      tamperbench report RUN --format pdf --out smoke.pdf
    """
    with told_errors():
        check_formats(report_format)
        loaded = load_run(run)
        for path in _write(loaded, report_format, out):
            say(f"report: {shown_path(path)}")


def _write(run: Run, formats: Sequence[str] | None, out: Path | None) -> list[Path]:
    """Into the run's folder, into a folder, or one form into a file."""
    from reports.outputs import write_outputs  # noqa: PLC0415 - drawing takes a second to load

    if out is None or not out.suffix or out.is_dir():
        return write_outputs(run.path, formats or FORMATS, into=out)
    form = SUFFIXES.get(out.suffix)
    if form is None or (formats and list(formats) != [form]):
        raise ReportError(
            f"--out {out}: expected a folder, or one form's file: {', '.join(f'*{suffix}' for suffix in SUFFIXES)}"
        )
    if not out.parent.is_dir():
        raise ReportError(f"{out}: the report can't be written: there is no folder {out.parent}; choose another")
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        (made,) = write_outputs(run.path, (form,), into=Path(folder))
        made.replace(out)
    return [out]


def key_command(file: KeyArgument) -> None:
    """Make a laboratory's key to sign records with: FILE (keep it, mode 600) and FILE.pub (give it to everyone).

    Example:

      tamperbench key lab.pem
    """
    with told_errors():
        public = make_key(file)
        mark = fingerprint(load_public_key(public))[:16]
        say(f"private key {file}, public key {public}, fingerprint {mark}")


def _check_outputs(run: Path) -> list[Problem]:
    """Nothing covers the reports of a record that is not signed, so they are made again and compared."""
    from reports.outputs import check_outputs  # noqa: PLC0415 - drawing takes a second to load

    return check_outputs(run, [])


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

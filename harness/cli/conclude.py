"""The end of a run as a person sees it: what is open, the report, the signature over it, the verdict in one line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.markup import escape

from harness.cli.console import say, shown_path, stderr, stdout
from harness.cli.options import FORMATS
from harness.evidence.errors import EvidenceError
from harness.evidence.output_files import PDF_FILE, REPORT_FILE
from harness.evidence.reader import Run
from harness.evidence.signature import PrivateKey, fingerprint, sign_run
from harness.measure.verdict import RunVerdict
from harness.run.durations import bench_time
from harness.run.outcome import last_line, not_shown, replay_options
from harness.run.terminal import fitted_for
from reports.errors import ReportError

FOR_PEOPLE = (REPORT_FILE, PDF_FILE)
STYLES = {RunVerdict.PASS: "bold green", RunVerdict.FAIL: "bold red"}


def conclude(
    run: Run, testplans: Path | None, signing_key: PrivateKey | None, formats: Sequence[str] | None = None
) -> int:
    """Tell how a certification ended; gives the exit status.

    A report that can't be written hides no verdict: a fail stays a fail, and a pass without its report is none. So
    with a signature.
    """
    for line in not_shown(run, replay_options(run, testplans)):
        say(f"  {line}")
    for place, line in enumerate(_latencies(run)):
        say(f"{'' if place else 'latency':<10}{line}")
    lacks = tell_report(run, formats, signing_key)
    try:
        if signing_key is not None and run.summary is not None:
            sign_run(run.path, signing_key)
            say(f"signed    by key {fingerprint(signing_key.public_key())[:16]}")
    except EvidenceError as error:
        stderr.print(f"[bold red]not signed[/bold red]: {escape(str(error))}")
        lacks.append(f"not signed: {_first_line(error)}")
    gained = bench_time(run.volatile) if run.header.is_emulated else ""
    if gained:
        say(f"time      {gained}")
    verdict, text = last_line(run, lacks)
    tell_verdict(verdict, text)
    return verdict.exit_code


def _latencies(run: Run) -> list[str]:
    """None where the record can't be drawn up: the report, next, says why."""
    from reports.latency_overview import build_latencies, latency_lines  # noqa: PLC0415 - as write_report

    try:
        return latency_lines(build_latencies(run))
    except ReportError:
        return []


def tell_report(run: Run, formats: Sequence[str] | None, signing_key: PrivateKey | None = None) -> list[str]:
    """Write the report and say where; why there is none, or one of its forms is missing (nothing: all are there)."""
    signer = None if signing_key is None else fingerprint(signing_key.public_key())
    lacks: list[str] = []
    try:
        paths = write_report(run, formats, signer)
    except Exception as error:  # noqa: BLE001 - told whole, and the verdict must still be said
        told = str(error) if isinstance(error, ReportError) else ""
        if not told:
            stderr.print_exception(max_frames=4)
        paths = _forms_that_can_be_made(run, formats or FORMATS, signer)
        stderr.print(
            f"[bold red]no report[/bold red]: {escape(told)}{'; ' if told else ''}the record is whole; "
            f"{'all other forms are there; ' if paths else ''}try again: tamperbench report {run.path}"
        )
        lacks.append(f"{'the report is not whole' if paths else 'no report'}: {_first_line(error)}")
    read = [path for path in paths if path.name in FOR_PEOPLE]
    others = [path.name for path in paths if path not in read]
    for place, path in enumerate(read):
        say(f"{'' if place else 'report':<10}{shown_path(path)}")
    if others:
        where = "beside it" if read else f"in {shown_path(run.path)}"
        say(f"{'also' if read else 'report':<10}{', '.join(others)} {where}")
    return lacks


def _first_line(error: Exception) -> str:
    """An error in the verdict's line: whole it stands above."""
    text = next(iter(str(error).splitlines()), "").rstrip(".;")
    return text if isinstance(error, ReportError | EvidenceError) else f"{type(error).__name__}: {text}"


def _forms_that_can_be_made(run: Run, formats: Sequence[str], signer: str | None) -> list[Path]:
    """Form by form: one that can't be made must not take from the reader those that can."""
    paths: list[Path] = []
    for name in formats:
        with suppress(Exception):  # the first has been told already, and the verdict must still be said
            paths += write_report(run, (name,), signer)
    return paths


def check_formats(formats: Sequence[str] | None) -> None:
    """Raise ReportError, before anything is run, for a form of the report that there is not."""
    for name in formats or ():
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ReportError(
                f"--format {name!r}: there is no such form of the report; {hint}one of: {', '.join(FORMATS)}"
            )


def tell_verdict(verdict: RunVerdict, text: str) -> None:
    """The last line, in the verdict's colour."""
    style = STYLES.get(verdict, "bold yellow")
    for line in fitted_for(stdout, text):
        stdout.print(f"[{style}]{escape(line)}[/{style}]")


def write_report(run: Run, formats: Sequence[str] | None = None, signer: str | None = None) -> list[Path]:
    """Write these forms of the report (None: all) into the run's folder."""
    from reports.outputs import FORMATS, write_outputs  # noqa: PLC0415 - drawing takes a second to load

    return write_outputs(run.path, formats or FORMATS, signer=signer, read=run)

"""The end of a run as a person sees it: what is open, the report, the signature over it, the verdict in one line."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from harness.cli.console import EXIT_NOT_CERTIFIED, say, shown_path, stderr, stdout
from harness.evidence.errors import EvidenceError
from harness.evidence.reader import Run
from harness.evidence.signature import PrivateKey, fingerprint, sign_run
from harness.measure.verdict import RunVerdict
from harness.run.outcome import last_line, not_shown, replay_options

STYLES = {RunVerdict.PASS: "bold green", RunVerdict.FAIL: "bold red"}


def conclude(run: Run, testplans: Path | None, signing_key: PrivateKey | None) -> int:
    """Tell how a certification ended; gives the exit status.

    A report that can't be written hides no verdict: a fail stays a fail, and a pass without its report is none. So
    with a signature.
    """
    for line in not_shown(run, replay_options(run, testplans)):
        say(f"  {line}")
    verdict, text = last_line(run)
    exit_code = tell_report(run, verdict.exit_code)
    try:
        if signing_key is not None and run.summary is not None:
            sign_run(run.path, signing_key)
            say(f"signed    by key {fingerprint(signing_key.public_key())[:16]}")
    except EvidenceError as error:
        stderr.print(f"[bold red]not signed[/bold red]: {escape(str(error))}")
        exit_code = exit_code or EXIT_NOT_CERTIFIED
    tell_verdict(verdict, text)
    return exit_code


def tell_report(run: Run, exit_code: int) -> int:
    """Write the report and say where; the exit status, which is no longer that of a pass if there is none."""
    try:
        say(f"report    {write_report(run)}")
    except Exception:  # noqa: BLE001 - told whole, and the verdict must still be said
        stderr.print_exception(max_frames=4)
        stderr.print(f"[bold red]no report[/bold red]: the record is whole; try: tamperbench report {run.path}")
        return exit_code or EXIT_NOT_CERTIFIED
    return exit_code


def tell_verdict(verdict: RunVerdict, text: str) -> None:
    """The last line, in the verdict's colour."""
    style = STYLES.get(verdict, "bold yellow")
    stdout.print(f"[{style}]{escape(text)}[/{style}]")


def write_report(run: Run, target: Path | None = None) -> str:
    """Write the report; where it is, as it can be pasted."""
    from reports.html import write_html  # noqa: PLC0415 - matplotlib takes a second to load

    return shown_path(write_html(run.path, target))

"""The runs that are kept under out/, each as whoever made it saw it end."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.errors import ReadError
from harness.evidence.reader import HEADER_FILE, load_run
from harness.run.live_run import OUT
from harness.run.outcome import ended
from harness.run.terminal import columns


def past_runs() -> list[str]:
    """A line for each run, by folder name; what to do if there is none."""
    folders = sorted((file.parent for file in OUT.glob(f"*/{HEADER_FILE}")), key=lambda path: path.name)
    rows = [(str(folder), *_cells(folder)) for folder in folders]
    return columns(rows, indent="") or [f"no run below {OUT}/ here; make one: tamperbench certify"]


def _cells(folder: Path) -> tuple[str, str]:
    try:
        return ended(load_run(folder))
    except ReadError as error:
        return "unreadable", str(error)

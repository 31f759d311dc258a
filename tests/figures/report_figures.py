"""The outputs of a run, as a process of its own makes them: HTML and PDF for people, and every form there is."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reports.outputs import FORMATS

ROUNDS = 5
_WRITE = "import sys, pathlib; from reports.outputs import write_outputs; " + (
    "write_outputs(pathlib.Path(sys.argv[1]), sys.argv[3:], into=pathlib.Path(sys.argv[2]))"
)


def measure() -> dict[str, float]:
    """Median of five, of the run that ``tamperbench certify`` makes; start of Python and of its packages included."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [str(Path(sys.executable).with_name("tamperbench")), "certify", "--out", str(run)]
        subprocess.run(command, capture_output=True, timeout=300, check=True)
        people = [_write(run, Path(folder) / "out", ("html", "pdf")) for _ in range(ROUNDS)]
        everything = [_write(run, Path(folder) / "out", FORMATS) for _ in range(ROUNDS)]
        pdf_bytes = (Path(folder) / "out" / "report.pdf").stat().st_size
    return {
        "report_html_and_pdf_s": statistics.median(people),
        "report_every_form_s": statistics.median(everything),
        "report_pdf_MB": pdf_bytes / 1e6,
    }


def _write(run: Path, into: Path, formats: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _WRITE, str(run), str(into), *formats], timeout=120, check=True)
    return time.perf_counter() - began

"""How much of the firmware's core the tests on the host reach: lines and branches, by gcc and gcov.

    python -m tests.firmware.coverage [--lines]        (make coverage)

Builds the core for the host with gcc's instrumentation, runs the tests that drive it, and prints a row per file;
``--lines`` prints what was not reached as well. Exit status 0 when lines and branches of ``core/`` reach the
goal, 1 when not, 2 when gcc or gcov is missing: then nothing has been measured. The ordinary tests run the sanitizers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.firmware.conftest import HOST_PROGRAM, SOURCE, WARNINGS, host_sources

GOAL_PERCENT = 95.0
TESTS = ("tests/firmware",)
ROOT = SOURCE.parent


@dataclass
class FileCoverage:
    """One source file; ``branches`` are the ways out of its decisions."""

    name: str
    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[tuple[int, int], int] = field(default_factory=dict)

    def missed(self) -> list[int]:
        """Lines not reached, and lines with a way out never taken."""
        never = {line for line, count in self.lines.items() if count == 0}
        return sorted(never | {line for (line, _), count in self.branches.items() if count == 0})


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", action="store_true", help="print the lines that were missed")
    arguments = parser.parse_args()
    console = Console()
    tools = {tool: shutil.which(tool) for tool in ("gcc", "gcov")}
    missing = [tool for tool, path in tools.items() if path is None]
    if missing:
        console.print(f"not measured: no {' and no '.join(missing)} here; apt-get install gcc", style="red")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        files = _measure(Path(folder), str(tools["gcc"]), str(tools["gcov"]), console)
    if files is None:
        return 1
    return _show(files, console, arguments.lines)


def _measure(folder: Path, gcc: str, gcov: str, console: Console) -> list[FileCoverage] | None:
    console.print("building the core with gcc's instrumentation")
    program = folder / "meter"
    # Without optimisation: a branch that the compiler has merged away can't be counted.
    command = [gcc, *(flag for flag in WARNINGS if flag != "-O1"), "-O0", "--coverage", "-I.", "-o", str(program)]
    subprocess.run([*command, "-dumpdir", f"{folder}/", *host_sources()], cwd=SOURCE, check=True, timeout=300)
    console.print("running the tests that drive it")
    tests = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *TESTS]
    done = subprocess.run(tests, cwd=ROOT, env={**os.environ, HOST_PROGRAM: str(program)}, timeout=1200, check=False)
    if done.returncode != 0:
        console.print("the tests fail on the instrumented core; what they reached is not counted", style="red")
        return None
    counted = sorted(folder.glob("*.gcda"))
    if not counted:
        console.print("no test has run the instrumented core", style="red")
        return None
    subprocess.run(
        [gcov, "--json-format", "--branch-probabilities", *(path.name for path in counted)],
        cwd=folder,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return _read(folder)


def _read(folder: Path) -> list[FileCoverage]:
    """Joined by file: an inline function of a header is compiled into several."""
    files: dict[str, FileCoverage] = {}
    for path in sorted(folder.glob("*.gcov.json.gz")):
        for entry in json.loads(gzip.decompress(path.read_bytes()))["files"]:
            if entry["file"].startswith("core/"):
                _join(files.setdefault(entry["file"], FileCoverage(entry["file"])), entry["lines"])
    return [files[name] for name in sorted(files)]


def _join(into: FileCoverage, lines: list[dict[str, Any]]) -> None:
    for line in lines:
        number = line["line_number"]
        into.lines[number] = into.lines.get(number, 0) + line["count"]
        for place, branch in enumerate(line["branches"]):
            key = (number, place)
            into.branches[key] = into.branches.get(key, 0) + branch["count"]


def _percent(counts: list[int]) -> float:
    return 100.0 * sum(count > 0 for count in counts) / len(counts) if counts else 100.0


def _show(files: list[FileCoverage], console: Console, with_lines: bool) -> int:
    table = Table(title="core/ on the host")
    for heading in ("file", "lines", "reached %", "branches", "taken %"):
        table.add_column(heading, justify="left" if heading == "file" else "right")
    for one in files:
        lines, branches = list(one.lines.values()), list(one.branches.values())
        table.add_row(
            one.name, str(len(lines)), f"{_percent(lines):.1f}", str(len(branches)), f"{_percent(branches):.1f}"
        )
    lines = [count for one in files for count in one.lines.values()]
    branches = [count for one in files for count in one.branches.values()]
    table.add_section()
    table.add_row("all", str(len(lines)), f"{_percent(lines):.1f}", str(len(branches)), f"{_percent(branches):.1f}")
    console.print(table)
    for one in files if with_lines else ():
        if one.missed():
            console.print(f"{one.name}: {', '.join(map(str, one.missed()))}", highlight=False)
    reached = min(_percent(lines), _percent(branches))
    met = reached >= GOAL_PERCENT
    console.print(f"goal {GOAL_PERCENT:g} % of lines and of branches: {'met' if met else 'missed'}", highlight=False)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

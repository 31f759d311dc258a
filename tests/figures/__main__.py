"""``make bench``: measure, print a table with machine and commit, write it as JSON under out/."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.figures import (
    board_figures,
    cpu_figures,
    plan_figures,
    qemu_figures,
    report_figures,
    run_figures,
    scope_figures,
    scpi_figures,
)

# Name, at least or at most, value.
GOALS: dict[str, tuple[str, float]] = {
    "certify_1_worker_s": ("<=", 20),
    "cpu_instructions_per_s": (">=", 100e6),
    "cpu_interrupt_entry_and_return_us": ("<=", 0.5),
    "world_snapshot_and_restore_ms": ("<=", 1),
    "sampling_meter_virtual_s_per_s": (">=", 300),
    "scpi_queries_per_s": (">=", 20_000),
    "waveform_MB_per_s_first_read": (">=", 50),
    "certify_peak_memory_MB": ("<=", 300),
    "report_html_and_pdf_s": ("<=", 3),
    "plan_full_2_workers_s": ("<=", 90),
    "plan_full_times_faster_than_the_bench": (">=", 200),
    "plan_bite_one_defect_processor_s": ("<=", 30),
}
PARTS: tuple[tuple[str, Callable[[], dict[str, float | str]]], ...] = (
    ("processor", cpu_figures.measure),
    ("QEMU beside it", qemu_figures.measure),
    ("world", board_figures.measure),
    ("instruments", scpi_figures.measure),
    ("oscilloscope", scope_figures.measure),
    ("certification", run_figures.measure),
    ("outputs", report_figures.measure),
    ("plans", plan_figures.measure),
)


def main() -> None:
    """Measure everything."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    machine = _machine()
    figures: dict[str, float | str] = {}
    table = Table(title=f"tamperbench {machine['commit']} on {machine['processor']}, {machine['cores']} cores")
    for column in ("part", "figure", "measured", "goal", ""):
        table.add_column(column, justify="right" if column in {"measured", "goal"} else "left")
    for part, measure in PARTS:
        with console.status(f"measuring: {part} ..."):
            measured = measure()
        for place, (name, value) in enumerate(measured.items()):
            table.add_row(part if place == 0 else "", name, _text(value), *_goal(name, value))
        figures |= measured
    console.print(table)
    missing = sorted(set(GOALS) - set(figures))
    if missing:
        raise SystemExit(f"goals without a figure: {', '.join(missing)}")
    target = Path("out") / f"figures-{machine['commit']}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {target}")


def _goal(name: str, value: float | str) -> tuple[str, str]:
    if name not in GOALS or isinstance(value, str):
        return "", ""
    sign, goal = GOALS[name]
    met = value >= goal if sign == ">=" else value <= goal
    return f"{sign} {_text(goal)}", "met" if met else "[red]missed[/red]"


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _machine() -> dict[str, str]:
    git = shutil.which("git")
    commit = "unknown"
    if git is not None:
        command = [git, "describe", "--always", "--dirty"]
        commit = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
    return {
        "commit": commit or "unknown",
        "processor": names[0] if names else platform.processor() or "unknown",
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "measured_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


if __name__ == "__main__":
    main()

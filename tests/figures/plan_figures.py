"""The plans as they are used: ``full`` certified by a user, and ``bite`` on one known-bad meter, every test of it.

Qualifying all defects takes too long to be measured here; ``make qualify`` keeps its own time in docs/qualification.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.run.durations import BENCH_KEY, from_text

DEFECT = "no-debounce"
MATRIX_FILE = "qualification.json"
VOLATILE_FILE = "volatile.json"


def measure() -> dict[str, float]:
    """One certification with plan ``full`` on two workers, one qualification of one defect with every test on one."""
    with tempfile.TemporaryDirectory() as folder:
        full, qualified = Path(folder) / "full", Path(folder) / "qualified"
        began = time.perf_counter()
        _run("certify", "--plan", "full", "--workers", "2", "--out", str(full))
        full_s = time.perf_counter() - began
        bench_s = sum(from_text(json.loads((full / VOLATILE_FILE).read_text())[BENCH_KEY]).values())
        _run("qualify", "--whole", "--only", DEFECT, "--out", str(qualified))
        cost = json.loads((qualified / MATRIX_FILE).read_text())
    return {
        "plan_full_2_workers_s": full_s,
        "plan_full_times_faster_than_the_bench": bench_s / full_s,
        "plan_bite_reference_processor_s": cost["reference"]["cpu_s"],
        "plan_bite_one_defect_processor_s": next(row["cpu_s"] for row in cost["defects"] if row["name"] == DEFECT),
    }


def _run(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("tamperbench")), *arguments]
    subprocess.run(command, capture_output=True, timeout=900, check=True, env=os.environ)

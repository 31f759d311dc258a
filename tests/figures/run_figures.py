"""A whole certification as a user starts it: wall time, processor time, peak memory, and the record's size."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3


def measure() -> dict[str, float]:
    """Median of three runs of ``tamperbench certify`` with one worker, and one with two."""
    with tempfile.TemporaryDirectory() as folder:
        _certify(Path(folder) / "warm-up", 1)
        before_s = _children_s()
        one = [_certify(Path(folder) / f"one-{number}", 1) for number in range(ROUNDS)]
        processor_s = (_children_s() - before_s) / ROUNDS
        two = [_certify(Path(folder) / f"two-{number}", 2) for number in range(ROUNDS)]
        size = sum(file.stat().st_size for file in (Path(folder) / "one-0").rglob("*") if file.is_file())
    return {
        "certify_1_worker_s": statistics.median(one),
        # What it costs also where others keep the machine busy.
        "certify_1_worker_processor_s": processor_s,
        "certify_2_workers_s": statistics.median(two),
        # The largest single process; ru_maxrss is in KiB on Linux.
        "certify_peak_memory_MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "record_size_MB": size / 1e6,
    }


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _certify(folder: Path, workers: int) -> float:
    command = [str(Path(sys.executable).with_name("tamperbench")), "certify", "--workers", str(workers)]
    began = time.perf_counter()
    subprocess.run([*command, "--out", str(folder)], capture_output=True, timeout=300, check=True, env=os.environ)
    return time.perf_counter() - began

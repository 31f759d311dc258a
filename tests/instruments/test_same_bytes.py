"""The same acquisition on CPUs of different ability: numpy is made to leave out what newer CPUs have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath

SCRIPT = """
import hashlib, sys
from numpy._core import _multiarray_umath
from tests.instruments.small_bench import arm_on_case, make_bench
print([name for name in sys.argv[1:] if _multiarray_umath.__cpu_features__[name]], file=sys.stderr)
bench = make_bench(7)
scope = arm_on_case(bench)
bench.case.drive(True)
bench.send_characters(bytes(range(16)))
bench.wait(5_000_000)
digest = hashlib.sha256()
for channel in (1, 2):
    scope.write(f":WAV:SOUR CHAN{channel};PRE?")
    digest.update(scope.read_raw())
    scope.write(":WAV:DATA?")
    digest.update(scope.read_raw())
print(digest.hexdigest())
"""

REPOSITORY = Path(__file__).parents[2]


def run(disabled: list[str]) -> str:
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(disabled)}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *disabled],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=60,
    )
    assert result.stderr.strip().endswith("[]"), f"numpy did not leave out {result.stderr}"
    return result.stdout


def test_waveforms_do_not_depend_on_the_cpu() -> None:
    features = _multiarray_umath.__cpu_features__
    dispatched = [name for name in _multiarray_umath.__cpu_dispatch__ if features[name]]
    if not dispatched:
        pytest.skip("this CPU has nothing that numpy could leave out")
    assert run(dispatched) == run([])

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
"""The digital nets of the small bench."""

LAWS = """
import hashlib, sys
from numpy._core import _multiarray_umath
from harness.emulation.analog_net import Segment
from harness.measure.crossing import find_crossing
from tests.instruments.scope_bench import make_scope_bench
print([name for name in sys.argv[1:] if _multiarray_umath.__cpu_features__[name]], file=sys.stderr)
bench = make_scope_bench(7, errors=None)
scope = bench.driver()
scope.configure_channel(1, 400.0, 0.0)
scope.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
scope.configure_digital({0: "SCL", 9: "SDA"}, 1.65)
now_ns = bench.world.now_ns
bench.mains.follow(Segment(now_ns, peak_u=100_000_000, frequency_mHz=50_000))
scope.arm_single(3, 1.0, "rising", window_before_ns=1_000_000, window_after_ns=99_000_000, points=100_000)
bench.coil.follow(Segment(bench.world.now_ns, 3_000_000, 0, 20_000_000))
bench.sender.send(0x3C, 0x02)
assert scope.wait_acquired(200_000_000)
digest = hashlib.sha256()
for wave in (scope.read_waveform(1), scope.read_waveform(3), *scope.read_digital(1).values()):
    digest.update(wave.samples.tobytes())
digest.update(repr(find_crossing(scope.read_waveform(3), 2.0, rising=True)).encode())
print(digest.hexdigest())
"""
"""Laws and pods, and what is measured of a law."""

REPOSITORY = Path(__file__).parents[2]


def run(script: str, disabled: list[str]) -> str:
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(disabled)}
    result = subprocess.run(
        [sys.executable, "-c", script, *disabled],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env=environment,
        timeout=60,
    )
    assert result.stderr.strip().endswith("[]"), f"numpy did not leave out {result.stderr}"
    return result.stdout


@pytest.mark.parametrize("script", [SCRIPT, LAWS])
def test_waveforms_do_not_depend_on_the_cpu(script: str) -> None:
    features = _multiarray_umath.__cpu_features__
    dispatched = [name for name in _multiarray_umath.__cpu_dispatch__ if features[name]]
    if not dispatched:
        pytest.skip("this CPU has nothing that numpy could leave out")
    assert run(script, dispatched) == run(script, [])

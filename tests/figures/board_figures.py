"""The whole world: the meter with its real image, asleep and awake, and a bench's snapshot."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from firmware_ref.tool.build import build
from harness.bench.files import load_bench_file, load_meter_file
from harness.emulation.bench import EmulatedBench
from harness.run.inputs import choose_paths

ROUNDS = 9
NS_PER_S = 1_000_000_000
SLEEP_S = 600


def measure() -> dict[str, float]:
    """Figures of the emulated bench with the reference meter on it."""
    bench = _open()
    world = bench.world
    snapshot = world.snapshot()
    capture_ms = _median_s(world.snapshot) * 1e3
    restore_ms = _median_s(lambda: world.restore(snapshot)) * 1e3
    began = time.perf_counter()
    world.run_until(world.now_ns + SLEEP_S * NS_PER_S)
    asleep_s = time.perf_counter() - began
    bench.close()
    return {
        "world_snapshot_ms": capture_ms,
        "world_restore_ms": restore_ms,
        "world_snapshot_and_restore_ms": capture_ms + restore_ms,
        "sleeping_meter_virtual_s_per_s": SLEEP_S / asleep_s,
        "bench_open_and_boot_s": _median_s(lambda: _open().close(), rounds=3),
    }


def _open() -> EmulatedBench:
    paths = choose_paths()
    return EmulatedBench(
        load_bench_file(paths.bench), load_meter_file(paths.meter), image=build().bin.read_bytes(), symbols=None, seed=1
    )


def _median_s(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)

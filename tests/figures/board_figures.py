"""The whole world: the meter with its real image at rest, sampling its sensors, and a bench's snapshot."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from firmware_ref.tool.build import build
from harness.bench.files import load_bench_file, load_meter_file
from harness.emulation.bench import EmulatedBench
from harness.meter.readout_session import read_out
from harness.run.inputs import choose_paths

ROUNDS = 9
NS_PER_S = 1_000_000_000
SPAN_S = 60
SAMPLES_PER_S = 10


def measure() -> dict[str, float]:
    """Figures of the emulated bench with the reference meter on it."""
    bench = _open()
    world = bench.world
    snapshot = world.snapshot()
    capture_ms = _median_s(world.snapshot) * 1e3
    restore_ms = _median_s(lambda: world.restore(snapshot)) * 1e3
    sampling_s = _sampling_s(bench)
    bench.close()
    return {
        "world_snapshot_ms": capture_ms,
        "world_restore_ms": restore_ms,
        "world_snapshot_and_restore_ms": capture_ms + restore_ms,
        "sampling_meter_virtual_s_per_s": SPAN_S / sampling_s,
        "bench_open_and_boot_s": _median_s(lambda: _open().close(), rounds=3),
    }


def _sampling_s(bench: EmulatedBench) -> float:
    """Processor time of a minute in which nothing happens but the meter's samples: field over I2C, currents over SSI.

    The best of a few minutes, since a busy machine only ever makes one slower. How many samples there were is the
    meter's own count, so that a meter which stops sampling can't look fast.
    """
    world, times = bench.world, []
    before = _samples(bench)
    for _ in range(ROUNDS):
        began = time.process_time()
        world.run_until(world.now_ns + SPAN_S * NS_PER_S)
        times.append(time.process_time() - began)
    spent_s = ROUNDS * SPAN_S
    taken = _samples(bench) - before
    if taken < spent_s * SAMPLES_PER_S:
        raise RuntimeError(f"expected {SAMPLES_PER_S} field samples per second, the meter took {taken} in {spent_s} s")
    return min(times)


def _samples(bench: EmulatedBench) -> int:
    """Field samples since power-on, as the meter says (docs/readout.md)."""
    return int(read_out(bench.open_link("optical"), bench.clock).readout.number("0-0:96.50.4", None))


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

"""How fast the oscilloscope's analogue and digital channels are rendered, and what a byte on the I2C bus costs.

``measure()`` gives the figures. Processor time, so it is no test.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from harness.emulation.analog_net import Segment
from harness.emulation.parts.i2c_wire import I2cWire, Told
from harness.emulation.world import World
from harness.measure.i2c import FAST_MODE, decode_i2c
from tests.instruments.scope_bench import ScopeBench, make_scope_bench

MS = 1_000_000
POINTS = 4_000_000
REPEATS = 3
BYTES = 100_000
POLLS = 8
"""Of a sensor on a fast bus: ten bytes each, ten times a second."""


def measure() -> dict[str, float | str]:
    """Milliseconds for a whole record of each kind; microseconds for a byte told; milliseconds to decode a bus."""
    bench = acquire()
    decoding = decode_bus()
    return {
        "scope_points": float(POINTS),
        "scope_exponential_rendering_ms": best_ms(lambda: render(bench, "CHAN3")),
        "scope_sinusoid_rendering_ms": best_ms(lambda: render(bench, "CHAN1")),
        "scope_pod_rendering_ms": best_ms(lambda: render(bench, "POD1")),
        "i2c_byte_told_us": tell_bytes() / BYTES * 1e3,
        "i2c_decoding_4_Mpts_ms": decoding,
    }


def acquire() -> ScopeBench:
    """3.2 s of a coil's rise, of the mains and of a bus, each channel with the whole memory."""
    bench = make_scope_bench()
    driver = bench.driver()
    driver.configure_channel(1, 400.0, 0.0)
    driver.configure_clamp(3, 8.0, 2.0, amperes_per_volt=10.0)
    driver.configure_digital({0: "SCL", 1: "LINE"}, 1.65)
    bench.mains.follow(Segment(bench.world.now_ns, peak_u=100_000_000, frequency_mHz=50_000))
    driver.arm_single(3, 1.0, "rising", window_before_ns=MS, window_after_ns=3_199 * MS, points=POINTS)
    bench.coil.follow(Segment(bench.world.now_ns, 3_000_000, 0, 20 * MS))
    for _ in range(32):
        bench.sender.send(0x3C, *range(10))
        bench.wait(100 * MS)
    if not driver.wait_acquired(1_000 * MS):
        raise RuntimeError("the oscilloscope did not trigger on the coil's rise")
    return bench


def render(bench: ScopeBench, source: str) -> None:
    """Render one source anew."""
    bench.scope._rendered.clear()
    if len(bench.scope.codes(source, 1)) != POINTS:
        raise RuntimeError(f"expected {POINTS} points of {source}")


def best_ms(work: Callable[[], object]) -> float:
    """Of a few repeats."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times) * 1e3


def tell_bytes() -> float:
    """Milliseconds for all bytes, with nobody looking."""
    world = World(1)
    wire = I2cWire(world, "wire")

    def work() -> None:
        for _ in range(BYTES):
            wire.begin(Told.BYTE, 0x55, 2_500, world.now_ns + 22_500)
            world.now_ns += 22_500
            wire.end(0x55, True)

    return best_ms(work)


def decode_bus() -> float:
    """Of a record as long as the memory."""
    bench = make_scope_bench()
    driver = bench.driver()
    driver.configure_digital({0: "SCL", 9: "SDA"}, 1.65)
    driver.arm_digital(9, "falling", window_before_ns=MS // 10, window_after_ns=799 * MS, points=POINTS)
    for _ in range(POLLS):
        bench.sender.send(0x3C, *range(10), bit_ns=2_500)
        bench.wait(100 * MS)
    if not driver.wait_acquired(1_000 * MS):
        raise RuntimeError("the oscilloscope did not trigger on the bus")
    scl, sda = driver.read_digital(1)[0], driver.read_digital(2)[9]
    found = decode_i2c(scl, sda, FAST_MODE)
    if [one.octets for one in found.transfers] != [bytes(np.arange(10, dtype=np.uint8))] * POLLS:
        raise RuntimeError("the bus was not decoded as it was sent")
    return best_ms(lambda: decode_i2c(scl, sda, FAST_MODE))


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value}")  # noqa: T201

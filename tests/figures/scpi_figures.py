"""How fast the emulated instruments answer through PyVISA, with pyvisa-sim measured beside them in the same run.

``measure()`` gives the figures; run as a module it prints them. Wall time, so it is no test.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyvisa
from pyvisa.resources import MessageBasedResource

from tests.instruments.small_bench import SCOPE, SmallBench, make_bench

QUERIES = 20_000
SIM_QUERIES = 2_000
POINTS = 1_000_000
REPEATS = 5
SIM_BLOCK_BYTES = 100_000
"""pyvisa-sim takes quadratic time for long answers, so it is asked for a tenth."""

SIM_DEVICE = """
spec: "1.1"
devices:
  meter:
    eom:
      TCPIP INSTR:
        q: "\\n"
        r: "\\n"
    dialogues:
      - q: "*OPC?"
        r: "1"
      - q: ":WAV:DATA?"
        r: "{block}"
resources:
  TCPIP0::meter::inst0::INSTR:
    device: meter
"""


def measure() -> dict[str, float]:
    """Queries per second and MB/s, ours and pyvisa-sim's; best of a few repeats."""
    bench = make_bench()
    scope = acquire(bench)
    figures = {
        "scpi_queries_per_s": rate(scope, "*OPC?", QUERIES),
        "waveform_points": float(POINTS),
    }
    rendered, transferred = [], []
    for _ in range(REPEATS):
        bench.scope._rendered.clear()
        rendered.append(read_block_s(scope))
        transferred.append(read_block_s(scope))
    figures["waveform_MB_per_s_first_read"] = POINTS / min(rendered) / 1e6
    figures["waveform_MB_per_s_again"] = POINTS / min(transferred) / 1e6
    figures["waveform_rendering_ms"] = (min(rendered) - min(transferred)) * 1e3
    figures.update(measure_pyvisa_sim())
    return figures


def acquire(bench: SmallBench) -> MessageBasedResource:
    """A million points, every fourth of four million acquired, of a serial line with 40 ms of traffic."""
    scope = bench.open(SCOPE)
    scope.chunk_size = 1 << 21
    scope.write("*RST;:STOP;:CHAN1:DISP OFF;:CHAN2:DISP ON;SCAL 0.5;OFFS 1.65")
    scope.write(":TIM:RANG 40ms;POS 20ms;:TRIG:SOUR CHAN2;SLOP NEG;LEV 1.65;:TRIG:SWE NORM;:SING")
    bench.wait(1_000_000)
    bench.send_characters(bytes(range(256)) + bytes(200))
    bench.wait(60_000_000)
    scope.write(f":WAV:SOUR CHAN2;FORM BYTE;POIN:MODE RAW;:WAV:POIN {POINTS}")
    if int(scope.query(":WAV:POIN?")) != POINTS:
        raise RuntimeError(f"expected {POINTS} points, the scope gives {scope.query(':WAV:POIN?')}")
    return scope


def rate(resource: MessageBasedResource, query: str, count: int) -> float:
    """Queries per second."""
    began = time.process_time()
    for _ in range(count):
        resource.query(query)
    return count / (time.process_time() - began)


def read_block_s(resource: MessageBasedResource) -> float:
    """Seconds for one waveform."""
    began = time.process_time()
    codes = resource.query_binary_values(":WAV:DATA?", datatype="B", container=np.ndarray)
    elapsed = time.process_time() - began
    if len(codes) != POINTS:
        raise RuntimeError(f"expected {POINTS} points, got {len(codes)}")
    return elapsed


def measure_pyvisa_sim() -> dict[str, float]:
    """The same through pyvisa-sim, as far as it can: a fixed text as long as a block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "meter.yaml"
        path.write_text(SIM_DEVICE.format(block="x" * SIM_BLOCK_BYTES))
        manager = pyvisa.ResourceManager(f"{path}@sim")
        resource = manager.open_resource("TCPIP0::meter::inst0::INSTR", read_termination="\n", write_termination="\n")
        if not isinstance(resource, MessageBasedResource):
            raise TypeError("pyvisa-sim gave a resource that takes no messages")
        queries_per_s = rate(resource, "*OPC?", SIM_QUERIES)
        resource.chunk_size = 1 << 21
        resource.timeout = 60_000
        began = time.process_time()
        text = resource.query(":WAV:DATA?")
        elapsed = time.process_time() - began
        manager.close()
    if len(text) != SIM_BLOCK_BYTES:
        raise RuntimeError(f"expected {SIM_BLOCK_BYTES} characters, got {len(text)}")
    return {"pyvisa_sim_queries_per_s": queries_per_s, "pyvisa_sim_MB_per_s": SIM_BLOCK_BYTES / elapsed / 1e6}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:,.1f}")  # noqa: T201

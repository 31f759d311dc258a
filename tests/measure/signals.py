"""Waveforms for the tests, made from edges by arithmetic of their own: nothing here is shared with the decoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.measure.waveform import LogicLevels, Waveform

LEVELS = LogicLevels(low_V=1.0, high_V=2.3)
LOW_CODE, HIGH_CODE = 28, 193  # 0 V and 3.3 V at 20 mV per code


def square_wave(
    edges_ns: Sequence[float],
    *,
    start_high: bool,
    from_ns: float,
    to_ns: float,
    step_ns: float = 1000.0,
    noise: int = 0,
    label: str = "NET",
) -> Waveform:
    """Ideal edges between 0 V and 3.3 V, sampled; ``noise`` codes either way, seeded."""
    times = np.arange(from_ns, to_ns, step_ns)
    turned = np.searchsorted(np.asarray(edges_ns, dtype=np.float64), times, side="right") % 2 == 1
    codes = np.where(turned != start_high, HIGH_CODE, LOW_CODE).astype(np.int64)
    if noise:
        codes += np.random.default_rng(1).integers(-noise, noise + 1, len(codes))
    return Waveform(codes.astype(np.uint8), 0.02, 0.0, LOW_CODE, step_ns, from_ns, label)


def serial_edges(
    characters: Sequence[tuple[float, int]], bit_ns: float, data_bits: int = 8, parity: str = "none"
) -> list[float]:
    """Edges of characters (start in ns, value) on a line that idles high; characters must not overlap."""
    edges: list[float] = []
    for start_ns, value in characters:
        bits = [0, *((value >> place) & 1 for place in range(data_bits))]
        if parity != "none":
            ones = sum(bits)
            bits.append(ones % 2 if parity == "even" else 1 - ones % 2)
        bits.append(1)
        level = 1
        for place, bit in enumerate(bits):
            if bit != level:
                edges.append(start_ns + place * bit_ns)
                level = bit
    return edges

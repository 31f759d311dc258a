"""From the edges of a net to the codes of an analogue-to-digital converter: integers only, so the same everywhere.

numpy is used for its integer operations alone; its floating-point functions differ between CPUs in their last bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

FINE = 16
"""Fine steps per code, in which levels and noise are added before quantising."""
CODE_REFERENCE = 128
CODE_LOWEST, CODE_HIGHEST = 1, 255
"""Clipped low and clipped high; 0 is kept for a hole (programmer's guide, :WAVeform:DATA)."""

_NOISE_TRIALS = 368
"""A binomial of this many fair coins has a standard deviation of 9.6 fine steps: 0.6 code, 24 mV at 1 V/div."""


@dataclass(frozen=True)
class Signal:
    """What the converter sees of one net: its level before the first edge, levels in fine steps, an edge's time."""

    initial_level: bool
    low_fine: int
    high_fine: int
    ramp_ps: int


@dataclass(frozen=True)
class Sampling:
    """Where the samples lie: scope time relative to the trigger, and how wrong the scope's clock is."""

    start_ps: int
    step_ps: int
    points: int
    timebase_ppb: int


def make_noise_table() -> NDArray[np.int32]:
    """256 equally likely noise values in fine steps: the quantiles of a binomial, in exact integers."""
    total = 1 << _NOISE_TRIALS
    table: list[int] = []
    heads, below = 0, comb(_NOISE_TRIALS, 0)
    for index in range(256):
        # Quantile at (index + 1/2) / 256.
        while below * 512 < (2 * index + 1) * total:
            heads += 1
            below += comb(_NOISE_TRIALS, heads)
        table.append(heads - _NOISE_TRIALS // 2)
    return np.array(table, dtype=np.int32)


def noise_bytes(key: bytes, channel: int, count: int) -> NDArray[np.uint8]:
    """``count`` uniform bytes of one channel of one acquisition: AES-128 in counter mode over zeros.

    The key comes from the world's seeded chance; this only stretches it, at twenty times the speed of SHAKE-128
    (4 MB in 0.4 ms), since every sample of the record memory has noise of its own.
    """
    encryptor = Cipher(algorithms.AES128(key), modes.CTR(channel.to_bytes(8, "big") + bytes(8))).encryptor()
    return np.frombuffer(encryptor.update(np.zeros(count, dtype=np.uint8).data), dtype=np.uint8)


def quantise(fine: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Fine steps to codes: to the nearest, clipped."""
    codes: NDArray[np.uint8] = np.clip((fine + FINE // 2) // FINE, CODE_LOWEST, CODE_HIGHEST).astype(np.uint8)
    return codes


def render_codes(
    edges_ps: NDArray[np.int64],
    signal: Signal,
    sampling: Sampling,
    noise: NDArray[np.uint8],
    noise_table: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """The codes of ``sampling.points`` samples.

    ``edges_ps`` are the net's edges in true time relative to the trigger. An edge is a straight line of
    ``ramp_ps``; one that comes before the last has ended starts from the full level, an error of one ramp at most.
    """
    # True time to the scope's own; the square of the clock's error (3e-12) is left out.
    at_ps = edges_ps - edges_ps * sampling.timebase_ppb // 1_000_000_000
    first = _sample_at_or_after(at_ps, sampling)
    settled = np.minimum(_sample_at_or_after(at_ps + signal.ramp_ps, sampling), np.append(first[1:], sampling.points))
    rises = (np.arange(len(at_ps)) % 2 == 0) != signal.initial_level

    levels = np.concatenate(([signal.initial_level], rises)).astype(np.uint16) << 8
    counts = np.diff(first, prepend=0, append=sampling.points)
    table = np.concatenate([quantise(level + noise_table) for level in (signal.low_fine, signal.high_fine)])
    codes: NDArray[np.uint8] = table.take(np.repeat(levels, counts) + noise)

    lengths = settled - first
    if lengths.any():
        samples = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        into_ps = sampling.start_ps + samples * sampling.step_ps - np.repeat(at_ps, lengths)
        swing = (signal.high_fine - signal.low_fine) * into_ps // signal.ramp_ps
        rising = np.repeat(rises, lengths)
        fine = np.where(rising, signal.low_fine + swing, signal.high_fine - swing).astype(np.int32)
        codes[samples] = quantise(fine + noise_table[noise[samples]])
    return codes


def _sample_at_or_after(at_ps: NDArray[np.int64], sampling: Sampling) -> NDArray[np.int64]:
    index: NDArray[np.int64] = -((sampling.start_ps - at_ps) // sampling.step_ps)
    return np.clip(index, 0, sampling.points)

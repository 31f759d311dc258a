"""From the edges or laws of a net to the codes of an analogue-to-digital converter, or to the bits of a pod.

numpy is used for its integer operations alone; its floating-point functions differ between CPUs in their last bits.
An analogue law is computed at a few places, rounded there, and drawn in straight lines in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from harness.emulation.analog_net import Segment
from harness.emulation.instruments.scope_trigger import straight_ns

FINE_BITS = 4
FINE = 1 << FINE_BITS
"""Fine steps per code, in which levels and noise are added before quantising."""
CODE_REFERENCE = 128
CODE_LOWEST, CODE_HIGHEST = 1, 255
"""Clipped low and clipped high; 0 is kept for a hole (programmer's guide, :WAVeform:DATA)."""

_POINT = 22
"""Binary places of a slope: over the longest record a line errs by 4e6 / 2**22, one fine step."""
_AT_A_TIME = 1 << 15
"""Samples drawn in one go: what stays in the processor's cache is three times as fast as the whole record."""
_FINE_MAX = 1 << 38
"""Far outside the screen, and still inside 64 bits with the places above."""

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


def quantise(fine: NDArray[Any]) -> NDArray[np.uint8]:
    """Fine steps to codes: to the nearest, clipped."""
    codes: NDArray[np.uint8] = np.clip((fine + FINE // 2) >> FINE_BITS, CODE_LOWEST, CODE_HIGHEST).astype(np.uint8)
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
    at_ps = _to_scope_time(edges_ps, sampling)
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


def render_law(
    segments: Sequence[Segment],
    trigger_ps: int,
    to_fine: Callable[[int], int],
    sampling: Sampling,
    noise: NDArray[np.uint8],
    noise_table: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """The codes of an analogue net that follows ``segments``; ``to_fine`` turns its value into fine steps.

    The scope's own rise time is left out: it is a thousandth of what any of these nets does. A law that begins between
    two samples begins at the later one.
    """
    starts_ps = np.array([segment.start_ns * 1000 - trigger_ps for segment in segments[1:]], dtype=np.int64)
    firsts = _sample_at_or_after(_to_scope_time(starts_ps, sampling), sampling).tolist()
    codes = np.empty(sampling.points, dtype=np.uint8)
    for segment, first, end in zip(segments, [0, *firsts], [*firsts, sampling.points], strict=True):
        if first < end:
            knots, fine = _knots(segment, first, end - 1, trigger_ps, to_fine, sampling)
            codes[first:end] = _join(knots, fine, noise[first:end], noise_table)
    return codes


def _knots(
    segment: Segment, first: int, last: int, trigger_ps: int, to_fine: Callable[[int], int], sampling: Sampling
) -> tuple[list[int], list[int]]:
    """Samples from ``first`` to ``last`` between which the law is nearly straight, and its value there."""
    knots: list[int] = []
    fine: list[int] = []
    sample = first
    while True:
        scope_ps = sampling.start_ps + sample * sampling.step_ps
        at_ns = (trigger_ps + scope_ps + scope_ps * sampling.timebase_ppb // 1_000_000_000) // 1000
        knots.append(sample)
        fine.append(min(max(to_fine(segment.value_u(at_ns)), -_FINE_MAX), _FINE_MAX))
        if sample == last:
            return knots, fine
        step_ns = straight_ns(segment, at_ns)
        sample = last if step_ns is None else min(sample + max(step_ns * 1000 // sampling.step_ps, 1), last)


def _join(
    knots: list[int], fine: list[int], noise: NDArray[np.uint8], noise_table: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Straight lines between the knots, in fixed point, with noise, quantised; the last knot is the last sample."""
    if min(fine) == max(fine):
        return quantise(np.int64(fine[0]) + noise_table).take(noise)
    at = np.array(knots, dtype=np.int64) - knots[0]
    levels = np.array(fine, dtype=np.int64) << _POINT
    slopes = np.diff(levels) // np.diff(at)
    codes = np.empty(len(noise), dtype=np.uint8)
    place = np.arange(_AT_A_TIME, dtype=np.int64)
    for begin in range(0, len(noise), _AT_A_TIME):
        end = min(begin + _AT_A_TIME, len(noise))
        first = min(int(np.searchsorted(at, begin, side="right")) - 1, len(slopes) - 1)
        last = min(int(np.searchsorted(at, end)), len(slopes))
        bounds = np.clip(at[first : last + 1], begin, end)
        bounds[-1] = end  # the last sample of all belongs to the last line
        counts = np.diff(bounds)
        drawn = np.repeat(slopes[first:last], counts) * place[: end - begin]
        drawn += np.repeat(levels[first:last] - slopes[first:last] * (at[first:last] - begin), counts)
        codes[begin:end] = quantise((drawn >> _POINT) + noise_table.take(noise[begin:end]))
    return codes


def render_pod(lanes: Sequence[tuple[int, bool, NDArray[np.int64]]], sampling: Sampling) -> NDArray[np.uint8]:
    """The bytes of a pod: for each lane its bit, its level before the first crossing, its crossings in true time."""
    codes = np.zeros(sampling.points, dtype=np.uint8)
    for bit, initial_level, crossings_ps in lanes:
        first = _sample_at_or_after(_to_scope_time(crossings_ps, sampling), sampling)
        counts = np.diff(first, prepend=0, append=sampling.points)
        levels = (np.arange(len(counts)) % 2 == 1) != initial_level
        codes |= np.repeat(levels.astype(np.uint8) << bit, counts)
    return codes


def _to_scope_time(at_ps: NDArray[np.int64], sampling: Sampling) -> NDArray[np.int64]:
    """True time to the scope's own; the square of the clock's error (3e-12) is left out."""
    scope_ps: NDArray[np.int64] = at_ps - at_ps * sampling.timebase_ppb // 1_000_000_000
    return scope_ps


def _sample_at_or_after(at_ps: NDArray[np.int64], sampling: Sampling) -> NDArray[np.int64]:
    index: NDArray[np.int64] = -((sampling.start_ps - at_ps) // sampling.step_ps)
    return np.clip(index, 0, sampling.points)

"""What an averaging instrument finds on an analogue net over its aperture: mean, and rms of the alternating part.

Closed forms over the net's laws. A sinusoid counts by its amplitude, as if every piece of it were whole periods: over
an aperture of many periods that is right, at its ends it is off by less than half a period's share.
"""

from __future__ import annotations

from math import exp, isqrt

from harness.emulation.analog_net import AnalogNet, Segment


def mean_u(net: AnalogNet, from_ns: int, to_ns: int) -> int:
    """The mean over ``from_ns <= t < to_ns``, in millionths of the net's unit."""
    total = sum(_steady_u(part, start, end) * (end - start) for part, start, end in _pieces(net, from_ns, to_ns))
    return round(total / (to_ns - from_ns))


def rms_u(net: AnalogNet, from_ns: int, to_ns: int) -> int:
    """The rms of what alternates over ``from_ns <= t < to_ns``: sinusoids, without the mean (AC coupling)."""
    squares = 0
    for part, start, end in _pieces(net, from_ns, to_ns):
        squares += sum(one.peak_u**2 for one in (part, *part.plus)) * (end - start)
    return isqrt(squares // (2 * (to_ns - from_ns)))


def _pieces(net: AnalogNet, from_ns: int, to_ns: int) -> list[tuple[Segment, int, int]]:
    """Each law with the part of the aperture in which it holds."""
    parts = net.segments_between(from_ns, to_ns)
    starts = [max(part.start_ns, from_ns) for part in parts]
    return list(zip(parts, starts, [*starts[1:], to_ns], strict=True))


def _steady_u(part: Segment, start_ns: int, end_ns: int) -> float:
    """The mean of a law without its sinusoid."""
    value = float(part.final_u)
    if part.tau_ns and end_ns > start_ns:
        from_tau, to_tau = (start_ns - part.start_ns) / part.tau_ns, (end_ns - part.start_ns) / part.tau_ns
        value += (part.initial_u - part.final_u) * (exp(-from_tau) - exp(-to_tau)) / (to_tau - from_tau)
    return value + sum(_steady_u(one, start_ns, end_ns) for one in part.plus)

"""When a probed net crosses the trigger's level: an edge of a digital net, or the law of an analogue one.

Both look into the future as far as it is known: the rest of a serial character, the law that an analogue net follows
at present. Comparators are taken as free of noise and hysteresis (no figures for this family were found).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.emulation.analog_net import Segment
from harness.emulation.nets import Net

LOOK_AHEAD_NS = 1_000_000_000
"""How far into the future a serial character's edges are looked for: longer than any character."""

PARTS_PER_TAU, PARTS_PER_PERIOD = 40, 250
"""Into how many pieces a law is cut to be walked along in straight lines: the error of a chord is then 1/12800 of an
exponential's whole way, 1/12700 of a sinusoid's amplitude (h²/8 · second derivative)."""
TAUS = 24
"""After so many time constants an exponential of 8 A has less than a millionth left."""


def edge_crossing_ps(
    net: Net, from_ns: int, to_ns: int, *, level_nV: int, signal_nV: int, ramp_ps: int, rising: bool
) -> int | None:
    """The first edge whose ramp between 0 and ``signal_nV`` crosses ``level_nV`` at or after ``from_ns``."""
    if not 0 < level_nV < signal_nV:
        return None
    part_nV = level_nV if rising else signal_nV - level_nV
    delay_ps = ramp_ps * part_nV // signal_nV
    level, edges = net.edges_between(from_ns - ramp_ps // 1000 - 1, to_ns)
    for edge_ns in edges:
        level = not level
        crossing_ps = edge_ns * 1000 + delay_ps
        if level == rising and crossing_ps >= from_ns * 1000:
            return crossing_ps
    return None


def law_crossing_ps(segments: Sequence[Segment], from_ns: int, *, level_u: int, rising: bool) -> int | None:
    """The first crossing at or after ``from_ns`` that the laws make, the last one taken to last; to 1 ns."""

    def past(value_u: int) -> bool:
        return value_u >= level_u if rising else value_u <= level_u

    was_past: bool | None = None
    for index, segment in enumerate(segments):
        next_ns = segments[index + 1].start_ns if index + 1 < len(segments) else None
        begin_ns = max(segment.start_ns, from_ns)
        if next_ns is not None and next_ns <= begin_ns:
            continue
        if was_past is None and index and segment.start_ns >= from_ns:
            was_past = past(segments[index - 1].value_u(begin_ns))
        end_ns = next_ns if next_ns is not None else settled_ns(segment, begin_ns)
        before_ns = begin_ns
        for at_ns in walk(segment, begin_ns, end_ns):
            now_past = past(segment.value_u(at_ns))
            if now_past and was_past is False:
                return _bisect(segment, before_ns, at_ns, past) * 1000
            before_ns, was_past = at_ns, now_past
    return None


def walk(segment: Segment, begin_ns: int, end_ns: int) -> Iterator[int]:
    """Times from ``begin_ns`` to ``end_ns``, both included, so close that the law is nearly straight in between."""
    at_ns = begin_ns
    while at_ns < end_ns:
        yield at_ns
        step_ns = straight_ns(segment, at_ns)
        at_ns = end_ns if step_ns is None else min(at_ns + step_ns, end_ns)
    yield end_ns


def straight_ns(segment: Segment, at_ns: int) -> int | None:
    """How far from ``at_ns`` on the law may be taken as straight; None: for ever."""
    steps: list[int] = []
    if segment.tau_ns and segment.initial_u != segment.final_u and at_ns < segment.start_ns + TAUS * segment.tau_ns:
        steps.append(segment.tau_ns // PARTS_PER_TAU)
    if segment.peak_u and segment.frequency_mHz:
        steps.append(10**12 // segment.frequency_mHz // PARTS_PER_PERIOD)
    steps += [step for part in segment.plus if (step := straight_ns(part, at_ns)) is not None]
    return max(min(steps), 1) if steps else None


def settled_ns(segment: Segment, begin_ns: int) -> int:
    """When everything the law will ever do has been seen once: its exponentials over, two periods of its sinusoids."""
    end_ns = begin_ns
    if segment.tau_ns:
        end_ns = max(end_ns, segment.start_ns + TAUS * segment.tau_ns)
    for part in segment.plus:
        end_ns = max(end_ns, settled_ns(part, begin_ns))
    if segment.peak_u and segment.frequency_mHz:
        end_ns += 2 * 10**12 // segment.frequency_mHz
    return end_ns


def _bisect(segment: Segment, before_ns: int, after_ns: int, past: Callable[[int], bool]) -> int:
    """The first nanosecond that is past the level, between one that is not and one that is."""
    while after_ns - before_ns > 1:
        middle_ns = (before_ns + after_ns) // 2
        if past(segment.value_u(middle_ns)):
            after_ns = middle_ns
        else:
            before_ns = middle_ns
    return after_ns

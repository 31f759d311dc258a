"""Analogue nets: a voltage, or a current through a clamp, as an instrument's probe finds it, with its recent past.

A net is told as segments of simple laws (constant, exponential approach, sinusoid), each from its own instant on, so
that nothing has to be computed for a net that nobody looks at. Amounts are integers in millionths of the net's unit
("V" or "A"); what is asked for is rounded to them, so last bits of floating point do not reach an instrument.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import exp, pi, sin

from harness.emulation.nets import HISTORY_NS
from harness.emulation.world import PlainComponent, World

FULL_TURN_MDEG = 360_000


def turned_mdeg(since_ns: int, frequency_mHz: int) -> int:
    """How far a sinusoid has turned, whole turns taken off."""
    return since_ns * frequency_mHz % 10**12 * FULL_TURN_MDEG // 10**12


@dataclass(frozen=True)
class Segment:
    """One law, valid from ``start_ns`` to the start of the next segment.

    Value = ``final_u`` + (``initial_u`` - ``final_u``) · exp(-(t - start) / ``tau_ns``)
    + ``peak_u`` · sin(2π · ``frequency_mHz`` · (t - start) + ``phase_mdeg``) + the values of ``plus``; a part that is
    zero is absent.
    """

    start_ns: int
    final_u: int = 0
    initial_u: int = 0
    tau_ns: int = 0
    """0: the value is ``final_u`` at once."""
    peak_u: int = 0
    frequency_mHz: int = 0
    phase_mdeg: int = 0
    plus: tuple[Segment, ...] = ()
    """Further laws whose values add up with this one's, each from its own ``start_ns`` (a return that several
    circuits share); each is rounded by itself."""

    def value_u(self, at_ns: int) -> int:
        """The value at ``at_ns``, in millionths of the net's unit."""
        since_ns = at_ns - self.start_ns
        value = float(self.final_u)
        if self.tau_ns:
            value += (self.initial_u - self.final_u) * exp(-since_ns / self.tau_ns)
        if self.peak_u:
            # Whole turns are taken off in integers: a sinusoid of a day ago keeps its phase.
            turns_e12 = since_ns * self.frequency_mHz % 10**12
            value += self.peak_u * sin(2 * pi * (turns_e12 / 1e12 + self.phase_mdeg / FULL_TURN_MDEG))
        return round(value) + sum(part.value_u(at_ns) for part in self.plus)


@dataclass
class AnalogNetState:
    """The segments still remembered, the oldest first; never empty."""

    segments: list[Segment] = field(default_factory=list)


class AnalogNet(PlainComponent):
    """One analogue net of unit ``unit`` ("V", or "A" where the probe is a current clamp).

    ``watchers`` are components called back as events of kind ``"segment"`` (argument: net name) when the law changes.
    """

    state: AnalogNetState

    def __init__(self, world: World, name: str, *, unit: str) -> None:
        self.unit = unit
        self.watchers: list[str] = []
        self.state = AnalogNetState([Segment(0)])
        super().__init__(world, name)

    def follow(self, segment: Segment) -> None:
        """From ``segment.start_ns`` on, which is now, the net follows ``segment``."""
        segments = self.state.segments
        if segments[-1].start_ns == segment.start_ns:
            segments.pop()
        segments.append(segment)
        horizon_ns = segment.start_ns - HISTORY_NS
        keep = bisect_right(segments, horizon_ns, key=lambda one: one.start_ns) - 1
        if keep > 0:
            del segments[:keep]
        for watcher in self.watchers:
            self.world.schedule(self.world.now_ns, watcher, "segment", self.name)

    def hold(self, value_u: int) -> None:
        """From now on the net stays at ``value_u``."""
        self.follow(Segment(self.world.now_ns, final_u=value_u))

    def value_u(self, at_ns: int) -> int:
        """The value at ``at_ns``, in millionths of the net's unit."""
        segments = self.state.segments
        index = bisect_right(segments, at_ns, key=lambda one: one.start_ns) - 1
        return segments[max(index, 0)].value_u(at_ns)

    def segments_between(self, from_ns: int, to_ns: int) -> list[Segment]:
        """The segments that reach into ``from_ns <= t < to_ns``, the oldest first."""
        segments = self.state.segments
        first = max(bisect_right(segments, from_ns, key=lambda one: one.start_ns) - 1, 0)
        return [one for one in segments[first:] if one.start_ns < to_ns]

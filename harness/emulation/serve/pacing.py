"""The world kept level with the wall clock, and how far it ever fell behind.

The rule: **the world never runs ahead of the wall.** Whatever arrives is stamped with the world time at which it
arrived, by the kernel's own time stamp where there is one, and handled when the world stands there. What follows
(a message executed after the instrument's latency, an answer that leaves) happens at its own instant of world time
too, which the wall has reached by then. So a turn of the loop that comes late, on a busy machine or after a large
waveform, changes nothing of what happens in the world; the outside sees it late, and that lag is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.bench.clock import Clock
from harness.emulation.world import World

TICK_NS = 2_000_000
"""Without anything to do the world goes on in steps of this: 23 characters at 115,200 baud."""

LAG_NS = 10_000_000
"""From here on a lag is counted: answers and the meter's octets come out later than any real bench's would."""

SLICE_NS = 500_000_000
"""The most that is caught up in one go, so that a request to stop is heard within it."""

CATCH_UP_ROUNDS = 3


@dataclass
class Lag:
    """How far the world was behind the wall, beyond its step."""

    largest_ns: int = 0
    times: int = 0
    """How often it was more than ``LAG_NS``."""

    def take(self, behind_ns: int) -> None:
        """Count one turn of the loop."""
        self.largest_ns = max(self.largest_ns, behind_ns)
        self.times += behind_ns > LAG_NS


class Pacer:
    """World time as the wall has it."""

    def __init__(self, world: World, clock: Clock, epoch_utc_ns: int) -> None:
        """World time 0 is ``epoch_utc_ns``; from now on a later step of the computer's UTC changes nothing."""
        self.lag = Lag()
        self._world = world
        self._clock = clock
        self._offset_ns = clock.utc_ns() - epoch_utc_ns - clock.now_ns()
        if self.wall_ns() < world.now_ns:
            clock.sleep_ns(world.now_ns - self.wall_ns())
        # Each round leaves only what the round before took. A world slower than the wall never gets there: the loop
        # of the server then counts its lag, and can be stopped.
        for _ in range(CATCH_UP_ROUNDS):
            if (wall_ns := self.wall_ns()) > world.now_ns:
                world.run_until(wall_ns)

    def wall_ns(self) -> int:
        """The world time that the wall has reached."""
        return self._clock.now_ns() + self._offset_ns

    def due_now_ns(self) -> int:
        """The world time to run to in this turn; counts the lag."""
        behind_ns = self.wall_ns() - self._world.now_ns
        self.lag.take(max(0, behind_ns - TICK_NS))
        return self._world.now_ns + min(behind_ns, SLICE_NS)

    def arrival_ns(self, utc_ns: int | None) -> int:
        """The world time of an arrival at ``utc_ns``; of one just now if that is unknown."""
        wall_ns = self.wall_ns()
        age_ns = 0 if utc_ns is None else self._clock.utc_ns() - utc_ns
        # If UTC was set meanwhile the age means nothing; it lies between the last turn and now in any case.
        return min(max(self._world.now_ns, wall_ns - age_ns), max(self._world.now_ns, wall_ns))

    def wait_s(self, due_ns: int | None) -> float:
        """How long there is nothing to do, if something is due at ``due_ns``."""
        next_ns = self._world.now_ns + TICK_NS
        if due_ns is not None:
            next_ns = min(next_ns, due_ns)
        return max(0, next_ns - self.wall_ns()) / 1e9

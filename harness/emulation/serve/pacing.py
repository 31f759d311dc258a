"""The world kept level with the wall clock, and how far it ever fell behind.

The rule: **the world never runs ahead of the wall.** Before anything that arrived is handled, the world is run up
to the wall's now; what is to happen later (a message executed after the instrument's latency, an answer that leaves)
happens at its own instant of world time, which the wall has reached by then. If a turn comes late, everything still
takes place at its own world time and in order; only the outside sees it late, and that lag is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.bench.clock import Clock
from harness.emulation.world import World

TICK_NS = 2_000_000
"""Without anything to do the world goes on in steps of this: 23 characters at 115,200 baud."""

LAG_NS = 10_000_000
"""From here on a lag is counted: a pulse of 34 ms that gets 6 ms longer is no longer the stimulus of SEAL-2."""

SLICE_NS = 500_000_000
"""The most that is caught up in one go, so that a request to stop is heard within it."""


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
        while (wall_ns := self.wall_ns()) - world.now_ns > TICK_NS:
            world.run_until(wall_ns)

    def wall_ns(self) -> int:
        """The world time that the wall has reached."""
        return self._clock.now_ns() + self._offset_ns

    def due_now_ns(self) -> int:
        """The world time to run to in this turn; counts the lag."""
        behind_ns = self.wall_ns() - self._world.now_ns
        self.lag.take(max(0, behind_ns - TICK_NS))
        return self._world.now_ns + min(behind_ns, SLICE_NS)

    def level(self) -> bool:
        """Whether the world is where the wall is, but for what a turn of the loop takes."""
        return self.wall_ns() - self._world.now_ns < SLICE_NS

    def wait_s(self, due_ns: int | None) -> float:
        """How long there is nothing to do, if something is due at ``due_ns``."""
        next_ns = self._world.now_ns + TICK_NS
        if due_ns is not None:
            next_ns = min(next_ns, due_ns)
        return max(0, next_ns - self.wall_ns()) / 1e9

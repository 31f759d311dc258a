"""A shaker that moves the stage with the meter on it: a small electrodynamic one, its amplifier fed by a generator.

The table's acceleration follows the amplifier's input, as with a shaker that is controlled by its own accelerometer:
1 g per volt, from 2 to 100 Hz, of which no more than a few percent go across. Below and above that nothing is
modelled, nor the table's own resonance. It moves along the meter's axis to the right. The sensitivity is drawn from the
seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.plant.played import Played
from harness.emulation.world import PlainComponent, World

COMPONENT = "shaker"
UG_PER_V = 1_000_000
SENSITIVITY_PPM = 30_000
CROSS_PERMILLE = 30
"""At most, of the acceleration, along each of the other two axes."""
LIMIT_UG = 3_000_000
REMEMBERED = 4
"""Laws that may still be asked for: the part looks back by some 40 ms."""


@dataclass
class ShakerState:
    """What was played, the newest last."""

    played: list[Played] = field(default_factory=list)


class Shaker(PlainComponent):
    """The table; at rest at the beginning."""

    state: ShakerState

    def __init__(self, world: World) -> None:
        stream = world.stream("shaker traits")
        self.ug_per_V = UG_PER_V + UG_PER_V * stream.take_int(-SENSITIVITY_PPM, SENSITIVITY_PPM) // 1_000_000
        self.cross_permille = tuple(stream.take_int(-CROSS_PERMILLE, CROSS_PERMILLE) for _ in range(2))
        self.watchers: list[str] = []
        """Components that are told ("moved") when it begins to move."""
        self.state = ShakerState()
        super().__init__(world, COMPONENT)

    def drive(self, played: Played | None) -> None:
        """What the amplifier gets from now on; what it got before ends."""
        now_ns = self.world.now_ns
        kept = [_ended(one, now_ns) for one in self.state.played[-REMEMBERED:]]
        self.state.played = kept if played is None else [*kept, played]
        if played is not None:
            for watcher in self.watchers:
                self.world.schedule(max(played.start_ns, now_ns), watcher, "moved")

    def rests_at_ns(self) -> int:
        """When it came, or will come, to rest."""
        return max((one.end_ns for one in self.state.played), default=0)

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        """Of the table, along the meter's axes."""
        if not self.state.played:
            return (0, 0, 0)
        moving = next((one for one in reversed(self.state.played) if one.start_ns <= at_ns < one.end_ns), None)
        if moving is None:
            return (0, 0, 0)
        along_ug = moving.voltage_uV(at_ns) * self.ug_per_V // 1_000_000
        along_ug = min(max(along_ug, -LIMIT_UG), LIMIT_UG)
        y, z = (along_ug * cross // 1000 for cross in self.cross_permille)
        return along_ug, y, z


def _ended(played: Played, now_ns: int) -> Played:
    if played.end_ns <= now_ns:
        return played
    return Played(**{**played.__dict__, "end_ns": now_ns})

"""A magnetic latch: a bistable reed switch that closes in a strong field and stays closed until a pulse opens it again.

It needs no current, so it works without mains and costs the battery nothing. Model: a biased reed has one operating
field, whatever its direction (three reeds, one along each axis, in parallel: the strongest magnet decides by the
vector's magnitude) [assumed: reference part]; contact closure takes under a millisecond and is left out. The field
is looked at for some time after each change of a coil's current, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import PlainComponent, World

OPERATES_NT = (47_000_000, 53_000_000)
"""The reference part's selection: 50 mT +- 6 %. Between must-not-trip (45 mT) and must-trip (55 mT) of MAG-2."""
LOOK_NS, LOOKS = 4_000_000, 60
"""Every 4 ms for 240 ms: longer than any coil's current takes to settle."""


@dataclass
class LatchState:
    """Whether it is closed, and how often the field will still be looked at."""

    is_set: bool = False
    looks: int = 0


class MagneticLatch(PlainComponent):
    """The latch. ``on_change`` hears each change; whoever changes a field sends it events ``segment``."""

    state: LatchState

    def __init__(self, world: World, name: str, surroundings: Surroundings, on_change: Callable[[bool], None]) -> None:
        self._surroundings = surroundings
        self._on_change = on_change
        self.operates_nT = world.stream(f"{name} traits").take_int(*OPERATES_NT)
        self.state = LatchState()
        super().__init__(world, name)

    def reset(self) -> None:
        """The opening pulse. In a strong field the reed closes again at once."""
        self._look()
        if self.state.is_set and not self._is_strong():
            self.state.is_set = False
            self._on_change(False)

    def on_event(self, kind: str, argument: Any) -> None:
        """``segment``: a coil's current changes; ``look``: where has the field got to?"""
        if kind == "segment":
            self.state.looks = LOOKS
            self.world.cancel(self.name, "look")
        elif kind != "look":
            super().on_event(kind, argument)
        self._look()
        if self.state.looks and not self.state.is_set:
            self.state.looks -= 1
            self.world.schedule(self.world.now_ns + LOOK_NS, self.name, "look")

    def _look(self) -> None:
        if not self.state.is_set and self._is_strong():
            self.state.is_set = True
            self._on_change(True)

    def _is_strong(self) -> bool:
        field_nT = self._surroundings.field_nT("sensor", self.world.now_ns)
        return isqrt(sum(part * part for part in field_nT)) >= self.operates_nT

"""The plant of one emulated bench: everything physical around the meter, made once per world."""

from __future__ import annotations

from dataclasses import dataclass

from harness.emulation.plant.electromagnet import Electromagnet
from harness.emulation.world import World


@dataclass(frozen=True)
class Plant:
    """The physics that instruments work on and the meter's parts feel; each is a component of the world too."""

    magnet: Electromagnet


def make_plant(world: World) -> Plant:
    """The plant, at rest: no current, no field but the earth's, everything level and at 23 degrees Celsius."""
    return Plant(magnet=Electromagnet(world))

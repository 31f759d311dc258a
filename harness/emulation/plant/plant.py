"""The plant of one emulated bench: everything physical around the meter, made once per world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.bench.stimuli import ShuntEntry
from harness.emulation.plant.attitude import Attitude
from harness.emulation.plant.climate import Climate
from harness.emulation.plant.electromagnet import Electromagnet
from harness.emulation.plant.injection import COMPONENT as INJECTION
from harness.emulation.plant.injection import Injection
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.shaker import Shaker
from harness.emulation.plant.side_magnet import SideMagnet
from harness.emulation.plant.terminals import Terminals
from harness.emulation.world import World


@dataclass(frozen=True)
class Plant:
    """The physics that instruments work on and the meter's parts feel; each is a component of the world too."""

    magnet: Electromagnet
    mains: Mains
    climate: Climate
    attitude: Attitude
    terminals: Terminals
    shaker: Shaker
    side_magnet: SideMagnet
    injection: Injection


def make_plant(world: World, shunts: Mapping[str, ShuntEntry]) -> Plant:
    """The plant, at rest: no field but the earth's, the house's mains without load, level and at 23 degrees Celsius."""
    mains, climate = Mains(world, shunts), Climate(world)
    mains.surge_watchers.append(INJECTION)
    return Plant(
        magnet=Electromagnet(world),
        mains=mains,
        climate=climate,
        attitude=Attitude(world),
        terminals=Terminals(world, mains, climate),
        shaker=Shaker(world),
        side_magnet=SideMagnet(world),
        injection=Injection(world),
    )

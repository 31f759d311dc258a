"""A permanent magnet that a slide brings to the case above the current transformer, worked by a relay of the bench.

It saturates the transformer's core, while the magnetic sensor, some centimetres off, feels a field far below its
threshold: what a thief does who knows where the transformer sits. A block of neodymium of some centimetres at the
case makes some 0.1 T a centimetre inside (axial field of a block magnet, B_r 1.2 T [assumed sizes]); its field falls
with the third power of the distance, so less than a tenth is left at the sensor. The teslameter's probe is at the
sensor and is not reached in this model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.emulation.parts.surroundings import Place
from harness.emulation.world import PlainComponent, World

COMPONENT = "side magnet"
AT_TRANSFORMER_NT = (105_000_000, 125_000_000)
AT_SENSOR_PPM = (50_000, 90_000)
"""Of the field at the transformer."""


@dataclass
class SideMagnetState:
    """Whether it is at the case."""

    near: bool = False


class SideMagnet(PlainComponent):
    """The component. Event ``near`` (True: at the case) from a relay."""

    state: SideMagnetState

    def __init__(self, world: World) -> None:
        stream = world.stream(f"{COMPONENT} traits")
        self.transformer_nT = stream.take_int(*AT_TRANSFORMER_NT)
        self.sensor_nT = self.transformer_nT * stream.take_int(*AT_SENSOR_PPM) // 10**6
        self.state = SideMagnetState()
        super().__init__(world, COMPONENT)

    def on_event(self, kind: str, argument: Any) -> None:
        """The slide has moved."""
        if kind != "near":
            super().on_event(kind, argument)
        self.state.near = bool(argument)

    def field_nT(self, place: Place) -> tuple[int, int, int]:
        """What it adds at ``place``, along the meter's y: into the wall."""
        if not self.state.near:
            return 0, 0, 0
        return 0, self.transformer_nT if place == "transformer" else self.sensor_nT, 0

"""The plant as the meter's parts feel it: which component of the plant stands behind each question they ask."""

from __future__ import annotations

from dataclasses import dataclass

from harness.emulation.analog_net import Segment
from harness.emulation.parts.surroundings import Place, Quantity
from harness.emulation.plant.attitude import AXES
from harness.emulation.plant.plant import Plant


@dataclass(frozen=True)
class FeltPlant:
    """A bench's plant behind the protocol ``Surroundings``."""

    plant: Plant

    def field_nT(self, place: Place, at_ns: int) -> tuple[int, int, int]:
        """The electromagnet's field, the earth's, and that of a magnet at the case."""
        x_nT, y_nT, z_nT = self.plant.magnet.field_nT(place, at_ns)
        more_x_nT, more_y_nT, more_z_nT = self.plant.side_magnet.field_nT(place)
        return x_nT + more_x_nT, y_nT + more_y_nT, z_nT + more_z_nT

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        """Whether the coils' currents, and what follows them, stood still."""
        return self.plant.magnet.is_steady(from_ns, to_ns)

    def meter_mC(self, at_ns: int) -> int:
        """The board in the chamber's air."""
        return self.plant.climate.meter_mC(at_ns)

    def terminal_mC(self, at_ns: int) -> int:
        """The terminal block with what heats it."""
        return self.plant.terminals.terminal_mC(at_ns)

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        """The mains at the meter's terminals and in its elements."""
        return self.plant.mains.segments(quantity, from_ns, to_ns)

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        """Gravity in the stage's attitude, and what the shaker adds."""
        x_ug, y_ug, z_ug = self.plant.attitude.gravity_ug(at_ns)
        more_x_ug, more_y_ug, more_z_ug = self.plant.shaker.acceleration_ug(at_ns)
        return x_ug + more_x_ug, y_ug + more_y_ug, z_ug + more_z_ug

    def still_from_ns(self) -> int:
        """When the stage's axes and the shaker have come, or will come, to rest."""
        attitude = self.plant.attitude
        return max(*(attitude.rests_at_ns(axis) for axis in AXES), self.plant.shaker.rests_at_ns())

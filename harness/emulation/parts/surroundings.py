"""What the meter's sensing parts feel: field, heat, and the currents and the voltage at the terminals.

The parts know this protocol only; the plant of a bench stands behind it, and a board on its own has a quiet room.
Quantities of the mains are told as segments of simple laws, with their past: a part that averages works out what
went on since it was last looked at, and costs nothing in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from harness.emulation.analog_net import Segment

Place = Literal["sensor", "transformer"]
Quantity = Literal["LINE_I", "NEUTRAL_I", "LINE_V"]
"""Current through the line and the neutral element in uA, voltage between the terminals in uV."""

EARTH_FIELD_NT = (18_000, 0, -45_000)
"""Mid-latitude Europe, horizontal and vertical part (World Magnetic Model, rounded)."""
ROOM_MC = 23_000
GRAVITY_UG = 1_000_000


class Surroundings(Protocol):
    """The physics at the places where the meter's parts sit."""

    def field_nT(self, place: Place, at_ns: int) -> tuple[int, int, int]:
        """Flux density at ``place`` along the meter's axes x, y, z; ``at_ns`` is now or a moment of the last 50 ms."""

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        """Whether no field changed in ``from_ns <= t <= to_ns``; ``to_ns`` is now or a moment ago."""

    def meter_mC(self, at_ns: int) -> int:
        """Temperature of the meter's board, in thousandths of a degree Celsius."""

    def terminal_mC(self, at_ns: int) -> int:
        """Temperature of the meter's terminal block, likewise."""

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        """The laws that ``quantity`` follows in ``from_ns <= t < to_ns``, the oldest first; never empty."""

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        """What an ideal accelerometer feels along the meter's axes, in millionths of g; 1 g upwards at rest.

        ``at_ns`` is now or a moment of the last second.
        """

    def still_from_ns(self) -> int:
        """From when on nothing has moved the meter; a time to come while something does."""


@dataclass(frozen=True)
class QuietRoom:
    """No magnet, no current, no voltage to measure, 23 degrees Celsius: a board on a desk."""

    def field_nT(self, place: Place, at_ns: int) -> tuple[int, int, int]:
        """The earth's field."""
        del place, at_ns
        return EARTH_FIELD_NT

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        """The earth's field stands still."""
        del from_ns, to_ns
        return True

    def meter_mC(self, at_ns: int) -> int:
        """Room temperature."""
        del at_ns
        return ROOM_MC

    def terminal_mC(self, at_ns: int) -> int:
        """Room temperature."""
        del at_ns
        return ROOM_MC

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        """Nothing flows."""
        del quantity, from_ns, to_ns
        return [Segment(0)]

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        """Gravity, on a level desk."""
        del at_ns
        return (0, 0, GRAVITY_UG)

    def still_from_ns(self) -> int:
        """Nothing has ever moved it."""
        return 0

"""How a test of tilt turns the meter: directions, installed positions, and which tilt can be judged (TILT-1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.tilt import AppliedTilt, Tilt, angle_between_deg
from harness.evidence.record import TestRecord
from harness.measure.units import AngleDeg, DurationNs
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
DIRECTIONS: dict[str, tuple[float, float]] = {
    "+pitch": (1, 0), "-pitch": (-1, 0), "+roll": (0, 1), "-roll": (0, -1),
    "+pitch+roll": (0.7148, 0.7148), "-pitch+roll": (-0.7148, 0.7148),
}  # fmt: skip
"""Parts of the angle on each axis; a diagonal's total is right within 0.1 degrees at 30, and is measured anyway."""


def _known(name: str) -> str:
    if name not in DIRECTIONS:
        raise ValueError(f"direction {name!r}: expected one of {', '.join(DIRECTIONS)}")
    return name


def attitude(name: str) -> tuple[float, float]:
    """Pitch and roll, in degrees, of a position such as 45/0."""
    try:
        pitch, roll = (float(part) for part in name.split("/"))
    except ValueError:
        raise ValueError(f"position {name!r}: expected pitch and roll in degrees, as in 45/0") from None
    return pitch, roll


def _is_attitude(name: str) -> str:
    attitude(name)
    return name


Direction = Annotated[str, AfterValidator(_known)]
Position = Annotated[str, AfterValidator(_is_attitude)]


class TiltInDirections(Parameters):
    """A tilt of ``angle`` in each of ``directions``; judged only if it surely lies from ``lowest`` to ``highest``.

    ``position`` is where the meter is installed first (pitch/roll of the stage). ``watch`` is how long alerts are
    waited for after each movement.
    """

    position: Position = "0/0"
    angle_deg: AngleDeg = Field(gt=0)
    lowest_deg: AngleDeg
    highest_deg: AngleDeg
    directions: list[Direction] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)

    @property
    def judged_deg(self) -> tuple[float, float]:
        """``lowest`` and ``highest``."""
        return self.lowest_deg, self.highest_deg


def install(tilt: Tilt, case: Case, listener: Listener, meter: Meter, position: Position) -> tuple[float, float]:
    """The meter in its position, and told so as an installer tells it: with its case open."""
    home = attitude(position)
    tilt.go(*home)
    case.open()
    listener.collect_until_quiet()
    meter.install_here()
    listener.collect_until_quiet()
    case.close()
    listener.collect_until_quiet()
    return home


def target(home: tuple[float, float], direction: str, angle_deg: float) -> tuple[float, float]:
    """The attitude that lies so far from ``home`` in ``direction``."""
    pitch, roll = DIRECTIONS[direction]
    return home[0] + pitch * angle_deg, home[1] + roll * angle_deg


def turn(tilt: Tilt, home: tuple[float, float], direction: str, angle_deg: float) -> AppliedTilt:
    """Turn the meter there, and wait until it rests."""
    return tilt.go(*target(home, direction, angle_deg))


def check_stimulus(
    direction: str, home: tuple[float, float], applied: AppliedTilt, judged_deg: tuple[float, float], record: TestRecord
) -> None:
    """No verdict on a tilt that may lie outside what the requirement speaks of."""
    found_deg = angle_between_deg(home, (applied.pitch_deg, applied.roll_deg))
    spread_deg = applied.expanded_uncertainty_deg
    record.reading(f"{direction}: tilt against the installed position", found_deg, "deg")
    if not (judged_deg[0] <= found_deg - spread_deg and found_deg + spread_deg <= judged_deg[1]):
        record.inconclusive(
            f"{direction}: the tilt was {found_deg:.2f}° ± {spread_deg:.2f}°; only one surely between "
            f"{judged_deg[0]:g}° and {judged_deg[1]:g}° can be judged"
        )

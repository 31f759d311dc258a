"""How a test of tilt turns the meter: directions, installed positions, and which tilt can be judged (TILT-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from fixtures.case import Case
from fixtures.listener import Listener, Seen
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


@dataclass(frozen=True)
class InstalledMeter:
    """A meter in its installed position on the stage: turned out of it, and listened to."""

    tilt: Tilt
    listener: Listener
    record: TestRecord
    home: tuple[float, float]
    """Pitch and roll of the stage there."""
    watch_ns: int
    """How long alerts are waited for after each movement."""

    def target(self, direction: str, angle_deg: float) -> tuple[float, float]:
        """The attitude that lies so far from the installed one in ``direction``."""
        pitch, roll = DIRECTIONS[direction]
        return self.home[0] + pitch * angle_deg, self.home[1] + roll * angle_deg

    def turn(self, direction: str, angle_deg: float) -> AppliedTilt:
        """Turn it there, and wait until it rests."""
        return self.tilt.go(*self.target(direction, angle_deg))

    def seen_after_turn(
        self, direction: str, angle_deg: float, judged_deg: tuple[float, float], name: str | None = None
    ) -> Seen:
        """Turn it there: what was reported then. The tilt is a reading ``name``, else that of its direction."""
        return self.seen_of(name or direction, self.turn(direction, angle_deg), judged_deg)

    def seen_of(self, name: str, applied: AppliedTilt, judged_deg: tuple[float, float]) -> Seen:
        """What is reported now that it rests so; no verdict on a tilt that may lie outside ``judged_deg``."""
        seen = self.listener.collect(self.watch_ns)
        found_deg = angle_between_deg(self.home, (applied.pitch_deg, applied.roll_deg))
        spread_deg = applied.expanded_uncertainty_deg
        self.record.reading(f"{name}: tilt against the installed position", found_deg, "deg")
        if not (judged_deg[0] <= found_deg - spread_deg and found_deg + spread_deg <= judged_deg[1]):
            self.record.inconclusive(
                f"{name}: the tilt was {found_deg:.2f}° ± {spread_deg:.2f}°; only one surely between "
                f"{judged_deg[0]:g}° and {judged_deg[1]:g}° can be judged"
            )
        return seen

    def go_home(self) -> None:
        """Turn it back into its installed position."""
        self.tilt.go(*self.home)

    def seen_at_home(self) -> Seen:
        """Turn it back: what was reported then."""
        self.go_home()
        return self.listener.collect(self.watch_ns)


def install(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, position: Position, watch_ns: int
) -> InstalledMeter:
    """The meter in its position, and told so as an installer tells it: with its case open."""
    home = attitude(position)
    tilt.go(*home)
    case.open()
    listener.collect_until_quiet()
    meter.install_here()
    listener.collect_until_quiet()
    case.close()
    listener.collect_until_quiet()
    return InstalledMeter(tilt, listener, record, home, watch_ns)

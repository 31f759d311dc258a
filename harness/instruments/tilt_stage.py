"""What a test needs of a two-axis tilt stage with the meter on it; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.visa import Identity


@dataclass(frozen=True)
class StageSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±)."""

    source: str
    accuracy_deg: float
    """Of an axis's angle against what it shows."""
    repeatability_deg: float
    velocity_max_deg_per_s: float


class TiltStage(Protocol):
    """Pitch and roll of the meter against its installed position. At 0, motors off, is its safe state."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware; where the stage can't say one, as the bench file declares it."""

    @property
    def specification(self) -> StageSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: stopped, its own limits those of the bench file, at 0, motors off."""

    def go_to(self, pitch_deg: float, roll_deg: float) -> None:
        """Move both axes; returns when the stage says that both have come to rest.

        Raises LimitError beyond the bench file's ``angle_deg``, and moves nothing then.
        """

    def start_to(self, pitch_deg: float, roll_deg: float, speed_deg_per_s: float) -> None:
        """Begin to move both axes at that speed, which holds from now on; returns at once. Raises as ``go_to``."""

    def at_rest(self) -> bool:
        """Whether both axes have come to rest."""

    def angles_deg(self) -> tuple[float, float]:
        """Pitch and roll by the stage's own encoders."""

    def stop(self) -> None:
        """Stop both axes where their deceleration ends; returns when they rest."""

    def park(self) -> None:
        """The safe state: back to 0, motors off; raises SettingError unless the stage says so."""

    def parked(self) -> bool:
        """Whether both axes are at 0 with their motors off, as the stage says."""

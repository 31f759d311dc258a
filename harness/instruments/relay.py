"""What a test needs of a relay unit; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.visa import Identity


@dataclass(frozen=True)
class RelaySpecification:
    """Data-sheet limits of a switch card."""

    source: str
    switch_voltage_max_V: float
    switch_current_max_A: float
    switch_power_max_W: float
    switching_time_max_ms: float


class RelayUnit(Protocol):
    """Relays by channel number. Closed means: the normally-open contact conducts."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> RelaySpecification:
        """Its data-sheet limits."""

    def reset(self) -> None:
        """Back to a known state: every relay open."""

    def close(self, channel: int) -> None:
        """Close one relay; returns when it has settled."""

    def open(self, channel: int) -> None:
        """Open one relay; returns when it has settled."""

    def open_all(self) -> None:
        """Open every relay: the safe state."""

    def closed(self, channel: int) -> bool:
        """Whether the relay is closed, as the instrument says."""

    def closed_channels(self) -> list[int]:
        """Every channel that is closed, as the instrument says."""

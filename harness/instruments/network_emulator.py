"""What a test needs of a network emulator between modem and head-end; a family's dialect is a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.instruments.visa import Identity


@dataclass(frozen=True)
class Impairment:
    """What both directions do to each packet.

    Delay is drawn evenly from ``delay_ms`` ± ``jitter_ms``. A reordered packet is not delayed, so it overtakes.
    ``slot_ms`` is the least and the longest time between moments at which packets leave: a duty limit.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss_percent: float = 0.0
    duplicate_percent: float = 0.0
    reorder_percent: float = 0.0
    rate_kbit: float = 0.0
    """0: no limit."""
    slot_ms: tuple[float, float] = (0.0, 0.0)


NONE = Impairment()
OUTAGE = Impairment(loss_percent=100.0)


class NetworkEmulator(Protocol):
    """A box in the path. Passing everything untouched is its safe state."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware; where it can't say one, as the bench file declares it."""

    def reset(self) -> None:
        """Back to a known state: everything passes untouched."""

    def impair(self, impairment: Impairment) -> None:
        """Both directions from now on, read back; raises SettingError unless the box says so."""

    def clear(self) -> None:
        """Everything passes untouched, read back."""

    def is_clear(self) -> bool:
        """Whether everything passes untouched, as the box says."""

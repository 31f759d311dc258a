"""The one clock of a run. Nothing else under harness/, fixtures/ or testplans/ asks the time or sleeps."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Time on the bench. On an emulated bench sleeping is what makes the world go on."""

    def now_ns(self) -> int:
        """Monotonic time, ns from an arbitrary zero; for differences and deadlines."""

    def utc_ns(self) -> int:
        """UTC as the bench knows it, ns since 1970-01-01T00:00:00Z."""

    def sleep_ns(self, duration_ns: int) -> None:
        """Let ``duration_ns`` of bench time pass; 0 or less returns at once."""


class WallClock:
    """The computer's own clock: for a real bench."""

    def now_ns(self) -> int:
        """Monotonic wall time in ns."""
        return time.monotonic_ns()

    def utc_ns(self) -> int:
        """The computer's UTC in ns; the lab keeps it synchronised (NTP) and says so in its bench file."""
        return time.time_ns()

    def sleep_ns(self, duration_ns: int) -> None:
        """Sleep in wall time."""
        if duration_ns > 0:
            time.sleep(duration_ns * 1e-9)

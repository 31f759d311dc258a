"""What a test needs of a debug probe at the meter's JTAG pins; a server's dialect is a module of its own."""

from __future__ import annotations

from typing import Protocol

from harness.instruments.visa import Identity


class DebugProbe(Protocol):
    """A probe that tries to read. Its reset line let go is its safe state."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware; the serial number as the bench file declares it."""

    def reset(self) -> None:
        """Back to a known state: the reset line is let go."""

    def scan(self) -> str:
        """Look for any test port at the JTAG pins; empty if one answers, else the probe's words."""

    def examine(self) -> str:
        """Look for the processor; empty if it answers, else the probe's words."""

    def read_words(self, address: int, count: int) -> list[int]:
        """So many 32-bit words from there, or none if the processor does not give them."""

    def hold_reset(self) -> None:
        """Pull the meter's reset line."""

    def release_reset(self) -> None:
        """Let it go."""

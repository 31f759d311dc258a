"""Errors of the emulated bench: the emulation's own fault or limit, never a verdict on the meter."""

from __future__ import annotations

from harness.bench.errors import BenchError


class EmulationError(BenchError):
    """Base of all errors raised under ``harness.emulation``.

    What an emulated bench can't do is a bench that can't be used: whoever runs tests on any bench catches BenchError
    and need not know that this one is emulated.
    """


class WorldError(EmulationError):
    """The world was asked for something it can't do: time going back, an unknown component."""


class NotModelledError(EmulationError):
    """Firmware or a user reached something the emulation does not model; it never guesses a value."""

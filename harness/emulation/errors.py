"""Errors of the emulated bench: the emulation's own fault or limit, never a verdict on the meter."""


class EmulationError(Exception):
    """Base of all errors raised under ``harness.emulation``."""


class WorldError(EmulationError):
    """The world was asked for something it can't do: time going back, an unknown component."""


class NotModelledError(EmulationError):
    """Firmware or a user reached something the emulation does not model; it never guesses a value."""

"""Errors of serving a bench."""

from __future__ import annotations

from harness.emulation.errors import EmulationError


class ServeError(EmulationError):
    """Base of all errors raised under ``harness.emulation.serve``: the bench can't be served as asked."""


class ListenError(ServeError):
    """A port could not be opened."""


class WriteBenchError(ServeError):
    """The bench file of the served bench could not be written."""

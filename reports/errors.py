"""Errors of the report generator. A bad verdict is no error: it is printed."""


class ReportError(Exception):
    """Base of all errors raised under ``reports``."""


class ReportWriteError(ReportError):
    """The report can't be written where it was asked for."""


class FigureError(ReportError):
    """A waveform or a set of values can't be drawn; the report says so in the figure's place."""

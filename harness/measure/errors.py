"""Errors of measuring: a number can't be formed or understood. Never a verdict on the meter."""


class MeasureError(Exception):
    """Base of all errors raised under ``harness.measure``."""


class UnitError(MeasureError):
    """A unit or a quantity is not in the closed table, or does not fit the dimension that was asked for."""


class WaveformError(MeasureError):
    """A waveform can't answer the question: empty, a threshold outside the record, samples of a wrong type."""


class BusError(MeasureError):
    """Two bus lines do what their protocol excludes: a glitch, or a device that breaks the rules. ``at_ns`` is when."""

    def __init__(self, text: str, at_ns: float) -> None:
        self.at_ns = at_ns
        super().__init__(text)


class UncertaintyError(MeasureError):
    """A contribution to an uncertainty budget is impossible: negative, not finite, named twice."""


class DecisionError(MeasureError):
    """A decision was asked for without a limit, with limits that exclude each other or in mixed units."""

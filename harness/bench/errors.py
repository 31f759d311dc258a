"""Errors of the bench: something could not be run. Never a verdict on the meter (a missed limit is data)."""


class BenchError(Exception):
    """Base of all errors raised under ``harness.bench``: the run can't be judged because of it."""


class BenchFileError(BenchError):
    """A bench, meter or plan file can't be used; the text names file, key or line, what was expected, what to do."""


class InstrumentMissingError(BenchError):
    """The plan needs an instrument or a link that the bench file does not have."""


class BringUpError(BenchError):
    """The bench did not come up: an instrument or the meter did not answer as its file says."""


class MeterStoppedError(BenchError):
    """The meter itself stopped working while it was tested: what a real bench would see as silence. Judged a fail."""


class UnsafeStateError(BenchError):
    """An output could not be switched off, so the bench may be energised: go and look."""


class LinkError(BenchError):
    """A byte link failed: the exchange can't be judged because of it."""


class LinkClosedError(LinkError):
    """The link is closed, by the other side or by ``close()``."""


class LinkTimeoutError(LinkError):
    """The link did not take the octets, or did not open, within its deadline."""

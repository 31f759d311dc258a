"""Errors of the record: it can't be written, read or trusted. Never a verdict on the meter."""


class EvidenceError(Exception):
    """Base of all errors raised under ``harness.evidence``."""


class RecordError(EvidenceError):
    """A test used its record wrongly: another unit, an unknown requirement, a write after the end."""


class RunFolderError(EvidenceError):
    """A run folder can't be made, joined or found in the state it should be in."""


class ReadError(EvidenceError):
    """A run folder can't be read: a file is missing or does not hold what its name says."""


class ReplayIdError(EvidenceError):
    """A replay id can't be formed or understood."""


class SignatureError(EvidenceError):
    """A key can't be made, read or used, or there is nothing finished to sign."""

"""Errors of the receiving side: it could not do its work. A bad alert is data, never an error."""


class HeadendError(Exception):
    """Base of all errors raised under ``harness.headend``."""


class IdentityError(HeadendError):
    """A meter's identity can't be used: its public key or system title is not what it must be."""


class ListenerSettingError(HeadendError):
    """The listener was asked for something that can't be: a negative time, a limit of zero."""

"""Errors of instruments: a reading could not be taken. Never a verdict on the meter."""


class InstrumentError(Exception):
    """Base of all errors raised under ``harness.instruments``."""

    def __init__(self, instrument: str, text: str) -> None:
        self.instrument = instrument
        super().__init__(f"{instrument}: {text}")


class CommandError(InstrumentError):
    """The instrument put entries into its error queue; ``command`` was the group sent, ``errors`` what it said."""

    def __init__(self, instrument: str, command: str, errors: list[str]) -> None:
        self.command = command
        self.errors = errors
        super().__init__(
            instrument,
            f"after {command!r} the error queue holds {'; '.join(errors)}; "
            "check the value against the instrument's range and its programmer's guide",
        )


class InstrumentTimeoutError(InstrumentError):
    """No answer within the time-out."""

    def __init__(self, instrument: str, command: str, timeout_ms: float) -> None:
        self.command = command
        self.timeout_ms = timeout_ms
        super().__init__(
            instrument,
            f"no answer to {command!r} within {timeout_ms:g} ms; "
            "check cable and power, or raise timeout_s in the bench file",
        )


class TransportError(InstrumentError):
    """VISA could not transfer: connection lost, resource locked."""


class BadAnswerError(InstrumentError):
    """The answer is not what the command's description says."""

    def __init__(self, instrument: str, command: str, answer: str, expected: str) -> None:
        self.command = command
        self.answer = answer
        super().__init__(instrument, f"{command!r} was answered by {answer[:80]!r}; expected {expected}")


class IdentityError(InstrumentError):
    """Another instrument than the bench file says."""


class SettingError(InstrumentError):
    """A setting was asked for that the instrument can't take, or that it took differently."""


class OverloadError(InstrumentError):
    """The input is beyond the instrument's range: there is no reading, and none may be made of it."""


class UnknownDriverError(InstrumentError):
    """The bench file names a driver that doesn't exist."""

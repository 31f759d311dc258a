"""The session of instruments that speak plain lines over VISA: no ``*IDN?``, no error queue of SCPI's.

Many hang on a serial port or an adaptor that knows no device clear, so what is left of an earlier program is read away.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pyvisa import VisaIOError
from pyvisa.constants import StatusCode

from harness.instruments.errors import BadAnswerError
from harness.instruments.visa import TRANSFER_ERRORS, Instrument

LEFT_OVER_MS = 100
"""Silence of that length means that nothing of an earlier program is still coming."""
LEFT_OVER_MAX = 50


class LineSession(Instrument):
    """An instrument of lines over VISA. Lines end with CR LF, both ways."""

    TERMINATOR = "\r\n"

    def clear(self) -> None:
        """Read away what an earlier program left unread."""
        with self._short_patience():
            for _ in range(LEFT_OVER_MAX):
                try:
                    left = self.resource.read()
                except UnicodeDecodeError as error:
                    left = repr(error.object)
                except TRANSFER_ERRORS as error:
                    if isinstance(error, VisaIOError) and error.error_code == StatusCode.error_timeout:
                        return
                    raise self._transfer_error("reading what is left over", error) from error
                self._report("<", f"left over: {left}")
        raise BadAnswerError(self.name, "nothing", left, "silence; the instrument never stops talking")

    def check_errors(self, after: str) -> None:
        """These instruments have no queue unless a driver's session says so: each answer is checked by itself."""

    @contextmanager
    def _short_patience(self) -> Generator[None]:
        usual_ms = self.resource.timeout
        self.resource.timeout = LEFT_OVER_MS
        try:
            yield
        finally:
            self.resource.timeout = usual_ms

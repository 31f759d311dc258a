"""The session of instruments that speak plain lines over VISA: no ``*IDN?``, no error queue of SCPI's.

Many hang on a serial port or an adaptor that knows no device clear, so what is left of an earlier program is read away.
"""

from __future__ import annotations

from harness.instruments.visa import Instrument


class LineSession(Instrument):
    """An instrument of lines over VISA. Lines end with CR LF, both ways."""

    TERMINATOR = "\r\n"

    def clear(self) -> None:
        """Read away what an earlier program left unread."""
        self.discard()

    def discard(self) -> None:
        """As no resource of these instruments is sure to know device clear, by reading."""
        self.read_away()

    def check_errors(self, after: str) -> None:
        """These instruments have no queue unless a driver's session says so: each answer is checked by itself."""

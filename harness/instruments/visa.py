"""The session every driver holds: one VISA resource and the bench clock, nothing else.

Every exchange is reported to a ``traffic`` callable for the run's record; after each group of commands the
instrument's error queue is read, so an error is told where it was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyvisa import VisaIOError
from pyvisa.constants import StatusCode
from pyvisa.errors import InvalidBinaryFormat
from pyvisa.resources import MessageBasedResource, TCPIPSocket

from harness.bench.clock import Clock
from harness.instruments.errors import (
    BadAnswerError,
    CommandError,
    IdentityError,
    InstrumentError,
    InstrumentTimeoutError,
    TransportError,
)

Direction = Literal[">", "<"]
""">: to the instrument, <: from it."""
Traffic = Callable[[Direction, str, int], None]
"""Direction, text (of a block: its length and SHA-256), bench clock in ns."""

BLOCK_CHUNK_BYTES = 1 << 20
"""PyVISA copies once per chunk; a waveform in one chunk is read at the speed of the link."""

NO_NUMBER = 9.9e37
"""SCPI-99 volume 1, 7.2.1.4: 9.9E37 stands for infinity, 9.91E37 for no number; nothing measured is as large."""
ERRORS_READ_MAX = 50
"""More entries than any queue holds; an instrument that never says 0 is faulty."""

LEFT_OVER_MS = 100
"""Silence of that length means that nothing said to an earlier question is still coming."""
LEFT_OVER_MAX = 50


@dataclass(frozen=True)
class Identity:
    """Who an instrument says it is (``*IDN?``)."""

    maker: str
    model: str
    serial: str
    firmware: str


TRANSFER_ERRORS = (VisaIOError, OSError)
"""PyVISA-py lets a socket's own errors through: a connection refused, or reset by an instrument switched off."""


class Instrument:
    """One instrument over VISA. Raises only errors of ``harness.instruments.errors``."""

    TERMINATOR = "\n"
    ERROR_QUERY = "SYSTem:ERRor?"

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self.resource = resource
        self.clock = clock
        self.name = name
        self.traffic = traffic
        self._out_of_step = False
        """An answer has not come, or not whole: what comes next may be an answer to that question."""
        resource.read_termination = self.TERMINATOR
        resource.write_termination = self.TERMINATOR
        resource.timeout = timeout_ms

    def command(self, *commands: str) -> None:
        """Send a group of commands as one message each, then read the error queue."""
        for text in commands:
            self._send(text)
        self.check_errors(" | ".join(commands))

    def command_and_wait(self, text: str) -> None:
        """Send a command, wait until the instrument has worked it off (``*OPC?``), then read the error queue."""
        self._send(text)
        answer = self.query("*OPC?")
        if answer.strip() not in ("1", "+1"):
            raise BadAnswerError(self.name, "*OPC?", answer, f"1 when {text!r} has been worked off")
        self.check_errors(text)

    def query(self, text: str) -> str:
        """Send a query and return its answer without the terminator."""
        self._send(text)
        try:
            raw = self.resource.read_raw()
        except TRANSFER_ERRORS as error:
            raise self._transfer_error(text, error) from error
        terminator = self.TERMINATOR.encode()
        try:
            answer = raw.removesuffix(terminator).decode("ascii")
        except UnicodeDecodeError as error:
            raise BadAnswerError(self.name, text, repr(error.object), "ASCII text") from error
        self._report("<", answer)
        if not raw.endswith(terminator):
            self._out_of_step = True
            # PyVISA only warns; but half a number is a number too.
            raise BadAnswerError(self.name, text, answer, "a whole answer; this one has no terminator at its end")
        return answer

    def query_int(self, text: str) -> int:
        """A query whose answer is an integer."""
        answer = self.query(text)
        try:
            return int(answer)
        except ValueError:
            raise BadAnswerError(self.name, text, answer, "an integer") from None

    def query_float(self, text: str) -> float:
        """A query whose answer is a number; SCPI's infinity and its "no number" raise BadAnswerError too."""
        answer = self.query(text)
        try:
            value = float(answer)
        except ValueError:
            raise BadAnswerError(self.name, text, answer, "a number") from None
        if not abs(value) < NO_NUMBER:
            raise BadAnswerError(self.name, text, answer, "a number; this stands for an overload or for no reading")
        return value

    def query_block(self, text: str) -> NDArray[np.uint8]:
        """A query whose answer is a definite length block of bytes."""
        self._send(text)
        try:
            values = self.resource.read_binary_values(datatype="B", container=np.ndarray, chunk_size=BLOCK_CHUNK_BYTES)
        except TRANSFER_ERRORS as error:
            raise self._transfer_error(text, error) from error
        except (ValueError, InvalidBinaryFormat) as error:
            self._out_of_step = True
            raise BadAnswerError(self.name, text, str(error), "a definite length block (#<digits><length>)") from error
        block = np.asarray(values, dtype=np.uint8)
        if self.traffic is not None:
            digest = hashlib.sha256(block.tobytes()).hexdigest()
            self._report("<", f"block of {len(block)} bytes, SHA-256 {digest}")
        return block

    def check_errors(self, after: str) -> None:
        """Read the error queue until it is empty; raises CommandError if it was not."""
        errors: list[str] = []
        for _ in range(ERRORS_READ_MAX):
            answer = self.query(self.ERROR_QUERY)
            number, _, _text = answer.partition(",")
            try:
                done = int(number) == 0
            except ValueError:
                expected = 'a number and a text, as +0,"No error"'
                raise BadAnswerError(self.name, self.ERROR_QUERY, answer, expected) from None
            if done:
                break
            errors.append(answer)
        else:
            expected = f"an empty queue after {ERRORS_READ_MAX} reads"
            raise BadAnswerError(self.name, self.ERROR_QUERY, errors[-1], expected)
        if errors:
            raise CommandError(self.name, after, errors)

    def clear(self) -> None:
        """Nothing left of what was said before, and an empty error queue: a known beginning."""
        self.discard()
        self.command("*CLS")

    def discard(self) -> None:
        """Throw away what the instrument has still to say to earlier questions: device clear, where there is one.

        A plain socket has none, and PyVISA-py's stand-in for it never returns once the other side has closed.
        """
        if isinstance(self.resource, TCPIPSocket):
            self.read_away()
            return
        try:
            self.resource.clear()
        except TRANSFER_ERRORS as error:
            raise TransportError(self.name, f"device clear could not be transferred: {error}") from error
        self._report(">", "device clear")

    def read_away(self) -> None:
        """Read until there is silence; raises BadAnswerError if there never is."""
        with self._short_patience():
            for _ in range(LEFT_OVER_MAX):
                try:
                    left = self.resource.read_raw().decode("ascii", "backslashreplace").removesuffix(self.TERMINATOR)
                except TRANSFER_ERRORS as error:
                    if isinstance(error, VisaIOError) and error.error_code == StatusCode.error_timeout:
                        return
                    raise TransportError(
                        self.name, f"can't be read: {error}; check 'resource', cable, power and network"
                    ) from error
                self._report("<", f"left over: {left}")
        raise BadAnswerError(self.name, "nothing", left, "silence; the instrument never stops talking")

    @contextmanager
    def _short_patience(self) -> Generator[None]:
        usual_ms = self.resource.timeout
        self.resource.timeout = LEFT_OVER_MS
        try:
            yield
        finally:
            self.resource.timeout = usual_ms

    def identify(self, *, makers: tuple[str, ...], models: tuple[str, ...], serial: str | None = None) -> Identity:
        """Ask who it is, and raise IdentityError unless it is of the family and, if given, of that serial number.

        ``makers`` and ``models`` are the beginnings that count, in capitals and without spaces and hyphens, since
        firmware versions differ in those.
        """
        answer = self.query("*IDN?")
        fields = [field.strip() for field in answer.split(",", 3)]
        if len(fields) != 4:
            raise BadAnswerError(self.name, "*IDN?", answer, "maker, model, serial number, firmware")
        identity = Identity(*fields)
        if not _normal(identity.maker).startswith(makers) or not _normal(identity.model).startswith(models):
            raise IdentityError(
                self.name,
                f"identifies itself as {identity.maker} {identity.model}, but this driver is for "
                f"{' or '.join(models)} by {' or '.join(makers)}; check 'resource' and 'driver' in the bench file",
            )
        if serial is not None and identity.serial != serial:
            raise IdentityError(
                self.name,
                f"has serial number {identity.serial}, the bench file expects {serial}; its calibration is that of "
                "another unit: correct the bench file, or put the right instrument on the bench",
            )
        return identity

    def _send(self, text: str) -> None:
        if self._out_of_step:
            # Else a late answer would pass for this question's, and each one after it for the next one's.
            self._out_of_step = False
            self.discard()
        self._report(">", text)
        try:
            self.resource.write(text)
        except TRANSFER_ERRORS as error:
            raise self._transfer_error(text, error) from error

    def _report(self, direction: Direction, text: str) -> None:
        if self.traffic is not None:
            self.traffic(direction, text, self.clock.now_ns())

    def _transfer_error(self, command: str, error: VisaIOError | OSError) -> InstrumentError:
        """What to raise for a failed transfer. After a time-out the error queue often knows why no answer came."""
        if isinstance(error, OSError) or error.error_code != StatusCode.error_timeout:
            return TransportError(self.name, f"{command!r} could not be transferred: {error}")
        self._out_of_step = True
        self._report("<", "nothing: time-out")
        timeout = InstrumentTimeoutError(self.name, command, self.resource.timeout)
        if command != self.ERROR_QUERY:
            try:
                self.check_errors(command)
            except InstrumentTimeoutError:
                return timeout  # silent altogether
            except InstrumentError as reason:
                return reason
        return timeout


def _normal(text: str) -> str:
    return text.upper().replace(" ", "").replace("-", "")

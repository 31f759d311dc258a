"""Sessions for instruments that are no VISA resource: an SMBus device, a serial line with a prompt.

As with VISA, every exchange is reported to a ``traffic`` callable for the run's record, every failure is an
InstrumentError that names the instrument, and nothing waits longer than the bench file's time-out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.bench.clock import Clock
from harness.bench.errors import LinkError, LinkTimeoutError
from harness.bench.link import ByteLink
from harness.bench.ports import SmbusPort
from harness.instruments.errors import (
    BadAnswerError,
    IdentityError,
    InstrumentError,
    InstrumentTimeoutError,
    TransportError,
)
from harness.instruments.visa import Direction, Identity, Traffic

T = TypeVar("T")

ANSWER_BYTES_MAX = 4096
"""No answer of these devices is nearly as long: a device that never stops is faulty."""


DECLARED = "serial number declared in the bench file"
"""Stands in the model's name; the serial number itself is compared with the bench file's when a run is verified."""


def declared_identity(name: str, maker: str, model: str, serial: str | None, firmware: str = "none") -> Identity:
    """The identity of a device that can't say its serial number: the bench file's, and the record says so.

    Raises IdentityError where the bench file gives none, since a calibration belongs to one unit.
    """
    if not serial:
        raise IdentityError(
            name,
            f"{maker} {model} can't say its serial number; give it in the bench file (instruments.{name}.serial), "
            "as it stands on the unit",
        )
    return Identity(maker, f"{model} ({DECLARED})", serial, firmware)


class SmbusDevice:
    """One device on an SMBus. Raises only InstrumentErrors."""

    def __init__(self, port: SmbusPort, clock: Clock, *, name: str, traffic: Traffic | None, timeout_ms: int) -> None:
        self.port = port
        self.clock = clock
        self.name = name
        self._traffic = traffic
        self._timeout_ms = timeout_ms

    def read_byte(self) -> int:
        """SMBus receive byte."""
        return self._read("receive byte", self.port.read_byte)

    def write_byte(self, value: int) -> None:
        """SMBus send byte."""
        self._write(f"send byte {value:#04x}", lambda: self.port.write_byte(value))

    def read_register(self, register: int) -> int:
        """SMBus read byte data."""
        return self._read(f"read register {register:#04x}", lambda: self.port.read_register(register))

    def write_register(self, register: int, value: int) -> None:
        """SMBus write byte data."""
        self._write(f"write register {register:#04x} {value:#04x}", lambda: self.port.write_register(register, value))

    def wait(self, duration_ns: int) -> None:
        """Let bench time pass."""
        self.clock.sleep_ns(duration_ns)

    def _read(self, what: str, transfer: Callable[[], int]) -> int:
        self._report(">", what)
        value = self._try(what, transfer)
        if type(value) is not int or not 0 <= value <= 0xFF:
            raise BadAnswerError(self.name, what, repr(value), "a byte")
        self._report("<", f"{value:#04x}")
        return value

    def _write(self, what: str, transfer: Callable[[], None]) -> None:
        self._report(">", what)
        self._try(what, transfer)

    def _try(self, what: str, transfer: Callable[[], T]) -> T:
        try:
            return transfer()
        except LinkError as error:
            self._report("<", f"nothing: {error}")
            raise as_instrument_error(self.name, what, error, self._timeout_ms) from error

    def _report(self, direction: Direction, text: str) -> None:
        if self._traffic is not None:
            self._traffic(direction, text, self.clock.now_ns())


class PromptDevice:
    """A device on a serial line that echoes each command and says when it is ready for the next one."""

    def __init__(
        self, link: ByteLink, clock: Clock, *, name: str, traffic: Traffic | None, timeout_ms: int, prompt: bytes
    ) -> None:
        self.name = name
        self._link = link
        self._clock = clock
        self._traffic = traffic
        self._timeout_ms = timeout_ms
        self._prompt = prompt

    def synchronise(self) -> None:
        """An empty command ends whatever half a command another program left, and its answer is thrown away."""
        self._send(b"\r")
        self._read_to_prompt("an empty command")

    def exchange(self, command: str) -> list[str]:
        """Send a command; the lines between its echo and the next prompt."""
        self._discard_input()
        self._send(command.encode("ascii") + b"\r")
        answer = self._read_to_prompt(command)
        lines = [line.strip() for line in answer.replace("\r", "\n").split("\n")]
        lines = [line for line in lines if line]
        if not lines or lines[0] != command:
            raise BadAnswerError(self.name, command, answer, "the command's echo, the answer and a prompt")
        return lines[1:]

    def wait(self, duration_ns: int) -> None:
        """Let bench time pass."""
        self._clock.sleep_ns(duration_ns)

    def _send(self, data: bytes) -> None:
        text = data.decode("ascii").strip()
        self._report(">", text)
        try:
            self._link.write(data)
        except LinkError as error:
            raise as_instrument_error(self.name, text, error, self._timeout_ms) from error

    def _discard_input(self) -> None:
        """What came unasked belongs to no question; it goes into the record, not into an answer."""
        try:
            for chunk in self._link.read(0):
                self._report("<", f"unasked: {chunk.data!r}")
        except LinkError as error:
            raise as_instrument_error(self.name, "reading what is left over", error, self._timeout_ms) from error

    def _read_to_prompt(self, command: str) -> str:
        deadline_ns = self._clock.now_ns() + self._timeout_ms * 1_000_000
        data = b""
        while not data.endswith(self._prompt):
            left_ns = deadline_ns - self._clock.now_ns()
            try:
                received = self._link.read(left_ns) if left_ns > 0 else []
            except LinkError as error:
                raise as_instrument_error(self.name, command, error, self._timeout_ms) from error
            if not received:
                self._report("<", f"no prompt: time-out after {data!r}")
                raise InstrumentTimeoutError(self.name, command, self._timeout_ms)
            data += b"".join(chunk.data for chunk in received)
            if len(data) > ANSWER_BYTES_MAX:
                raise BadAnswerError(self.name, command, repr(data[:40]), f"a prompt within {ANSWER_BYTES_MAX} bytes")
        try:
            answer = data.removesuffix(self._prompt).decode("ascii")
        except UnicodeDecodeError as error:
            raise BadAnswerError(self.name, command, repr(data), "ASCII text") from error
        self._report("<", answer.strip())
        return answer

    def _report(self, direction: Direction, text: str) -> None:
        if self._traffic is not None:
            self._traffic(direction, text, self._clock.now_ns())


def as_instrument_error(name: str, what: str, error: LinkError, timeout_ms: float) -> InstrumentError:
    """What a driver raises for a transfer that failed."""
    if isinstance(error, LinkTimeoutError):
        return InstrumentTimeoutError(name, what, timeout_ms)
    return TransportError(name, f"{what!r} could not be transferred: {error}")

"""Transports that fail on purpose: at the answer to one chosen message, in one chosen way, and honest otherwise.

Each works below the driver's own session (beneath PyVISA, an SMBus port, a serial link), so that what PyVISA makes of a
fault is part of what is tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pyvisa.constants import StatusCode

from harness.bench.errors import LinkClosedError, LinkError, LinkTimeoutError
from harness.bench.link import Received
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary

LOST_ON_WRITE = "connection lost while sending"
SILENCE, LOST, RESET, PARTIAL = "silence", "connection lost", "connection reset by the peer", "partial answer"
ONE_FEWER, ONE_MORE = "a list of one value fewer", "a list of one value more"
REPLACED: dict[str, bytes] = {
    "garbage": b"\xff\xfe\x00\x81?",
    "empty line": b"",
    "another query's answer (identity)": b"ACME Instruments,Model 12,SN000001,1.0",
    "another query's answer (error queue)": b'+0,"No error"',
    "another query's answer (a number)": b"+12345",
    "overload 9.9E37": b"+9.90000000E+37",
    "overload -9.9E37": b"-9.90000000E+37",
    "no number 9.91E37": b"+9.91000000E+37",
    "NaN": b"NAN",
    "infinity": b"inf",
    "block header without a block": b"#800001000",
}
OTHER_DIALOGUE = "the answer to another command, with its echo"
SERIAL_FAULTS = (SILENCE, LOST, RESET, PARTIAL, *REPLACED)
READ_FAULTS = (*SERIAL_FAULTS, ONE_FEWER, ONE_MORE)
_NUMBER = rb"[-+]?(?:0x[0-9a-f]+|[0-9][0-9.]*(?:E[-+]?[0-9]+)?)"
_NUMBERS = re.compile(
    rb"((?:0 \{)?" + _NUMBER + rb"(?:[ ,]+" + _NUMBER + rb")*)([ ,]+" + _NUMBER + rb")(\}?(?:\r\n|\n|\x1a)?)"
)


def of_another_length(honest: bytes, fault: str) -> bytes | None:
    """A list of numbers that ends as it should, its last one left out or said twice; None if the answer is no list."""
    match = _NUMBERS.fullmatch(honest)
    if match is None:
        return None
    return match[1] + match[3] if fault == ONE_FEWER else match[1] + 2 * match[2] + match[3]


def says_the_same(message: bytes, honest: bytes, fault: str) -> bool:
    """Whether the fault would give the very answer that an honest instrument gives: then there is nothing to notice."""
    if message == b"\r":
        return True  # what answers the empty command that only synchronises is thrown away, whatever it is
    if fault in (ONE_FEWER, ONE_MORE):
        return of_another_length(honest, fault) is None
    replaced = REPLACED.get(fault)
    if replaced is None:
        return False
    lines = honest.removesuffix(b">").strip().split(b"\n\r")
    if honest.endswith(b">") and not replaced and len(lines) == 1:
        return True  # a command that has no answer but the prompt
    return lines[-1].lstrip(b"+") == replaced.lstrip(b"+")


@dataclass
class Plan:
    """What goes wrong: the answer to message number ``at`` (from 0, since the plan was made), and how."""

    at: int = -1
    fault: str = ""


@dataclass
class Trace:
    """What was said since the plan was made: per message its bytes and the honest answer, None if it had none."""

    messages: list[bytes] = field(default_factory=list)
    answers: list[bytes | None] = field(default_factory=list)

    def spoke(self, message: bytes) -> None:
        self.messages.append(message)
        self.answers.append(None)

    @property
    def last(self) -> int:
        return len(self.messages) - 1


class FaultyVisa:
    """Puts itself between PyVISA and the emulated library."""

    def __init__(self, library: EmulatedVisaLibrary, only: str | None = None) -> None:
        """``only``: the instrument whose messages count; none: all of them."""
        self._library: Any = library
        self._only = only
        self._write, self._read = library.write, library.read
        self._left: bytes | None = None
        self.begin(Plan())
        self._library.write, self._library.read = self.write, self.read

    def begin(self, plan: Plan) -> None:
        self.plan, self.trace, self._left = plan, Trace(), None

    def write(self, session: Any, data: bytes) -> Any:
        if not self._counts(session):
            return self._write(session, data)
        self.trace.spoke(data)
        self._left = None
        if self._is_due(LOST_ON_WRITE):
            self._library._fail(session, StatusCode.error_connection_lost)
        return self._write(session, data)

    def read(self, session: Any, count: int) -> Any:
        trace = self.trace
        if not self._counts(session):
            return self._read(session, count)
        if self._left is None and trace.messages:
            honest = self._drain(session)
            trace.answers[-1] = (trace.answers[-1] or b"") + honest
            self._left = self._replaced(session, honest) if self._is_due(*READ_FAULTS) else honest
        if not self._left:
            self._left = None
            if self._is_due(*READ_FAULTS):
                self._time_out(session)
            return self._read(session, count)
        return self._deliver(session, count)

    def _counts(self, session: Any) -> bool:
        return self._only in (None, self._library._links[session].instrument.name)

    def _drain(self, session: Any) -> bytes:
        """The whole honest answer, waited for as the library does."""
        data, _ = self._read(session, 1 << 24)
        instrument = self._library._links[session].instrument
        while instrument.state.exchange.output:
            data += instrument.read(1 << 24)[0]
        return bytes(data)

    def _replaced(self, session: Any, honest: bytes) -> bytes:
        fault = self.plan.fault
        if fault == LOST:
            self._library._fail(session, StatusCode.error_connection_lost)
        if fault == RESET:
            raise ConnectionResetError("as PyVISA-py lets a socket's own error through")
        if fault == SILENCE:
            self._time_out(session)
        if fault in (ONE_FEWER, ONE_MORE):
            return of_another_length(honest, fault) or honest
        end = next(end for end in (b"\r\n", b"\x1a", b"\n") if honest.endswith(end) or end == b"\n")
        return honest[: len(honest) // 2] if fault == PARTIAL else REPLACED[fault] + end

    def _deliver(self, session: Any, count: int) -> Any:
        link, left = self._library._links[session], self._left or b""
        wanted = count
        if link.termchar is not None:
            wanted = left[:count].find(link.termchar) + 1 or count
        data, self._left = left[:wanted], left[wanted:]
        if link.termchar is not None and data.endswith(link.termchar):
            return data, self._library.handle_return_value(session, StatusCode.success_termination_character_read)
        if self._left or len(data) == count:
            return data, self._library.handle_return_value(session, StatusCode.success_max_count_read)
        if link.is_socket:
            self._time_out(session)
        return data, self._library.handle_return_value(session, StatusCode.success)

    def _time_out(self, session: Any) -> None:
        world = self._library._world
        world.run_until(world.now_ns + self._library._links[session].timeout_ms * 1_000_000)
        self._library._fail(session, StatusCode.error_timeout)

    def _is_due(self, *faults: str) -> bool:
        return self.plan.fault in faults and self.plan.at == self.trace.last


class FaultySmbus:
    """Puts itself between a driver and a port. A byte that is wrong is wrong in all its bits, or in one."""

    FAULTS = (SILENCE, LOST, "no acknowledge", "all bits wrong", "one bit wrong", "no byte at all")

    def __init__(self, port: Any) -> None:
        self._port = port
        self.begin(Plan())

    def begin(self, plan: Plan) -> None:
        self.plan, self.trace = plan, Trace()

    def read_byte(self) -> Any:
        return self._spoil(b"read", self._port.read_byte)

    def read_register(self, register: int) -> Any:
        return self._spoil(b"read %02x" % register, lambda: self._port.read_register(register))

    def write_byte(self, value: int) -> None:
        self._before(b"write %02x" % value)
        self._port.write_byte(value)

    def write_register(self, register: int, value: int) -> None:
        self._before(b"write %02x %02x" % (register, value))
        self._port.write_register(register, value)

    def close(self) -> None:
        self._port.close()

    def _before(self, message: bytes) -> None:
        self.trace.spoke(message)
        if self._is_due(LOST_ON_WRITE):
            raise LinkClosedError("the adapter is gone")

    def _spoil(self, message: bytes, transfer: Any) -> Any:
        self._before(message)
        value = transfer()
        self.trace.answers[-1] = bytes([value])
        if not self._is_due(*self.FAULTS):
            return value
        errors = {
            SILENCE: LinkTimeoutError("no end of the transfer"),
            LOST: LinkClosedError("the adapter is gone"),
            "no acknowledge": LinkError("no acknowledge"),
        }
        if self.plan.fault in errors:
            raise errors[self.plan.fault]
        return {"all bits wrong": value ^ 0xFF, "one bit wrong": value ^ 0x08, "no byte at all": None}[self.plan.fault]

    def _is_due(self, *faults: str) -> bool:
        return self.plan.fault in faults and self.plan.at == self.trace.last


class FaultySerial:
    """Puts itself between a driver and a link that ends each answer with a prompt."""

    FAULTS = (*SERIAL_FAULTS, OTHER_DIALOGUE)

    def __init__(self, link: Any, prompt: bytes = b">") -> None:
        self._link, self._prompt = link, prompt
        self.begin(Plan())

    def begin(self, plan: Plan) -> None:
        self.plan, self.trace, self._told = plan, Trace(), -1

    def write(self, data: bytes) -> None:
        self.trace.spoke(data)
        if self._is_due(LOST_ON_WRITE):
            raise LinkClosedError("unplugged")
        self._link.write(data)

    def read(self, timeout_ns: int) -> list[Received]:
        if timeout_ns <= 0 or self._told == self.trace.last:
            return list(self._link.read(timeout_ns))
        self._told = self.trace.last
        honest = b""
        while not honest.endswith(self._prompt) and (chunks := self._link.read(timeout_ns)):
            honest += b"".join(chunk.data for chunk in chunks)
        self.trace.answers[-1] = honest
        if not self._is_due(*self.FAULTS):
            return [Received(0, honest)]
        fault, echo = self.plan.fault, self.trace.messages[-1].strip() + b"\n\r"
        if fault == OTHER_DIALOGUE:
            return [Received(0, b"relay read 7\n\r" + honest.removeprefix(echo))]
        if fault in (LOST, RESET):
            raise LinkClosedError("unplugged")
        if fault == SILENCE:
            return []
        if fault == PARTIAL:
            return [Received(0, honest[: len(honest) // 2])]
        return [Received(0, echo + REPLACED[fault] + b"\n\r" + self._prompt)]

    def close(self) -> None:
        self._link.close()

    def _is_due(self, *faults: str) -> bool:
        return self.plan.fault in faults and self.plan.at == self.trace.last

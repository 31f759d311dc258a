"""What every emulated instrument is to a transport: messages in, response bytes out, in zero time.

The VISA library and the served sockets know this class only. Which messages an instrument understands is a
subclass's matter: SCPI in ``scpi``, plain lines in ``line_instrument``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from harness.emulation.world import PlainComponent

INPUT_BUFFER_BYTES = 65_536


@dataclass
class MessageState:
    """Bytes on their way through an instrument's port."""

    input: bytes = b""
    """The beginning of a message whose end has not come."""
    held: bytes | None = None
    """The message that waits for an operation to end."""
    output: bytes = b""
    output_at: int = 0
    service_requested: bool = False


class MessageInstrument(PlainComponent, ABC):
    """An instrument that takes messages. ``self.state.exchange`` is its :class:`MessageState`."""

    latency_ns: int = 200_000
    """Time from the end of a message to its execution, and of one read; see the subclass for the figure's source."""
    byte_ns: int = 20
    """Time one byte takes on the wire."""
    message_end: bytes = b"\n"
    """The octet a message ends with on a plain socket."""

    # What a kind of instrument adds.

    @abstractmethod
    def receive(self, message: bytes) -> None:
        """A whole message has come."""

    @abstractmethod
    def overrun(self) -> None:
        """A message did not fit into the input buffer and is lost."""

    def nothing_to_say(self) -> None:
        """A controller wants to read, but no query is under way: silence."""

    def output_taken(self) -> None:
        """The response message was read, or is lost."""

    def device_clear(self) -> None:
        """Buffers are emptied; settings stay."""
        self.state.exchange.input = b""
        self.discard_output()

    def trigger(self) -> None:
        """Group execute trigger: nothing, for an instrument without one."""

    def serial_poll(self) -> int:
        """The status byte: always 0, for an instrument without one."""
        return 0

    # What the transport calls.

    def write(self, data: bytes, *, end: bool) -> None:
        """Bytes arrive; ``end`` says that END came with the last. A message ends with NL or END (IEEE 488.2 7.5)."""
        exchange: MessageState = self.state.exchange
        if not exchange.input and end and data.find(b"\n") in (-1, len(data) - 1):
            self.receive(data.removesuffix(b"\n"))  # the usual case: one write is one message
            return
        *messages, rest = (exchange.input + data).split(b"\n")
        exchange.input = b""
        for message in messages:
            self.receive(message)
        if end:
            if rest:
                self.receive(rest)
        elif len(rest) > INPUT_BUFFER_BYTES:
            self.overrun()
        else:
            exchange.input = rest

    def start_read(self) -> bool:
        """A controller wants to read. Returns whether there is something; if nothing can come, that is an error."""
        exchange: MessageState = self.state.exchange
        if exchange.output:
            return True
        if exchange.held is None:
            self.nothing_to_say()
        return False

    def read(self, count: int) -> tuple[bytes, bool]:
        """Up to ``count`` bytes of the response message, and whether its END came with the last."""
        exchange: MessageState = self.state.exchange
        start = exchange.output_at
        data = exchange.output[start : start + count]
        exchange.output_at = start + len(data)
        if exchange.output_at < len(exchange.output):
            return data, False
        self.discard_output()
        return data, True

    def peek(self, count: int) -> bytes:
        """What ``read(count)`` would give, left in place."""
        exchange: MessageState = self.state.exchange
        return exchange.output[exchange.output_at : exchange.output_at + count]

    def discard_output(self) -> None:
        """The response message is lost, read or not."""
        exchange: MessageState = self.state.exchange
        exchange.output, exchange.output_at = b"", 0
        self.output_taken()


def output_topic(name: str) -> str:
    """The world's signal for: a response has become ready while nobody wrote."""
    return f"{name} output"


def service_topic(name: str) -> str:
    """The world's signal for: the instrument requests service."""
    return f"{name} service request"

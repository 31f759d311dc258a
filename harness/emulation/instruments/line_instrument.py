"""Instruments that speak in lines of their own, older than SCPI: no status byte, no error queue of SCPI's kind.

A line ends with CR, LF or both; blank lines are nothing. Answers queue up behind one another, since a serial port
throws nothing away when a new command comes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from harness.emulation.instruments.message_instrument import MessageInstrument, MessageState, output_topic

LINE_MAX = 512
"""Longer than any command of these instruments; what is longer is lost."""


@dataclass
class LineState(MessageState):
    """The port of one instrument, with the lines behind one that waits."""

    waiting: list[bytes] = field(default_factory=list)


class LineInstrument(MessageInstrument):
    """An instrument of lines. ``self.state.exchange`` is its :class:`LineState`."""

    @abstractmethod
    def execute(self, line: str) -> str | None:
        """Work a line off; its answer without the terminator, None if it has none."""

    def blocked(self) -> bool:
        """Whether further lines wait until the instrument calls :meth:`unblock`."""
        return False

    def overrun(self) -> None:
        """The line is lost; the instrument has no way to say so."""

    def receive(self, message: bytes) -> None:
        """A line has come."""
        for line in message.replace(b"\r", b"\n").split(b"\n"):
            if line.strip() and len(line) <= LINE_MAX:
                self.state.exchange.waiting.append(line)
        self._work()

    def unblock(self) -> None:
        """What waited goes on."""
        self._work()
        if self.state.exchange.output:
            self.world.signal(output_topic(self.name))

    def device_clear(self) -> None:
        """Buffers are emptied, what waits is forgotten."""
        self.state.exchange.waiting, self.state.exchange.held = [], None
        super().device_clear()

    def _work(self) -> None:
        exchange: LineState = self.state.exchange
        while exchange.waiting and not self.blocked():
            line = exchange.waiting.pop(0).decode("latin-1").strip()
            answer = self.execute(line)
            if answer is not None:
                exchange.output += answer.encode("latin-1") + b"\r\n"
        exchange.held = exchange.waiting[0] if exchange.waiting else None

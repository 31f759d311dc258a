"""An instrument's raw SCPI socket: lines in, answers out, several clients at once.

As LAN instruments do, each client has a session of its own (half a line of one never mixes with another's, an
answer goes to who asked), while settings, status and error queue are the instrument's. Messages are worked one after
the other in the order of their arrival. A message ends with the instrument's ``message_end``, mostly a newline; no
command of the dialects here takes a block.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from harness.emulation.instruments.message_instrument import INPUT_BUFFER_BYTES, MessageInstrument
from harness.emulation.serve.connection import Connection
from harness.emulation.world import World

SESSIONS_MAX = 4
"""Clients at the same time; LAN instruments have a handful (three or four is usual)."""

READ_CHUNK_BYTES = 1 << 20


@dataclass
class Session:
    """One client of the instrument."""

    connection: Connection
    line: bytearray = field(default_factory=bytearray)
    """The beginning of a line whose end has not come."""
    overrun: bool = False
    """The line was too long for the input buffer: the rest of it is thrown away."""
    messages: deque[tuple[int, bytes | None]] = field(default_factory=deque)
    """Whole lines that wait their turn, with the world time at which they came; None where one overran the buffer.

    An overrun waits its turn too: reported at once, it would be wiped out by an earlier client's ``*CLS``.
    """
    waiting_bytes: int = 0


class InstrumentPort:
    """One instrument on one TCP port."""

    def __init__(self, name: str, world: World, instrument: MessageInstrument) -> None:
        self.name = name
        self.refused = 0
        self._world = world
        self._instrument = instrument
        self._sessions: list[Session] = []
        self._ready_ns = 0
        self._asker: Session | None = None
        """Whose message waits for an operation to end (``*OPC?``)."""
        self._answer: tuple[int, Session, bytes] | None = None
        """An answer on its way, with the instant at which it leaves."""
        self._overruns = 0

    def connect(self, connection: Connection) -> bool:
        """A client came."""
        if len(self._sessions) >= SESSIONS_MAX:
            self.refused += 1
            return False
        self._sessions.append(Session(connection))
        return True

    def connections(self) -> list[Connection]:
        """The clients there are."""
        return [session.connection for session in self._sessions]

    def wants_input(self, connection: Connection) -> bool:
        """Not while the client has its answers unread or a buffer full of messages waiting."""
        return not connection.clogged and self._session(connection).waiting_bytes <= INPUT_BUFFER_BYTES

    def received(self, connection: Connection, data: bytes, at_ns: int) -> None:
        """Take lines apart; they are executed later, each in its turn."""
        session = self._session(connection)
        *ends, rest = data.split(self._instrument.message_end)
        for end in ends:
            if not session.overrun:
                self._queue(session, bytes(session.line) + end, at_ns)
            session.line.clear()
            session.overrun = False
        if session.overrun:
            return
        session.line += rest
        if len(session.line) > INPUT_BUFFER_BYTES:
            session.line.clear()
            session.overrun = True
            session.messages.append((at_ns, None))

    def drop(self, connection: Connection) -> None:
        """What the client still wanted is dropped. An operation that it waited for no longer blocks the others."""
        session = self._session(connection)
        self._sessions.remove(session)
        if self._answer is not None and self._answer[1] is session:
            self._answer = None
        if self._asker is session:
            self._asker = None
            self._instrument.device_clear()

    def due_ns(self) -> int | None:
        """When the next answer leaves or the next message is executed."""
        if self._answer is not None:
            return self._answer[0]
        session = self._next_session()
        if session is None:
            return None
        at_ns, message = session.messages[0]
        instrument = self._instrument
        # A message takes as long as over the in-process VISA library: its bytes, and the instrument's latency.
        return max(at_ns, self._ready_ns) + instrument.latency_ns + instrument.byte_ns * len(message or b"")

    def act(self) -> None:
        """Let an answer leave, or execute a message."""
        if self._answer is not None:
            _, asker, data = self._answer
            self._answer = None
            asker.connection.send(data)
            return
        session = self._next_session()
        if session is None:
            return
        _, message = session.messages.popleft()
        if message is None:
            self._overruns += 1
            self._instrument.overrun()
            return
        session.waiting_bytes -= len(message)
        self._asker = session
        self._instrument.write(message + self._instrument.message_end, end=True)
        self.settle()

    def waits(self) -> bool:
        """Whether a message waits for an operation to end."""
        return self._asker is not None

    def settle(self) -> None:
        """If the message under execution has come to its end, its answer gets on its way."""
        session, instrument = self._asker, self._instrument
        if session is None or instrument.state.exchange.held is not None:
            return
        self._asker = None
        self._ready_ns = self._world.now_ns
        answer = self._read_answer()
        if answer:
            self._ready_ns += instrument.latency_ns + instrument.byte_ns * len(answer)
            self._answer = (self._ready_ns, session, answer)

    def summary(self) -> str:
        """Overlong lines and clients that found no room."""
        parts = []
        if self._overruns:
            parts.append(f"{self._overruns} lines longer than the input buffer")
        if self.refused:
            parts.append(f"{self.refused} clients refused, {SESSIONS_MAX} were there already")
        return ", ".join(parts)

    def _read_answer(self) -> bytes:
        instrument, answer = self._instrument, bytearray()
        while instrument.state.exchange.output:
            answer += instrument.read(READ_CHUNK_BYTES)[0]
        return bytes(answer)

    def _queue(self, session: Session, line: bytes, at_ns: int) -> None:
        message = line.removesuffix(b"\r")
        if message.strip():
            session.messages.append((at_ns, message))
            session.waiting_bytes += len(message)

    def _next_session(self) -> Session | None:
        """Whose message came first, of those who have read their answers; none while the instrument works."""
        if self._asker is not None:
            return None
        ready = [session for session in self._sessions if session.messages and not session.connection.clogged]
        return min(ready, key=lambda session: session.messages[0][0], default=None)

    def _session(self, connection: Connection) -> Session:
        return next(session for session in self._sessions if session.connection is connection)

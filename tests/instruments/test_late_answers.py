"""Plain sockets, real ones: an answer that comes after the time-out, and a connection that the other side has closed.

Nothing on such a socket ends an earlier answer: it comes, and without care each one after it is one question late, so
that the way back to safety fails on answers that belong to something else.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager

import pytest
import pyvisa
from pyvisa.resources import TCPIPSocket

from harness.bench.clock import WallClock
from harness.instruments.errors import InstrumentError, InstrumentTimeoutError, TransportError
from harness.instruments.lakeshore_f71 import LakeShoreF71
from harness.instruments.line import LineSession
from harness.instruments.visa import Instrument

TIMEOUT_MS = 200
LATE_S = 0.24
"""After the time-out, and within the silence that the session waits for."""


@contextmanager
def served(serve: Callable[[socket.socket], None]) -> Generator[TCPIPSocket]:
    """A resource on this machine; each connection to it is served by ``serve`` and then closed."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return  # the test is over
            with closing(connection):
                serve(connection)

    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        closing(pyvisa.ResourceManager("@py")) as manager,
    ):
        threading.Thread(target=accept, daemon=True).start()
        resource = manager.open_resource(f"TCPIP0::127.0.0.1::{listening.getsockname()[1]}::SOCKET")
        assert isinstance(resource, TCPIPSocket)
        yield resource


def answer(line: bytes) -> bytes:
    """An echo; but there are no errors."""
    return b'0,"none"' + line.rpartition(b"?")[2] if b"ERR" in line else line


def late_once(connection: socket.socket) -> None:
    """Echoes each question in order; the first answer is late."""
    pause_s = LATE_S
    with connection.makefile("rwb") as lines:
        for line in lines:
            time.sleep(pause_s)
            pause_s = 0.0
            lines.write(answer(line))
            lines.flush()


@pytest.mark.parametrize("session_class", [Instrument, LineSession])
def test_a_late_answer_is_not_taken_for_the_next_ones(session_class: type[Instrument]) -> None:
    with served(late_once) as resource:
        session = session_class(resource, WallClock(), name="it", timeout_ms=TIMEOUT_MS)
        with pytest.raises(InstrumentTimeoutError):
            session.query("first?")
        assert session.query("second?") == "second?"
        assert session.query("third?") == "third?"


def half_once(connection: socket.socket) -> None:
    """The end of the first answer comes when the session has given up waiting for it."""
    with connection.makefile("rwb") as lines:
        for line in lines:
            lines.write(answer(line)[:3])
            lines.flush()
            time.sleep(LATE_S if line == b"first?\n" else 0.0)
            lines.write(answer(line)[3:])
            lines.flush()


def test_the_rest_of_half_an_answer_is_not_taken_for_the_next_one() -> None:
    with served(half_once) as resource:
        session = Instrument(resource, WallClock(), name="it", timeout_ms=TIMEOUT_MS)
        with pytest.raises(InstrumentTimeoutError):
            session.query("first?")
        assert session.query("second?") == "second?"


@pytest.mark.parametrize("makes", [lambda it: LakeShoreF71(it, WallClock()), lambda it: line_of(it).clear()])
def test_a_connection_that_is_closed_at_once_is_told(makes: Callable[[TCPIPSocket], object]) -> None:
    """PyVISA-py's own clear of a socket reads nothing for ever then; a teslameter that is in use does this."""
    with served(lambda connection: None) as resource:
        told: list[InstrumentError | None] = []

        def attempt() -> None:
            try:
                makes(resource)
                line_of(resource).query("MON?")
            except (TransportError, InstrumentTimeoutError) as error:
                told.append(error)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive(), "it waits for ever"
        assert len(told) == 1


def line_of(resource: TCPIPSocket) -> LineSession:
    return LineSession(resource, WallClock(), name="it", timeout_ms=TIMEOUT_MS)

"""One client's TCP connection: never blocks, buffers are bounded, a failure is a closed connection."""

from __future__ import annotations

import socket
from contextlib import suppress

CHUNK_OCTETS = 65_536
BACKLOG_OCTETS = 65_536
"""With more than this waiting to be sent, a client reads too slowly: it gets nothing new until it has read."""


class Connection:
    """A client."""

    def __init__(self, accepted: socket.socket, peer: str) -> None:
        self.peer = peer
        self.socket = accepted
        self.ended = False
        """The client has gone, or its connection broke; the socket is still to be closed."""
        self._outgoing = bytearray()
        accepted.setblocking(False)
        # Answers are small and are waited for. A peer that vanished without a word is found by keep-alive.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._acknowledge_at_once()

    @property
    def unsent(self) -> int:
        """Octets that the client has not taken yet."""
        return len(self._outgoing)

    @property
    def clogged(self) -> bool:
        """Whether the client must read first."""
        return len(self._outgoing) > BACKLOG_OCTETS

    def receive(self) -> bytes:
        """What has come; empty if nothing has, or if the connection has ended (``ended`` tells)."""
        try:
            data = self.socket.recv(CHUNK_OCTETS)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            data = b""
        if data:
            self._acknowledge_at_once()
        else:
            self._end()
        return data

    def send(self, data: bytes) -> None:
        """Send what the client takes now, keep the rest."""
        self._outgoing += data
        self.flush()

    def flush(self) -> None:
        """Send more of what is kept."""
        while self._outgoing and not self.ended:
            try:
                sent = self.socket.send(self._outgoing[:CHUNK_OCTETS])
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._end()
                return
            del self._outgoing[:sent]

    def close(self) -> None:
        """Close the socket; harmless when done twice."""
        self._end()
        self.socket.close()

    def _end(self) -> None:
        self.ended = True
        self._outgoing.clear()

    def _acknowledge_at_once(self) -> None:
        """Keep command after command from waiting for a delayed acknowledgement.

        A client with Nagle's algorithm on (pyvisa-py leaves it so on raw sockets) sends its second small message only
        when the first is acknowledged, which Linux delays by 40 ms: longer than the pulses that a test makes. The
        option does not last (tcp(7)), so it is set again after each reception; systems without it have no such option.
        """
        if hasattr(socket, "TCP_QUICKACK"):
            with suppress(OSError):  # the connection broke meanwhile: the next transfer tells
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

"""One client's TCP connection: never blocks, buffers are bounded, a failure is a closed connection."""

from __future__ import annotations

import socket
import struct
import sys
from contextlib import suppress

CHUNK_OCTETS = 65_536
BACKLOG_OCTETS = 65_536
"""With more than this waiting to be sent, a client reads too slowly: it gets nothing new until it has read."""

RECEIVE_TIMESTAMPS = 35 if sys.platform == "linux" else None
"""SO_TIMESTAMPNS (asm-generic/socket.h), for which Python has no name: the kernel says at which UTC octets came."""
TIMESPEC = struct.Struct("@ll")


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
        if RECEIVE_TIMESTAMPS is not None:
            with suppress(OSError):  # not on this system: the time of reading stands for the time of arrival
                accepted.setsockopt(socket.SOL_SOCKET, RECEIVE_TIMESTAMPS, 1)
        self._acknowledge_at_once()

    @property
    def unsent(self) -> int:
        """Octets that the client has not taken yet."""
        return len(self._outgoing)

    @property
    def clogged(self) -> bool:
        """Whether the client must read first."""
        return len(self._outgoing) > BACKLOG_OCTETS

    def receive(self) -> tuple[bytes, int | None]:
        """What has come, and at which UTC (ns) its last octet did, if the system says so.

        Empty if nothing has come, or if the connection has ended (``ended`` tells).
        """
        try:
            data, ancillary, _, _ = self.socket.recvmsg(CHUNK_OCTETS, socket.CMSG_SPACE(TIMESPEC.size))
        except (BlockingIOError, InterruptedError):
            return b"", None
        except OSError:
            data, ancillary = b"", []
        if not data:
            self._end()
            return b"", None
        self._acknowledge_at_once()
        for level, kind, value in ancillary:
            if (level, kind, len(value)) == (socket.SOL_SOCKET, RECEIVE_TIMESTAMPS, TIMESPEC.size):
                seconds, nanoseconds = TIMESPEC.unpack(value)
                return data, seconds * 1_000_000_000 + nanoseconds
        return data, None

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

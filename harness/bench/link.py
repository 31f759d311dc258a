"""Byte links to the meter, with deadlines on the bench clock: what travels is the codecs' business."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from harness.bench.clock import Clock
from harness.bench.errors import BenchError

Direction = Literal["to_meter", "from_meter"]
LinkTraffic = Callable[[Direction, bytes, int], None]
"""Told of every exchange: direction, bytes, bench time in ns."""

CONNECT_TIMEOUT_S = 10.0
READ_BYTES = 4096


class LinkError(BenchError):
    """A byte link could not be opened, or was lost. Never a verdict on the meter."""


@dataclass(frozen=True)
class Received:
    """Bytes that came in together, and when the last of them was there, on the bench clock."""

    at_ns: int
    data: bytes


class ByteLink(Protocol):
    """A byte link to the meter."""

    def write(self, data: bytes) -> None:
        """Send bytes to the meter; raises LinkError."""

    def read(self, timeout_ns: int) -> list[Received]:
        """What has come, waiting up to ``timeout_ns`` for the first byte; empty on time-out. Raises LinkError."""

    def close(self) -> None:
        """Give the link back; harmless when done twice."""


class TcpLink:
    """A link through a TCP socket: a serial device server, a modem's network side, or a served bench."""

    def __init__(self, host: str, port: int, clock: Clock, traffic: LinkTraffic) -> None:
        self.where = f"tcp://{host}:{port}"
        self._clock = clock
        self._traffic = traffic
        try:
            self._socket: socket.socket | None = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        except OSError as error:
            raise LinkError(f"{self.where}: no connection: {error}; is the device on and the address right?") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes) -> None:
        """Send all of ``data``; raises LinkError after 10 s without progress or when the peer is gone."""
        try:
            self._open_socket().sendall(data)
        except OSError as error:
            raise LinkError(f"{self.where}: {len(data)} bytes could not be sent: {error}") from error
        self._traffic("to_meter", data, self._clock.now_ns())

    def read(self, timeout_ns: int) -> list[Received]:
        """What has come, waiting up to ``timeout_ns``; empty on time-out."""
        connection = self._open_socket()
        ready, _, _ = select.select([connection], [], [], max(timeout_ns, 0) * 1e-9)
        if not ready:
            return []
        try:
            data = connection.recv(READ_BYTES)
        except OSError as error:
            raise LinkError(f"{self.where}: lost while reading: {error}") from error
        if not data:
            raise LinkError(f"{self.where}: the other side closed the connection")
        at_ns = self._clock.now_ns()
        self._traffic("from_meter", data, at_ns)
        return [Received(at_ns, data)]

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise LinkError(f"{self.where}: used after it was closed")
        return self._socket

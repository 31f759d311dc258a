"""One of the meter's serial lines as a raw byte stream, as a serial device server offers it: one client at a time."""

from __future__ import annotations

from collections import deque

from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.serve.connection import Connection

LINE_BUFFER_OCTETS = 4096
"""With more than this waiting for the line's own rate, the client is held up."""


class LinkPort:
    """A serial line on one TCP port."""

    def __init__(self, name: str, endpoint: SerialEndpoint) -> None:
        self.name = name
        self.refused = 0
        self._endpoint = endpoint
        self._connection: Connection | None = None
        self._arrived: deque[tuple[int, bytes]] = deque()
        """Octets for the meter that the line has not got yet, with the world time of their arrival."""
        self._lost_octets = 0

    def connect(self, connection: Connection) -> bool:
        """One line has one user: two would tear each other's messages apart."""
        if self._connection is not None:
            self.refused += 1
            return False
        self._connection = connection
        return True

    def connections(self) -> list[Connection]:
        """The client, if there is one."""
        return [] if self._connection is None else [self._connection]

    def wants_input(self, connection: Connection) -> bool:
        """Not while the line has enough to send."""
        waiting = len(self._endpoint.state.sending) + sum(len(data) for _, data in self._arrived)
        return waiting <= LINE_BUFFER_OCTETS

    def received(self, connection: Connection, data: bytes, at_ns: int) -> None:
        """Octets for the meter; from their arrival on they leave at the line's own rate."""
        self._arrived.append((at_ns, data))

    def drop(self, connection: Connection) -> None:
        """The client has gone; the line is free for the next."""
        self._connection = None

    def due_ns(self) -> int | None:
        """When the next octets go onto the line; what the meter sends is passed on in ``settle``."""
        return self._arrived[0][0] if self._arrived else None

    def act(self) -> None:
        """Put octets onto the line."""
        _, data = self._arrived.popleft()
        self._endpoint.write(data)

    def waits(self) -> bool:
        """What the meter sends comes when it comes: the loop's step is fine enough for a stream."""
        return False

    def settle(self) -> None:
        """Pass on what the meter sent. With nobody there, or a client that does not read, it is lost, as on a wire."""
        octets = bytes(octet for _, octet in self._endpoint.take())
        if not octets or self._connection is None:
            return
        if self._connection.clogged:
            self._lost_octets += len(octets)
        else:
            self._connection.send(octets)

    def summary(self) -> str:
        """What was lost."""
        parts = []
        if self._lost_octets:
            parts.append(f"{self._lost_octets} octets lost, their client did not read")
        if self.refused:
            parts.append(f"{self.refused} clients refused, another one was there")
        return ", ".join(parts)

"""What a port of the served bench is to the loop, and its listening socket."""

from __future__ import annotations

import socket
from typing import Protocol

from harness.emulation.serve.connection import Connection
from harness.emulation.serve.errors import ListenError

LISTEN_BACKLOG = 16


class Port(Protocol):
    """One TCP port: an instrument's or a link's. All its times are world time."""

    name: str
    refused: int
    """Clients that were turned away because the port was taken."""

    def connect(self, connection: Connection) -> bool:
        """A client came; False if there is no room for it."""

    def connections(self) -> list[Connection]:
        """The clients there are."""

    def wants_input(self, connection: Connection) -> bool:
        """Whether more may be read from this client now; False holds the client up, as TCP does."""

    def received(self, connection: Connection, data: bytes, at_ns: int) -> None:
        """Octets came from a client at ``at_ns``, which the world may still have to reach."""

    def drop(self, connection: Connection) -> None:
        """A client has gone."""

    def due_ns(self) -> int | None:
        """When this port has something to do by itself; None if it has not."""

    def act(self) -> None:
        """Do what is due; the world stands at ``due_ns``."""

    def waits(self) -> bool:
        """Whether something in the world is awaited whose instant is not known."""

    def settle(self) -> None:
        """The world went on: pass on what has come of it."""

    def summary(self) -> str:
        """What went lost or wrong on this port, for the end; empty if nothing did."""


def listen(host: str, port: int, what: str) -> socket.socket:
    """A listening socket; raises ListenError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(LISTEN_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ListenError(
            f"{what}: can't listen on {host}:{port}: {error}; choose another --port-base "
            "(0 lets the system choose) or an IPv4 address of this machine for --host"
        ) from error
    listener.setblocking(False)
    return listener

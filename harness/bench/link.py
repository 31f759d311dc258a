"""Byte links to a meter: what a codec's octets travel on, with times and deadlines on the bench clock.

``ByteLink`` is the seam: the emulated bench has links of its own behind it. ``TcpLink`` is for a real bench
(modem, serial server). ``ReportedLink`` puts any of them on record.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from harness.bench.clock import Clock
from harness.bench.errors import LinkClosedError, LinkError, LinkTimeoutError

_NS_PER_S = 1_000_000_000
_CHUNK_OCTETS = 4096


@dataclass(frozen=True)
class Received:
    """Octets and when the last of them had arrived (``now_ns`` of the bench clock)."""

    at_ns: int
    data: bytes


class ByteLink(Protocol):
    """A two-way stream of octets."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``; `LinkError` if that can't be done."""

    def read(self, timeout_ns: int) -> list[Received]:
        """What has arrived, in order; waits up to ``timeout_ns`` for the first octet, empty on time-out."""

    def close(self) -> None:
        """Give the link back; using it afterwards raises `LinkClosedError`."""


@runtime_checkable
class SpeedLink(ByteLink, Protocol):
    """A link whose far port can be set: a serial port, an emulated line."""

    def set_line(self, baud: int, framing: str) -> None:
        """Rate and framing ("7E1") from now on, both ways; what was written before must have left the line."""


class Direction(StrEnum):
    """Which way octets went: to the device or from it (the signs that a run's record uses)."""

    SENT = ">"
    RECEIVED = "<"


Traffic: TypeAlias = Callable[[Direction, bytes, int], None]


class ReportedLink:
    """A link that tells ``traffic`` of every octet: direction, octets, time on the bench clock."""

    def __init__(self, link: ByteLink, clock: Clock, traffic: Traffic) -> None:
        self._link = link
        self._clock = clock
        self._traffic = traffic

    def write(self, data: bytes) -> None:
        """Send and report. The time is the beginning: what was tried is on record even if it fails."""
        self._traffic(Direction.SENT, data, self._clock.now_ns())
        self._link.write(data)

    def read(self, timeout_ns: int) -> list[Received]:
        """Receive and report."""
        received = self._link.read(timeout_ns)
        for chunk in received:
            self._traffic(Direction.RECEIVED, chunk.data, chunk.at_ns)
        return received

    def close(self) -> None:
        """Close the link beneath."""
        self._link.close()


class ReportedSpeedLink(ReportedLink):
    """The same for a link whose speed can be set."""

    def __init__(self, link: SpeedLink, clock: Clock, traffic: Traffic) -> None:
        super().__init__(link, clock, traffic)
        self._speed_link = link

    def set_line(self, baud: int, framing: str) -> None:
        """Set the line of the link beneath."""
        self._speed_link.set_line(baud, framing)


def report_link(link: ByteLink, clock: Clock, traffic: Traffic) -> ReportedLink:
    """``link`` on record, with what it can do kept."""
    if isinstance(link, SpeedLink):
        return ReportedSpeedLink(link, clock, traffic)
    return ReportedLink(link, clock, traffic)


class TcpLink:
    """A TCP connection. Its time stamps are those of the reading program, so waits delay them on a busy bench."""

    def __init__(self, host: str, port: int, clock: Clock, write_timeout_ns: int = 5 * _NS_PER_S) -> None:
        self._name = f"{host}:{port}"
        self._clock = clock
        self._write_timeout_s = write_timeout_ns / _NS_PER_S
        try:
            self._socket: socket.socket | None = socket.create_connection((host, port), self._write_timeout_s)
        except OSError as error:
            raise LinkError(
                f"TCP link {self._name}: expected a connection, found: {error}; "
                "check address, cabling and that the device listens"
            ) from error
        # An alert and its confirmation are small; they must not wait for more octets to fill a segment.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes) -> None:
        """Send all of ``data`` within the write deadline."""
        open_socket = self._open_socket()
        open_socket.settimeout(self._write_timeout_s)
        try:
            open_socket.sendall(data)
        except TimeoutError as error:
            self.close()  # how much went out is unknown, so nothing sensible can follow on this connection
            raise LinkTimeoutError(
                f"TCP link {self._name}: expected {len(data)} octets taken within "
                f"{self._write_timeout_s} s, they were not; the connection was closed, check the device"
            ) from error
        except OSError as error:
            raise self._lost(error) from error

    def read(self, timeout_ns: int) -> list[Received]:
        """Wait for octets up to ``timeout_ns``; 0 only looks."""
        open_socket = self._open_socket()
        open_socket.settimeout(max(0, timeout_ns) / _NS_PER_S)
        try:
            data = open_socket.recv(_CHUNK_OCTETS)
        except (TimeoutError, BlockingIOError):
            return []
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost("the other side closed it")
        return [Received(self._clock.now_ns(), data)]

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        open_socket, self._socket = self._socket, None
        if open_socket is not None:
            open_socket.close()

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise LinkClosedError(f"TCP link {self._name}: expected an open link, it is closed; open a new one")
        return self._socket

    def _lost(self, cause: object) -> LinkClosedError:
        self.close()
        return LinkClosedError(f"TCP link {self._name}: connection lost ({cause}); check the device, open a new one")

"""The TCP link over the computer's own loopback, and the link that reports."""

import socket
from collections.abc import Iterator

import pytest

from harness.bench.clock import WallClock
from harness.bench.errors import LinkClosedError, LinkError, LinkTimeoutError
from harness.bench.link import Direction, ReportedLink, TcpLink


@pytest.fixture
def pair() -> Iterator[tuple[TcpLink, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = TcpLink("127.0.0.1", server.getsockname()[1], WallClock(), write_timeout_ns=50_000_000)
        device, _ = server.accept()
        device.settimeout(5)
        with device:
            yield link, device
        link.close()


def test_octets_go_both_ways_with_the_time_of_arrival(pair: tuple[TcpLink, socket.socket]) -> None:
    link, device = pair
    link.write(b"abc")
    assert device.recv(10) == b"abc"
    before_ns = WallClock().now_ns()
    device.sendall(b"xyz")
    (received,) = link.read(2_000_000_000)
    assert received.data == b"xyz"
    assert before_ns <= received.at_ns <= WallClock().now_ns()


def test_a_read_times_out_empty(pair: tuple[TcpLink, socket.socket]) -> None:
    link, _ = pair
    before_ns = WallClock().now_ns()
    assert link.read(20_000_000) == []
    assert 15_000_000 <= WallClock().now_ns() - before_ns < 2_000_000_000
    assert link.read(0) == []
    assert link.read(-1) == []


def test_a_closed_device_is_an_error_not_silence(pair: tuple[TcpLink, socket.socket]) -> None:
    link, device = pair
    device.close()
    with pytest.raises(LinkClosedError, match="the other side closed it"):
        link.read(2_000_000_000)
    with pytest.raises(LinkClosedError, match="open a new one"):
        link.read(0)


def test_a_write_that_is_not_taken_ends_at_its_deadline(pair: tuple[TcpLink, socket.socket]) -> None:
    link, _ = pair
    with pytest.raises(LinkTimeoutError, match="not"):
        link.write(bytes(64 << 20))
    with pytest.raises(LinkClosedError):
        link.write(b"x")


def test_closing_twice_is_fine(pair: tuple[TcpLink, socket.socket]) -> None:
    link, _ = pair
    link.close()
    link.close()
    with pytest.raises(LinkClosedError):
        link.write(b"x")


def test_nobody_listening_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match=f"127.0.0.1:{port}"):
        TcpLink("127.0.0.1", port, WallClock())


def test_every_octet_is_reported(pair: tuple[TcpLink, socket.socket]) -> None:
    link, device = pair
    said: list[tuple[Direction, bytes]] = []
    reported = ReportedLink(link, WallClock(), lambda direction, data, _: said.append((direction, data)))
    reported.write(b"abc")
    device.sendall(b"xyz")
    reported.read(2_000_000_000)
    reported.close()
    assert said == [(Direction.SENT, b"abc"), (Direction.RECEIVED, b"xyz")]

"""A whole readout over a link: at 300 baud, at the offered speed, and everything a meter may do wrong."""

from __future__ import annotations

import pytest

from harness.bench.errors import LinkTimeoutError
from harness.bench.link import Received
from harness.meter.errors import CodecError
from harness.meter.readout_session import read_out
from tests.meter.test_readout import BLOCK

LINE = b"/TBR5TBREF-01\r\n"
MS = 1_000_000
S = 1_000 * MS


class Port:
    """A port with a meter behind it that answers by the book; it is its own clock."""

    def __init__(self, block: bytes = BLOCK, *, echo: bool = False, pieces: int = 1, gap_ns: int = 0) -> None:
        self.ns = 0
        self.block, self.echo, self.pieces, self.gap_ns = block, echo, pieces, gap_ns
        self.written: list[tuple[int, bytes]] = []
        self.waiting: list[tuple[int, bytes]] = []
        self.baud = 300

    def now_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.ns += duration_ns

    def write(self, data: bytes) -> None:
        self.written.append((self.ns, data))
        sent_ns = self.ns + len(data) * 10 * S // 300
        if self.echo:
            self.waiting.append((sent_ns, data))
        if data.startswith(b"/?"):
            self.waiting.append((sent_ns + 700 * MS, LINE))
        elif data.startswith(b"\x06"):
            size = -(-len(self.block) // self.pieces) or 1
            for number, at in enumerate(range(0, len(self.block), size)):
                self.waiting.append((sent_ns + 300 * MS + number * self.gap_ns, self.block[at : at + size]))

    def read(self, timeout_ns: int) -> list[Received]:
        if not self.waiting or self.waiting[0][0] > self.ns + timeout_ns:
            self.ns += timeout_ns
            return []
        at_ns, data = self.waiting.pop(0)
        self.ns = max(self.ns, at_ns)
        return [Received(at_ns, data)]

    def close(self) -> None:
        self.waiting.clear()


class FastPort(Port):
    """A port whose speed can be set; its meter sends the block at the speed it was asked for."""

    def set_line(self, baud: int, framing: str) -> None:
        assert framing == "7E1"
        self.baud = baud

    def read(self, timeout_ns: int) -> list[Received]:
        received = super().read(timeout_ns)
        if received and received[0].data[:1] == b"\x02":
            assert self.baud == 9_600
        return received


@pytest.mark.parametrize("echo", [False, True])
def test_at_300_baud(echo: bool) -> None:
    port = Port(echo=echo, pieces=5, gap_ns=100 * MS)
    result = read_out(port, port)
    assert result.identification.text == "TBREF-01"
    assert result.readout.number("1-0:31.7.0", "A") == 5.012
    assert [data for _, data in port.written] == [b"/?!\r\n", b"\x06000\r\n"]


@pytest.mark.parametrize("echo", [False, True])
def test_at_the_offered_speed_and_back(echo: bool) -> None:
    port = FastPort(echo=echo)
    assert read_out(port, port).readout.bits("0-0:96.5.0") == 0x00050005
    assert port.written[1][1] == b"\x06050\r\n"
    assert port.baud == 300


def test_the_pause_before_the_acknowledgement() -> None:
    port = Port()
    read_out(port, port)
    identified_ns = 5 * 10 * S // 300 + 700 * MS
    assert port.written[1][0] - identified_ns >= 200 * MS


def test_back_at_300_baud_after_a_failure_too() -> None:
    port = FastPort(block=BLOCK[:-1] + b"\x00")
    with pytest.raises(CodecError, match="BCC"):
        read_out(port, port)
    assert port.baud == 300


def test_no_block_at_all() -> None:
    port = Port(block=b"")
    with pytest.raises(LinkTimeoutError, match="0 octet"):
        read_out(port, port)
    assert port.ns < 5 * S


def test_a_block_that_stops_or_pauses_too_long() -> None:
    with pytest.raises(LinkTimeoutError, match="100 octet"):
        read_out(stopped := Port(block=BLOCK[:100]), stopped)
    with pytest.raises(LinkTimeoutError, match="141 octet"):
        read_out(paused := Port(pieces=2, gap_ns=1_600 * MS), paused)


def test_a_pause_that_is_allowed() -> None:
    port = Port(pieces=2, gap_ns=1_400 * MS)
    assert read_out(port, port).readout.sets


def test_an_endless_drip_ends() -> None:
    port = Port(block=b"\x02" + b"A" * 5_000, pieces=5_000, gap_ns=1_400 * MS)
    with pytest.raises(LinkTimeoutError):
        read_out(port, port)
    assert port.ns < 700 * S

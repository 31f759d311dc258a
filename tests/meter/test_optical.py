"""The optical port's sign-on: lines as octets, the exchange, and the exchange over a link."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.errors import LinkTimeoutError
from harness.bench.link import Received
from harness.meter.errors import CodecError
from harness.meter.optical import (
    Answer,
    Identification,
    SignOn,
    decode_identification,
    decode_request,
    encode_option_select,
    encode_request,
)
from harness.meter.sign_on import sign_on
from tests.meter.properties import REPEATABLE

LINE = b"/TBR5TBREF-01\r\n"
REFERENCE = Identification("TBR", "5", "TBREF-01")


def test_known_lines() -> None:
    assert encode_request() == b"\x2f\x3f\x21\x0d\x0a"
    assert encode_request("00000001") == b"/?00000001!\r\n"
    assert decode_request(b"/?00000001!\r\n") == "00000001"
    assert decode_identification(LINE) == REFERENCE
    assert REFERENCE.encode() == LINE
    assert encode_option_select("0", "5", "1") == b"\x06051\r\n"


def test_rate_and_reaction_time() -> None:
    assert REFERENCE.baud == 9600
    assert REFERENCE.min_reaction_ns == 200_000_000
    assert Identification("TBr", "A", "").min_reaction_ns == 20_000_000
    assert Identification("TBr", "A", "").baud == 600
    assert Identification("TBR", "F", "").baud == 19200
    assert Identification("TBR", "z", "").baud is None


@pytest.mark.parametrize(
    "line",
    [b"", b"/TB\r\n", b"/TBR5x\n", b"TBR5x\r\n", b"/T1R5x\r\n", b"/TBR\x005x\r\n", b"/TBR5" + b"x" * 17 + b"\r\n"],
)
def test_lines_that_identify_nobody(line: bytes) -> None:
    with pytest.raises(CodecError):
        decode_identification(line)


@pytest.mark.parametrize("address", ["!", "a\r\n", "x" * 33, "µ"])
def test_addresses_that_would_break_the_request(address: str) -> None:
    with pytest.raises(CodecError):
        encode_request(address)


def test_the_echo_is_passed_over_and_times_are_those_of_the_answer() -> None:
    exchange = SignOn()
    for at_ns, octet in enumerate(exchange.request):
        assert exchange.feed(bytes([octet]), at_ns) is None
    assert exchange.feed(LINE[:1], 250) is None
    assert exchange.feed(LINE[1:], 900) == Answer(REFERENCE, 250, 900)


def test_endless_octets_are_refused() -> None:
    with pytest.raises(CodecError, match="CR LF"):
        SignOn().feed(b"x" * 65, 0)


@REPEATABLE
@given(st.lists(st.binary(max_size=40), max_size=5))
def test_no_error_but_its_own(chunks: list[bytes]) -> None:
    exchange = SignOn()
    with suppress(CodecError):
        for chunk in chunks:
            exchange.feed(chunk, 0)


class _Port:
    """A port that answers ``reply`` a second after the request; it is its own clock."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.ns = 0
        self.written = b""

    def now_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return self.ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.ns += duration_ns

    def write(self, data: bytes) -> None:
        self.written += data

    def read(self, timeout_ns: int) -> list[Received]:
        if self.reply and timeout_ns >= 1_000_000_000:
            self.ns += 1_000_000_000
            reply, self.reply = self.reply, b""
            return [Received(self.ns, reply)]
        self.ns += timeout_ns
        return []

    def close(self) -> None:
        self.reply = b""


def test_sign_on_over_a_link() -> None:
    port = _Port(b"/?!\r\n" + LINE)
    assert sign_on(port, port) == Answer(REFERENCE, 1_000_000_000, 1_000_000_000)
    assert port.written == b"/?!\r\n"


def test_silence_is_a_timeout_at_its_deadline() -> None:
    port = _Port(b"")
    with pytest.raises(LinkTimeoutError, match="within 3 s"):
        sign_on(port, port, timeout_ns=3_000_000_000)
    assert port.ns == 3_000_000_000

"""The data readout's block: the documented example octet by octet, every single wrong octet, hostile input."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.meter.errors import CodecError, ValueMissingError
from harness.meter.readout import BlockReader, DataSet, Readout, bcc_of, decode_block, encode_block
from tests.meter.properties import REPEATABLE

PAGE = Path(__file__).parents[2] / "docs" / "readout.md"


def example() -> tuple[bytes, list[str]]:
    """The example in docs/readout.md: its octets, and its lines as a person reads them."""
    text, _, octets = PAGE.read_text(encoding="utf-8").partition("The block:")[2].partition("As octets")
    lines = re.findall(r"^    (?:<STX>)?(\S+\(.*\))$", text, re.MULTILINE)
    return bytes.fromhex("".join(re.findall(r"^    ([0-9a-f]+)$", octets, re.MULTILINE))), lines


BLOCK, LINES = example()


def documented(code: str) -> str:
    """The value of that code on the page, without its unit."""
    found = [line for line in LINES if line.startswith(f"{code}(")]
    return found[0][len(code) + 1 : -1].partition("*")[0]


PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "!()*/")
SETS = st.builds(
    DataSet,
    code=st.text(PRINTABLE, min_size=1, max_size=16),
    value=st.text(PRINTABLE, max_size=40),
    unit=st.none() | st.text(PRINTABLE, min_size=1, max_size=16),
)
BLOCKS = st.lists(SETS, max_size=6, unique_by=lambda one: one.code)


def framed(data: bytes) -> bytes:
    """``data`` between STX and a right BCC."""
    checked = data + b"\x03"
    return b"\x02" + checked + bytes([bcc_of(checked)])


def feed_each(reader: BlockReader, octets: bytes) -> list[Readout | None]:
    """What the reader says to each octet."""
    return [reader.feed(bytes([octet])) for octet in octets]


def test_the_documented_block() -> None:
    readout = decode_block(BLOCK)
    assert [one.encode().decode("ascii") for one in readout.sets] == LINES
    assert len(LINES) == 11
    assert readout.number("1-0:31.7.0", "A") == 5.012
    assert readout.number("1-0:91.7.0", "A") == 5.009
    assert readout.number("1-0:32.7.0", "V") == 230.05
    assert readout.number("0-0:96.50.1", "mT") == -60.80
    assert readout.number("0-0:96.50.4", None) == int(documented("0-0:96.50.4"))
    assert readout.bits("0-0:96.5.0") == 0x00050005
    assert readout.find("0-0:1.0.0").value == "2026-06-01 08:00:12"


def test_bcc_by_hand() -> None:
    # Two CR LF cancel out: 41 ^ 28 ^ 31 ^ 29 ^ 21 ^ 03 is left.
    assert decode_block(b"\x02A(1)\r\n!\r\n\x03\x53").sets == (DataSet("A", "1"),)


def test_each_octet_changed_in_each_bit_is_refused() -> None:
    """One flipped bit anywhere: the BCC, or the place of STX and ETX, gives it away."""
    for at in range(len(BLOCK)):
        for bit in range(8):
            wrong = bytearray(BLOCK)
            wrong[at] ^= 1 << bit
            with pytest.raises(CodecError):
                decode_block(bytes(wrong))


def test_each_octet_left_out_or_doubled_is_refused() -> None:
    for at in range(len(BLOCK)):
        with pytest.raises(CodecError):
            decode_block(BLOCK[:at] + BLOCK[at + 1 :])
        with pytest.raises(CodecError):
            decode_block(BLOCK[: at + 1] + BLOCK[at:])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"A(1)\r\n",
        b"A(1)\r\n!",
        b"A(1)\r!\r\n",
        b"A(1)\n!\r\n",
        b"A(1!\r\n",
        b"A(1))\r\n!\r\n",
        b"A1\r\n!\r\n",
        b"\r\n!\r\n",
        b"A(1)\r\n\r\n!\r\n",
        b"A(1*A*B)\r\n!\r\n",
        b"A(1)\r\nA(2)\r\n!\r\n",
        b"A(\x00)\r\n!\r\n",
        b"A(1)\r\n!\r\nB(2)\r\n",
        b"A" * 17 + b"(1)\r\n!\r\n",
    ],
)
def test_right_bcc_around_wrong_lines(data: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        decode_block(framed(data))
    assert caught.value.offset is not None


def test_several_sets_on_a_line_and_none_at_all() -> None:
    assert decode_block(framed(b"A(1*V)B(2)()\r\n!\r\n")).sets == (
        DataSet("A", "1", "V"),
        DataSet("B", "2"),
        DataSet("", ""),
    )
    assert decode_block(framed(b"!\r\n")).sets == ()


def test_an_eighth_bit_is_named_as_the_ports_setting() -> None:
    with pytest.raises(CodecError, match="7E1"):
        decode_block(BLOCK[:5] + bytes([BLOCK[5] | 0x80]) + BLOCK[6:])


@pytest.mark.parametrize("value", ["", "--1", "1,5", "+1", "0x12", "1e5", "nan", " 1", "1.", ".5", "٣"])
def test_values_that_are_no_number(value: str) -> None:
    with pytest.raises((ValueMissingError, CodecError)):
        Readout((DataSet("A", value, "A"),)).number("A", "A")


def test_another_unit_or_none_is_no_value() -> None:
    readout = Readout((DataSet("A", "1", "mA"), DataSet("B", "1"), DataSet("S", "00G0"), DataSet("E", "")))
    for code, unit in (("A", "A"), ("B", "A"), ("A", None), ("C", "A"), ("E", None)):
        with pytest.raises(ValueMissingError, match=code):
            readout.number(code, unit)
    for code in ("S", "E", "C"):
        with pytest.raises(ValueMissingError):
            readout.bits(code)


def test_block_in_pieces_and_after_an_echo() -> None:
    echo = b"\x06000\r\n"
    for prefix in (b"", echo):
        answers = feed_each(BlockReader(echo), prefix + BLOCK)
        assert answers[:-1] == [None] * (len(answers) - 1)
        assert answers[-1] == decode_block(BLOCK)


def test_what_follows_in_the_same_chunk_is_refused() -> None:
    with pytest.raises(CodecError):
        BlockReader().feed(BLOCK + b"x")


@pytest.mark.parametrize("first", [b"\x15", b"/TBR", b"\x06001\r\n"])
def test_anything_else_first_is_refused(first: bytes) -> None:
    with pytest.raises(CodecError, match="STX"):
        feed_each(BlockReader(b"\x06000\r\n"), first + BLOCK)


def test_an_endless_block_is_refused() -> None:
    with pytest.raises(CodecError, match="16384"):
        feed_each(BlockReader(), b"\x02" + b"A" * 16_384)


@REPEATABLE
@given(BLOCKS)
def test_encoded_is_decoded(sets: list[DataSet]) -> None:
    assert decode_block(encode_block([[one] for one in sets])).sets == tuple(sets)


@REPEATABLE
@given(BLOCKS, st.integers(0, 255))
def test_no_wrong_bcc_is_taken(sets: list[DataSet], bcc: int) -> None:
    block = encode_block([[one] for one in sets])
    if bcc != block[-1]:
        with pytest.raises(CodecError, match="BCC"):
            decode_block(block[:-1] + bytes([bcc]))


@REPEATABLE
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\x02", b"\x03", b"!\r\n", b"A(1)\r\n"]), max_size=8))
def test_no_error_but_its_own(chunks: list[bytes]) -> None:
    reader = BlockReader(b"\x06000\r\n")
    with suppress(CodecError):
        for chunk in chunks:
            reader.feed(chunk)


@pytest.mark.parametrize(
    "wrong", [DataSet("A(", "1"), DataSet("A", "1)"), DataSet("A", "1*V"), DataSet("A", "é"), DataSet("A", "1", "")]
)
def test_sets_that_have_no_encoding(wrong: DataSet) -> None:
    with pytest.raises(CodecError):
        wrong.encode()

"""The wrapper: exact frames, and a decoder that loses no octet and finds frames again after disturbance."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.meter.errors import CodecError
from harness.meter.wrapper import (
    Discarded,
    WrapperDecoder,
    WrapperFrame,
    decode_frame,
    encode_frame,
)
from tests.meter.hand_written import alert_apdu, alert_frame
from tests.meter.properties import REPEATABLE

GAP_NS = 1000


def _octets(items: list[WrapperFrame | Discarded]) -> bytes:
    return b"".join(item.octets for item in items)


def test_known_frame_both_ways() -> None:
    assert encode_frame(alert_apdu()) == alert_frame()
    assert decode_frame(alert_frame()) == WrapperFrame(1, 1, alert_apdu())
    assert encode_frame(b"\xaa", 16, 127) == bytes.fromhex("0001 0010 007F 0001 AA")


def test_a_wrong_frame_can_be_built() -> None:
    assert encode_frame(b"\xaa", version=2, length=9) == bytes.fromhex("0002 0001 0001 0009 AA")


@pytest.mark.parametrize(
    ("octets", "offset"),
    [("0002 0001 0001 0000", 0), ("0001 0001 0001 0002 AA", 8), ("0001 0001 0001 0000 AA", 8), ("0001 00", 2)],
)
def test_wrong_frames_are_refused_at_the_place(octets: str, offset: int) -> None:
    with pytest.raises(CodecError) as caught:
        decode_frame(bytes.fromhex(octets))
    assert caught.value.offset == offset


def test_times_are_those_of_first_and_last_octet() -> None:
    decoder = WrapperDecoder()
    frame = encode_frame(b"\x01\x02")
    found: list[WrapperFrame | Discarded] = []
    for at_ns, octet in enumerate(frame, 500):
        found += decoder.feed(bytes([octet]), at_ns)
    assert found == [WrapperFrame(1, 1, b"\x01\x02", 500, 509)]


def test_two_frames_in_one_chunk() -> None:
    frames = WrapperDecoder().feed(encode_frame(b"a") + encode_frame(b"b"), 7)
    assert [item.apdu for item in frames if isinstance(item, WrapperFrame)] == [b"a", b"b"]


def test_garbage_before_a_frame_is_handed_out() -> None:
    found = WrapperDecoder().feed(b"\xff\x00\x00" + encode_frame(b"a"), 7)
    assert [type(item) for item in found] == [Discarded, WrapperFrame]
    assert found[0].octets == b"\xff\x00\x00"


def test_an_oversized_length_does_not_swallow_what_follows() -> None:
    bad = encode_frame(b"", length=101)
    found = WrapperDecoder(max_apdu_octets=100).feed(bad + encode_frame(b"a"), 7)
    assert [item.octets for item in found] == [bad, encode_frame(b"a")]


def test_a_frame_behind_a_false_beginning_is_found_after_silence_with_its_own_times() -> None:
    decoder = WrapperDecoder(gap_timeout_ns=GAP_NS)
    false = encode_frame(b"", length=500)
    assert decoder.feed(false, 10) == []
    assert decoder.feed(encode_frame(b"a"), 20) == []
    assert decoder.expires_at_ns == 20 + GAP_NS
    assert decoder.expire(20 + GAP_NS - 1) == []
    found = decoder.expire(20 + GAP_NS)
    assert [item.octets for item in found] == [false, encode_frame(b"a")]
    assert found[1].last_octet_at_ns == 20
    assert decoder.pending_octets == 0
    assert decoder.expires_at_ns is None


def test_a_cut_frame_does_not_delay_the_next_one() -> None:
    decoder = WrapperDecoder(gap_timeout_ns=GAP_NS)
    decoder.feed(alert_frame()[:50], 0)
    found = decoder.feed(alert_frame(), GAP_NS)
    assert [item.octets for item in found] == [alert_frame()[:50], alert_frame()]
    cut = found[0]
    assert isinstance(cut, Discarded)
    assert "not completed" in cut.reason


_pieces = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=12),
            st.binary(max_size=6).map(encode_frame),
            st.sampled_from([b"\x00", b"\x00\x01", encode_frame(b"", length=30), encode_frame(b"", length=90)]),
        ),
        st.sampled_from([0, 1, GAP_NS - 1, GAP_NS, 5 * GAP_NS]),
    ),
    max_size=8,
)


@REPEATABLE
@given(_pieces, st.randoms(use_true_random=False))
def test_every_octet_comes_out_once_in_order_however_the_stream_is_cut(
    pieces: list[tuple[bytes, int]], random: Random
) -> None:
    whole, cut = (WrapperDecoder(max_apdu_octets=64, gap_timeout_ns=GAP_NS) for _ in range(2))
    found: list[WrapperFrame | Discarded] = []
    found_cut: list[WrapperFrame | Discarded] = []
    at_ns = 0
    for data, gap_ns in pieces:
        at_ns += gap_ns
        found += whole.feed(data, at_ns)
        at = 0
        while at < len(data):
            size = random.randint(1, 4)
            found_cut += cut.feed(data[at : at + size], at_ns)
            at += size
    found += whole.expire(at_ns + GAP_NS)
    found_cut += cut.expire(at_ns + GAP_NS)
    assert _octets(found) == b"".join(data for data, _ in pieces)
    assert whole.pending_octets == 0
    assert found_cut == found


@REPEATABLE
@given(st.binary(max_size=30).filter(lambda octets: b"\x00" not in octets), st.binary(min_size=1, max_size=20))
def test_a_frame_after_any_garbage_without_a_false_beginning_is_found_at_once(garbage: bytes, apdu: bytes) -> None:
    found = WrapperDecoder().feed(garbage + encode_frame(apdu), 3)
    assert found[-1] == WrapperFrame(1, 1, apdu, 3, 3)


def test_other_wports_are_shown_as_a_frame_where_a_frame_must_begin() -> None:
    decoder = WrapperDecoder(gap_timeout_ns=GAP_NS)
    assert decoder.feed(encode_frame(b"a", 2, 3), 5) == [WrapperFrame(2, 3, b"a", 5, 5)]
    assert decoder.feed(b"\xff" + encode_frame(b"a", 2, 3), 6) == []
    assert [type(item) for item in decoder.expire(6 + GAP_NS)] == [Discarded]


def test_limits_of_zero_are_refused() -> None:
    with pytest.raises(CodecError):
        WrapperDecoder(max_apdu_octets=0)
    with pytest.raises(CodecError):
        WrapperDecoder(gap_timeout_ns=0)

"""The alert and its APDUs against octets written out by hand."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.meter.alert import (
    AlertContent,
    EventCode,
    Severity,
    alert_of,
    alerts_of,
    decode_alert,
    encode_alert,
    expected_invoke_id,
    expected_transaction_id,
    notification_of,
    signing_of,
)
from harness.meter.apdu import DataNotification, DataNotificationConfirm, GeneralSigning
from harness.meter.axdr import Data, Tag
from harness.meter.errors import CodecError
from tests.meter import hand_written as hand
from tests.meter.properties import REPEATABLE

CONTENT = AlertContent(
    event_code=EventCode.CASE_OPENED,
    counter=hand.COUNTER,
    event_time_utc_ns=hand.EVENT_UTC_NS,
    log_sequence=7,
    severity=Severity.MAJOR,
    originator_title=hand.METER_TITLE,
    recipient_title=hand.HEADEND_TITLE,
    generated_utc_ns=hand.GENERATED_UTC_NS,
)


def test_encoding_gives_the_hand_written_octets() -> None:
    assert encode_alert(CONTENT, hand.sign) == hand.alert_apdu()


def test_decoding_the_hand_written_octets() -> None:
    alert = decode_alert(hand.alert_apdu())
    assert replace_to_content(alert) == CONTENT
    assert alert.signed_octets == hand.SIGNED_OCTETS
    assert alert.signature == hand.sign(hand.SIGNED_OCTETS)
    assert alert.transaction_id == bytes.fromhex("0000000000000105")
    assert alert.invoke_id_and_priority == 0xC0000105
    assert alert.confirmation().encode() == hand.CONFIRMATION_FRAME[8:]


def replace_to_content(alert: AlertContent) -> AlertContent:
    return AlertContent(**{name: getattr(alert, name) for name in AlertContent.__dataclass_fields__})


def test_confirmation_both_ways() -> None:
    octets = hand.CONFIRMATION_FRAME[8:]
    confirm = DataNotificationConfirm.decode(octets)
    assert confirm == DataNotificationConfirm(0xC0000105, octets[6:])
    assert confirm.encode() == octets


@REPEATABLE
@given(
    st.builds(
        AlertContent,
        event_code=st.integers(0, 255),
        counter=st.integers(0, (1 << 32) - 1),
        event_time_utc_ns=st.integers(0, 400_000_000_000).map(lambda hundredths: hundredths * 10_000_000),
        log_sequence=st.integers(0, (1 << 32) - 1),
        severity=st.integers(0, 255),
        originator_title=st.binary(min_size=8, max_size=8),
        recipient_title=st.binary(min_size=8, max_size=8),
        generated_utc_ns=st.integers(0, 400_000_000_000).map(lambda hundredths: hundredths * 10_000_000),
        event_time_status=st.integers(0, 255),
    )
)
def test_round_trip(content: AlertContent) -> None:
    assert replace_to_content(decode_alert(encode_alert(content, lambda _: bytes(64)))) == content


@REPEATABLE
@given(st.binary(max_size=200), st.integers(0, 163))
def test_no_error_but_its_own(octets: bytes, at: int) -> None:
    right = hand.alert_apdu()
    for tried in (octets, b"\xdf" + octets, right[:at], right[:at] + octets + right[at + len(octets) :]):
        with suppress(CodecError):
            decode_alert(tried)


def test_a_wrong_step_can_be_built_on_purpose() -> None:
    notification = replace(notification_of(CONTENT), invoke_id_and_priority=0)
    signing = signing_of(CONTENT, notification).signed_with(hand.sign)
    signing = replace(signing, transaction_id=b"")
    alert = alert_of(GeneralSigning.decode(signing.encode()))
    assert alert.invoke_id_and_priority == 0
    assert alert.transaction_id == b""


@pytest.mark.parametrize(
    ("at", "octet", "layer", "offset"),
    [
        (0, 0xDE, "general-signing", 0),
        (1, 0x09, "general-signing", None),
        (99, 0x41, "general-signing", 100),
        (43, 0x0E, "data-notification", 43),
        (61, 0x01, "alert", 63),
        (71, 0x12, "A-XDR data", None),
        (82, 13, "COSEM date-time", 80),
        (85, 24, "COSEM date-time", 85),
    ],
)
def test_errors_name_layer_and_place(at: int, octet: int, layer: str, offset: int | None) -> None:
    octets = bytearray(hand.alert_apdu())
    octets[at] = octet
    with pytest.raises(CodecError) as caught:
        decode_alert(bytes(octets))
    assert caught.value.layer == layer
    if offset is not None:
        assert caught.value.offset == offset


def test_a_length_in_a_longer_form_is_refused() -> None:
    octets = hand.alert_apdu().replace(
        b"\x40" + hand.sign(hand.SIGNED_OCTETS), b"\x81\x40" + hand.sign(hand.SIGNED_OCTETS)
    )
    with pytest.raises(CodecError, match="shortest form"):
        decode_alert(octets)


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(CodecError):
        encode_alert(replace(CONTENT, counter=1 << 32), hand.sign)
    with pytest.raises(CodecError):
        DataNotification(-1, b"", Data(Tag.NULL)).encode()


def several(*counters: int) -> bytes:
    """One payload of the hand-written event under each of these counters."""
    contents = [replace(CONTENT, counter=counter, log_sequence=counter) for counter in counters]
    return signing_of(contents[-1], notification_of(*contents)).signed_with(hand.sign).encode()


@pytest.mark.parametrize("counters", [(261, 262), (261, 263, 270)])
def test_several_events_share_a_payload_and_what_the_last_one_stands_for(counters: tuple[int, ...]) -> None:
    alerts = alerts_of(GeneralSigning.decode(several(*counters)))
    assert tuple(alert.counter for alert in alerts) == counters
    assert {alert.invoke_id_and_priority for alert in alerts} == {expected_invoke_id(counters[-1])}
    assert {alert.transaction_id for alert in alerts} == {expected_transaction_id(counters[-1])}
    assert len({alert.event_octets for alert in alerts}) == len(counters)
    alone = decode_alert(encode_alert(replace(CONTENT, counter=261, log_sequence=261), hand.sign))
    assert alerts[0].event_octets == alone.event_octets, "the same event in whatever payload it comes"


@pytest.mark.parametrize("counters", [(262, 261), (261, 261)])
def test_events_out_of_their_order_are_no_payload(counters: tuple[int, int]) -> None:
    with pytest.raises(CodecError, match="order of their counters"):
        alerts_of(GeneralSigning.decode(several(*counters)))

"""The listener's checks: what is accepted, what is not and why; no changed bit is ever accepted."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from hypothesis import given
from hypothesis import strategies as st

from harness.headend.errors import ListenerSettingError
from harness.headend.listener import AlertHistory, Finding, ListenerRules, MeterIdentity, Outcome, judge_octets
from harness.headend.listener.checks import Reception
from harness.meter.alert import notification_of, signing_of
from harness.meter.apdu import HIGH_PRIORITY, GeneralSigning
from harness.meter.axdr import Data, Tag
from harness.meter.wrapper import encode_frame
from tests.headend.alerts import FRAME, METER, content, frame
from tests.headend.bench_link import MS, ZERO_UTC_NS, S
from tests.meter import hand_written as hand
from tests.meter.properties import REPEATABLE

RULES = ListenerRules()
P256_ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551


def judge(
    octets: bytes,
    history: AlertHistory | None = None,
    at_ns: int = 0,
    meter: MeterIdentity = METER,
    rules: ListenerRules = RULES,
) -> Finding:
    return judge_octets(octets, meter, rules, history or AlertHistory(), Reception(at_ns, ZERO_UTC_NS + at_ns))


def history_with(octets: bytes, confirmed_at_ns: int | None = None) -> AlertHistory:
    history = AlertHistory()
    alert = judge(octets).alert
    assert alert is not None
    history.remember(alert.counter, alert.event_octets, 0)
    if confirmed_at_ns is not None:
        history.confirmed(alert.counter, confirmed_at_ns)
    return history


def signed(signing: GeneralSigning) -> bytes:
    return encode_frame(signing.signed_with(hand.sign).encode())


def test_the_hand_written_alert_is_accepted() -> None:
    finding = judge(FRAME)
    assert finding.outcome is Outcome.ACCEPTED
    assert finding.counter == hand.COUNTER
    assert finding.age_ns == 90 * MS
    assert finding.error_code is None


def test_no_flipped_bit_is_accepted() -> None:
    outcomes = set()
    for bit in range(len(FRAME) * 8):
        changed = bytearray(FRAME)
        changed[bit // 8] ^= 1 << bit % 8
        finding = judge(bytes(changed))
        assert not finding.outcome.authentic, f"bit {bit}: {finding.detail}"
        outcomes.add(finding.outcome)
    assert outcomes == {Outcome.MALFORMED, Outcome.UNKNOWN_METER, Outcome.SIGNATURE_INVALID}


def test_a_changed_event_is_a_signature_failure_even_where_it_no_longer_parses() -> None:
    # The values (not the lengths) of transaction-id, recipient title, date-time and content. The originator's
    # title is no proof of anything: under another name it is another meter's alert.
    for at in (*range(10, 18), *range(28, 36), *range(37, 49), *range(51, 107)):
        changed = bytearray(FRAME)
        changed[at] ^= 0xFF
        finding = judge(bytes(changed))
        assert finding.outcome is Outcome.SIGNATURE_INVALID, f"octet {at}: {finding.detail}"
        assert finding.error_code == 0xF2


@REPEATABLE
@given(st.integers(0, len(FRAME)), st.integers(0, 8), st.binary(max_size=8))
def test_no_cut_or_inserted_octets_are_accepted(at: int, removed: int, inserted: bytes) -> None:
    changed = FRAME[:at] + inserted + FRAME[at + removed :]
    assert judge(changed).outcome.authentic == (changed == FRAME)


@REPEATABLE
@given(st.binary(max_size=250))
def test_any_octets_end_in_an_outcome(octets: bytes) -> None:
    assert judge(octets).outcome is Outcome.MALFORMED
    assert judge(encode_frame(octets)).outcome is Outcome.MALFORMED
    assert not judge(encode_frame(b"\xdf" + hand.SIGNED_OCTETS + b"\x40" + octets)).outcome.authentic


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_of_another_length_is_a_signature_failure(size: int) -> None:
    octets = hand.sign(hand.SIGNED_OCTETS).ljust(65, b"\0")[:size]
    signing = replace(GeneralSigning.decode(hand.alert_apdu()), signature=octets)
    assert judge(encode_frame(signing.encode())).outcome is Outcome.SIGNATURE_INVALID


def test_the_right_numbers_in_more_octets_are_a_signature_failure() -> None:
    right = hand.sign(hand.SIGNED_OCTETS)
    signing = replace(GeneralSigning.decode(hand.alert_apdu()), signature=right[:32] + b"\0" + right[32:])
    assert judge(encode_frame(signing.encode())).outcome is Outcome.SIGNATURE_INVALID


@pytest.mark.parametrize("part", [0, 1, P256_ORDER, (1 << 256) - 1])
def test_signature_parts_at_the_edges_are_refused(part: int) -> None:
    octets = part.to_bytes(32, "big") * 2
    signing = replace(GeneralSigning.decode(hand.alert_apdu()), signature=octets)
    assert judge(encode_frame(signing.encode())).outcome is Outcome.SIGNATURE_INVALID


def test_another_key_is_a_signature_failure() -> None:
    other = replace(METER, public_key=derive_private_key(5, SECP256R1()).public_key())
    assert judge(FRAME, meter=other).outcome is Outcome.SIGNATURE_INVALID


def test_signing_less_than_the_standard_says_is_a_signature_failure() -> None:
    signing = GeneralSigning.decode(hand.alert_apdu())
    only_content = replace(signing, signature=hand.sign(signing.content))
    assert judge(encode_frame(only_content.encode())).outcome is Outcome.SIGNATURE_INVALID


def test_another_system_title_is_an_unknown_meter() -> None:
    finding = judge(frame(originator_title=b"TBR\0\0\0\0\2"))
    assert finding.outcome is Outcome.UNKNOWN_METER
    assert "54 42 52 00 00 00 00 01" in finding.detail


def test_an_alert_for_another_head_end_is_told() -> None:
    assert judge(frame(recipient_title=b"ELSEWHER")).outcome is Outcome.WRONG_RECIPIENT


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (lambda s: replace(s, transaction_id=bytes(8)), "transaction-id"),
        (lambda s: replace(s, date_time=bytes(12)), "date-time"),
        (lambda s: replace(s, content=b""), "data-notification"),
        (
            lambda s: replace(
                s, content=replace(notification_of(content()), invoke_id_and_priority=0x00000105).encode()
            ),
            "long-invoke-id",
        ),
        (
            lambda s: replace(s, content=replace(notification_of(content()), body=Data(Tag.NULL)).encode()),
            "a structure of",
        ),
    ],
)
def test_signed_parts_that_contradict_each_other_are_malformed(changed: object, word: str) -> None:
    assert callable(changed)
    finding = judge(signed(changed(signing_of(content(), notification_of(content())))))
    assert finding.outcome is Outcome.MALFORMED
    assert word in finding.detail


def test_a_priority_left_at_normal_is_no_contradiction() -> None:
    """What the alert tells is heard: a meter with this fault fails by its priority (COM-2) and by nothing else."""
    notification = notification_of(content())
    normal = replace(notification, invoke_id_and_priority=notification.invoke_id_and_priority & ~HIGH_PRIORITY)
    assert judge(signed(signing_of(content(), normal))).outcome is Outcome.ACCEPTED


def test_other_wports_or_another_object_are_malformed() -> None:
    assert "wPorts" in judge(encode_frame(hand.alert_apdu(), 1, 2)).detail
    finding = judge(frame(obis=bytes((0, 0, 96, 11, 0, 255))))
    assert finding.outcome is Outcome.MALFORMED
    assert "OBIS" in finding.detail


def test_a_format_error_gives_layer_place_and_clause() -> None:
    error = judge(FRAME[:-1]).format_error
    assert error is not None
    assert (error.layer, error.offset) == ("62056-47 wrapper", 8)
    assert error.clause


@pytest.mark.parametrize(
    ("confirmed_at_ns", "at_ns", "outcome"),
    [
        (None, 0, Outcome.RETRANSMISSION),
        (None, 900 * S, Outcome.RETRANSMISSION),
        (3 * S, 2 * S, Outcome.RETRANSMISSION),
        (0, 65 * S, Outcome.RETRANSMISSION),
        (0, 65 * S + 1, Outcome.REPLAYED),
    ],
)
def test_the_same_octets_again(confirmed_at_ns: int | None, at_ns: int, outcome: Outcome) -> None:
    finding = judge(FRAME, history_with(FRAME, confirmed_at_ns), at_ns)
    assert finding.outcome is outcome
    assert finding.same_as_known


def test_other_content_under_a_used_counter_is_a_replay_even_unconfirmed() -> None:
    finding = judge(frame(log_sequence=8), history_with(FRAME))
    assert finding.outcome is Outcome.REPLAYED
    assert not finding.same_as_known


def test_the_mirrored_signature_over_the_same_octets_is_the_same_alert() -> None:
    # ECDSA lets anyone turn (r, s) into (r, n - s); it must not make a second alert of one.
    signature = hand.sign(hand.SIGNED_OCTETS)
    mirrored = (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    signing = replace(GeneralSigning.decode(hand.alert_apdu()), signature=signature[:32] + mirrored)
    octets = encode_frame(signing.encode())
    assert judge(octets).outcome is Outcome.ACCEPTED
    assert judge(octets, history_with(FRAME)).outcome is Outcome.RETRANSMISSION


def test_counters_must_rise() -> None:
    history = history_with(FRAME)
    assert judge(frame(counter=262), history).outcome is Outcome.ACCEPTED
    assert judge(frame(counter=400), history).outcome is Outcome.ACCEPTED
    assert judge(frame(counter=260), history).outcome is Outcome.REORDERED
    assert judge(frame(counter=0), history).outcome is Outcome.REORDERED


def test_counters_from_before_the_run_are_replays() -> None:
    history = AlertHistory(floor=261)
    assert judge(FRAME, history).outcome is Outcome.REPLAYED
    assert judge(frame(counter=262), history).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("event_utc_ns", "outcome"),
    [
        (ZERO_UTC_NS + S, Outcome.ACCEPTED),
        (ZERO_UTC_NS + S + 10 * MS, Outcome.TIME_IMPLAUSIBLE),
        (METER.commissioned_utc_ns, Outcome.ACCEPTED),
        (METER.commissioned_utc_ns - 10 * MS, Outcome.TIME_IMPLAUSIBLE),
    ],
)
def test_event_times_at_their_limits(event_utc_ns: int, outcome: Outcome) -> None:
    assert judge(frame(event_time_utc_ns=event_utc_ns)).outcome is outcome


def test_the_greatest_age_is_a_rule() -> None:
    rules = ListenerRules(max_age_ns=90 * MS)
    assert judge(FRAME, rules=rules).outcome is Outcome.ACCEPTED
    finding = judge(FRAME, at_ns=10 * MS, rules=rules)
    assert finding.outcome is Outcome.TIME_IMPLAUSIBLE
    assert "0.10 s old" in finding.detail
    with pytest.raises(ListenerSettingError):
        ListenerRules(max_age_ns=-1)


def test_a_time_that_the_meter_calls_invalid_is_not_plausible() -> None:
    assert judge(frame(event_time_status=0x01)).outcome is Outcome.TIME_IMPLAUSIBLE
    assert judge(frame(event_time_status=0x80)).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("octets", "by_meter"),
    [
        (FRAME, True),
        (FRAME[:-1] + bytes([FRAME[-1] ^ 1]), False),
        (frame(recipient_title=b"ELSEWHER"), True),
        (frame(originator_title=b"TBR\0\0\0\0\2"), False),
        (frame(log_sequence=9), True),
        (frame(obis=bytes(6)), True),
        (signed(replace(signing_of(content(), notification_of(content())), content=b"")), True),
        (b"", False),
    ],
)
def test_who_signed_is_told_apart_from_what_is_wrong(octets: bytes, by_meter: bool) -> None:
    assert judge(octets, history_with(FRAME)).signed_by_meter is by_meter


def payload(*counters: int) -> bytes:
    contents = [content(counter=counter, log_sequence=counter) for counter in counters]
    return signed(signing_of(contents[-1], notification_of(*contents)))


def test_a_payload_is_told_by_what_is_new_in_it() -> None:
    assert judge(payload(261, 262)).outcome is Outcome.ACCEPTED
    assert [alert.counter for alert in judge(payload(261, 262)).alerts] == [261, 262]
    history = AlertHistory()
    for alert in judge(payload(261, 262)).alerts:
        history.remember(alert.counter, alert.event_octets, 0)
    assert judge(payload(261, 262), history).outcome is Outcome.RETRANSMISSION
    assert judge(payload(262), history).outcome is Outcome.RETRANSMISSION, "the same event, alone"
    assert judge(payload(262, 263), history).outcome is Outcome.ACCEPTED
    assert judge(payload(260, 263), history).outcome is Outcome.REORDERED
    other = signed(signing_of(content(counter=262), notification_of(content(counter=262, log_sequence=9))))
    assert judge(other, history).outcome is Outcome.REPLAYED


def test_ordinary_traffic_is_neither_alert_nor_malformed() -> None:
    billing = bytes.fromhex("0f 00000007 00 0202 120007 0600000001".replace(" ", ""))
    finding = judge(encode_frame(billing))
    assert (finding.outcome, finding.outcome.authentic) == (Outcome.ORDINARY, False)
    assert "7, normal priority" in finding.detail
    assert judge(encode_frame(bytes.fromhex("c501c100"))).outcome is Outcome.ORDINARY
    assert judge(encode_frame(bytes.fromhex("0f0000"))).outcome is Outcome.MALFORMED

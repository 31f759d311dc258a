"""The listener on a link: waits, times, confirmations, and no octet lost."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.bench.link import Direction
from harness.headend.listener import AlertListener, ConfirmPolicy, ListenerRules, Outcome, ReceivedAlert
from harness.meter.wrapper import WrapperDecoder, encode_frame
from tests.headend.alerts import FRAME, METER, frame
from tests.headend.bench_link import MS, ZERO_UTC_NS, BenchLink, S
from tests.meter.hand_written import CONFIRMATION_FRAME, EVENT_UTC_NS, GENERATED_UTC_NS
from tests.meter.properties import REPEATABLE

SECOND = frame(counter=262, log_sequence=8)


def test_an_alert_is_received_timed_and_confirmed() -> None:
    bench = BenchLink([(100 * MS, FRAME[:100]), (110 * MS, FRAME[100:])])
    received = AlertListener(bench, bench, METER).wait_alert(S)
    assert received is not None
    assert received.outcome is Outcome.ACCEPTED
    assert received.octets == FRAME
    assert (received.first_octet_at_ns, received.last_octet_at_ns) == (100 * MS, 110 * MS)
    assert received.received_utc_ns == ZERO_UTC_NS + 110 * MS
    assert received.confirmed_at_ns == 110 * MS
    assert received.finding.age_ns == 200 * MS
    assert bench.written == [(110 * MS, CONFIRMATION_FRAME)]


def test_silence_ends_at_the_deadline() -> None:
    bench = BenchLink([(2 * S, FRAME)])
    listener = AlertListener(bench, bench, METER)
    assert listener.wait_alert(S) is None
    assert bench.ns == S
    assert listener.wait_alert(S) is not None
    assert listener.wait_alert(0) is None


def test_a_wait_of_zero_still_looks() -> None:
    bench = BenchLink([(0, FRAME)])
    assert AlertListener(bench, bench, METER).wait_alert(0) is not None


def test_two_alerts_at_once_come_one_by_one() -> None:
    bench = BenchLink([(MS, FRAME + SECOND)])
    listener = AlertListener(bench, bench, METER)
    counters = []
    for _ in range(2):
        received = listener.wait_alert(S)
        assert received is not None
        counters.append(received.finding.counter)
    assert counters == [261, 262]
    assert len(bench.written) == 2


def test_collect_listens_for_its_whole_time() -> None:
    bench = BenchLink([(MS, FRAME), (S, SECOND), (S + 1, frame(counter=263))])
    listener = AlertListener(bench, bench, METER)
    assert [item.finding.counter for item in listener.collect(S)] == [261, 262]
    assert bench.ns == S
    assert [item.finding.counter for item in listener.collect(S)] == [263]
    assert listener.poll() == []


def test_waiting_for_an_outcome_passes_over_the_others() -> None:
    bad = bytearray(FRAME)
    bad[-1] ^= 1
    bench = BenchLink([(MS, bytes(bad)), (2 * MS, FRAME)])
    listener = AlertListener(bench, bench, METER)
    received = listener.wait_alert(S, {Outcome.ACCEPTED})
    assert received is not None
    assert received.outcome is Outcome.ACCEPTED
    assert [item.outcome for item in listener.received] == [Outcome.SIGNATURE_INVALID, Outcome.ACCEPTED]
    assert len(bench.written) == 1


def test_a_bad_signature_does_not_use_up_the_counter() -> None:
    bad = bytearray(FRAME)
    bad[-1] ^= 1
    bench = BenchLink([(MS, bytes(bad)), (2 * MS, FRAME)])
    AlertListener(bench, bench, METER).collect(S)
    assert bench.written == [(2 * MS, CONFIRMATION_FRAME)]


def test_held_confirmations_make_repeats_retransmissions() -> None:
    bench = BenchLink([(0, FRAME), (2 * S, FRAME), (6 * S, FRAME)])
    listener = AlertListener(bench, bench, METER)
    with listener.hold_confirmations():
        held = listener.collect(3 * S)
    assert [item.outcome for item in held] == [Outcome.ACCEPTED, Outcome.RETRANSMISSION]
    assert bench.written == []
    (repeated,) = listener.collect(4 * S)
    assert repeated.outcome is Outcome.RETRANSMISSION
    assert bench.written == [(6 * S, CONFIRMATION_FRAME)]


def test_holds_nest() -> None:
    bench = BenchLink([(0, FRAME)])
    listener = AlertListener(bench, bench, METER)
    listener.hold_confirmations()
    with listener.hold_confirmations():
        pass
    listener.poll()
    assert bench.written == []


def test_what_arrived_while_nobody_waited_is_judged_by_its_own_time() -> None:
    bench = BenchLink([(0, FRAME), (2 * S, FRAME), (6 * S, FRAME)])
    listener = AlertListener(bench, bench, METER)
    bench.sleep_ns(500 * S)
    assert [item.outcome for item in listener.poll()] == [
        Outcome.ACCEPTED,
        Outcome.RETRANSMISSION,
        Outcome.RETRANSMISSION,
    ]
    assert listener.received[0].received_utc_ns == ZERO_UTC_NS
    assert listener.received[0].confirmed_at_ns == 500 * S


def test_late_copies_are_replays_each_time_and_answered_unless_told_not_to() -> None:
    arriving = [(0, FRAME), (100 * S, FRAME), (101 * S, FRAME)]
    bench = BenchLink(list(arriving))
    outcomes = [item.outcome for item in AlertListener(bench, bench, METER).collect(200 * S)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.REPLAYED, Outcome.REPLAYED]
    assert len(bench.written) == 3
    bench = BenchLink(list(arriving))
    AlertListener(bench, bench, METER, confirm=ConfirmPolicy(late_copies=False)).collect(200 * S)
    assert len(bench.written) == 1


def test_a_forged_use_of_a_known_counter_is_not_confirmed() -> None:
    bench = BenchLink([(0, FRAME), (S, frame(log_sequence=9))])
    outcomes = [item.outcome for item in AlertListener(bench, bench, METER).collect(2 * S)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.REPLAYED]
    assert len(bench.written) == 1


def test_authentic_alerts_out_of_order_or_time_are_confirmed_and_remembered() -> None:
    late = frame(counter=260)
    bench = BenchLink([(0, FRAME), (S, late), (2 * S, late), (3 * S, frame(counter=300, event_time_status=1))])
    listener = AlertListener(bench, bench, METER)
    assert [item.outcome for item in listener.collect(4 * S)] == [
        Outcome.ACCEPTED,
        Outcome.REORDERED,
        Outcome.RETRANSMISSION,
        Outcome.TIME_IMPLAUSIBLE,
    ]
    assert len(bench.written) == 4
    assert listener.judge_bytes(frame(counter=299)).outcome is Outcome.REORDERED


def test_a_policy_may_confirm_nothing() -> None:
    bench = BenchLink([(0, FRAME)])
    policy = ConfirmPolicy(frozenset(), late_copies=False)
    (received,) = AlertListener(bench, bench, METER, confirm=policy).poll()
    assert received.confirmed_at_ns is None
    assert bench.written == []


def test_judging_bytes_changes_nothing() -> None:
    bench = BenchLink([(0, FRAME)])
    listener = AlertListener(bench, bench, METER)
    assert listener.judge_bytes(SECOND).outcome is Outcome.ACCEPTED
    assert listener.judge_bytes(SECOND).outcome is Outcome.ACCEPTED
    assert listener.judge_bytes(FRAME).outcome is Outcome.ACCEPTED
    listener.poll()
    assert listener.judge_bytes(FRAME).outcome is Outcome.RETRANSMISSION
    assert listener.judge_bytes(FRAME, after_ns=86_400 * S).outcome is Outcome.REPLAYED
    assert listener.judge_bytes(SECOND, after_ns=86_400 * S).outcome is Outcome.TIME_IMPLAUSIBLE
    assert len(listener.received) == 1
    assert len(bench.written) == 1


def test_a_floor_is_kept() -> None:
    bench = BenchLink([(0, FRAME)])
    (received,) = AlertListener(bench, bench, METER, floor_counter=261).poll()
    assert received.outcome is Outcome.REPLAYED


def test_traffic_and_observer_see_everything() -> None:
    bench = BenchLink([(MS, b"\xff"), (2 * MS, FRAME)])
    traffic: list[tuple[Direction, bytes, int]] = []
    seen: list[ReceivedAlert] = []
    listener = AlertListener(bench, bench, METER, traffic=lambda *said: traffic.append(said), observer=seen.append)
    listener.collect(S)
    assert traffic == [
        (Direction.RECEIVED, b"\xff", MS),
        (Direction.RECEIVED, FRAME, 2 * MS),
        (Direction.SENT, CONFIRMATION_FRAME, 2 * MS),
    ]
    assert seen == listener.received
    assert [item.outcome for item in seen] == [Outcome.MALFORMED, Outcome.ACCEPTED]


def test_a_cut_alert_is_reported_after_silence_and_its_repeat_accepted() -> None:
    bench = BenchLink([(0, FRAME[:90]), (2 * S, FRAME)])
    listener = AlertListener(bench, bench, METER)
    first = listener.wait_alert(S + MS)
    assert first is not None
    assert first.outcome is Outcome.MALFORMED
    assert first.octets == FRAME[:90]
    second = listener.wait_alert(2 * S)
    assert second is not None
    assert second.outcome is Outcome.ACCEPTED


def test_a_foreign_decoder_limit_is_used() -> None:
    bench = BenchLink([(0, FRAME)])
    listener = AlertListener(bench, bench, METER, decoder=WrapperDecoder(max_apdu_octets=163))
    assert {item.outcome for item in listener.collect(2 * S)} == {Outcome.MALFORMED}


_pieces = st.lists(
    st.tuples(
        st.integers(0, 3000).map(lambda ms: ms * MS),
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([FRAME, SECOND, FRAME[:50], FRAME[50:], frame(counter=9), encode_frame(b"\x0f")]),
        ),
    ),
    max_size=8,
)


@REPEATABLE
@given(_pieces)
def test_every_octet_ends_in_exactly_one_outcome(pieces: list[tuple[int, bytes]]) -> None:
    bench = BenchLink()
    for at_ns, data in pieces:
        bench.arrive(at_ns, data)
    sent = b"".join(data for _, data in bench.arriving)
    listener = AlertListener(bench, bench, METER)
    listener.collect(2 * S)
    taken = b"".join(item.octets for item in listener.received)
    assert sent.startswith(taken)
    listener.collect(4 * S)
    assert listener.pending_octets == 0
    assert b"".join(item.octets for item in listener.received) == sent
    confirmed = [item for item in listener.received if item.confirmed_at_ns is not None]
    assert len(confirmed) == len(bench.written)


def test_rules_reach_the_checks() -> None:
    bench = BenchLink([(0, FRAME), (S, FRAME)])
    rules = replace(ListenerRules(), repeat_window_ns=S - 1)
    outcomes = [item.outcome for item in AlertListener(bench, bench, METER, rules=rules).collect(2 * S)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.REPLAYED]


def test_a_confirmation_goes_back_to_the_port_it_came_from() -> None:
    bench = BenchLink([(0, encode_frame(FRAME[8:], 0x10, 0x20))])
    meter = replace(METER, source_wport=0x10, destination_wport=0x20)
    (received,) = AlertListener(bench, bench, meter).poll()
    assert received.outcome is Outcome.ACCEPTED
    assert bench.written == [(0, encode_frame(CONFIRMATION_FRAME[8:], 0x20, 0x10))]


def test_facts_name_what_the_record_keeps() -> None:
    bench = BenchLink([(110 * MS, FRAME), (2 * S, b"\xff")])
    good, noise = AlertListener(bench, bench, METER).collect(4 * S)
    assert good.facts() == {
        "detail": "counter 261, new and rightly signed",
        "received_utc_ns": ZERO_UTC_NS + 110 * MS,
        "signed_by_meter": True,
        "age_ns": 200 * MS,
        "confirmed_at_ns": 110 * MS,
        "event_code": 44,
        "counter": 261,
        "event_time_utc_ns": EVENT_UTC_NS,
        "generated_utc_ns": GENERATED_UTC_NS,
        "log_sequence": 7,
        "severity": 1,
    }
    assert set(noise.facts()) == {"detail", "received_utc_ns", "signed_by_meter"}
    bad = bytes([*FRAME[:-1], FRAME[-1] ^ 1])
    assert AlertListener(BenchLink([(0, bad)]), bench, METER).poll()[0].facts()["error_code"] == 0xF2

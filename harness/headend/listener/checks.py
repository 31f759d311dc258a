"""From octets to a finding: pure rules, the same for what arrives and for any octets shown to them.

Nothing in a message is believed before its signature fits: the counter and the times are looked at only then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.headend.errors import ListenerSettingError
from harness.headend.listener.history import AlertHistory, SeenAlert
from harness.headend.listener.identity import MeterIdentity
from harness.headend.listener.outcome import Outcome
from harness.meter.alert import (
    ALERT_OBIS,
    Alert,
    alerts_of,
    expected_invoke_id,
    expected_transaction_id,
)
from harness.meter.apdu import HIGH_PRIORITY, INVOKE_ID_MASK, DataNotification, GeneralSigning
from harness.meter.errors import CodecError
from harness.meter.requests import RESPONSE_TAGS
from harness.meter.wrapper import HEADER_OCTETS, decode_frame

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class ListenerRules:
    """The limits of the checks; each is a parameter of the plan.

    ``max_ahead_ns``: how far a right clock may be ahead of the bench's UTC (the meter's clock tolerance).
    ``max_age_ns``: the oldest event that is plausible; COM-3 sends old events on purpose, so plans raise it.
    ``repeat_window_ns``: how long after a confirmation the same octets are still a retransmission. A meter
    that missed the confirmation repeats after its longest back-off, 60 s by ``docs/alert-format.md``.
    """

    max_ahead_ns: int = _NS_PER_S
    max_age_ns: int = 3600 * _NS_PER_S
    repeat_window_ns: int = 65 * _NS_PER_S

    def __post_init__(self) -> None:
        if min(self.max_ahead_ns, self.max_age_ns, self.repeat_window_ns) < 0:
            raise ListenerSettingError(f"listener rules: expected times of 0 or more, found {self}; correct the plan")


@dataclass(frozen=True)
class Finding:
    """What the checks found, and why. ``alert`` is None if the octets could not be read as one.

    ``alerts`` are all that share the payload, in the order of their counters; ``alert`` is the last of them.

    ``age_ns`` is reception minus event time (negative: the meter's clock is ahead). ``same_as_known`` says
    that the event is the one already received under this counter. ``signed_by_meter`` says that the
    signature is the meter's over these octets, whatever else is wrong with them. ``format_error`` names the
    place where a malformed message left its format.
    """

    outcome: Outcome
    detail: str
    alert: Alert | None = None
    age_ns: int | None = None
    same_as_known: bool = False
    alerts: tuple[Alert, ...] = ()
    signed_by_meter: bool = False
    format_error: CodecError | None = None

    @property
    def error_code(self) -> int | None:
        """The catalogue's error code (0xF2 for a signature that does not validate)."""
        return self.outcome.error_code

    @property
    def counter(self) -> int | None:
        """The alert's counter; trustworthy only if the outcome is authentic."""
        return None if self.alert is None else self.alert.counter


@dataclass(frozen=True)
class Reception:
    """When octets were received: on the bench clock, and in the bench's UTC."""

    at_ns: int
    utc_ns: int


def judge_octets(
    octets: bytes, meter: MeterIdentity, rules: ListenerRules, history: AlertHistory, reception: Reception
) -> Finding:
    """The finding on ``octets`` as if received now; ``history`` is only read."""
    try:
        frame = decode_frame(octets)
        if (ordinary := _judge_ordinary(frame.apdu)) is not None:
            return ordinary
        signing = GeneralSigning.decode(frame.apdu, HEADER_OCTETS)
    except CodecError as error:
        return Finding(Outcome.MALFORMED, str(error), format_error=error)
    alerts, format_error = _read_alerts(signing, meter)
    alert = alerts[-1] if alerts else None
    origin = _check_origin(signing, meter)
    if origin is not None:
        return Finding(origin[0], origin[1], alert, format_error=format_error, alerts=alerts)
    if alert is None:
        finding = Finding(Outcome.MALFORMED, f"rightly signed, but {format_error}", format_error=format_error)
    elif (objection := _find_objection(alert, (frame.source, frame.destination), meter)) is not None:
        finding = Finding(objection[0], objection[1], alert)
    else:
        findings = [_judge_order(one, meter, rules, history, reception) for one in alerts]
        finding = min(findings, key=lambda one: _TELLING.index(one.outcome))
        finding = replace(finding, alert=alert, same_as_known=all(one.same_as_known for one in findings))
    return replace(finding, signed_by_meter=True, alerts=alerts)


_TELLING = (
    Outcome.REPLAYED,
    Outcome.TIME_IMPLAUSIBLE,
    Outcome.REORDERED,
    Outcome.ACCEPTED,
    Outcome.RETRANSMISSION,
)
"""Of several events in one payload the first of these tells what the payload is."""


def _judge_ordinary(apdu: bytes) -> Finding | None:
    """No alert but ordinary traffic: an unsigned data-notification, or an answer to a request. None for the rest."""
    if apdu[:1] == bytes([DataNotification.TAG]):
        invoke = DataNotification.decode(apdu, HEADER_OCTETS).invoke_id_and_priority
        priority = "high" if invoke & HIGH_PRIORITY else "normal"
        return Finding(Outcome.ORDINARY, f"unsigned data-notification {invoke & INVOKE_ID_MASK}, {priority} priority")
    if apdu[:1] in RESPONSE_TAGS:
        return Finding(Outcome.ORDINARY, f"answer {apdu.hex(' ')}")
    return None


def _find_objection(alert: Alert, ports: tuple[int, int], meter: MeterIdentity) -> tuple[Outcome, str] | None:
    if not alert.ciphering_valid:
        return Outcome.CIPHERING_INVALID, "rightly signed, but its tag is not what this meter's keys make of it"
    mismatch = _find_mismatch(alert, ports, meter)
    if mismatch is not None:
        return Outcome.MALFORMED, mismatch
    if alert.recipient_title != meter.recipient_title:
        detail = _expected("recipient system title", meter.recipient_title, alert.recipient_title)
        return Outcome.WRONG_RECIPIENT, detail
    return None


def _read_alerts(signing: GeneralSigning, meter: MeterIdentity) -> tuple[tuple[Alert, ...], CodecError | None]:
    try:
        return alerts_of(signing, HEADER_OCTETS, meter.keys), None
    except CodecError as error:
        return (), error


def _check_origin(signing: GeneralSigning, meter: MeterIdentity) -> tuple[Outcome, str] | None:
    title = signing.originator_system_title
    if title != meter.system_title:
        return Outcome.UNKNOWN_METER, _expected("originator system title", meter.system_title, title)
    if not meter.signature_fits(signing.signed_octets, signing.signature):
        size = len(signing.signature)
        return (
            Outcome.SIGNATURE_INVALID,
            f"expected this meter's ECDSA P-256 signature (r and s, 64 octets) over the "
            f"{len(signing.signed_octets)} signed octets; the {size} octets sent are none",
        )
    return None


def _find_mismatch(alert: Alert, ports: tuple[int, int], meter: MeterIdentity) -> str | None:
    """The first part of a rightly signed alert that contradicts the others or the addressing, or None."""
    expected_ports = (meter.source_wport, meter.destination_wport)
    if ports != expected_ports:
        return f"wPorts: expected source and destination {expected_ports}, found {ports}"
    if alert.obis != ALERT_OBIS:
        return _expected("OBIS code", ALERT_OBIS, alert.obis)
    ciphered_under = alert.invocation_counter
    is_ciphered = ciphered_under is not None
    transaction_id = expected_transaction_id(alert.counter if ciphered_under is None else ciphered_under)
    if alert.transaction_id != transaction_id:
        return _expected(f"transaction-id of counter {alert.counter}", transaction_id, alert.transaction_id)
    # The priority says how an alert wants to be carried, not whose it is: COM-2 judges it.
    invoke_id = expected_invoke_id(alert.counter)
    if alert.invoke_id_and_priority | HIGH_PRIORITY != invoke_id:
        return (
            f"long-invoke-id-and-priority of counter {alert.counter}: expected {invoke_id:#010x}, "
            f"found {alert.invoke_id_and_priority:#010x}"
        )
    date_time = b"" if is_ciphered else alert.date_time  # in clear it would tell when the alert was made
    if alert.signing_date_time != date_time:
        return _expected("general-signing date-time (that of the notification)", date_time, alert.signing_date_time)
    return None


def _judge_order(
    alert: Alert, meter: MeterIdentity, rules: ListenerRules, history: AlertHistory, reception: Reception
) -> Finding:
    age_ns = reception.utc_ns - alert.event_time_utc_ns
    seen = history.by_counter.get(alert.counter)
    if seen is not None:
        return _judge_known_counter(alert, seen, rules, reception, age_ns)
    highest = history.highest_counter
    if highest is not None and alert.counter <= highest:
        if history.floor is not None and alert.counter <= history.floor:
            detail = f"counter {alert.counter} is not above {history.floor}, the highest from before"
            return Finding(Outcome.REPLAYED, detail, alert, age_ns)
        detail = f"counter {alert.counter} is new, but {highest} was received before it"
        return Finding(Outcome.REORDERED, detail, alert, age_ns)
    doubt = _find_time_doubt(alert, meter, rules, age_ns)
    if doubt is not None:
        return Finding(Outcome.TIME_IMPLAUSIBLE, doubt, alert, age_ns)
    return Finding(Outcome.ACCEPTED, f"counter {alert.counter}, new and rightly signed", alert, age_ns)


def _judge_known_counter(
    alert: Alert, seen: SeenAlert, rules: ListenerRules, reception: Reception, age_ns: int
) -> Finding:
    if alert.event_octets != seen.event_octets:
        detail = f"counter {alert.counter} was used before with other content"
        return Finding(Outcome.REPLAYED, detail, alert, age_ns)
    if seen.confirmed_at_ns is None:
        detail = f"counter {alert.counter} again, not confirmed yet"
        return Finding(Outcome.RETRANSMISSION, detail, alert, age_ns, same_as_known=True)
    since_ns = reception.at_ns - seen.confirmed_at_ns
    detail = f"counter {alert.counter} again, {since_ns / _NS_PER_S:.3f} s after its confirmation"
    outcome = Outcome.RETRANSMISSION if since_ns <= rules.repeat_window_ns else Outcome.REPLAYED
    return Finding(outcome, detail, alert, age_ns, same_as_known=True)


def _find_time_doubt(alert: Alert, meter: MeterIdentity, rules: ListenerRules, age_ns: int) -> str | None:
    if alert.event_time_invalid:
        return f"the meter marks its event time as invalid (clock status {alert.event_time_status:#04x})"
    if alert.event_time_utc_ns < meter.commissioned_utc_ns:
        before_s = (meter.commissioned_utc_ns - alert.event_time_utc_ns) / _NS_PER_S
        return f"event time {before_s:.2f} s before the meter was commissioned"
    if -age_ns > rules.max_ahead_ns:
        return (
            f"event time {-age_ns / _NS_PER_S:.2f} s in the future, at most "
            f"{rules.max_ahead_ns / _NS_PER_S:g} s is the clocks' tolerance"
        )
    if age_ns > rules.max_age_ns:
        return f"event {age_ns / _NS_PER_S:.2f} s old, at most {rules.max_age_ns / _NS_PER_S:g} s is plausible"
    return None


def _expected(what: str, expected: bytes, found: bytes) -> str:
    return f"{what}: expected {expected.hex(' ')}, found {found.hex(' ') or 'nothing'}"

"""Signed reporting: counter, time and signature of each alert, and that changed or replayed ones are told (SIG-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener, SignedAlert
from harness.bench.bench import Bench
from harness.evidence.record import TestRecord
from harness.measure.uncertainty import between_stamps
from harness.measure.units import DurationNs
from harness.meter.alert import Alert
from harness.plan.parameters import Parameters

NOT_YET_LASTING = 0.8
"""SEAL-2: an opening of up to 0.8 of the debounce time gives no event, so no alert of one is made any sooner."""

OTHERS_MAX = 40
"""More alerts than contact bounce can be taken for; a meter that still has not told of the movement never will."""

SHORT = 0.6
"""Of the debounce time: an opening that is short beyond doubt, whatever bounce adds to it."""

STIMULUS_ATTEMPTS = 6
"""How often the short opening is tried; each attempt is recorded."""

STAMP_RESOLUTION_MS = 10.0
"""A COSEM date-time has hundredths of a second."""

WATCH_NS = 2_000_000_000
"""Long enough for an alert that is on the wire within four times the limit of COM-1."""


class GenuineAlerts(Parameters):
    """``clock_tolerance``: how far the time in an alert may be from the bench's UTC at the stimulus.

    ``debounce``: the debounce time that SEAL-2 asks of this meter.
    """

    openings: int = Field(ge=2)
    clock_tolerance_ns: DurationNs
    debounce_ns: DurationNs = Field(gt=0)


class ChangedAlert(Parameters):
    """``changes``: how many single-bit changes are tried, spread evenly over the whole alert."""

    changes: int = Field(ge=1, le=4096)


class ReplayedAlert(Parameters):
    """``alerts``: how many genuine alerts are replayed."""

    alerts: int = Field(ge=1)


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=GenuineAlerts)
def test_alerts_are_signed_counted_and_timed(
    bench: Bench, case: Case, listener: Listener, record: TestRecord, parameters: GenuineAlerts
) -> None:
    """Every alert has a valid signature, a counter above all before it, and the time of its event.

    Movements lie further apart than the tolerance of the clock, so that another event's time is told from this one's;
    what comes in between is a question of SEAL-2.
    """
    codes = bench.meter.alerts.events
    stamps = EventTime(bench.meter.alerts.event_time, parameters.debounce_ns, record)
    if stamps.declared == "first-edge":
        stamps.meter_waits = meter_waits(case, listener, record, parameters.debounce_ns)
    last_counter: int | None = None
    for number in range(1, parameters.openings + 1):
        for movement, move, code in (
            ("opening", case.open, codes.case_opened),
            ("closing", case.close, codes.case_closed),
        ):
            listener.collect(2 * parameters.clock_tolerance_ns)
            at_utc_ns = move()
            name = f"{movement} {number}"
            received = alert_of(code, name, listener, record)
            record.judge_equal(f"{name}: valid signatures", int(received.signature_valid), 1, requirements=["SIG-1"])
            if last_counter is not None:
                step = received.alert.counter - last_counter
                record.judge(f"{name}: counter step", step, "1", at_least=1, requirements=["SIG-1"])
            last_counter = received.alert.counter
            marked = int(received.alert.event_time_invalid)
            record.judge_equal(f"{name}: event times marked as invalid", marked, 0, requirements=["SIG-1"])
            record.judge(
                f"{name}: event time against bench UTC",
                (received.alert.event_time_utc_ns - at_utc_ns) / 1e9,
                "s",
                at_least=-parameters.clock_tolerance_ns / 1e9,
                at_most=parameters.clock_tolerance_ns / 1e9,
                uncertainty=listener.utc_uncertainty(),
                requirements=["SIG-1"],
            )
            stamps.judge(received.alert, name)


def alert_of(code: int, name: str, listener: Listener, record: TestRecord, heard: str = "SIG-1") -> SignedAlert:
    """The alert that tells of this stimulus; alerts of other events may come first, and are a question of detection.

    ``heard`` is the requirement that a missing one violates.
    """
    for _ in range(OTHERS_MAX):
        received = listener.one(WATCH_NS, name, ["SIG-1"], [heard])
        if received.alert.event_code == code:
            return received
        record.note(f"{name}: an alert of event code {received.alert.event_code} came before the one of {code}")
    record.judge_equal(f"{name}: alerts of event code {code}", 0, 1, requirements=[heard])
    return received


def meter_waits(case: Case, listener: Listener, record: TestRecord, debounce_ns: int) -> bool:
    """Whether an opening well below the debounce time gives no event: then the meter waits before it makes an alert."""
    command_ns = case.trim_pulse(round(SHORT * debounce_ns))
    listener.collect(WATCH_NS)
    for _ in range(STIMULUS_ATTEMPTS):
        openings = case.pulse_train(command_ns, 0, 1)
        seen = listener.collect(WATCH_NS)
        for opening in openings:
            record.reading("short opening, first to last edge", opening.envelope_ms, "ms", events=seen.events)
        if len(openings) != 1 or openings[0].envelope_ns > NOT_YET_LASTING * debounce_ns:
            continue  # a busy bench makes a pulse longer than it was told to
        if seen.events:
            record.note("the meter does not wait out the debounce time (SEAL-2): its event times can't be told by it")
        return not seen.events
    record.inconclusive("no opening well below the debounce time could be made; see the readings", ["SIG-1"])
    return False


@dataclass
class EventTime:
    """What the meter file declares the event time to be, held against the time at which the alert was made.

    The tolerance of the clock is far too wide to tell the first edge from the moment of sending. The two times in one
    alert tell it, being from one clock: a meter that waits to be sure makes its alert that much after the first edge.
    """

    declared: Literal["first-edge", "detection"]
    debounce_ns: int
    record: TestRecord
    meter_waits: bool = False

    def judge(self, alert: Alert, name: str) -> None:
        """Judge a first edge of a meter that waits; record it otherwise."""
        name = f"{name}: alert made after its event time"
        made_after_ms = (alert.generated_utc_ns - alert.event_time_utc_ns) / 1e6
        if not self.meter_waits:
            self.record.reading(name, made_after_ms, "ms", event_time=self.declared)
            return
        self.record.judge(
            name,
            made_after_ms,
            "ms",
            at_least=NOT_YET_LASTING * self.debounce_ns / 1e6,
            uncertainty=between_stamps("ms", resolution=STAMP_RESOLUTION_MS),
            requirements=["SIG-1"],
            explanation="the event time is declared to be the first edge",
        )


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=ChangedAlert)
def test_a_changed_alert_is_told(case: Case, listener: Listener, record: TestRecord, parameters: ChangedAlert) -> None:
    """A copy of a genuine alert with any one bit changed is never accepted."""
    case.open()
    received = listener.one(WATCH_NS, "opening", ["SIG-1"])
    record.judge_equal(
        "valid signatures of the unchanged alert", int(received.signature_valid), 1, requirements=["SIG-1"]
    )
    bits = 8 * len(received.octets)
    taken_for_genuine = 0
    for change in range(parameters.changes):
        bit = change * bits // parameters.changes
        changed = bytearray(received.octets)
        changed[bit // 8] ^= 0x80 >> (bit % 8)
        taken_for_genuine += listener.would_be_genuine(bytes(changed), f"bit {bit} changed")
    record.judge_equal("changed copies taken for genuine", taken_for_genuine, 0, requirements=["SIG-1"])


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=ReplayedAlert)
def test_a_replayed_alert_is_told(
    case: Case, listener: Listener, record: TestRecord, parameters: ReplayedAlert
) -> None:
    """An alert that was received and confirmed is told as a replay when its very bytes come again."""
    genuine: list[SignedAlert] = []
    while len(genuine) < parameters.alerts:
        case.open()
        genuine.append(listener.one(WATCH_NS, f"opening {len(genuine) + 1}", ["SIG-1"]))
        case.close()
        listener.one(WATCH_NS, f"closing {len(genuine)}", ["SIG-1"])
    told = sum(listener.is_told_as_replay(received.octets) for received in genuine)
    record.judge_equal("replays told", told, parameters.alerts, requirements=["SIG-1"])

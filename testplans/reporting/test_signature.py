"""Signed reporting: counter, time and signature of each alert, and that changed or replayed ones are told (SIG-1)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

WATCH_NS = 2_000_000_000
"""Long enough for an alert that is on the wire within four times the limit of COM-1."""


class GenuineAlerts(Parameters):
    """``clock_tolerance``: how far the time in an alert may be from the bench's UTC at the stimulus."""

    openings: int = Field(ge=2)
    clock_tolerance_ns: DurationNs


class ChangedAlert(Parameters):
    """``changes``: how many single-bit changes are tried, spread evenly over the whole alert."""

    changes: int = Field(ge=1, le=4096)


class ReplayedAlert(Parameters):
    """``alerts``: how many genuine alerts are replayed."""

    alerts: int = Field(ge=1)


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=GenuineAlerts)
def test_alerts_are_signed_counted_and_timed(
    case: Case, listener: Listener, record: TestRecord, parameters: GenuineAlerts
) -> None:
    """Every alert has a valid signature, a counter above all before it, and the time of its event.

    Movements lie further apart than the tolerance of the clock, so that another event's time is told from this one's;
    what comes in between is a question of SEAL-2.
    """
    last_counter: int | None = None
    for number in range(1, parameters.openings + 1):
        for movement, move in (("opening", case.open), ("closing", case.close)):
            listener.collect(2 * parameters.clock_tolerance_ns)
            at_utc_ns = move()
            received = listener.one(WATCH_NS, f"{movement} {number}", ["SIG-1"])
            name = f"{movement} {number}"
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
    genuine = []
    while len(genuine) < parameters.alerts:
        case.open()
        genuine.append(listener.one(WATCH_NS, f"opening {len(genuine) + 1}", ["SIG-1"]))
        case.close()
        listener.one(WATCH_NS, f"closing {len(genuine)}", ["SIG-1"])
    told = sum(listener.is_told_as_replay(received.octets) for received in genuine)
    record.judge_equal("replays told", told, parameters.alerts, requirements=["SIG-1"])

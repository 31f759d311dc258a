"""Confidentiality of alerts: nobody on the line reads the event, and no invocation counter is used twice (SIG-1).

With AES-GCM a counter that comes again under one key gives away both texts and the key that authenticates.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.meter.alert import Alert, ciphering_of
from harness.meter.apdu import GeneralSigning
from harness.meter.ciphering import GeneralGloCiphering
from harness.meter.wrapper import decode_frame
from harness.plan.parameters import Parameters


class ConfidentialAlerts(Parameters):
    """``openings``: each with its closing."""

    openings: int = Field(ge=1)


class InvocationCounters(Parameters):
    """``apart``: from an opening to its closing. ``unheard``: how long nothing is confirmed (repeats).

    ``off``: how long each cut of the supply lasts. ``into_report``: the second comes so long after an opening.
    ``back_within``: how long this meter may take from its supply's return to signing on at its optical port.
    """

    movements: int = Field(ge=1)
    apart_ns: DurationNs = Field(gt=0)
    unheard_ns: DurationNs = Field(gt=0)
    off_ns: DurationNs = Field(gt=0)
    into_report_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=ConfidentialAlerts)
def test_nothing_of_an_event_is_readable(
    case: Case, listener: Listener, record: TestRecord, parameters: ConfidentialAlerts
) -> None:
    """Event code with its counter and the times stand nowhere on the line; each alert's tag is right."""
    mark = listener.mark()
    for _ in range(parameters.openings):
        case.open()
        listener.alerts_until_quiet()
        case.close()
        listener.alerts_until_quiet()
    frames = [received for received in listener.received_since(mark) if received.alerts]
    record.judge("alerts heard", len(frames), "1", at_least=2 * parameters.openings, requirements=["SIG-1"])
    for number, received in enumerate(frames, 1):
        readable = [what for alert in received.alerts for what, octets in parts_of(alert) if octets in received.octets]
        shown = ", ".join(readable) or "none"
        name = f"alert {number}: parts of the event in clear"
        record.judge_equal(name, len(readable), 0, requirements=["SIG-1"], explanation=shown)
        wrong = sum(not alert.ciphering_valid for alert in received.alerts)
        record.judge_equal(f"alert {number}: wrong tags", wrong, 0, requirements=["SIG-1"])


@pytest.mark.requirements("SIG-1")
@pytest.mark.parameters(model=InvocationCounters)
def test_no_invocation_counter_is_used_twice(
    case: Case, supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: InvocationCounters
) -> None:
    """Over repeats, power cuts and two alerts soon after each other a counter comes again only with the same octets."""
    mark = listener.mark()
    for _ in range(parameters.movements):
        case.open()
        clock.sleep_ns(parameters.apart_ns)
        case.close()
        listener.alerts_until_quiet()
    _cut(supply, parameters, record)
    with listener.unheard():
        case.open()
        listener.collect(parameters.unheard_ns)
    listener.alerts_until_quiet()
    began_ns = clock.now_ns()
    case.close()
    clock.sleep_ns(began_ns + parameters.into_report_ns - clock.now_ns())
    _cut(supply, parameters, record)
    listener.alerts_until_quiet()
    used = ciphered(one.octets for one in listener.received_since(mark) if one.alerts)
    texts: dict[int, set[bytes]] = {}
    for one in used:
        texts.setdefault(one.invocation_counter, set()).add(one.encode())
    record.judge("ciphered alerts", len(used), "1", at_least=2 * parameters.movements, requirements=["SIG-1"])
    again = sum(len(one) - 1 for one in texts.values())
    record.judge_equal("invocation counters used for another text", again, 0, requirements=["SIG-1"])


def parts_of(alert: Alert) -> list[tuple[str, bytes]]:
    """What must not be found on the line, by its name: only what is too long to be there by chance.

    A low counter by itself is four octets that stand in a title too, and the invocation counter tells in any case how
    many alerts there were.
    """
    event = alert.event_octets
    return [
        ("event code and counter", event[10:17]),
        ("event time", event[19:30]),
        ("time of the alert", alert.date_time[:8]),
    ]


def ciphered(frames: Iterable[bytes]) -> list[GeneralGloCiphering]:
    """The ciphering of each alert that has one."""
    contents = [ciphering_of(GeneralSigning.decode(decode_frame(octets).apdu)) for octets in frames]
    return [one for one in contents if one is not None]


def _cut(supply: Supply, parameters: InvocationCounters, record: TestRecord) -> None:
    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_equal("meter signs on again after a cut", int(back), 1, requirements=["SIG-1"])

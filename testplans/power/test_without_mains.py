"""What happens to a meter without mains is caught, and told with its own time when they return (MAG-4).

The supply is long enough away for the meter's stored energy to be gone. The event's time is judged against the bench's
UTC at the stimulus, so a meter that finds out only at power-on, or stamps it then, fails.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import EventName, Listener, SignedAlert
from fixtures.magnet import Magnet
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

NS_PER_S = 1_000_000_000


class Outage(Parameters):
    """``before``: how long the supply is away before the stimulus, ``held``: how long that lasts, ``after``: and then.

    ``clock_tolerance``: how far the event's time may be from the bench's; it must be shorter than ``held`` and
    ``after`` together, else a meter that stamps at its return would pass. ``back_within``: the meter's time to boot.
    """

    before_ns: DurationNs = Field(gt=0)
    held_ns: DurationNs = Field(gt=0)
    after_ns: DurationNs = Field(gt=0)
    clock_tolerance_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    outages: int = Field(default=2, ge=1)
    """With as many outages in a row: what caught the first must be ready for the second."""


class MagnetInOutage(Outage):
    """``field`` is applied along each of ``directions``; in as many outages each."""

    field_mT: FieldMt
    directions: list[DirectionField] = Field(min_length=1)


class BothInOutage(Outage):
    """``field`` along ``direction`` first, and the case opened in it, which is open still when the supply returns if
    ``left_open``."""

    field_mT: FieldMt
    direction: DirectionField
    left_open: bool


@pytest.mark.requirements("MAG-4", "SEAL-1")
@pytest.mark.parameters(model=BothInOutage)
def test_magnet_and_case_in_one_outage_are_both_reported(
    magnet: Magnet,
    case: Case,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: BothInOutage,
) -> None:
    """A magnet and an opening in the same outage are an event each, with its own time."""
    for number in range(1, parameters.outages + 1):
        name = f"outage {number}"
        supply.cut()
        clock.sleep_ns(parameters.before_ns)
        from_utc_ns = clock.utc_ns()
        magnet.apply(parameters.field_mT, parameters.direction.vector)
        to_utc_ns = clock.utc_ns()
        clock.sleep_ns(parameters.held_ns)
        opened_utc_ns = case.open()
        clock.sleep_ns(parameters.held_ns)
        magnet.off()
        if not parameters.left_open:
            case.close()
        clock.sleep_ns(parameters.after_ns)
        _come_back(supply, parameters, name, record)
        alerts = listener.alerts_until_quiet()
        judge_told("magnetic_field", (from_utc_ns, to_utc_ns), name, alerts, listener, parameters, record)
        judge_told("case_opened", (opened_utc_ns, opened_utc_ns), name, alerts, listener, parameters, record)
        if parameters.left_open:
            case.close()
            seen = listener.collect_until_quiet()
            record.judge_equal(f"{name}: events 'case closed' after it", seen.of("case_closed"), 1)


@pytest.mark.requirements("MAG-4")
@pytest.mark.parameters(model=MagnetInOutage)
def test_a_magnet_without_mains_is_reported_with_its_time(
    magnet: Magnet,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: MagnetInOutage,
) -> None:
    """A magnet that came and went while there were no mains is one event with the time at which it came."""
    for direction in parameters.directions:
        for number in range(1, parameters.outages + 1):
            name = f"{direction.name}, outage {number}"
            supply.cut()
            clock.sleep_ns(parameters.before_ns)
            from_utc_ns = clock.utc_ns()
            magnet.apply(parameters.field_mT, direction.vector)
            to_utc_ns = clock.utc_ns()
            clock.sleep_ns(parameters.held_ns)
            magnet.off()
            clock.sleep_ns(parameters.after_ns)
            _come_back(supply, parameters, name, record)
            judge_event("magnetic_field", (from_utc_ns, to_utc_ns), name, listener, parameters, record)


@pytest.mark.requirements("MAG-4")
@pytest.mark.parameters(model=Outage)
def test_the_case_opened_without_mains_is_reported_with_its_time(
    case: Case, supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: Outage
) -> None:
    """The case, opened and closed while there were no mains, is one event with the time of the opening."""
    for number in range(1, parameters.outages + 1):
        name = f"outage {number}"
        supply.cut()
        clock.sleep_ns(parameters.before_ns)
        opened_utc_ns = case.open()
        clock.sleep_ns(parameters.held_ns)
        case.close()
        clock.sleep_ns(parameters.after_ns)
        _come_back(supply, parameters, name, record)
        judge_event("case_opened", (opened_utc_ns, opened_utc_ns), name, listener, parameters, record)


@pytest.mark.requirements("MAG-4")
@pytest.mark.parameters(model=Outage)
def test_an_outage_alone_gives_no_event(
    supply: Supply, listener: Listener, clock: Clock, record: TestRecord, parameters: Outage
) -> None:
    """Supplies that go and come again are no tampering."""
    for number in range(1, parameters.outages + 1):
        supply.cut()
        clock.sleep_ns(parameters.before_ns)
        _come_back(supply, parameters, f"outage {number}", record)
        seen = listener.collect_until_quiet()
        record.judge_equal(f"outage {number}: events of tampering", sum(seen.counts.values()), 0)


def _come_back(supply: Supply, parameters: Outage, name: str, record: TestRecord) -> None:
    supply.restore()
    record.judge_true(f"{name}: meter is back after its supply", supply.is_back(parameters.back_within_ns))


def judge_event(
    event: EventName,
    utc_ns: tuple[int, int],
    name: str,
    listener: Listener,
    parameters: Outage,
    record: TestRecord,
) -> None:
    """One event, stamped within the tolerance of the time that the bench knows its beginning to lie in."""
    judge_told(event, utc_ns, name, listener.alerts_until_quiet(), listener, parameters, record)


def judge_told(
    event: EventName,
    utc_ns: tuple[int, int],
    name: str,
    told: Sequence[SignedAlert],
    listener: Listener,
    parameters: Outage,
    record: TestRecord,
) -> None:
    """As :func:`judge_event`, of what was told already."""
    alerts = [found for found in told if listener.tells_of(event, found)]
    record.judge_equal(f"{name}: events {event.replace('_', ' ')}", len(alerts), 1)
    stamp_ns = alerts[0].alert.event_time_utc_ns
    off_ns = max(utc_ns[0] - stamp_ns, stamp_ns - utc_ns[1], 0)
    record.judge(
        f"{name}: event time from the bench's",
        off_ns / NS_PER_S,
        "s",
        at_most=parameters.clock_tolerance_ns / NS_PER_S,
        uncertainty=listener.utc_uncertainty(),
    )

"""A battery that is worn out is told while there is still time: once, and so is its replacement (PWR-1).

Without a battery the meter sees nothing as soon as the mains are away. Where a meter draws the line is its maker's
matter; the bench's worn cell is below any.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.battery import Battery
from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, PercentPct, VoltageV
from harness.plan.parameters import Parameters

NS_PER_S = 1_000_000_000
LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class LowBattery(Parameters):
    """The worn cell is there ``times`` times. A meter may look at its battery rarely: its alert is due ``within``.

    ``clock_tolerance``: how far the event's time may be from the bench's. The supply is away for ``off`` meanwhile, and
    ``back_within`` is the meter's time to boot.
    """

    times: int = Field(ge=1)
    within_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    clock_tolerance_ns: DurationNs = Field(gt=0)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class ShuntAndBattery(Parameters):
    """A shunt of about ``mismatch``, surely ``must_trip`` or more, of a load of ``current``, in two orders."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    must_trip_pct: PercentPct
    element: Element
    battery_within_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("PWR-1")
@pytest.mark.parameters(model=LowBattery)
def test_a_low_battery_is_told_once_and_so_is_its_end(
    battery: Battery,
    supply: Supply,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: LowBattery,
) -> None:
    """The meter's own battery is no event; a worn one is one, over a loss of the mains too; so is its replacement."""
    record.judge_equal("own battery: events", listener.collect(parameters.within_ns).events, 0)
    line = meter.security_log().find(listener.code_of("battery_low"))
    record.judge_true("own battery: the log does not have it as low", line is None or line.standing != "active")
    for number in range(1, parameters.times + 1):
        worn_utc_ns = battery.wear_out()
        _judge_told("battery_low", f"worn {number}", worn_utc_ns, listener, record, parameters)
        record.judge_equal(f"worn {number}: events after it", listener.collect(parameters.within_ns).events, 0)
        supply.cut()
        clock.sleep_ns(parameters.off_ns)
        supply.restore()
        record.judge_true(f"worn {number}: meter is back", supply.is_back(parameters.back_within_ns))
        seen = listener.collect(parameters.within_ns)
        record.judge_equal(f"worn {number}: told again when the mains return", seen.of("battery_low"), 0)
        renewed_utc_ns = battery.renew()
        _judge_told("battery_low_gone", f"renewed {number}", renewed_utc_ns, listener, record, parameters)
        record.judge_equal(f"renewed {number}: events after it", listener.collect(parameters.within_ns).events, 0)
    supply.cut()
    battery.wear_out()
    clock.sleep_ns(parameters.off_ns)
    supply.restore()
    record.judge_true("worn without mains: meter is back", supply.is_back(parameters.back_within_ns))
    seen = listener.collect(parameters.within_ns)
    record.judge_equal("worn without mains: events 'battery low'", seen.of("battery_low"), 1)
    battery.renew()
    seen = listener.collect(parameters.within_ns)
    record.judge_equal("renewed at last: events 'battery low gone'", seen.of("battery_low_gone"), 1)


@pytest.mark.requirements("PWR-1", "MET-1")
@pytest.mark.parameters(model=ShuntAndBattery)
def test_a_shunt_and_a_failing_battery_are_both_told(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    battery: Battery,
    listener: Listener,
    record: TestRecord,
    parameters: ShuntAndBattery,
) -> None:
    """A shunt at a meter whose battery has failed is told, and a battery that fails in the shunt's time is, too."""
    mains.feed(parameters.voltage_V)
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    battery.wear_out()
    _judge_one("battery fails", "battery_low", "PWR-1", parameters.battery_within_ns, listener, record)
    shunt.close(parameters.mismatch_pct / 100, element=parameters.element)
    _judge_one("shunt with a low battery", "current_mismatch", "MET-1", parameters.watch_ns, listener, record)
    found = shunt.mismatch()
    if 100 * (found.fraction - found.expanded_uncertainty) < parameters.must_trip_pct:
        record.inconclusive(f"the mismatch was not surely {parameters.must_trip_pct:g} % or more", ["MET-1"])
    battery.renew()
    _judge_one("renewed with the shunt", "battery_low_gone", "PWR-1", parameters.battery_within_ns, listener, record)
    battery.wear_out()
    _judge_one("fails with the shunt", "battery_low", "PWR-1", parameters.battery_within_ns, listener, record)
    shunt.open()
    _judge_one("shunt gone", "current_mismatch_gone", "MET-1", parameters.watch_ns, listener, record)
    battery.renew()
    _judge_one("renewed", "battery_low_gone", "PWR-1", parameters.battery_within_ns, listener, record)


def _judge_told(
    event: EventName, name: str, utc_ns: int, listener: Listener, record: TestRecord, parameters: LowBattery
) -> None:
    """One event of that kind and no other, with the time of the change."""
    listener.hear(parameters.within_ns)
    alerts = listener.alerts_until_quiet()
    told = [found for found in alerts if listener.tells_of(event, found)]
    record.judge_equal(f"{name}: events {event.replace('_', ' ')}", len(told), 1)
    record.judge_equal(f"{name}: other events", len(alerts) - len(told), 0)
    record.judge(
        f"{name}: event time from the bench's",
        abs(told[0].alert.event_time_utc_ns - utc_ns) / NS_PER_S,
        "s",
        at_most=parameters.clock_tolerance_ns / NS_PER_S,
        uncertainty=listener.utc_uncertainty(),
    )


def _judge_one(
    what: str, event: EventName, requirement: str, watch_ns: int, listener: Listener, record: TestRecord
) -> None:
    seen = listener.collect(watch_ns)
    record.judge_equal(f"{what}: events '{event}'", seen.of(event), 1, requirements=[requirement])
    record.judge_equal(f"{what}: other events", seen.other_than(event), 0, requirements=[requirement])

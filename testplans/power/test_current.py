"""What the meter draws while nothing happens, how long its battery lasts by that, and that it still wakes (PWR-1).

The average is measured in the meter's leads by the bench's multimeters; nothing is believed of the meter. The battery's
capacity is its data sheet's, times what may be used of it at the end of its life: the plan's parameters.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.multimeter import Ammeter
from fixtures.scope import Scope
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import ChargeAh, CurrentA, DurationNs, PercentPct
from harness.plan.parameters import Parameters

NS_PER_H = 3_600_000_000_000
RESOLUTION_NS, BEFORE_NS = 1_000, 50_000_000
LATENCY = "case-open alert latency out of rest"


class QuietCurrent(Parameters):
    """``budget`` for the average over ``readings`` of 0.2 s each, after ``rest`` without any event.

    Of it, ``wakings`` may come and go: what flows above the lowest current, which is that of the sleeping processor.
    Parts differ by more than a busy meter draws more, so the budget alone does not tell it from a quiet one.
    No meter that is alive draws less than ``least``: below it an ammeter's leads are open or swapped.
    """

    budget_A: CurrentA = Field(gt=0)
    wakings_A: CurrentA = Field(gt=0)
    least_A: CurrentA = Field(gt=0)
    rest_ns: DurationNs = Field(gt=0)
    readings: int = Field(ge=2, le=100)


class BatteryLife(Parameters):
    """A battery of ``capacity``, of which ``usable`` is left after self-discharge, feeds the meter for ``life``.

    Measured so long (``settle``) after the supply was taken away. ``back_within``: how long the meter takes to boot.
    No clock that runs draws less than ``least``: below it an ammeter's leads are open or swapped.
    """

    least_A: CurrentA = Field(gt=0)
    capacity_Ah: ChargeAh = Field(gt=0)
    usable_pct: PercentPct = Field(gt=0, le=100)
    life_ns: DurationNs = Field(gt=0)
    expected_A: CurrentA = Field(gt=0)
    settle_ns: DurationNs = Field(gt=0)
    readings: int = Field(ge=2, le=100)
    back_within_ns: DurationNs = Field(gt=0)


class Waking(Parameters):
    """``limit`` of COM-1 for an opening after ``rest``; ``window``: how long the oscilloscope looks."""

    rest_ns: DurationNs = Field(gt=0)
    limit_ns: DurationNs = Field(gt=0)
    window_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("PWR-1")
@pytest.mark.parameters(model=QuietCurrent)
def test_quiet_current_is_within_the_budget(
    supply_current: Ammeter, listener: Listener, clock: Clock, record: TestRecord, parameters: QuietCurrent
) -> None:
    """The average current of the electronics on mains, while nothing happens, is within the budget, and so is what
    its wakings add."""
    clock.sleep_ns(parameters.rest_ns)
    profile = supply_current.profile_A(3 * parameters.budget_A, parameters.readings)
    measured, wakings = profile.mean, profile.above_floor
    record.judge_equal("events meanwhile", listener.collect_until_quiet().events, 0)
    record.judge(
        "average current in the quiet state",
        measured.value_A * 1000,
        "mA",
        at_least=parameters.least_A * 1000,
        at_most=parameters.budget_A * 1000,
        uncertainty=measured.expanded_uncertainty_A * 1000,
    )
    record.judge(
        "of it, above the lowest current",
        wakings.value_A * 1000,
        "mA",
        at_most=parameters.wakings_A * 1000,
        uncertainty=wakings.expanded_uncertainty_A * 1000,
    )


@pytest.mark.requirements("PWR-1")
@pytest.mark.parameters(model=BatteryLife)
def test_the_battery_lasts(
    battery_current: Ammeter, supply: Supply, clock: Clock, record: TestRecord, parameters: BatteryLife
) -> None:
    """What the battery gives without mains leaves it the life that is asked for."""
    supply.cut()
    clock.sleep_ns(parameters.settle_ns)
    _judge_life(battery_current, parameters, record)
    supply.restore()
    record.judge_true("meter is back after its supply", supply.is_back(parameters.back_within_ns))


@pytest.mark.requirements("PWR-1")
@pytest.mark.parameters(model=BatteryLife)
def test_the_battery_lasts_after_tampering(
    battery_current: Ammeter,
    case: Case,
    supply: Supply,
    clock: Clock,
    record: TestRecord,
    parameters: BatteryLife,
) -> None:
    """A meter that was woken without mains goes back to rest, with its case left open."""
    supply.cut()
    clock.sleep_ns(parameters.settle_ns)
    case.open()
    clock.sleep_ns(parameters.settle_ns)
    _judge_life(battery_current, parameters, record)
    supply.restore()
    record.judge_true("meter is back after its supply", supply.is_back(parameters.back_within_ns))


def _range_A(battery_current: Ammeter, parameters: BatteryLife) -> float:
    """What to expect: a look in a high range tells a meter that is awake from one at rest."""
    awake_A = battery_current.current_A("DC", expected_A=1000 * parameters.expected_A, readings=2).value_A
    return max(abs(awake_A), parameters.expected_A)


def _judge_life(battery_current: Ammeter, parameters: BatteryLife, record: TestRecord) -> None:
    measured = battery_current.current_A(
        "DC", expected_A=_range_A(battery_current, parameters), readings=parameters.readings
    )
    usable_Ah = parameters.capacity_Ah * parameters.usable_pct / 100
    # The judgement is of the current that may flow, which is linear in what was measured; the life stands beside it.
    allowed_A = usable_Ah / (parameters.life_ns / NS_PER_H)
    if measured.value_A > 0:
        record.reading("battery life without mains", usable_Ah / measured.value_A / 24, "d")
    record.judge(
        f"current from the battery, for a life of {parameters.life_ns / NS_PER_H / 24:g} d",
        measured.value_A * 1e6,
        "uA",
        at_least=parameters.least_A * 1e6,
        at_most=allowed_A * 1e6,
        uncertainty=measured.expanded_uncertainty_A * 1e6,
        requirements=["PWR-1"],
    )


@pytest.mark.requirements("PWR-1")
@pytest.mark.parameters(model=Waking)
def test_waking_costs_no_latency(
    case: Case, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: Waking
) -> None:
    """After a long rest the alert of an opening is on the wire as fast as COM-1 asks."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["PWR-1"])
    clock.sleep_ns(parameters.rest_ns)
    scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
    case.open()
    received = listener.first("case_opened", parameters.window_ns)
    measured = scope.case_latency(received, "opening out of rest", listener.passed_over)
    if measured.value_ms is not None:
        record.reading(LATENCY, measured.value_ms, "ms")
    scope.judge_latency(LATENCY, [measured], 1)

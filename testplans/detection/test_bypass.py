"""A bypass of the measuring elements: recorded current drops, the voltage says the load is still there (MET-2).

Both elements are bypassed alike, so line and neutral agree and their comparison (MET-1) sees nothing. Ordinary load
steps come first: they are no events, and a meter may learn from them how the voltage answers a load.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.wiring import Bypass
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, PercentPct, VoltageV
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class BypassedElements(Parameters):
    """Loads of ``steps`` come in turn, then both elements are bypassed ``closings`` times under ``current``.

    Judged only if what passes by each element is at least ``least`` of the current, and both agree within
    ``difference``: else it would be a mismatch. ``watch`` is how long alerts are waited for after each change.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    steps_A: list[CurrentA] = Field(min_length=2)
    least_pct: PercentPct
    difference_pct: PercentPct
    closings: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class OrdinarySteps(Parameters):
    """Loads of ``steps`` with each of ``power_factors`` come ``rounds`` times, and the voltage goes through ``dips``.

    Then a bypass under ``current`` as control. ``watch`` is how long events are waited for after each change.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    steps_A: list[CurrentA] = Field(min_length=2)
    power_factors: list[float] = Field(min_length=1)
    dips_V: list[VoltageV]
    rounds: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("MET-2")
@pytest.mark.parameters(model=BypassedElements)
def test_a_bypass_of_both_elements_is_reported(
    mains: Mains, load: Load, bypass: Bypass, listener: Listener, record: TestRecord, parameters: BypassedElements
) -> None:
    """A bypass of both elements is one event, no mismatch, and so is its end."""
    listener.code_of("element_bypassed")
    mains.feed(voltage_V=parameters.voltage_V)
    for step_A in (*parameters.steps_A, parameters.current_A):
        load.set(step_A)
        record.judge_equal(f"events at a load of {step_A:g} A", listener.collect(parameters.watch_ns).events, 0)
    for number in range(1, parameters.closings + 1):
        bypass.close()
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(bypass, parameters, record)
        name = f"bypass {number}"
        record.judge_equal(f"{name}: events 'element bypassed'", seen.of("element_bypassed"), 1)
        record.judge_equal(f"{name}: other events", seen.other_than("element_bypassed"), 0)
        bypass.open()
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{name} gone: events of its end", seen.of("element_bypassed_gone"), 1)
        record.judge_equal(f"{name} gone: other events", seen.other_than("element_bypassed_gone"), 0)


@pytest.mark.requirements("MET-2")
@pytest.mark.parameters(model=OrdinarySteps)
def test_load_steps_and_dips_are_no_bypass(
    mains: Mains, load: Load, bypass: Bypass, listener: Listener, record: TestRecord, parameters: OrdinarySteps
) -> None:
    """Loads that are switched on and off, whatever their power factor, and dips of the mains are no events."""
    mains.feed(voltage_V=parameters.voltage_V)
    for _ in range(parameters.rounds):
        for power_factor in parameters.power_factors:
            for step_A in parameters.steps_A:
                load.set(step_A, power_factor)
                seen = listener.collect(parameters.watch_ns)
                record.judge_equal(f"events at {step_A:g} A, factor {power_factor:g}", seen.events, 0)
        load.off()
        record.judge_equal("events when the load goes", listener.collect(parameters.watch_ns).events, 0)
    load.set(parameters.current_A)
    for dip_V in parameters.dips_V:
        mains.feed(voltage_V=dip_V)
        mains.feed(voltage_V=parameters.voltage_V)
        record.judge_equal(f"events after a dip to {dip_V:g} V", listener.collect(parameters.watch_ns).events, 0)
    # Positive control: silence counts only of a meter that still reports a bypass.
    bypass.close()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a bypass", seen.of("element_bypassed"), 1)


def _check_stimulus(bypass: Bypass, parameters: BypassedElements, record: TestRecord) -> None:
    """No verdict on a bypass too small to speak of, or on one that is a mismatch too."""
    passing = [100 * part_A / parameters.current_A for part_A in bypass.passing_A()]
    left = [100 - part for part in passing]
    apart_pct = 100 * abs(left[0] - left[1]) / max(left)
    if not (min(passing) >= parameters.least_pct and apart_pct <= parameters.difference_pct):
        record.inconclusive(
            f"{passing[0]:.1f} % of the current passed by the line element, {passing[1]:.1f} % by the neutral's; only "
            f"{parameters.least_pct:g} % and more, no further apart than {parameters.difference_pct:g} % of what is "
            "left, can be judged"
        )

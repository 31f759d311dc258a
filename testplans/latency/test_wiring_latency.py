"""COM-1 for wiring faults: from the command to the relay to the alert received, which is longer than what is asked for.

The fault comes some milliseconds after the command, when the relay has moved, and the alert's last octet is received
no sooner than it left the meter: so the time between the two is an upper bound of the latency, and is judged as one.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.wiring import Fault, Wiring
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.units import CurrentA, DurationNs, VoltageV
from harness.plan.parameters import Parameters

LATENCY = "wiring fault alert latency, upper bound"

EVENTS: dict[Fault, EventName] = {
    "neutral_cut_supply": "neutral_lost_supply_side",
    "neutral_cut_load": "neutral_lost_load_side",
    "swap_line_neutral": "line_neutral_swapped",
    "reverse_line_element": "current_reversed",
    "bypass": "element_bypassed",
}


class WiringLatency(Parameters):
    """Each of ``faults`` is made ``closings`` times under ``current``, at moments spread evenly over ``spread``.

    ``steps`` are loads that come before; ``window`` is how long the alert is waited for, well beyond ``limit``.
    """

    limit_ns: DurationNs
    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    steps_A: list[CurrentA]
    faults: list[Fault] = Field(min_length=1)
    closings: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WiringLatency)
def test_a_wiring_fault_is_on_the_wire_in_time(
    mains: Mains,
    load: Load,
    wiring: Wiring,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: WiringLatency,
) -> None:
    """Each fault's alert is received less than the limit after the command that made it."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    mains.feed(voltage_V=parameters.voltage_V)
    for step_A in (*parameters.steps_A, parameters.current_A):
        load.set(step_A)
        listener.collect_until_quiet()
    longest_ms, which = 0.0, ""
    for fault in parameters.faults:
        for number, moment_ns in enumerate(spread_phases_ns(parameters.closings, parameters.spread_ns), 1):
            clock.sleep_ns((moment_ns - clock.now_ns()) % parameters.spread_ns)
            at_ns = wiring.make(fault)
            received = listener.first(EVENTS[fault], parameters.window_ns)
            name = f"{fault} {number}"
            record.judge_equal(f"{name}: alerts", int(received is not None), 1, requirements=["COM-1"])
            if received is not None:
                latency_ms = (received.received_ns - at_ns) / 1e6
                record.reading(LATENCY, latency_ms, "ms", fault=fault, moment_ms=moment_ns / 1e6)
                if latency_ms > longest_ms:
                    longest_ms, which = latency_ms, name
            wiring.mend(fault)
            listener.collect_until_quiet()
    record.judge(
        LATENCY,
        longest_ms,
        "ms",
        uncertainty=Budget("ms", (Contribution("bench clock, two readings", 1.0, "ms", source="host's clock"),)),
        explanation=f"the longest of {parameters.closings} of each fault: {which}",
    )

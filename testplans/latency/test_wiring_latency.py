"""COM-1 for wiring faults: from the command to the relay to the alert received, which is longer than what is asked for.

The fault comes some milliseconds after the command, when the relay has moved, and the alert's last octet is received
no sooner than it left the meter: so the time between the two is an upper bound of the latency, and is judged as one.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.bench_latency import BenchLatency
from fixtures.latency_verdict import judge_longest
from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.wiring import Fault, Wiring
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.latency import Latency
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import CurrentA, DurationNs, VoltageV
from harness.plan.parameters import Parameters

REFERENCE_CLOSINGS = 11
"""What the reference plan asks for; a judgement of another number says so."""
NAMES: dict[Fault, str] = {
    "neutral_cut_supply": "neutral cut on the supply side",
    "neutral_cut_load": "neutral cut on the load side",
    "swap_line_neutral": "line and neutral swapped",
    "reverse_line_element": "current reversed",
    "bypass": "bypass",
}

EVENTS: dict[Fault, EventName] = {
    "neutral_cut_supply": "neutral_lost_supply_side",
    "neutral_cut_load": "neutral_lost_load_side",
    "swap_line_neutral": "line_neutral_swapped",
    "reverse_line_element": "current_reversed",
    "bypass": "element_bypassed",
}


class WiringLatency(Parameters):
    """Each of ``faults`` is made ``closings`` times under ``current``, at moments spread evenly over ``spread``.

    The last of each is taken apart (``apart``): the front end is not on the probed bus, so its time is in the
    decision's. ``steps`` are loads that come before; ``window`` is how long the alert is waited for, well beyond
    ``limit``.
    """

    limit_ns: DurationNs
    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    steps_A: list[CurrentA]
    faults: list[Fault] = Field(min_length=1)
    closings: int = Field(ge=1)
    apart: bool = True
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WiringLatency)
def test_a_wiring_fault_is_on_the_wire_in_time(
    mains: Mains,
    load: Load,
    wiring: Wiring,
    bench_latency: BenchLatency,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: WiringLatency,
) -> None:
    """Each fault's alert is received less than the limit after the command that made it."""
    mains.feed(voltage_V=parameters.voltage_V)
    for step_A in (*parameters.steps_A, parameters.current_A):
        load.set(step_A)
        listener.collect_until_quiet()
    for fault in parameters.faults:
        name = f"{NAMES[fault]} alert latency"
        record.declare(name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
        measured: list[Latency] = []
        for number, moment_ns in enumerate(spread_phases_ns(parameters.closings, parameters.spread_ns), 1):
            clock.sleep_ns((moment_ns - clock.now_ns()) % parameters.spread_ns)
            apart = parameters.apart and number == parameters.closings
            if apart:
                bench_latency.look()
            at_ns = wiring.make(fault)
            received = listener.first(EVENTS[fault], parameters.window_ns)
            measured.append(bench_latency.since(name, at_ns, received, fault=fault, moment_ms=moment_ns / 1e6))
            if apart:
                bench_latency.take_apart(name, measured[-1], received)
            wiring.mend(fault)
            listener.collect_until_quiet()
        judge_longest(record, name, measured, REFERENCE_CLOSINGS, "closing")

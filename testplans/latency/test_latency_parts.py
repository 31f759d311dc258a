"""COM-1, taken apart: where the time goes between a tamper and its alert, seen on the bus and the modem line.

One opening, or one step of the field, of which the board's I2C bus is recorded as well. The whole latency is judged as
in the tests of the cause; its parts stand in the record for whoever has to make a meter faster.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.latency_parts import BUS_RESOLUTION_NS, bus_of, record_parts
from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.meter import Meter
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.latency_parts import BusAddresses
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

BEFORE_NS = 60_000_000
CASE, MAGNET = "case-open alert latency", "magnet alert latency"


class CaseParts(Parameters):
    """``window`` is how long the oscilloscope looks; finer sampling than for the latency alone makes it a short one."""

    limit_ns: DurationNs
    window_ns: DurationNs
    at_ns: DurationNs = Field(default=0)
    """The moment within a second at which the case opens."""


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=CaseParts)
def test_case_open_alert_is_taken_apart(
    case: Case,
    scope: Scope,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: CaseParts,
) -> None:
    """An opening's alert is in time, and it is shown what decision, signature, queue and line have taken of it."""
    bus = BusAddresses(bus_of(meter.file).secure_element)
    record.declare(CASE, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    clock.sleep_ns((parameters.at_ns - clock.now_ns()) % 1_000_000_000)
    scope.watch_bus("CASE_SW", "MODEM_TX")
    scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, BUS_RESOLUTION_NS)
    case.open()
    received = listener.first("case_opened", parameters.window_ns)
    latency = scope.case_latency(received, "opening", listener.passed_over)
    record_parts(scope, record, CASE, latency, received, bus)
    scope.judge_latency(CASE, [latency], 1)


class MagnetParts(Parameters):
    """The field steps from nothing to ``field`` along ``direction``; t0 is its crossing ``must_trip``."""

    limit_ns: DurationNs
    field_mT: FieldMt
    must_trip_mT: FieldMt
    direction: DirectionField
    window_ns: DurationNs


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MagnetParts)
def test_magnet_alert_is_taken_apart(
    magnet: Magnet, scope: Scope, listener: Listener, meter: Meter, record: TestRecord, parameters: MagnetParts
) -> None:
    """A field's alert is in time, and it is shown what sensor, decision, signature, queue and line have taken of it."""
    bus = bus_of(meter.file)
    record.declare(MAGNET, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    steady = magnet.apply(parameters.field_mT, parameters.direction.vector)
    crossing_A, uncertainty_A = steady.crossing_current(parameters.must_trip_mT)
    magnet.off()
    listener.collect_until_quiet()
    scope.watch_bus("COIL_I", "MODEM_TX")
    scope.arm_on_coil(crossing_A, BEFORE_NS, parameters.window_ns, BUS_RESOLUTION_NS)
    magnet.step(steady)
    received = listener.first("magnetic_field", parameters.window_ns)
    latency = scope.magnet_latency(
        received, "step", crossing_A, uncertainty_A, listener.passed_over, lag_ns=magnet.lag_ns
    )
    record_parts(scope, record, MAGNET, latency, received, BusAddresses(bus.secure_element, bus.field_sensor))
    scope.judge_latency(MAGNET, [latency], 1, "step")

"""Beyond the sensor's range, and a sensor that fails: reported each, never read as "no field" (MAG-3)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.narrow_magnet import NarrowMagnet
from fixtures.relay import Relays
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.bench.safety import SafeState
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs, FieldMt, FieldRateMtPerS
from harness.plan.parameters import Parameters

MARGIN = "alert's end after the sensor's saturation"
LATENCY = "alert latency of a sudden strong field"
RESOLUTION_NS = 1_000
REFERENCE_RISES, REFERENCE_STEPS = 6, 8
AFTER_NS = 300_000_000
BEFORE_NS = 60_000_000
SENSOR_FROZEN = "field_sensor_frozen"


class Rise(Parameters):
    """The field rises to ``field`` with ``rate``, ``rises`` times spread over ``spread``.

    ``saturation`` is the least field at which the sensor may be at the end of its range; ``before`` is kept of the
    time before that.
    """

    field_mT: FieldMt
    saturation_mT: FieldMt
    rate_mT_per_s: FieldRateMtPerS = Field(gt=0)
    rises: int = Field(ge=1)
    spread_ns: DurationNs = Field(gt=0)
    before_ns: DurationNs = Field(gt=0)


class Beyond(Parameters):
    """The field steps to ``field``, beyond the sensor's range, ``steps`` times; ``must_trip`` is where time begins."""

    field_mT: FieldMt
    saturation_mT: FieldMt
    must_trip_mT: FieldMt
    steps: int = Field(ge=1)
    spread_ns: DurationNs = Field(gt=0)
    limit_ns: DurationNs
    window_ns: DurationNs
    watch_ns: DurationNs = Field(ge=1_000_000_000)


class FrozenSensor(Parameters):
    """The sensor is made to repeat itself for ``watch``; ``control`` must trip once it measures again."""

    watch_ns: DurationNs = Field(ge=1_000_000_000)
    control_mT: FieldMt


@pytest.mark.requirements("MAG-3")
@pytest.mark.parameters(model=Rise)
def test_the_alert_of_a_rising_field_leaves_before_the_sensor_saturates(
    narrow_magnet: NarrowMagnet, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: Rise
) -> None:
    """On a field that rises with the profile's rate the alert's last stop bit precedes the sensor's saturation."""
    record.declare(MARGIN, "ms", at_most=0.0)
    measured = []
    saturation_A = narrow_magnet.current_A(parameters.saturation_mT)
    uncertainty_mT = narrow_magnet.steady_budget(parameters.saturation_mT).expanded()
    for number, phase_ns in enumerate(spread_phases_ns(parameters.rises, parameters.spread_ns), 1):
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_coil(saturation_A, parameters.before_ns, AFTER_NS, RESOLUTION_NS)
        narrow_magnet.rise(parameters.field_mT, parameters.rate_mT_per_s)
        received = listener.first("magnetic_field", AFTER_NS)
        measured.append(
            scope.magnet_latency(
                received,
                f"rise {number}",
                saturation_A,
                narrow_magnet.current_A(uncertainty_mT),
                listener.passed_over,
                lag_ns=narrow_magnet.lag_ns,
            )
        )
        if measured[-1].value_ms is not None:
            record.reading(MARGIN, measured[-1].value_ms, "ms", rise=number)
        narrow_magnet.off()
        listener.collect_until_quiet()
    scope.judge_latency(MARGIN, measured, REFERENCE_RISES, "rise")


@pytest.mark.requirements("MAG-3", "COM-1")
@pytest.mark.parameters(model=Beyond)
def test_a_field_beyond_the_range_is_reported_as_such(
    narrow_magnet: NarrowMagnet,
    scope: Scope,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: Beyond,
) -> None:
    """A sudden field beyond the sensor's range is alerted in time; that it is beyond is reported, and its end."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    crossing_A = narrow_magnet.current_A(parameters.must_trip_mT)
    uncertainty_mT = narrow_magnet.steady_budget(parameters.must_trip_mT).expanded()
    measured = []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.steps, parameters.spread_ns), 1):
        name = f"step {number}"
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_coil(crossing_A, BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        narrow_magnet.step(parameters.field_mT)
        received = listener.first("magnetic_field", parameters.window_ns)
        measured.append(
            scope.magnet_latency(
                received,
                name,
                crossing_A,
                narrow_magnet.current_A(uncertainty_mT),
                listener.passed_over,
                lag_ns=narrow_magnet.lag_ns,
            )
        )
        applied = narrow_magnet.measure(narrow_magnet.current_A(parameters.field_mT))
        if applied.lowest_mT < parameters.saturation_mT:
            record.inconclusive(
                f"{name}: the field was {applied.lowest_mT:.4g} mT to {applied.highest_mT:.4g} mT; only one surely "
                f"above {parameters.saturation_mT:g} mT is beyond the sensor's range"
            )
        record.judge_true(f"{name}: event 'magnetic field'", received is not None, requirements=["MAG-3"])
        if number == 1:  # the others only add to the latency
            _judge_range(name, narrow_magnet, listener, meter, record, parameters)
        narrow_magnet.off()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_STEPS, "step")


def _judge_range(
    name: str, magnet: NarrowMagnet, listener: Listener, meter: Meter, record: TestRecord, parameters: Beyond
) -> None:
    needed = ["MAG-3"]
    seen = listener.collect(parameters.watch_ns)
    beyond = seen.of("field_saturated")
    record.judge_equal(f"{name}: events 'field beyond the range'", beyond, 1, requirements=needed)
    record.judge_equal(
        f"{name}: events 'magnetic field gone' while it is there",
        seen.of("magnetic_field_gone"),
        0,
        requirements=needed,
    )
    record.judge_true(f"{name}: status marked tampered", meter.read().tampered, requirements=needed)
    magnet.off()
    seen = listener.collect(parameters.watch_ns)
    gone = seen.of("field_saturated_gone")
    record.judge_equal(f"{name}: events 'field within the range again'", gone, 1, requirements=needed)
    record.judge_equal(f"{name}: events 'magnetic field gone'", seen.of("magnetic_field_gone"), 1, requirements=needed)


@pytest.mark.requirements("MAG-3")
@pytest.mark.parameters(model=FrozenSensor)
def test_a_sensor_that_repeats_itself_is_reported(
    narrow_magnet: NarrowMagnet,
    relays: Relays,
    listener: Listener,
    record: TestRecord,
    parameters: FrozenSensor,
) -> None:
    """A field sensor whose values stand still while it claims new ones is an event, and so is its return."""
    relays.need(SENSOR_FROZEN)
    with SafeState() as safe:
        safe.on_exit("field sensor", lambda: relays.release(SENSOR_FROZEN))
        record.note("stimulus: the field sensor repeats its last values")
        relays.close(SENSOR_FROZEN)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal("events 'field sensor fault'", seen.of("field_sensor_fault"), 1)
        record.judge_equal("other events", seen.other_than("field_sensor_fault"), 0)
        record.note("stimulus: the field sensor measures again")
        relays.open(SENSOR_FROZEN)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal("events 'field sensor back'", seen.of("field_sensor_back"), 1)
    narrow_magnet.apply(parameters.control_mT)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a field that must trip", seen.of("magnetic_field"), 1)

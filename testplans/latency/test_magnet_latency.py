"""COM-1 for the magnet: from the field crossing the must-trip level to the alert's last stop bit on the modem line.

The moment of crossing is read from the coil's current. How much field a current makes where the sensor is, the
teslameter says beforehand, with the same coil at rest at the same field. How repeats are judged: ``docs/decision.md``.
"""

from __future__ import annotations

import pytest
from pydantic import Field, field_validator, model_validator

from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.magnet_field import AppliedField
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import Direction, DirectionField
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

BEFORE_NS = 60_000_000
"""Kept before the trigger: reaches back over the rise, some tens of ms, to where there was no current."""

LATENCY = "magnet alert latency"

REFERENCE_STEPS = 20
"""What the reference plan ``smoke`` asks for; a judgement of another number says so."""

RESOLUTION_NS = 1_000
"""One sample per microsecond: 8.7 samples per bit at 115,200 baud."""


class MagnetLatency(Parameters):
    """The field steps from nothing to ``field``, ``steps`` times; t0 is its crossing ``must_trip``.

    The steps go along one of ``directions`` after the other, since a meter may take its axes in at different times.
    ``window`` is how long the oscilloscope looks after the step; it must reach well beyond ``limit``. ``spread`` is
    the time over which the moments of stepping are spread evenly, since the meter looks at its sensor periodically:
    steps that always come after the same quiet time keep one phase to that period.
    """

    limit_ns: DurationNs
    field_mT: FieldMt
    must_trip_mT: FieldMt
    directions: list[DirectionField] = Field(min_length=1)
    steps: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)

    @field_validator("directions")
    @classmethod
    def _one_coil(cls, directions: list[Direction]) -> list[Direction]:
        """The clamp is on the coils' common return: with one coil its current is that coil's."""
        for direction in directions:
            if sum(part != 0 for part in direction.vector) != 1:
                raise ValueError(f"{direction.name} takes several coils, which can't step at once; choose one axis")
        return directions

    @model_validator(mode="after")
    def _each_at_least_once(self) -> MagnetLatency:
        """A direction that no step takes would be claimed and not measured."""
        if self.steps < len(self.directions):
            raise ValueError(f"{self.steps} steps for {len(self.directions)} directions; expected one each at least")
        return self


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MagnetLatency)
def test_magnet_alert_is_on_the_wire_in_time(
    magnet: Magnet, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: MagnetLatency
) -> None:
    """The alert's last stop bit is on the modem line less than the limit after the field crossed the level."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    # A coil's settled fields come first: its core is at every step as it was when its current was measured.
    fields = [_settled(direction, magnet, listener, parameters, record) for direction in parameters.directions]
    measured = []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.steps, parameters.spread_ns), 1):
        steady, crossing_A, uncertainty_A = fields[(number - 1) % len(fields)]
        clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
        scope.arm_on_coil(crossing_A, BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        magnet.step(steady)
        received = listener.first("magnetic_field", parameters.window_ns)
        measured.append(
            scope.magnet_latency(
                received,
                f"step {number}",
                crossing_A,
                uncertainty_A,
                listener.passed_over,
                lag_ns=magnet.lag_ns,
            )
        )
        if measured[-1].value_ms is not None:  # a missing one is judged inconclusive, with its reason
            record.reading(LATENCY, measured[-1].value_ms, "ms", step=number, phase_ms=phase_ns / 1e6)
        magnet.off()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_STEPS, "step")


def _settled(
    direction: Direction, magnet: Magnet, listener: Listener, parameters: MagnetLatency, record: TestRecord
) -> tuple[AppliedField, float, float]:
    """The field at rest along ``direction``, with the current at its crossing; it is gone again afterwards."""
    steady = magnet.apply(parameters.field_mT, direction.vector)
    crossing_A, uncertainty_A = steady.crossing_current(parameters.must_trip_mT)
    record.reading("coil current at the must-trip level", crossing_A, "A", expanded_uncertainty_A=uncertainty_A)
    magnet.off()
    listener.collect_until_quiet()
    return steady, crossing_A, uncertainty_A

"""The magnetic field: detected by its magnitude, in every direction and polarity, and only above the threshold (MAG-2).

The field is set and measured by the bench. A trial counts only if the field, with its uncertainty, lies where the
requirement speaks: at or above the must-trip value, or at or below the must-not-trip value.
"""

from __future__ import annotations

import pytest
from pydantic import Field, model_validator

from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.magnet_field import AppliedField
from fixtures.meter import Meter
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

MAGNETIC_INTERFERENCE = 0x09
"""The error code that the catalogue fixes (LOG-3, MAG-2)."""

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class FieldInDirections(Parameters):
    """A field of ``field`` in each of ``directions``; judged only if it surely lies from ``lowest`` to ``highest``.

    ``watch`` is how long alerts are waited for after each change of the field.
    """

    field_mT: FieldMt
    lowest_mT: FieldMt
    highest_mT: FieldMt
    directions: list[DirectionField] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)

    @model_validator(mode="after")
    def _lies_between(self) -> FieldInDirections:
        if not self.lowest_mT <= self.field_mT <= self.highest_mT:
            raise ValueError(
                f"field {self.field_mT:g} mT: expected one from lowest, {self.lowest_mT:g} mT, to highest, "
                f"{self.highest_mT:g} mT: no other can be judged"
            )
        return self


class BelowThreshold(FieldInDirections):
    """``control`` is a field that must trip: silence counts only of a meter that hears it afterwards."""

    control_mT: FieldMt


class AtPowerOn(FieldInDirections):
    """The supply is away for ``off``, the meter signs on ``back_within`` its return."""

    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs


class Hysteresis(Parameters):
    """The field rises from ``start`` by ``step`` until the meter trips, at ``end`` at the latest.

    Then it goes down by ``wobble`` and up again ``wobbles`` times, and down by ``step`` until the meter restores.
    """

    start_mT: FieldMt
    end_mT: FieldMt
    step_mT: FieldMt = Field(gt=0)
    wobble_mT: FieldMt = Field(gt=0)
    wobbles: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("MAG-2")
@pytest.mark.parameters(model=FieldInDirections)
def test_field_above_the_threshold_is_reported(
    magnet: Magnet, listener: Listener, meter: Meter, record: TestRecord, parameters: FieldInDirections
) -> None:
    """A field at or above the must-trip value is one event with code 0x09 and marks the status; so is its end."""
    code = listener.code_of("magnetic_field")
    record.judge_equal("code of magnetic interference", code, MAGNETIC_INTERFERENCE, requirements=["MAG-2"])
    for direction in parameters.directions:
        name = direction.name
        applied = magnet.apply(parameters.field_mT, direction.vector)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(name, applied, parameters, record)
        record.judge_equal(f"{name}: events 'magnetic field'", seen.of("magnetic_field"), 1)
        record.judge_equal(f"{name}: other events", seen.other_than("magnetic_field"), 0)
        record.judge_true(f"{name}: status marked tampered", meter.read().tampered)
        magnet.off()
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{name}: events 'magnetic field gone'", seen.of("magnetic_field_gone"), 1)
        record.judge_equal(f"{name}: other events after the field", seen.other_than("magnetic_field_gone"), 0)
        record.judge_true(f"{name}: mark taken back", not meter.read().tampered)


@pytest.mark.requirements("MAG-2")
@pytest.mark.parameters(model=BelowThreshold)
def test_field_below_the_threshold_gives_no_event(
    magnet: Magnet, listener: Listener, meter: Meter, record: TestRecord, parameters: BelowThreshold
) -> None:
    """A field at or below the must-not-trip value gives no event and no mark, in any direction."""
    for direction in parameters.directions:
        name = direction.name
        applied = magnet.apply(parameters.field_mT, direction.vector, bound="at_most")
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(name, applied, parameters, record)
        record.judge_equal(f"{name}: events", seen.events, 0)
        # While the field is there: without it the mark of a meter that marks at too little is gone again.
        record.judge_true(f"{name}: status not marked", not meter.read().tampered)
        magnet.off()
        record.judge_equal(f"{name}: events after the field", listener.collect(parameters.watch_ns).events, 0)
    record.judge_true("status not marked without a field", not meter.read().tampered)
    _show_that_it_was_not_deaf(magnet, listener, record, parameters)


@pytest.mark.requirements("MAG-2")
@pytest.mark.parameters(model=AtPowerOn)
def test_field_there_at_power_on_is_reported(
    magnet: Magnet,
    supply: Supply,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: AtPowerOn,
) -> None:
    """A field put on while the meter had no supply is one event once it has, with the mark; and so is its end."""
    for direction in parameters.directions:
        name = direction.name
        supply.cut()
        clock.sleep_ns(parameters.off_ns)
        applied = magnet.apply(parameters.field_mT, direction.vector)
        supply.restore()
        record.judge_true(f"{name}: meter is back after its supply", supply.is_back(parameters.back_within_ns))
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(name, applied, parameters, record)
        record.judge_equal(f"{name}: events 'magnetic field'", seen.of("magnetic_field"), 1)
        record.judge_true(f"{name}: status marked tampered", meter.read().tampered)
        magnet.off()
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{name}: events 'magnetic field gone'", seen.of("magnetic_field_gone"), 1)


@pytest.mark.requirements("MAG-2")
@pytest.mark.parameters(model=Hysteresis)
def test_restoration_has_hysteresis(
    magnet: Magnet, listener: Listener, record: TestRecord, parameters: Hysteresis
) -> None:
    """A field that wobbles about the level at which the meter trips is one event, and its end is one restoration."""
    tripped = _rise_until_tripped(magnet, listener, record, parameters)
    if tripped is None:
        return
    repeated = 0
    for _ in range(parameters.wobbles):
        for field_mT in (tripped.magnitude_mT - parameters.wobble_mT, tripped.magnitude_mT):
            magnet.apply(field_mT, (1.0, 0.0, 0.0))
            repeated += listener.collect(parameters.watch_ns).events
    record.judge_equal(f"events while the field wobbles by {parameters.wobble_mT:g} mT", repeated, 0)
    restored = _fall_until_restored(magnet, listener, record, tripped, parameters)
    _judge_difference(tripped, restored, record, parameters)
    magnet.off()
    record.judge_equal("events after the field", listener.collect(parameters.watch_ns).events, 0)


def _check_stimulus(name: str, applied: AppliedField, parameters: FieldInDirections, record: TestRecord) -> None:
    """No verdict on a field that may lie outside what the requirement speaks of."""
    low_mT = applied.magnitude_mT - applied.expanded_uncertainty_mT
    high_mT = applied.magnitude_mT + applied.expanded_uncertainty_mT
    if not (parameters.lowest_mT <= low_mT and high_mT <= parameters.highest_mT):
        record.inconclusive(
            f"{name}: the field was {low_mT:.2f} mT to {high_mT:.2f} mT; only one surely between "
            f"{parameters.lowest_mT:g} mT and {parameters.highest_mT:g} mT can be judged"
        )


def _show_that_it_was_not_deaf(
    magnet: Magnet, listener: Listener, record: TestRecord, parameters: BelowThreshold
) -> None:
    magnet.apply(parameters.control_mT, parameters.directions[0].vector)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a field that must trip", seen.of("magnetic_field"), 1)
    magnet.off()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: restorations", seen.of("magnetic_field_gone"), 1)


def _rise_until_tripped(
    magnet: Magnet, listener: Listener, record: TestRecord, parameters: Hysteresis
) -> AppliedField | None:
    """The first field at which the event came, recorded and not judged; judged is that it came at all."""
    field_mT = parameters.start_mT
    while field_mT <= parameters.end_mT:
        applied = magnet.apply(field_mT, (1.0, 0.0, 0.0))
        if listener.collect(parameters.watch_ns).of("magnetic_field"):
            record.reading("level at which the meter trips", applied.magnitude_mT, "mT")
            return applied
        field_mT += parameters.step_mT
    record.judge_equal(f"events 'magnetic field' up to {parameters.end_mT:g} mT", 0, 1)
    return None


def _fall_until_restored(
    magnet: Magnet, listener: Listener, record: TestRecord, tripped: AppliedField, parameters: Hysteresis
) -> AppliedField | None:
    """The first field at which the restoration came; None if it did not come before the field was gone."""
    field_mT = tripped.magnitude_mT - parameters.wobble_mT - parameters.step_mT
    while field_mT > 0:
        applied = magnet.apply(field_mT, (1.0, 0.0, 0.0))
        restorations = listener.collect(parameters.watch_ns).of("magnetic_field_gone")
        if restorations:
            record.judge_equal("restorations", restorations, 1)
            record.reading("level at which the meter restores", applied.magnitude_mT, "mT")
            return applied
        field_mT -= parameters.step_mT
    magnet.off()
    restorations = listener.collect(parameters.watch_ns).of("magnetic_field_gone")
    record.judge_equal("restorations", restorations, 1)
    return None


def _judge_difference(
    tripped: AppliedField, restored: AppliedField | None, record: TestRecord, parameters: Hysteresis
) -> None:
    """Between tripping and restoring lies more than the wobble that was shown to change nothing."""
    low_mT, uncertainty_mT = (
        (0.0, 0.0) if restored is None else (restored.magnitude_mT, restored.expanded_uncertainty_mT)
    )
    parts = (
        Contribution("field at tripping", tripped.expanded_uncertainty_mT, "mT", divisor=2.0),
        Contribution("field at restoring", uncertainty_mT, "mT", divisor=2.0),
    )
    record.judge(
        "hysteresis",
        tripped.magnitude_mT - low_mT,
        "mT",
        at_least=parameters.wobble_mT,
        uncertainty=Budget("mT", parts),
    )

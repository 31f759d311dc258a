"""A magnet that saturates the current transformer is told from the waveform, not from the field alone (MAG-5).

A magnet at the case above the transformer makes the meter read low while its magnetic sensor, elsewhere in the case,
feels less than its threshold. The bench knows the current that flows, so it knows when the meter hides some of it.
"""

from __future__ import annotations

import pytest
from pydantic import Field, model_validator

from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.multimeter import Ammeter, open_ammeter
from fixtures.side_magnet import SideMagnet
from harness.bench.bench import Bench
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import CurrentA, DurationNs, FieldMt, PercentPct, VoltageV
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
LOAD_CURRENT = "load_current"


class HiddenCurrent(Parameters):
    """``currents`` flow one after the other while the magnet is brought to the case and taken away again.

    Judged if the meter then hides surely more than ``hidden`` of the current; one that hides less has nothing to tell.
    ``watch`` is how long alerts are waited for after each change.
    """

    voltage_V: VoltageV = Field(gt=0)
    currents_A: list[CurrentA] = Field(min_length=1)
    hidden_pct: PercentPct
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class FieldAlone(Parameters):
    """Loads of ``steps`` one after the other; a field of ``field`` at the sensor while ``current`` flows; then no load.

    Judged only if the meter surely hides no more than ``hidden`` of the current: then the transformer is not saturated,
    and whoever tells of it has looked at the field only.
    """

    voltage_V: VoltageV = Field(gt=0)
    steps_A: list[CurrentA] = Field(min_length=1)
    current_A: CurrentA = Field(gt=0)
    field_mT: FieldMt
    direction: DirectionField
    hidden_pct: PercentPct
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)

    @model_validator(mode="after")
    def _is_a_field(self) -> FieldAlone:
        if not self.field_mT > 0:
            raise ValueError(f"field {self.field_mT:g} mT: expected one above 0")
        return self


@pytest.mark.requirements("MAG-5")
@pytest.mark.parameters(model=HiddenCurrent)
def test_a_saturated_transformer_is_reported(
    bench: Bench,
    mains: Mains,
    load: Load,
    side_magnet: SideMagnet,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: HiddenCurrent,
) -> None:
    """A magnet that makes the meter hide current is one event, though the field sensor feels little; so is its end."""
    mains.feed(voltage_V=parameters.voltage_V)
    with open_ammeter(bench, LOAD_CURRENT, record) as ammeter:
        for current_A in parameters.currents_A:
            load.set(current_A)
            seen = listener.collect(parameters.watch_ns)
            record.judge_equal(f"{current_A:g} A: events before the magnet", seen.events, 0)
            side_magnet.bring()
            seen = listener.collect(parameters.watch_ns)
            low_pct, uncertainty_pct = _hidden_pct(f"{current_A:g} A", current_A, ammeter, meter, record)
            if low_pct - uncertainty_pct < parameters.hidden_pct:
                record.inconclusive(
                    f"{current_A:g} A: the meter hides {low_pct:.1f} % +- {uncertainty_pct:.1f} % only; a magnet that "
                    f"hides less than {parameters.hidden_pct:g} % proves nothing: bring it nearer, or a stronger one"
                )
            count = seen.of("transformer_saturated")
            record.judge_equal(f"{current_A:g} A: events 'transformer saturated'", count, 1)
            side_magnet.take_away()
            seen = listener.collect(parameters.watch_ns)
            gone = seen.of("transformer_saturated_gone")
            record.judge_equal(f"{current_A:g} A: events 'transformer saturated gone'", gone, 1)


@pytest.mark.requirements("MAG-5")
@pytest.mark.parameters(model=FieldAlone)
def test_a_field_that_saturates_nothing_is_no_saturation(
    bench: Bench,
    mains: Mains,
    load: Load,
    magnet: Magnet,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: FieldAlone,
) -> None:
    """A field at the sensor that leaves the readings as they are is a magnetic field and nothing else; so is a load."""
    mains.feed(voltage_V=parameters.voltage_V)
    for step_A in parameters.steps_A:
        # Peaks are remembered and averages follow slowly: neither may make a load step look distorted.
        load.set(step_A)
        record.judge_equal(f"events of a load of {step_A:g} A", listener.collect(parameters.watch_ns).events, 0)
    load.set(parameters.current_A)
    record.judge_equal("events of the load", listener.collect(parameters.watch_ns).events, 0)
    magnet.apply(parameters.field_mT, parameters.direction.vector)
    seen = listener.collect(parameters.watch_ns)
    with open_ammeter(bench, LOAD_CURRENT, record) as ammeter:
        low_pct, uncertainty_pct = _hidden_pct("with the field", parameters.current_A, ammeter, meter, record)
    if abs(low_pct) + uncertainty_pct > parameters.hidden_pct:
        record.inconclusive(
            f"the meter's reading is {low_pct:.1f} % +- {uncertainty_pct:.1f} % low with the field; whether its "
            "transformer is saturated is not known: a weaker field, or one farther from the transformer, is needed"
        )
    record.judge_equal("field: events 'magnetic field'", seen.of("magnetic_field"), 1)
    record.judge_equal("field: events 'transformer saturated'", seen.of("transformer_saturated"), 0)
    load.off()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("field without a load: events 'transformer saturated'", seen.of("transformer_saturated"), 0)
    magnet.off()
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("field gone: other events", seen.other_than("magnetic_field_gone"), 0)


def _hidden_pct(what: str, current_A: float, ammeter: Ammeter, meter: Meter, record: TestRecord) -> tuple[float, float]:
    """How much less than what flows the meter's line current shows, in percent, with its expanded uncertainty."""
    flowing = ammeter.current_A("AC", expected_A=current_A)
    shown_A = meter.read().line_current_A
    low_pct = 100 * (flowing.value_A - shown_A) / flowing.value_A
    uncertainty_pct = 100 * flowing.expanded_uncertainty_A / flowing.value_A
    record.reading(f"{what}: hidden by the meter", low_pct, "%", expanded_uncertainty_pct=uncertainty_pct)
    return low_pct, uncertainty_pct

"""The temperature range: what must trip trips and what must not doesn't, as at room temperature (MET-4 and the others).

The meter soaks without supply, which is the harder beginning (it wakes up cold) and the cheaper one; then everything
is shown at that temperature: field, currents, case and the latency of its alert. A second test changes the temperature
while the meter is awake, and nothing may be taken for tampering.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.chamber import ChamberControl
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.scope import Scope
from fixtures.shunt import Shunt
from fixtures.soak import wake_up_at
from fixtures.supply import Supply
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import CurrentA, DurationNs, FieldMt, PercentPct, TemperatureDegC, VoltageV
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
BEFORE_NS = 50_000_000
"""Kept before the oscilloscope's trigger: shows that the case was closed and quiet."""
RESOLUTION_NS = 1_000
LATENCY = "case-open alert latency at this temperature"
REFERENCE_OPENINGS = 10
"""What the reference plan asks for at a temperature; a judgement of another number says so."""
PULSE_ATTEMPTS = 6


class AtTemperature(Parameters):
    """The meter soaks at ``temperature`` for ``soak``, without supply, and must sign on ``back_within`` its return.

    Then a field of ``trips`` and one of ``harmless`` along each of ``directions``, judged if they surely lie at or
    beyond ``must_trip_field`` and ``must_not_field``; shunts that make a mismatch of ``mismatch`` and
    ``small_mismatch`` at ``current``, judged likewise; an opening of ``pulse``, judged if it is surely no longer than
    ``longest_pulse``; and ``openings`` for the latency, on the wire within ``limit``. ``watch`` is how long alerts are
    waited for after each change.
    """

    temperature_degC: TemperatureDegC
    soak_ns: DurationNs
    back_within_ns: DurationNs
    directions: list[DirectionField] = Field(min_length=1)
    trips_mT: FieldMt
    must_trip_field_mT: FieldMt
    harmless_mT: FieldMt
    must_not_field_mT: FieldMt
    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    must_trip_mismatch_pct: PercentPct
    small_mismatch_pct: PercentPct
    must_not_mismatch_pct: PercentPct
    pulse_ns: DurationNs
    longest_pulse_ns: DurationNs
    openings: int = Field(ge=1)
    limit_ns: DurationNs
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class ChangingTemperature(Parameters):
    """The air goes to each of ``temperatures`` in turn and stays for ``soak``, the meter awake all the way.

    Before the first one the meter soaks without supply (``first_soak``), so that the way is a long one from there.
    """

    temperatures_degC: list[TemperatureDegC] = Field(min_length=2)
    first_soak_ns: DurationNs
    soak_ns: DurationNs
    back_within_ns: DurationNs


@pytest.mark.requirements("MET-4", "MAG-2", "MET-1", "SEAL-2", "COM-1")
@pytest.mark.parameters(model=AtTemperature)
def test_detection_holds_at_a_temperature(
    chamber: ChamberControl,
    supply: Supply,
    magnet: Magnet,
    mains: Mains,
    load: Load,
    shunt: Shunt,
    case: Case,
    scope: Scope,
    listener: Listener,
    record: TestRecord,
    parameters: AtTemperature,
) -> None:
    """Nothing trips by the temperature alone; field, mismatch and case trip as they must, and in time."""
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    wake_up_at(parameters.temperature_degC, parameters.soak_ns, parameters.back_within_ns, chamber, supply, record)
    events = listener.collect(parameters.watch_ns).events
    record.judge_equal("after waking up: events", events, 0, requirements=["MET-4"])
    _judge_fields(magnet, listener, record, parameters)
    _judge_case(case, scope, listener, record, parameters)
    _judge_mismatches(mains, load, shunt, listener, record, parameters)


@pytest.mark.requirements("MET-4")
@pytest.mark.parameters(model=ChangingTemperature)
def test_a_changing_temperature_gives_no_event(
    chamber: ChamberControl, supply: Supply, listener: Listener, record: TestRecord, parameters: ChangingTemperature
) -> None:
    """A meter that is awake while its surroundings warm and cool reports nothing."""
    first_degC, *others_degC = parameters.temperatures_degC
    wake_up_at(first_degC, parameters.first_soak_ns, parameters.back_within_ns, chamber, supply, record)
    record.judge_equal(f"at {first_degC:g} degC: events", listener.collect_until_quiet().events, 0)
    for to_degC in others_degC:
        chamber.go(to_degC, parameters.soak_ns)
        record.judge_equal(f"on the way to {to_degC:g} degC: events", listener.collect_until_quiet().events, 0)


def _judge_fields(magnet: Magnet, listener: Listener, record: TestRecord, parameters: AtTemperature) -> None:
    for direction in parameters.directions:
        name = direction.name
        applied = magnet.apply(parameters.harmless_mT, direction.vector, bound="at_most")
        seen = listener.collect(parameters.watch_ns)
        if applied.magnitude_mT + applied.expanded_uncertainty_mT <= parameters.must_not_field_mT:
            record.judge_equal(f"{name}: events of a small field", seen.events, 0, requirements=["MAG-2"])
        else:
            record.inconclusive(f"{name}: the small field is not surely one that must not trip", ["MAG-2"])
        applied = magnet.apply(parameters.trips_mT, direction.vector)
        seen = listener.collect(parameters.watch_ns)
        if applied.magnitude_mT - applied.expanded_uncertainty_mT >= parameters.must_trip_field_mT:
            found = seen.of("magnetic_field")
            record.judge_equal(f"{name}: events 'magnetic field'", found, 1, requirements=["MAG-2"])
        else:
            record.inconclusive(f"{name}: the large field is not surely one that must trip", ["MAG-2"])
        magnet.off()
        gone = listener.collect(parameters.watch_ns).of("magnetic_field_gone")
        record.judge_equal(f"{name}: events 'magnetic field gone'", gone, 1, requirements=["MAG-2"])


def _judge_mismatches(
    mains: Mains, load: Load, shunt: Shunt, listener: Listener, record: TestRecord, parameters: AtTemperature
) -> None:
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    shunt.close(parameters.small_mismatch_pct / 100, element="line")
    seen, found = listener.collect(parameters.watch_ns), shunt.mismatch()
    if 100 * (found.fraction + found.expanded_uncertainty) <= parameters.must_not_mismatch_pct:
        record.judge_equal("small mismatch: events", seen.events, 0, requirements=["MET-1"])
    else:
        record.inconclusive("the small mismatch is not surely one that must not trip", ["MET-1"])
    shunt.open()
    shunt.close(parameters.mismatch_pct / 100, element="neutral")
    seen, found = listener.collect(parameters.watch_ns), shunt.mismatch()
    if 100 * (found.fraction - found.expanded_uncertainty) >= parameters.must_trip_mismatch_pct:
        count = seen.of("current_mismatch")
        record.judge_equal("large mismatch: events 'current mismatch'", count, 1, requirements=["MET-1"])
    else:
        record.inconclusive("the large mismatch is not surely one that must trip", ["MET-1"])
    shunt.open()
    gone = listener.collect(parameters.watch_ns).of("current_mismatch_gone")
    record.judge_equal("mismatch ended: events 'current mismatch gone'", gone, 1, requirements=["MET-1"])


def _judge_case(case: Case, scope: Scope, listener: Listener, record: TestRecord, parameters: AtTemperature) -> None:
    command_ns = case.trim_pulse(parameters.pulse_ns)
    for _ in range(PULSE_ATTEMPTS):
        listener.collect(0)
        (opening,) = case.pulse_train(command_ns, 0, 1)
        seen = listener.collect(parameters.watch_ns)
        record.reading("short opening, first to last edge", opening.envelope_ms, "ms")
        if opening.envelope_ns + opening.uncertainty_ns <= parameters.longest_pulse_ns:
            record.judge_equal("short opening: events", seen.events, 0, requirements=["SEAL-2"])
            break
        command_ns = case.correct(command_ns, parameters.pulse_ns, [opening.envelope_ns])
    else:
        record.inconclusive("no opening was surely short enough to be judged", ["SEAL-2"])
    measured = []
    for number in range(1, parameters.openings + 1):
        scope.arm("CASE_SW", "rising", BEFORE_NS, LONG_ENOUGH_NS, RESOLUTION_NS)
        case.open()
        received = listener.first("case_opened", LONG_ENOUGH_NS)
        record.judge_equal(
            f"lasting opening {number}: events", int(received is not None), 1, requirements=["SEAL-2", "COM-1"]
        )
        measured.append(scope.case_latency(received, f"opening {number}", listener.passed_over))
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(LATENCY, measured, REFERENCE_OPENINGS)

"""Attacks in combination: what one sensor sees is no reason to look away with another (SEAL-1, MAG-2, MET-1, TILT-1).

A meter may take an open case for a service visit, or a field for a reason not to trust its currents. Who opens it, or
holds a magnet to it, has then switched off the rest. So each cause comes while those before it last, and each is told.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import EventName, Listener, Seen
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shaker import Shaker
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from fixtures.tilt import Tilt
from fixtures.wiring import Wiring
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import (
    AccelerationG,
    AngleDeg,
    CurrentA,
    DurationNs,
    FieldMt,
    FrequencyHz,
    PercentPct,
    VoltageV,
)
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class FieldAndShunt(Parameters):
    """A field of ``field``, surely ``must_trip_field`` or more, then a shunt of about ``mismatch``, surely
    ``must_trip_mismatch`` or more, of a load of ``current``. The case stays open all the time."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    field_mT: FieldMt
    must_trip_field_mT: FieldMt
    direction: DirectionField
    mismatch_pct: PercentPct
    must_trip_mismatch_pct: PercentPct
    element: Element
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class OpenAndMoved(Parameters):
    """With the case open the meter is pitched by ``angle``, surely ``must_trip`` or more, and back, and then shaken;
    right after it is pitched once more."""

    angle_deg: AngleDeg
    must_trip_deg: AngleDeg
    peak_g: AccelerationG
    frequency_Hz: FrequencyHz
    periods: int = Field(ge=1)
    words: dict[EventName, str]
    """A word of the security log's text for each, whatever else a maker writes (LOG-3)."""
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class AllAtOnce(Parameters):
    """Each of ``delays`` after the case has opened the current in one element is reversed and a field of ``field``,
    surely ``must_trip_field`` or more, comes along ``direction``, within milliseconds."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    field_mT: FieldMt
    must_trip_field_mT: FieldMt
    direction: DirectionField
    delays_ms: list[float] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("LOG-1", "SEAL-1", "MAG-2", "MET-3")
@pytest.mark.parameters(model=AllAtOnce)
def test_of_causes_that_come_together_none_is_lost(
    mains: Mains,
    load: Load,
    wiring: Wiring,
    magnet: Magnet,
    case: Case,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: AllAtOnce,
) -> None:
    """While one event is signed the others wait, and each is told exactly once, as is each one's end."""
    begun: dict[EventName, str] = {"case_opened": "SEAL-1", "magnetic_field": "MAG-2", "current_reversed": "MET-3"}
    ended: dict[EventName, str] = {
        "case_closed": "SEAL-1",
        "magnetic_field_gone": "MAG-2",
        "current_reversed_gone": "MET-3",
    }
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    applied = magnet.apply(parameters.field_mT, parameters.direction.vector)
    if applied.magnitude_mT - applied.expanded_uncertainty_mT < parameters.must_trip_field_mT:
        record.inconclusive(f"the field was not surely {parameters.must_trip_field_mT:g} mT or more")
    magnet.off()
    listener.collect_until_quiet()
    for delay_ms in parameters.delays_ms:
        case.open()
        clock.sleep_ns(round(delay_ms * 1e6))
        wiring.make("reverse_line_element")
        magnet.step(applied)
        _judge_all(f"all within {delay_ms:g} ms", begun, listener.collect(parameters.watch_ns), record)
        case.close()
        wiring.mend("reverse_line_element")
        magnet.off()
        _judge_all(f"all over, {delay_ms:g} ms", ended, listener.collect(parameters.watch_ns), record)
    load.off()


@pytest.mark.requirements("SEAL-1", "MAG-2", "MET-1")
@pytest.mark.parameters(model=FieldAndShunt)
def test_field_and_mismatch_are_told_with_the_case_open(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    magnet: Magnet,
    case: Case,
    listener: Listener,
    record: TestRecord,
    parameters: FieldAndShunt,
) -> None:
    """An opening, a field and a mismatch one upon another: each is one event, and so is each one's end."""
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    listener.collect_until_quiet()
    case.open()
    _judge("case opened", "case_opened", ["SEAL-1"], listener, record, parameters.watch_ns)
    applied = magnet.apply(parameters.field_mT, parameters.direction.vector)
    if applied.magnitude_mT - applied.expanded_uncertainty_mT < parameters.must_trip_field_mT:
        record.inconclusive(f"the field was not surely {parameters.must_trip_field_mT:g} mT or more", ["MAG-2"])
    _judge("field with the case open", "magnetic_field", ["MAG-2"], listener, record, parameters.watch_ns)
    shunt.close(parameters.mismatch_pct / 100, element=parameters.element)
    seen = listener.collect(parameters.watch_ns)
    found = shunt.mismatch()
    if 100 * (found.fraction - found.expanded_uncertainty) < parameters.must_trip_mismatch_pct:
        record.inconclusive(f"the mismatch was not surely {parameters.must_trip_mismatch_pct:g} % or more", ["MET-1"])
    _judge_seen("mismatch in the field", "current_mismatch", ["MET-1"], seen, record)
    shunt.open()
    _judge("shunt gone", "current_mismatch_gone", ["MET-1"], listener, record, parameters.watch_ns)
    magnet.off()
    _judge("field gone", "magnetic_field_gone", ["MAG-2"], listener, record, parameters.watch_ns)
    case.close()
    _judge("case closed", "case_closed", ["SEAL-1"], listener, record, parameters.watch_ns)


@pytest.mark.requirements("TILT-1", "TILT-2", "LOG-3")
@pytest.mark.parameters(model=OpenAndMoved)
def test_tilt_and_shaking_are_told_with_the_case_open(
    case: Case,
    tilt: Tilt,
    shaker: Shaker,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: OpenAndMoved,
) -> None:
    """Whoever opens the case first can't move the meter unseen, and the log says which was which."""
    case.open()
    listener.collect_until_quiet()
    applied = tilt.go(parameters.angle_deg)
    if applied.tilt_deg - applied.expanded_uncertainty_deg < parameters.must_trip_deg:
        record.inconclusive(f"the tilt was not surely {parameters.must_trip_deg:g}° or more", ["TILT-1"])
    _judge("tilt with the case open", "tilted", ["TILT-1"], listener, record, parameters.watch_ns)
    tilt.go(0.0)
    _judge("back again", "tilted_gone", ["TILT-1"], listener, record, parameters.watch_ns)
    shaker.sine(parameters.peak_g, parameters.frequency_Hz, parameters.periods)
    _judge("shaking with the case open", "shaken", ["TILT-2"], listener, record, parameters.watch_ns)
    tilt.go(parameters.angle_deg)
    told = listener.collect(parameters.watch_ns).of("tilted")
    record.judge_equal("tilt right after shaking: events 'tilted'", told, 1, requirements=["TILT-1"])
    tilt.go(0.0)
    listener.collect_until_quiet()
    log = meter.security_log()
    for event, word in parameters.words.items():
        line = log.find(listener.code_of(event))
        said = "" if line is None else line.text.lower()
        record.judge_true(f"log: '{event}' in words, {said!r}", word in said, requirements=["LOG-3"])
    case.close()
    listener.collect_until_quiet()


def _judge_all(what: str, events: dict[EventName, str], seen: Seen, record: TestRecord) -> None:
    for event, requirement in events.items():
        record.judge_equal(f"{what}: events {event!r}", seen.of(event), 1, requirements=["LOG-1", requirement])
    others = seen.events - sum(seen.of(event) for event in events)
    record.judge_equal(f"{what}: other events", others, 0, requirements=["LOG-1"])


def _judge(
    what: str, event: EventName, requirements: list[str], listener: Listener, record: TestRecord, watch_ns: int
) -> None:
    _judge_seen(what, event, requirements, listener.collect(watch_ns), record)


def _judge_seen(what: str, event: EventName, requirements: list[str], seen: Seen, record: TestRecord) -> None:
    record.judge_equal(f"{what}: events '{event}'", seen.of(event), 1, requirements=requirements)
    record.judge_equal(f"{what}: other events", seen.other_than(event), 0, requirements=requirements)

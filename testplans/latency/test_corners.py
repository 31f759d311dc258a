"""COM-1 at its corners: a second cause at the same time, a readout under way, the supply at its ends.

A meter has one processor, one secure element and one bus; what it is busy with when a tamper comes is part of what its
alert must overcome. t0, end and verdict are as in the tests of the cause by itself (``docs/decision.md``).
"""

from __future__ import annotations

import pytest
from pydantic import Field, field_validator

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import Direction, DirectionField
from harness.measure.latency import Latency
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs, FieldMt, FrequencyHz, VoltageV
from harness.plan.parameters import Parameters

BEFORE_NS = 60_000_000
"""Kept before the trigger: bounce, and the coil's rise."""
RISE_NS = 200_000_000
"""The coil supply's command and the coil's rise: as long after the case has opened the trigger may come."""
RESOLUTION_NS = 1_000
SETTLE_NS = 500_000_000
"""After a closing, until the plunger and the contact are at rest."""
CASE, MAGNET = "case-open alert latency", "magnet alert latency"
REFERENCE_OPENINGS = 8
"""What the reference plan asks for; a judgement of another number says so."""


class TwoCauses(Parameters):
    """The field steps to ``field`` along ``direction``, and the case opens each of ``offsets`` after the command.

    Both latencies are judged, each from its own moment. A negative offset has the case open first.
    """

    limit_ns: DurationNs
    field_mT: FieldMt
    must_trip_mT: FieldMt
    direction: DirectionField
    offsets_ms: list[float] = Field(min_length=1)
    window_ns: DurationNs

    @field_validator("direction")
    @classmethod
    def _one_coil(cls, direction: Direction) -> Direction:
        """The clamp is on the coils' common return: with one coil its current is that coil's."""
        if sum(part != 0 for part in direction.vector) != 1:
            raise ValueError(f"{direction.name} takes several coils, which can't step at once; choose one axis")
        return direction

    @field_validator("offsets_ms")
    @classmethod
    def _at_the_same_time(cls, offsets_ms: list[float]) -> list[float]:
        """Half a second apart the first one's alert has left, and there are no two causes at once."""
        if not all(-500 < offset < 500 for offset in offsets_ms):
            raise ValueError(f"offsets {offsets_ms} ms: expected each between -500 and 500 ms")
        return offsets_ms


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=TwoCauses)
def test_alerts_of_two_causes_at_once_are_in_time(
    case: Case,
    magnet: Magnet,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: TwoCauses,
) -> None:
    """A field and an opening at the same time: each one's alert is on the wire less than the limit after it."""
    for name in (CASE, MAGNET):
        record.declare(name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    steady = magnet.apply(parameters.field_mT, parameters.direction.vector)
    crossing_A, uncertainty_A = steady.crossing_current(parameters.must_trip_mT)
    magnet.off()
    listener.collect_until_quiet()
    of_case: list[Latency] = []
    of_magnet: list[Latency] = []
    for offset_ms in parameters.offsets_ms:
        what = f"offset {offset_ms:g} ms"
        apart_ns = round(abs(offset_ms) * 1e6)
        before_ns = BEFORE_NS + (apart_ns + RISE_NS if offset_ms < 0 else 0)
        scope.arm_on_coil(crossing_A, before_ns, parameters.window_ns + apart_ns, RESOLUTION_NS)
        if offset_ms < 0:
            case.open()
            clock.sleep_ns(apart_ns)
            magnet.step(steady)
        else:
            magnet.step(steady)
            clock.sleep_ns(apart_ns)
            case.open()
        received = listener.first_of_each(("case_opened", "magnetic_field"), parameters.window_ns + apart_ns)
        heard = listener.passed_over
        of_magnet.append(
            scope.magnet_latency(
                received["magnetic_field"], f"{what}, field", crossing_A, uncertainty_A, heard, lag_ns=magnet.lag_ns
            )
        )
        of_case.append(scope.case_latency(received["case_opened"], f"{what}, case", heard))
        for name, latencies in ((CASE, of_case), (MAGNET, of_magnet)):
            if latencies[-1].value_ms is not None:
                record.reading(name, latencies[-1].value_ms, "ms", offset_ms=offset_ms)
        magnet.off()
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(CASE, of_case, REFERENCE_OPENINGS)
    scope.judge_latency(MAGNET, of_magnet, REFERENCE_OPENINGS, "step")


class WhileRead(Parameters):
    """The case opens ``openings`` times, at moments spread over ``spread``, which begins ``lead`` before the meter is
    asked for its readout: an alert takes a while until it is ready to be sent, and must meet the readout then.
    """

    limit_ns: DurationNs
    openings: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)
    lead_ns: DurationNs = Field(le=1_000_000_000)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WhileRead)
def test_case_open_alert_is_in_time_while_the_meter_is_read(
    case: Case,
    scope: Scope,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: WhileRead,
) -> None:
    """An opening in the middle of a full readout: its alert is in time, and the readout comes to its end."""
    record.declare(CASE, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    measured: list[Latency] = []
    for number, phase_ns in enumerate(spread_phases_ns(parameters.openings, parameters.spread_ns), 1):
        scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
        with meter.being_read() as readout:
            after_ns = phase_ns - parameters.lead_ns
            if after_ns < 0:
                case.open()
                clock.sleep_ns(-after_ns)
                readout.ask()
            else:
                readout.ask()
                clock.sleep_ns(after_ns)
                case.open()
        measured.append(_case_latency(scope, listener, record, parameters.window_ns, f"opening {number}"))
        case.close()
        listener.collect_until_quiet()
    scope.judge_latency(CASE, measured, REFERENCE_OPENINGS)


class WhileUnconfirmed(Parameters):
    """The case opens ``openings`` times while its alerts are not confirmed, as over a link whose way back is down."""

    limit_ns: DurationNs
    openings: int = Field(ge=2)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WhileUnconfirmed)
def test_case_open_alert_is_in_time_while_others_are_unconfirmed(
    case: Case, scope: Scope, listener: Listener, clock: Clock, record: TestRecord, parameters: WhileUnconfirmed
) -> None:
    """An alert waits neither for the confirmation of an earlier one nor for its repeats."""
    record.declare(CASE, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    measured: list[Latency] = []
    with listener.unheard():
        for number, phase_ns in enumerate(spread_phases_ns(parameters.openings, parameters.spread_ns), 1):
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
            case.open()
            measured.append(_case_latency(scope, listener, record, parameters.window_ns, f"opening {number}"))
            case.close()
            clock.sleep_ns(SETTLE_NS)
    listener.collect_until_quiet()
    scope.judge_latency(CASE, measured, REFERENCE_OPENINGS)


class SupplyCorners(Parameters):
    """The case opens ``openings`` times at each of ``voltages`` of the meter's mains."""

    limit_ns: DurationNs
    voltages_V: list[VoltageV] = Field(min_length=1)
    frequency_Hz: FrequencyHz
    openings: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=SupplyCorners)
def test_case_open_alert_is_in_time_at_the_ends_of_the_supply(
    mains: Mains,
    case: Case,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: SupplyCorners,
) -> None:
    """An opening's alert is in time at the lowest and at the highest supply voltage too."""
    record.declare(CASE, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    measured: list[Latency] = []
    for voltage_V in parameters.voltages_V:
        mains.feed(voltage_V=voltage_V, frequency_Hz=parameters.frequency_Hz)
        listener.collect_until_quiet()
        for number, phase_ns in enumerate(spread_phases_ns(parameters.openings, parameters.spread_ns), 1):
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            scope.arm("CASE_SW", "rising", BEFORE_NS, parameters.window_ns, RESOLUTION_NS)
            case.open()
            what = f"{voltage_V:g} V, opening {number}"
            measured.append(_case_latency(scope, listener, record, parameters.window_ns, what))
            case.close()
            listener.collect_until_quiet()
    scope.judge_latency(CASE, measured, REFERENCE_OPENINGS)


def _case_latency(scope: Scope, listener: Listener, record: TestRecord, window_ns: int, what: str) -> Latency:
    received = listener.first("case_opened", window_ns)
    latency = scope.case_latency(received, what, listener.passed_over)
    if latency.value_ms is not None:  # a missing one is judged inconclusive, with its reason
        record.reading(CASE, latency.value_ms, "ms", at=what)
    return latency

"""COM-1 at its corners: a second cause at the same time, a readout under way, the supply at its ends.

A meter has one processor, one secure element and one bus; what it is busy with when a tamper comes is part of what its
alert must overcome. t0, end and verdict are as in the tests of the cause by itself (``docs/decision.md``).
"""

from __future__ import annotations

import pytest
from pydantic import Field, field_validator

from fixtures.bench_latency import BenchLatency
from fixtures.case import Case
from fixtures.latency_causes import Cause, CauseLatency
from fixtures.latency_verdict import judge_longest
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.scope import Scope
from fixtures.shunt import Shunt
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.direction import Direction, DirectionField
from harness.measure.latency import Latency
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs, FieldMt, FrequencyHz, VoltageV
from harness.plan.parameters import Parameters
from testplans.latency.corner import AtCorner, FieldStep, ShuntClosing, field_of, mismatch_of

BEFORE_NS = 60_000_000
"""Kept before the trigger: bounce, and the coil's rise."""
RISE_NS = 200_000_000
"""The coil supply's command and the coil's rise: as long after the case has opened the trigger may come."""
RESOLUTION_NS = 1_000
SETTLE_NS = 500_000_000
"""After a closing, until the plunger and the contact are at rest."""
CASE, MAGNET = "case-open alert latency", "magnet alert latency"
REFERENCE_OFFSETS, REFERENCE_OPENINGS = 8, 4
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
    scope.judge_latency(CASE, of_case, REFERENCE_OFFSETS)
    scope.judge_latency(MAGNET, of_magnet, REFERENCE_OFFSETS, "step")


class WhileRead(AtCorner):
    """``spread`` begins ``lead`` before the meter is asked for its readout: an alert takes a while until it is ready to
    be sent, and must meet the readout then.
    """

    lead_ns: DurationNs = Field(le=1_000_000_000)


class FieldWhileRead(WhileRead, FieldStep):
    """Of a field."""


class MismatchWhileRead(WhileRead, ShuntClosing):
    """Of a mismatch."""


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WhileRead)
def test_case_open_alert_is_in_time_while_the_meter_is_read(
    case: Case, bench_latency: BenchLatency, record: TestRecord, parameters: WhileRead
) -> None:
    """An opening in the middle of a full readout: its alert is in time, and the readout comes to its end."""
    cause_latency = CauseLatency(bench_latency)
    _judge_while_read(cause_latency.of_case(case), cause_latency, record, parameters)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=FieldWhileRead)
def test_magnet_alert_is_in_time_while_the_meter_is_read(
    magnet: Magnet, bench_latency: BenchLatency, record: TestRecord, parameters: FieldWhileRead
) -> None:
    """A field that comes in the middle of a full readout."""
    cause_latency = CauseLatency(bench_latency)
    _judge_while_read(field_of(cause_latency, magnet, parameters), cause_latency, record, parameters)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MismatchWhileRead)
def test_mismatch_alert_is_in_time_while_the_meter_is_read(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    bench_latency: BenchLatency,
    record: TestRecord,
    parameters: MismatchWhileRead,
) -> None:
    """A mismatch that comes in the middle of a full readout, which reads currents as well."""
    cause_latency = CauseLatency(bench_latency)
    _judge_while_read(mismatch_of(cause_latency, mains, load, shunt, parameters), cause_latency, record, parameters)


def _judge_while_read(cause: Cause, latency: CauseLatency, record: TestRecord, parameters: WhileRead) -> None:
    cause = cause.at("while read")
    record.declare(cause.name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    latency.judge_repeats(
        cause,
        parameters.as_asked(),
        lambda phase_ns: lambda made: _begin_in_a_readout(made, latency, phase_ns - parameters.lead_ns),
    )


def _begin_in_a_readout(cause: Cause, latency: CauseLatency, after_ns: int) -> None:
    """The readout is asked for, and ``after_ns`` later the cause begins; before it, if that is below zero."""
    with latency.meter.being_read() as readout:
        if after_ns < 0:
            cause.begin()
            latency.clock.sleep_ns(-after_ns)
            readout.ask()
        else:
            readout.ask()
            latency.clock.sleep_ns(after_ns)
            cause.begin()


class WhileUnconfirmed(Parameters):
    """The case opens ``openings`` times while its alerts are not confirmed, as over a link whose way back is down."""

    limit_ns: DurationNs
    openings: int = Field(ge=2)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=WhileUnconfirmed)
def test_case_open_alert_is_in_time_while_others_are_unconfirmed(
    case: Case,
    bench_latency: BenchLatency,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: WhileUnconfirmed,
) -> None:
    """An alert waits neither for the confirmation of an earlier one nor for its repeats."""
    cause_latency = CauseLatency(bench_latency)
    cause = cause_latency.of_case(case).at("while others are unconfirmed")
    record.declare(cause.name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    measured: list[Latency] = []
    with listener.unheard():
        for number, phase_ns in enumerate(spread_phases_ns(parameters.openings, parameters.spread_ns), 1):
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            measured.append(cause_latency.measure(cause, parameters.window_ns, f"opening {number}"))
            cause.end()
            clock.sleep_ns(SETTLE_NS)
    listener.collect_until_quiet()
    judge_longest(record, cause.name, measured, REFERENCE_OPENINGS, cause.noun)


class SupplyCorners(AtCorner):
    """At each of ``voltages`` of the meter's mains, each a figure of its own."""

    voltages_V: list[VoltageV] = Field(min_length=1)
    frequency_Hz: FrequencyHz = Field(gt=0)


class FieldSupplyCorners(SupplyCorners, FieldStep):
    """Of a field."""


class MismatchSupplyCorners(SupplyCorners, ShuntClosing):
    """Of a mismatch, measured at rest at ``voltage``."""


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=SupplyCorners)
def test_case_open_alert_is_in_time_at_the_ends_of_the_supply(
    mains: Mains, case: Case, bench_latency: BenchLatency, record: TestRecord, parameters: SupplyCorners
) -> None:
    """An opening's alert is in time at the lowest and at the highest supply voltage too."""
    cause_latency = CauseLatency(bench_latency)
    _judge_at_voltages(cause_latency.of_case(case), mains, cause_latency, record, parameters)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=FieldSupplyCorners)
def test_magnet_alert_is_in_time_at_the_ends_of_the_supply(
    mains: Mains, magnet: Magnet, bench_latency: BenchLatency, record: TestRecord, parameters: FieldSupplyCorners
) -> None:
    """A field's alert is in time at the lowest and at the highest supply voltage too."""
    cause_latency = CauseLatency(bench_latency)
    _judge_at_voltages(field_of(cause_latency, magnet, parameters), mains, cause_latency, record, parameters)


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=MismatchSupplyCorners)
def test_mismatch_alert_is_in_time_at_the_ends_of_the_supply(
    mains: Mains,
    load: Load,
    shunt: Shunt,
    bench_latency: BenchLatency,
    record: TestRecord,
    parameters: MismatchSupplyCorners,
) -> None:
    """A mismatch's alert is in time at the lowest and at the highest supply voltage too."""
    cause_latency = CauseLatency(bench_latency)
    cause = mismatch_of(cause_latency, mains, load, shunt, parameters)
    _judge_at_voltages(cause, mains, cause_latency, record, parameters)


def _judge_at_voltages(
    cause: Cause, mains: Mains, latency: CauseLatency, record: TestRecord, parameters: SupplyCorners
) -> None:
    for voltage_V in parameters.voltages_V:
        here = cause.at(f"at {voltage_V:g} V")
        record.declare(here.name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
        mains.feed(voltage_V=voltage_V, frequency_Hz=parameters.frequency_Hz)
        latency.listener.collect_until_quiet()
        latency.judge_repeats(here, parameters.as_asked())

"""Fields that do not stand still: alternating ones and pulses shorter than any sampling trip by the same levels.

MAG-6. An alternating field counts by its RMS value, a pulse by its top, as the plan says. Each is measured by
the bench and counts only where it surely lies from ``lowest`` to ``highest``.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.narrow_magnet import MeasuredField, NarrowMagnet
from fixtures.scope import Scope
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.repeats import spread_phases_ns
from harness.measure.units import DurationNs, FieldMt, FrequencyHz, PercentPct
from harness.plan.parameters import Parameters

MS = 1_000_000
RESOLUTION_NS = 5_000
SURELY_THERE = 0.9
"""Of the pulse's current: above it the top counts as reached."""


class Alternating(Parameters):
    """A field of ``field`` RMS at each of ``frequencies``, begun ``starts`` times spread over ``spread``.

    A meter that samples in step with the field sees the same moment of it each time: which one, the start decides.
    """

    field_mT: FieldMt
    lowest_mT: FieldMt
    highest_mT: FieldMt
    frequencies_Hz: list[FrequencyHz] = Field(min_length=1)
    starts: int = Field(ge=1)
    spread_ns: DurationNs = Field(gt=0)
    watch_ns: DurationNs = Field(ge=1_000 * MS)


class AlternatingBelow(Alternating):
    """``control`` is a field, RMS, that must trip: silence counts only of a meter that hears it afterwards."""

    control_mT: FieldMt


class Pulses(Parameters):
    """A pulse of ``field`` and each of ``durations``, given ``repeats`` times spread over ``spread``.

    ``tolerance`` is how far the duration seen may be from the one asked for.
    """

    field_mT: FieldMt
    lowest_mT: FieldMt
    highest_mT: FieldMt
    durations_ns: list[DurationNs] = Field(min_length=1)
    repeats: int = Field(ge=1)
    spread_ns: DurationNs = Field(gt=0)
    tolerance_pct: PercentPct = Field(gt=0)
    watch_ns: DurationNs = Field(ge=1_000 * MS)


class PulsesBelow(Pulses):
    """``control`` is a pulse that must trip."""

    control_mT: FieldMt


class LookAlikes(Parameters):
    """``probe`` is the steady field of an optical probe's magnet; ``nearby`` alternates as near a heavy conductor."""

    probe_mT: FieldMt
    nearby_mT: FieldMt
    frequency_Hz: FrequencyHz
    repeats: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=1_000 * MS)
    control_mT: FieldMt


@pytest.mark.requirements("MAG-6")
@pytest.mark.parameters(model=Alternating)
def test_alternating_field_above_the_threshold_is_reported(
    narrow_magnet: NarrowMagnet,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: Alternating,
) -> None:
    """An alternating field whose RMS value must trip is one event, whenever it begins; so is its end."""
    for frequency_Hz in parameters.frequencies_Hz:
        for number, phase_ns in enumerate(spread_phases_ns(parameters.starts, parameters.spread_ns), 1):
            name = f"{frequency_Hz:g} Hz, start {number}"
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            applied = narrow_magnet.alternate(parameters.field_mT, frequency_Hz)
            seen = listener.collect(parameters.watch_ns)
            _check(name, applied, parameters, record)
            record.judge_equal(f"{name}: events 'magnetic field'", seen.of("magnetic_field"), 1)
            record.judge_equal(f"{name}: other events", seen.other_than("magnetic_field"), 0)
            record.judge_true(f"{name}: status marked tampered", meter.read().tampered)
            narrow_magnet.off()
            seen = listener.collect(parameters.watch_ns)
            record.judge_equal(f"{name}: events 'magnetic field gone'", seen.of("magnetic_field_gone"), 1)
            record.judge_equal(f"{name}: other events after it", seen.other_than("magnetic_field_gone"), 0)


@pytest.mark.requirements("MAG-6", "MAG-2")
@pytest.mark.parameters(model=AlternatingBelow)
def test_alternating_field_below_the_threshold_gives_no_event(
    narrow_magnet: NarrowMagnet, listener: Listener, clock: Clock, record: TestRecord, parameters: AlternatingBelow
) -> None:
    """An alternating field whose RMS value must not trip gives no event, though its peak is above the threshold."""
    for frequency_Hz in parameters.frequencies_Hz:
        for number, phase_ns in enumerate(spread_phases_ns(parameters.starts, parameters.spread_ns), 1):
            name = f"{frequency_Hz:g} Hz, start {number}"
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            applied = narrow_magnet.alternate(parameters.field_mT, frequency_Hz)
            seen = listener.collect(parameters.watch_ns)
            _check(name, applied, parameters, record)
            record.judge_equal(f"{name}: events", seen.events, 0)
            narrow_magnet.off()
            record.judge_equal(f"{name}: events after it", listener.collect(parameters.watch_ns).events, 0)
    narrow_magnet.alternate(parameters.control_mT, parameters.frequencies_Hz[0])
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a field that must trip", seen.of("magnetic_field"), 1)
    narrow_magnet.off()
    listener.collect(parameters.watch_ns)


@pytest.mark.requirements("MAG-6")
@pytest.mark.parameters(model=Pulses)
def test_a_pulse_above_the_threshold_is_reported(
    narrow_magnet: NarrowMagnet,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Pulses,
) -> None:
    """A pulse that must trip is one event and one restoration, wherever it lies between two samples."""
    for duration_ns in parameters.durations_ns:
        for number, phase_ns in enumerate(spread_phases_ns(parameters.repeats, parameters.spread_ns), 1):
            name = f"{duration_ns / MS:g} ms, pulse {number}"
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            applied = _give_pulse(name, duration_ns, parameters.field_mT, narrow_magnet, scope, record, parameters)
            seen = listener.collect(parameters.watch_ns)
            _check(name, applied, parameters, record)
            record.judge_equal(f"{name}: events 'magnetic field'", seen.of("magnetic_field"), 1)
            record.judge_equal(f"{name}: events 'magnetic field gone'", seen.of("magnetic_field_gone"), 1)
            narrow_magnet.off()


@pytest.mark.requirements("MAG-6", "MAG-2")
@pytest.mark.parameters(model=PulsesBelow)
def test_a_pulse_below_the_threshold_gives_no_event(
    narrow_magnet: NarrowMagnet,
    scope: Scope,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: PulsesBelow,
) -> None:
    """A pulse whose top must not trip gives no event."""
    for duration_ns in parameters.durations_ns:
        for number, phase_ns in enumerate(spread_phases_ns(parameters.repeats, parameters.spread_ns), 1):
            name = f"{duration_ns / MS:g} ms, pulse {number}"
            clock.sleep_ns((phase_ns - clock.now_ns()) % parameters.spread_ns)
            applied = _give_pulse(name, duration_ns, parameters.field_mT, narrow_magnet, scope, record, parameters)
            seen = listener.collect(parameters.watch_ns)
            _check(name, applied, parameters, record)
            record.judge_equal(f"{name}: events", seen.events, 0)
            narrow_magnet.off()
    longest_ns = max(parameters.durations_ns)
    _give_pulse("control", longest_ns, parameters.control_mT, narrow_magnet, scope, record, parameters)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a pulse that must trip", seen.of("magnetic_field"), 1)


@pytest.mark.requirements("MAG-2", "MAG-6")
@pytest.mark.parameters(model=LookAlikes)
def test_fields_of_ordinary_things_give_no_event(
    narrow_magnet: NarrowMagnet, listener: Listener, meter: Meter, record: TestRecord, parameters: LookAlikes
) -> None:
    """The magnet of an optical probe that comes and goes, and a heavy conductor beside the meter, are no events."""
    for number in range(1, parameters.repeats + 1):
        narrow_magnet.apply(parameters.probe_mT)
        record.judge_equal(f"probe {number}: events", listener.collect(parameters.watch_ns).events, 0)
        record.judge_true(f"probe {number}: status not marked", not meter.read().tampered)
        narrow_magnet.off()
        narrow_magnet.alternate(parameters.nearby_mT, parameters.frequency_Hz)
        record.judge_equal(f"conductor {number}: events", listener.collect(parameters.watch_ns).events, 0)
        narrow_magnet.off()
    record.judge_equal("events afterwards", listener.collect(parameters.watch_ns).events, 0)
    narrow_magnet.apply(parameters.control_mT)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a field that must trip", seen.of("magnetic_field"), 1)


def _give_pulse(
    name: str,
    duration_ns: int,
    field_mT: float,
    magnet: NarrowMagnet,
    scope: Scope,
    record: TestRecord,
    parameters: Pulses,
) -> MeasuredField:
    """A pulse, seen on the coil's current: one that does not reach its top for its time is not judged."""
    level_A = SURELY_THERE * magnet.current_A(field_mT)
    scope.arm_on_coil(level_A, 5 * MS, 2 * duration_ns + 10 * MS, RESOLUTION_NS)
    applied = magnet.pulse(field_mT, duration_ns / MS)
    seen_ms = scope.time_above(level_A, f"{name}: coil current")
    record.reading(f"{name}: time above {SURELY_THERE:.0%} of the top", seen_ms, "ms")
    if abs(seen_ms * MS - duration_ns) > parameters.tolerance_pct / 100 * duration_ns:
        record.inconclusive(
            f"{name}: the coil's current was near its top for {seen_ms:.3g} ms; only {duration_ns / MS:g} ms within "
            f"{parameters.tolerance_pct:g} % can be judged"
        )
    return applied


def _check(name: str, applied: MeasuredField, parameters: Alternating | Pulses, record: TestRecord) -> None:
    """No verdict on a field that may lie outside what the requirement speaks of."""
    if not (parameters.lowest_mT <= applied.lowest_mT and applied.highest_mT <= parameters.highest_mT):
        record.inconclusive(
            f"{name}: the field was {applied.lowest_mT:.2f} mT to {applied.highest_mT:.2f} mT; only one surely between "
            f"{parameters.lowest_mT:g} mT and {parameters.highest_mT:g} mT can be judged"
        )

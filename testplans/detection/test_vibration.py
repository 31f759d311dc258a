"""Shocks and sustained manipulation, told apart by how long they last, and from a train by their level (TILT-2)."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from pydantic import Field

from fixtures.bench_latency import BenchLatency
from fixtures.latency_parts import bus_of
from fixtures.latency_verdict import judge_longest
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.shaker import Shaker, Shaking
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.latency import Latency
from harness.measure.units import AccelerationG, DurationNs, FrequencyHz
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
LATENCY = "vibration alert latency"
REFERENCE_SHAKINGS = 5
"""What the reference plan asks for; a judgement of another number says so."""
SAMPLE_RATE_HZ = 100.0
SAMPLES_MAX = 100
PRYING = (0.9, -0.4, 0.1, 0.0, 0.0, -0.7, 0.8, -0.2, 0.0, 0.5, -0.9, 0.3, 0.0, 0.0, 0.6, -0.5, 1.0, -0.8, 0.2, 0.0)
"""An irregular sequence of jerks, 40 ms each, played again and again: a crowbar at the cover [assumed]."""

Kind = Literal["sine", "earthquake", "knock", "prying"]


class Shaken(Parameters):
    """Each of ``kinds`` at a peak of ``peak`` for ``lasts``; the sine has ``frequency``.

    ``level`` bounds the peak: the least from above where the meter must trip, the most where it must not.
    """

    kinds: list[Kind] = Field(min_length=1)
    peak_g: AccelerationG
    level_g: AccelerationG
    lasts_ns: DurationNs = Field(gt=0)
    frequency_Hz: FrequencyHz = 8.0
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class ShakenBelow(Shaken):
    """``control`` is how long a shaking of ``control_peak`` lasts that must trip."""

    control_ns: DurationNs
    control_peak_g: AccelerationG
    times: int = Field(default=1, ge=1)
    """Each kind so often, with ``pause`` in between: aftershocks are shocks of their own and do not add up."""
    pause_ns: DurationNs = 0


class ShakenLatency(Parameters):
    """A sine of ``frequency`` at ``peak`` for ``lasts``; t0 is ``criterion`` after its beginning.

    ``over_within``: how long after its alert the end of a shaking may be reported; before that the next one is no new
    event (LOG-1). The last shaking is taken apart (``apart``).
    """

    limit_ns: DurationNs
    criterion_ns: DurationNs
    peak_g: AccelerationG
    frequency_Hz: FrequencyHz
    lasts_ns: DurationNs
    window_ns: DurationNs
    over_within_ns: DurationNs
    shakings: int = Field(ge=1)
    apart: bool = True


@pytest.mark.requirements("TILT-2")
@pytest.mark.parameters(model=Shaken)
def test_sustained_manipulation_is_reported(
    shaker: Shaker, listener: Listener, record: TestRecord, parameters: Shaken
) -> None:
    """A shaking longer than the duration threshold is one event, and its end one; it is no tilt."""
    for kind in parameters.kinds:
        shaking = _play(shaker, kind, parameters.peak_g, parameters.frequency_Hz, parameters.lasts_ns)
        if not shaking.peak_g - shaking.budget.expanded() >= parameters.level_g:
            record.inconclusive(f"{kind}: its peak is not surely above {parameters.level_g:g} g")
        seen = listener.collect(parameters.lasts_ns + parameters.watch_ns)
        record.judge_equal(f"{kind}: events 'shaken'", seen.of("shaken"), 1)
        others = seen.other_than("shaken") - seen.of("shaken_gone")
        seen_after = listener.collect_until_quiet()
        record.judge_equal(f"{kind}: other events", others + seen_after.other_than("shaken_gone"), 0)
        ended = seen.of("shaken_gone") + seen_after.of("shaken_gone")
        record.judge_equal(f"{kind}: events 'shaken gone'", ended, 1)


@pytest.mark.requirements("TILT-2")
@pytest.mark.parameters(model=ShakenBelow)
def test_shocks_and_small_vibration_give_no_event(
    shaker: Shaker, listener: Listener, meter: Meter, clock: Clock, record: TestRecord, parameters: ShakenBelow
) -> None:
    """What is over before the duration threshold, or stays below the level, gives no event and no mark."""
    for kind in parameters.kinds:
        for number in range(parameters.times):
            clock.sleep_ns(parameters.lasts_ns + parameters.pause_ns if number else 0)
            shaking = _play(shaker, kind, parameters.peak_g, parameters.frequency_Hz, parameters.lasts_ns)
        if not shaking.peak_g + shaking.budget.expanded() <= parameters.level_g:
            record.inconclusive(f"{kind}: its peak is not surely below {parameters.level_g:g} g")
        seen = listener.collect(parameters.lasts_ns + parameters.watch_ns)
        record.judge_equal(f"{kind}: events", seen.events, 0)
    record.judge_true("status not marked", not meter.read().tampered)
    _play(shaker, "sine", parameters.control_peak_g, 8.0, parameters.control_ns)
    seen = listener.collect(parameters.control_ns + parameters.watch_ns)
    record.judge_equal("control: events of a shaking that must trip", seen.of("shaken"), 1)
    listener.collect_until_quiet()


@pytest.mark.requirements("COM-1")
@pytest.mark.parameters(model=ShakenLatency)
def test_vibration_alert_is_received_in_time(
    shaker: Shaker, bench_latency: BenchLatency, listener: Listener, record: TestRecord, parameters: ShakenLatency
) -> None:
    """The alert is received less than the limit after the duration criterion was met.

    From the command to the shaker to the listener's reception: the one is earlier, the other later than what it stands
    for, so the true latency is shorter.
    """
    record.declare(LATENCY, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
    measured: list[Latency] = []
    for number in range(1, parameters.shakings + 1):
        apart = parameters.apart and number == parameters.shakings
        if apart:
            bench_latency.look()
        shaking = _play(shaker, "sine", parameters.peak_g, parameters.frequency_Hz, parameters.lasts_ns)
        received = listener.first("shaken", parameters.window_ns)
        measured.append(
            bench_latency.since(LATENCY, shaking.began_ns + parameters.criterion_ns, received, shaking=number)
        )
        if apart:
            bench_latency.take_apart(LATENCY, measured[-1], received, bus_of(bench_latency.meter.file).motion_sensor)
        if received is None:
            break
        if listener.first("shaken_gone", parameters.over_within_ns) is None:
            record.inconclusive(f"shaking {number}: not reported as over, so another would be no new event")
        listener.collect_until_quiet()
    judge_longest(record, LATENCY, measured, REFERENCE_SHAKINGS, "shaking")


def _play(shaker: Shaker, kind: Kind, peak_g: float, frequency_Hz: float, lasts_ns: int) -> Shaking:
    """So long of that kind, never longer; the earthquake has its strong motion in the middle, the knock rings out."""
    if kind == "sine":
        return shaker.sine(peak_g, frequency_Hz, max(int(lasts_ns * frequency_Hz / 1e9), 1))
    count = min(int(lasts_ns * SAMPLE_RATE_HZ / 1e9), SAMPLES_MAX)
    places = [index / count for index in range(count)]
    if kind == "prying":
        samples = [PRYING[index // 4 % len(PRYING)] for index in range(count)]
    elif kind == "knock":
        samples = [math.exp(-8 * at) * math.cos(2 * math.pi * 12 * at * lasts_ns / 1e9) for at in places]
    else:
        samples = [math.sin(math.pi * at) * math.sin(2 * math.pi * (3 + 5 * at) * at * lasts_ns / 1e9) for at in places]
    highest = max(abs(sample) for sample in samples)
    return shaker.record([sample / highest for sample in samples], SAMPLE_RATE_HZ, peak_g, kind)

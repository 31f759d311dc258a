"""Tilt against the installed position: every direction, several positions, over supply cuts, however slow (TILT-1)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.supply import Supply
from fixtures.tilt import Tilt
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import AngleDeg, DurationNs
from testplans.detection.tilting import TiltInDirections, install


class BelowTilt(TiltInDirections):
    """``control`` is a tilt that must trip: silence counts only of a meter that hears it afterwards."""

    control_deg: AngleDeg


class TiltOverCuts(TiltInDirections):
    """The supply is away for ``off``, ``cuts`` times, while the meter is tilted; it signs on ``back_within``."""

    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs
    cuts: int = Field(ge=1)


class HoveringTilt(TiltInDirections):
    """After the tilt the meter goes to ``lower`` and back, ``times``: a hand at its case, a post in the wind."""

    lower_deg: AngleDeg = Field(gt=0)
    times: int = Field(ge=1)


class SlowTilt(TiltInDirections):
    """The meter is turned at ``speed`` degrees a second."""

    speed_deg_per_s: float = Field(gt=0)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=TiltInDirections)
def test_tilt_above_the_threshold_is_reported(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: TiltInDirections
) -> None:
    """A tilt at or above the must-trip value is one event and marks the status; its end is one event too."""
    installed = install(tilt, case, listener, meter, record, parameters.position, parameters.watch_ns)
    for direction in parameters.directions:
        seen = installed.seen_after_turn(direction, parameters.angle_deg, parameters.judged_deg)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        record.judge_equal(f"{direction}: other events", seen.other_than("tilted"), 0)
        record.judge_true(f"{direction}: status marked tampered", meter.read().tampered)
        seen = installed.seen_at_home()
        record.judge_equal(f"{direction}: events 'tilted gone'", seen.of("tilted_gone"), 1)
        record.judge_equal(f"{direction}: other events after it", seen.other_than("tilted_gone"), 0)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=BelowTilt)
def test_tilt_below_the_threshold_gives_no_event(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: BelowTilt
) -> None:
    """A tilt at or below the must-not-trip value gives no event, in any direction."""
    installed = install(tilt, case, listener, meter, record, parameters.position, parameters.watch_ns)
    for direction in parameters.directions:
        seen = installed.seen_after_turn(direction, parameters.angle_deg, parameters.judged_deg)
        record.judge_equal(f"{direction}: events", seen.events, 0)
    installed.turn(parameters.directions[0], parameters.control_deg)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a tilt that must trip", seen.of("tilted"), 1)
    installed.go_home()
    listener.collect_until_quiet()


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=TiltOverCuts)
def test_tilt_is_not_learned_away_over_supply_cuts(
    tilt: Tilt,
    case: Case,
    supply: Supply,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: TiltOverCuts,
) -> None:
    """A meter that was tilted while it had no supply says so when it is back, and is still tilted after more cuts."""
    installed = install(tilt, case, listener, meter, record, parameters.position, parameters.watch_ns)
    for direction in parameters.directions:
        supply.cut()
        clock.sleep_ns(parameters.off_ns)
        applied = installed.turn(direction, parameters.angle_deg)
        supply.restore()
        record.judge_true(f"{direction}: meter is back", supply.is_back(parameters.back_within_ns))
        seen = installed.seen_of(direction, applied, parameters.judged_deg)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        for number in range(1, parameters.cuts + 1):
            back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
            record.judge_true(f"{direction}: meter is back after cut {number}", back)
            listener.collect(parameters.watch_ns)
            record.judge_true(f"{direction}: status marked after cut {number}", meter.read().tampered)
        seen = installed.seen_at_home()
        record.judge_equal(f"{direction}: events 'tilted gone'", seen.of("tilted_gone"), 1)


@pytest.mark.requirements("TILT-1", "LOG-1")
@pytest.mark.parameters(model=HoveringTilt)
def test_a_tilt_that_hovers_about_the_threshold_is_one_event(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: HoveringTilt
) -> None:
    """A tilt that falls a little below the threshold and rises again is one state: one event, until it is over."""
    installed = install(tilt, case, listener, meter, record, parameters.position, parameters.watch_ns)
    for direction in parameters.directions:
        seen = installed.seen_after_turn(direction, parameters.angle_deg, parameters.judged_deg)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1, requirements=["TILT-1"])
        for number in range(1, parameters.times + 1):
            for angle_deg in (parameters.lower_deg, parameters.angle_deg):
                installed.turn(direction, angle_deg)
                seen = listener.collect(parameters.watch_ns)
                name = f"{direction}, {number}: events at {angle_deg:g} deg"
                record.judge_equal(name, seen.events, 0, requirements=["LOG-1"])
        seen = installed.seen_at_home()
        record.judge_equal(f"{direction}: events 'tilted gone'", seen.of("tilted_gone"), 1, requirements=["TILT-1"])


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=SlowTilt)
def test_a_slow_tilt_is_reported(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: SlowTilt
) -> None:
    """A tilt is reported however slowly the meter is turned."""
    installed = install(tilt, case, listener, meter, record, parameters.position, parameters.watch_ns)
    for direction in parameters.directions:
        tilt.start(*installed.target(direction, parameters.angle_deg), parameters.speed_deg_per_s)
        applied = tilt.wait_at_rest()
        seen = installed.seen_of(direction, applied, parameters.judged_deg)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        installed.go_home()
        listener.collect_until_quiet()

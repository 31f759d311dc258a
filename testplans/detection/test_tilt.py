"""Tilt against the installed position: every direction, several positions, over supply cuts, however slow (TILT-1)."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import AfterValidator, Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.supply import Supply
from fixtures.tilt import AppliedTilt, Tilt, angle_between_deg
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import AngleDeg, DurationNs
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""
DIRECTIONS: dict[str, tuple[float, float]] = {
    "+pitch": (1, 0), "-pitch": (-1, 0), "+roll": (0, 1), "-roll": (0, -1),
    "+pitch+roll": (0.7148, 0.7148), "-pitch+roll": (-0.7148, 0.7148),
}  # fmt: skip
"""Parts of the angle on each axis; a diagonal's total is right within 0.1 degrees at 30, and is measured anyway."""


def _known(name: str) -> str:
    if name not in DIRECTIONS:
        raise ValueError(f"direction {name!r}: expected one of {', '.join(DIRECTIONS)}")
    return name


def _attitude(name: str) -> tuple[float, float]:
    try:
        pitch, roll = (float(part) for part in name.split("/"))
    except ValueError:
        raise ValueError(f"position {name!r}: expected pitch and roll in degrees, as in 45/0") from None
    return pitch, roll


def _is_attitude(name: str) -> str:
    _attitude(name)
    return name


Direction = Annotated[str, AfterValidator(_known)]
Position = Annotated[str, AfterValidator(_is_attitude)]


class TiltInDirections(Parameters):
    """A tilt of ``angle`` in each of ``directions``; judged only if it surely lies from ``lowest`` to ``highest``.

    ``position`` is where the meter is installed first (pitch/roll of the stage). ``watch`` is how long alerts are
    waited for after each movement.
    """

    position: Position = "0/0"
    angle_deg: AngleDeg = Field(gt=0)
    lowest_deg: AngleDeg
    highest_deg: AngleDeg
    directions: list[Direction] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class BelowTilt(TiltInDirections):
    """``control`` is a tilt that must trip: silence counts only of a meter that hears it afterwards."""

    control_deg: AngleDeg


class TiltOverCuts(TiltInDirections):
    """The supply is away for ``off``, ``cuts`` times, while the meter is tilted; it signs on ``back_within``."""

    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs
    cuts: int = Field(ge=1)


class SlowTilt(TiltInDirections):
    """The meter is turned at ``speed`` degrees a second."""

    speed_deg_per_s: float = Field(gt=0)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=TiltInDirections)
def test_tilt_above_the_threshold_is_reported(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: TiltInDirections
) -> None:
    """A tilt at or above the must-trip value is one event and marks the status; its end is one event too."""
    home = _install(tilt, case, listener, meter, parameters)
    for direction in parameters.directions:
        applied = _turn(tilt, home, direction, parameters.angle_deg)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(direction, home, applied, parameters, record)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        record.judge_equal(f"{direction}: other events", seen.other_than("tilted"), 0)
        record.judge_true(f"{direction}: status marked tampered", meter.read().tampered)
        tilt.go(*home)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{direction}: events 'tilted gone'", seen.of("tilted_gone"), 1)
        record.judge_equal(f"{direction}: other events after it", seen.other_than("tilted_gone"), 0)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=BelowTilt)
def test_tilt_below_the_threshold_gives_no_event(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: BelowTilt
) -> None:
    """A tilt at or below the must-not-trip value gives no event, in any direction."""
    home = _install(tilt, case, listener, meter, parameters)
    for direction in parameters.directions:
        applied = _turn(tilt, home, direction, parameters.angle_deg)
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(direction, home, applied, parameters, record)
        record.judge_equal(f"{direction}: events", seen.events, 0)
    _turn(tilt, home, parameters.directions[0], parameters.control_deg)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a tilt that must trip", seen.of("tilted"), 1)
    tilt.go(*home)
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
    home = _install(tilt, case, listener, meter, parameters)
    for direction in parameters.directions:
        supply.cut()
        clock.sleep_ns(parameters.off_ns)
        applied = _turn(tilt, home, direction, parameters.angle_deg)
        supply.restore()
        record.judge_true(f"{direction}: meter is back", supply.is_back(parameters.back_within_ns))
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(direction, home, applied, parameters, record)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        for number in range(1, parameters.cuts + 1):
            back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
            record.judge_true(f"{direction}: meter is back after cut {number}", back)
            listener.collect(parameters.watch_ns)
            record.judge_true(f"{direction}: status marked after cut {number}", meter.read().tampered)
        tilt.go(*home)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{direction}: events 'tilted gone'", seen.of("tilted_gone"), 1)


@pytest.mark.requirements("TILT-1")
@pytest.mark.parameters(model=SlowTilt)
def test_a_slow_tilt_is_reported(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, record: TestRecord, parameters: SlowTilt
) -> None:
    """A tilt is reported however slowly the meter is turned."""
    home = _install(tilt, case, listener, meter, parameters)
    for direction in parameters.directions:
        tilt.start(*_target(home, direction, parameters.angle_deg), parameters.speed_deg_per_s)
        applied = tilt.wait_at_rest()
        seen = listener.collect(parameters.watch_ns)
        _check_stimulus(direction, home, applied, parameters, record)
        record.judge_equal(f"{direction}: events 'tilted'", seen.of("tilted"), 1)
        tilt.go(*home)
        listener.collect_until_quiet()


def _install(
    tilt: Tilt, case: Case, listener: Listener, meter: Meter, parameters: TiltInDirections
) -> tuple[float, float]:
    """The meter in its position, and told so as an installer tells it: with its case open."""
    home = _attitude(parameters.position)
    tilt.go(*home)
    case.open()
    listener.collect_until_quiet()
    meter.install_here()
    listener.collect_until_quiet()
    case.close()
    listener.collect_until_quiet()
    return home


def _target(home: tuple[float, float], direction: str, angle_deg: float) -> tuple[float, float]:
    pitch, roll = DIRECTIONS[direction]
    return home[0] + pitch * angle_deg, home[1] + roll * angle_deg


def _turn(tilt: Tilt, home: tuple[float, float], direction: str, angle_deg: float) -> AppliedTilt:
    return tilt.go(*_target(home, direction, angle_deg))


def _check_stimulus(
    direction: str, home: tuple[float, float], applied: AppliedTilt, parameters: TiltInDirections, record: TestRecord
) -> None:
    """No verdict on a tilt that may lie outside what the requirement speaks of."""
    found_deg = angle_between_deg(home, (applied.pitch_deg, applied.roll_deg))
    spread_deg = applied.expanded_uncertainty_deg
    record.reading(f"{direction}: tilt against the installed position", found_deg, "deg")
    if not (parameters.lowest_deg <= found_deg - spread_deg and found_deg + spread_deg <= parameters.highest_deg):
        record.inconclusive(
            f"{direction}: the tilt was {found_deg:.2f}° ± {spread_deg:.2f}°; only one surely between "
            f"{parameters.lowest_deg:g}° and {parameters.highest_deg:g}° can be judged"
        )

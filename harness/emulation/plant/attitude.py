"""The meter's attitude: a two-axis tilt stage, and gravity in the meter's axes.

The meter's axes: x to the right, y into the wall, z up. Axis 1 (pitch) turns about x and carries axis 2 (roll), which
turns about y. Each axis moves by a trapezoid of velocity: constant acceleration, constant velocity, constant
deceleration, told as phases in whole microdegrees and nanoseconds. The meter hangs on the stage a little askew; that is
drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import cos, isqrt, radians, sin

from harness.emulation.errors import WorldError
from harness.emulation.world import PlainComponent, World

MOUNTING_MDEG = (-100, 100)
"""How far the meter is from level at 0 on both axes: set by a machinist's level, our assumption."""

NS_PER_S = 1_000_000_000
GRAVITY_UG = 1_000_000
AXES = (1, 2)
REMEMBERED_NS = NS_PER_S
"""How far back someone may ask."""


@dataclass(frozen=True)
class Phase:
    """From ``start_ns`` on: constant acceleration."""

    start_ns: int
    angle_udeg: int
    velocity_udeg_per_s: int = 0
    acceleration_udeg_per_s2: int = 0

    def angle_at(self, at_ns: int) -> int:
        """The angle, in microdegrees."""
        dt = at_ns - self.start_ns
        return (
            self.angle_udeg
            + self.velocity_udeg_per_s * dt // NS_PER_S
            + self.acceleration_udeg_per_s2 * dt * dt // (2 * NS_PER_S**2)
        )

    def velocity_at(self, at_ns: int) -> int:
        """The velocity, in microdegrees per second."""
        return self.velocity_udeg_per_s + self.acceleration_udeg_per_s2 * (at_ns - self.start_ns) // NS_PER_S


@dataclass
class AttitudeState:
    """Per axis (pitch, roll): the phases still remembered and those to come; the last one is rest."""

    phases: list[list[Phase]] = field(default_factory=lambda: [[Phase(0, 0)], [Phase(0, 0)]])


class Attitude(PlainComponent):
    """The stage with the meter on it; level at the beginning."""

    state: AttitudeState

    def __init__(self, world: World, name: str = "attitude") -> None:
        stream = world.stream(f"{name} traits")
        self.askew_mdeg = (stream.take_int(*MOUNTING_MDEG), stream.take_int(*MOUNTING_MDEG))
        self.watchers: list[str] = []
        """Components that are told ("moved") when an axis begins to move."""
        self.state = AttitudeState()
        super().__init__(world, name)

    def move(self, axis: int, to_udeg: int, velocity_udeg_per_s: int, acceleration_udeg_per_s2: int) -> None:
        """Move axis 1 or 2; one that moves already comes to rest first (our simplification)."""
        if self.moving(axis, self.world.now_ns):
            self.stop(axis, acceleration_udeg_per_s2)
        rest = self._phases(axis)[-1]
        start_ns = max(self.world.now_ns, rest.start_ns)
        self._follow(
            axis, _trapezoid(start_ns, rest.angle_udeg, to_udeg, velocity_udeg_per_s, acceleration_udeg_per_s2)
        )

    def stop(self, axis: int, acceleration_udeg_per_s2: int) -> None:
        """Bring an axis to rest where its deceleration ends."""
        now_ns = self.world.now_ns
        phase = self._phase(axis, now_ns)
        velocity = phase.velocity_at(now_ns)
        if velocity == 0:
            return
        braking = -acceleration_udeg_per_s2 if velocity > 0 else acceleration_udeg_per_s2
        slowing = Phase(now_ns, phase.angle_at(now_ns), velocity, braking)
        rest_ns = now_ns + abs(velocity) * NS_PER_S // acceleration_udeg_per_s2
        self.state.phases[axis - 1] = [one for one in self._phases(axis) if one.start_ns < now_ns]
        self._follow(axis, [slowing, Phase(rest_ns, slowing.angle_at(rest_ns))])

    def moving(self, axis: int, at_ns: int) -> bool:
        """Whether the axis is on its way to where it was sent."""
        return at_ns < self._phases(axis)[-1].start_ns

    def rests_at_ns(self, axis: int) -> int:
        """When the axis comes, or came, to rest."""
        return self._phases(axis)[-1].start_ns

    def stage_udeg(self, axis: int, at_ns: int) -> int:
        """The stage's own angle of axis 1 or 2, as its encoder sees it; ``at_ns`` is now or within the last second."""
        return self._phase(axis, at_ns).angle_at(at_ns)

    def angles_mdeg(self, at_ns: int) -> tuple[int, int]:
        """The meter's true pitch and roll against level, in thousandths of a degree."""
        pitch_udeg, roll_udeg = self._phase(1, at_ns).angle_at(at_ns), self._phase(2, at_ns).angle_at(at_ns)
        askew_pitch_mdeg, askew_roll_mdeg = self.askew_mdeg
        return pitch_udeg // 1000 + askew_pitch_mdeg, roll_udeg // 1000 + askew_roll_mdeg

    def gravity_ug(self, at_ns: int) -> tuple[int, int, int]:
        """What an ideal accelerometer at rest reads along the meter's x, y, z: 1 g upwards, in millionths of g.

        Upright (0, 0, 1 g); pitched by p and rolled by r: (-cos p · sin r, sin p, cos p · cos r).
        """
        return _gravity_ug(*self.angles_mdeg(at_ns))

    def _phases(self, axis: int) -> list[Phase]:
        return self.state.phases[axis - 1]

    def _phase(self, axis: int, at_ns: int) -> Phase:
        phases = self.state.phases[axis - 1]
        for phase in reversed(phases):
            if phase.start_ns <= at_ns:
                return phase
        return phases[0]

    def _follow(self, axis: int, new: list[Phase]) -> None:
        kept = self._phases(axis)
        past = [index for index, one in enumerate(kept) if one.start_ns <= self.world.now_ns - REMEMBERED_NS]
        self.state.phases[axis - 1] = kept[past[-1] if past else 0 :] + new
        for watcher in self.watchers:
            self.world.schedule(self.world.now_ns, watcher, "moved")


@lru_cache(maxsize=1024)
def _gravity_ug(pitch_mdeg: int, roll_mdeg: int) -> tuple[int, int, int]:
    """As :meth:`Attitude.gravity_ug`; at rest it is asked for the same angles again and again."""
    pitch, roll = radians(pitch_mdeg / 1000), radians(roll_mdeg / 1000)
    return (
        round(-GRAVITY_UG * cos(pitch) * sin(roll)),
        round(GRAVITY_UG * sin(pitch)),
        round(GRAVITY_UG * cos(pitch) * cos(roll)),
    )


def find_attitude(world: World) -> Attitude:
    """The attitude of a world; raises WorldError where there is none."""
    component = world.component("attitude")
    if not isinstance(component, Attitude):
        raise WorldError(f"component 'attitude' of this world is {component!r}, expected its attitude")
    return component


def _trapezoid(start_ns: int, from_udeg: int, to_udeg: int, velocity: int, acceleration: int) -> list[Phase]:
    """From rest to rest; a way too short for full velocity is a triangle."""
    way = abs(to_udeg - from_udeg)
    if way == 0:
        return []
    sign = 1 if to_udeg > from_udeg else -1
    peak = min(velocity, isqrt(acceleration * way))
    rising_ns = peak * NS_PER_S // acceleration
    cruising_ns = max(way * NS_PER_S // peak - rising_ns, 0)
    up = Phase(start_ns, from_udeg, 0, sign * acceleration)
    cruise_ns = start_ns + rising_ns
    cruise = Phase(cruise_ns, up.angle_at(cruise_ns), sign * peak)
    down_ns = cruise_ns + cruising_ns
    down = Phase(down_ns, cruise.angle_at(down_ns), sign * peak, -sign * acceleration)
    return [up, cruise, down, Phase(down_ns + rising_ns, to_udeg)]

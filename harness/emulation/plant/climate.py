"""Heat: the air in the temperature chamber, and the meter's board that follows it.

The chamber's controller leads the air along a ramp of limited rate; the air lags behind it by a first-order time
constant, and the board behind the air by its own, which is longer by far (Newton's law of cooling, lumped bodies).
Both solutions are closed forms, so nothing is computed while nobody looks. With conditioning off the air drifts to the
room's temperature through the chamber's insulation.

Figures are those of a small bench chamber (ESPEC's catalogue of the SH series: some 3 K/min up, 2 K/min down
[recalled]); board and enclosure by our assumption of 10 minutes. Each deviation is drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

from harness.emulation.errors import WorldError
from harness.emulation.world import PlainComponent, World

ROOM_UC = (21_000_000, 25_000_000)
"""Room temperature, in millionths of a degree Celsius: a laboratory's 23 +- 2."""

HEATING_UC_PER_S = (45_000, 55_000)
COOLING_UC_PER_S = (30_000, 37_000)
AIR_LAG_S = (30, 50)
INSULATION_S = (3_000, 4_200)
"""Time constant with conditioning off."""
BOARD_LAG_S = (480, 720)
CONTROL_ERROR_UC = (-300_000, 300_000)
"""How far the air settles from what the controller's own sensor says: within the chamber's stated accuracy."""

NS_PER_S = 1_000_000_000
REMEMBERED_NS = 60 * NS_PER_S
"""How far back someone may ask."""


@dataclass(frozen=True)
class ChamberTraits:
    """What this one chamber, and this one meter's enclosure, are like."""

    heating_uC_per_s: int
    cooling_uC_per_s: int
    air_lag_s: int
    insulation_s: int
    board_lag_s: int
    control_error_uC: int
    room_uC: int


@dataclass(frozen=True)
class ThermalSegment:
    """From ``start_ns`` on, air and board follow a reference that begins at ``reference_uC`` with a constant slope."""

    start_ns: int
    air_uC: int
    board_uC: int
    reference_uC: int
    slope_uC_per_s: int
    air_lag_s: int
    board_lag_s: int

    def at(self, at_ns: int) -> tuple[int, int]:
        """Temperatures of air and board at ``at_ns``, in millionths of a degree.

        Air: T = r - k·ta + C·exp(-t/ta). Board: M = r - k·(ta + tm) + A·exp(-t/ta) + B·exp(-t/tm), A = C·ta/(ta - tm).
        """
        if self.air_uC == self.board_uC == self.reference_uC and not self.slope_uC_per_s:
            return self.reference_uC, self.reference_uC  # a room in which nothing was changed: asked for all day
        t_s = (at_ns - self.start_ns) / NS_PER_S
        slope, ta, tm = self.slope_uC_per_s, self.air_lag_s, self.board_lag_s
        reference = self.reference_uC + slope * t_s
        c = self.air_uC - self.reference_uC + slope * ta
        a = c * ta / (ta - tm)
        b = self.board_uC - self.reference_uC + slope * (ta + tm) - a
        fast, slow = exp(-t_s / ta), exp(-t_s / tm)
        return round(reference - slope * ta + c * fast), round(reference - slope * (ta + tm) + a * fast + b * slow)


@dataclass
class ClimateState:
    """The segments still remembered, the oldest first, those of a ramp's end included; never empty."""

    segments: list[ThermalSegment] = field(default_factory=list)
    conditioning: bool = False


class Climate(PlainComponent):
    """The air around the meter and the meter's board; everything at room temperature at the beginning."""

    state: ClimateState

    def __init__(self, world: World, name: str = "climate") -> None:
        stream = world.stream(f"{name} traits")
        self.traits = traits = ChamberTraits(
            heating_uC_per_s=stream.take_int(*HEATING_UC_PER_S),
            cooling_uC_per_s=stream.take_int(*COOLING_UC_PER_S),
            air_lag_s=stream.take_int(*AIR_LAG_S),
            insulation_s=stream.take_int(*INSULATION_S),
            board_lag_s=stream.take_int(*BOARD_LAG_S),
            control_error_uC=stream.take_int(*CONTROL_ERROR_UC),
            room_uC=stream.take_int(*ROOM_UC),
        )
        room_uC = traits.room_uC
        rest = ThermalSegment(0, room_uC, room_uC, room_uC, 0, traits.insulation_s, traits.board_lag_s)
        self.state = ClimateState([rest])
        super().__init__(world, name)

    def condition(self, set_mC: int) -> None:
        """From now on the chamber leads its air to ``set_mC``, as its own sensor shows it."""
        traits = self.traits
        air_uC, board_uC = self._now()
        target_uC = set_mC * 1000 + traits.control_error_uC
        rate = traits.heating_uC_per_s if target_uC >= air_uC else -traits.cooling_uC_per_s
        start_ns = self.world.now_ns
        ramp = ThermalSegment(start_ns, air_uC, board_uC, air_uC, rate, traits.air_lag_s, traits.board_lag_s)
        end_ns = start_ns + (target_uC - air_uC) * NS_PER_S // rate
        air_then_uC, board_then_uC = ramp.at(end_ns)
        hold = ThermalSegment(end_ns, air_then_uC, board_then_uC, target_uC, 0, traits.air_lag_s, traits.board_lag_s)
        self._follow([ramp, hold])
        self.state.conditioning = True

    def switch_off(self) -> None:
        """From now on nothing heats or cools: the air drifts to the room's temperature."""
        if not self.state.conditioning:
            return
        air_uC, board_uC = self._now()
        traits = self.traits
        drift = ThermalSegment(
            self.world.now_ns, air_uC, board_uC, traits.room_uC, 0, traits.insulation_s, traits.board_lag_s
        )
        self._follow([drift])
        self.state.conditioning = False

    def air_mC(self, at_ns: int) -> int:
        """The air at the meter, in thousandths of a degree Celsius; ``at_ns`` is now or within the last minute."""
        return self._segment(at_ns).at(at_ns)[0] // 1000

    def meter_mC(self, at_ns: int) -> int:
        """The meter's board, likewise."""
        return self._segment(at_ns).at(at_ns)[1] // 1000

    def sensor_mC(self, at_ns: int) -> int:
        """What the chamber's own sensor shows: the air, less the controller's error."""
        return (self._segment(at_ns).at(at_ns)[0] - self.traits.control_error_uC * self.state.conditioning) // 1000

    def _now(self) -> tuple[int, int]:
        return self._segment(self.world.now_ns).at(self.world.now_ns)

    def _segment(self, at_ns: int) -> ThermalSegment:
        segments = self.state.segments
        for segment in reversed(segments):
            if segment.start_ns <= at_ns:
                return segment
        return segments[0]

    def _follow(self, new: list[ThermalSegment]) -> None:
        """What lay in the future is void; what is long past is forgotten."""
        now_ns = self.world.now_ns
        kept = [one for one in self.state.segments if one.start_ns < now_ns]
        past = [index for index, one in enumerate(kept) if one.start_ns <= now_ns - REMEMBERED_NS]
        self.state.segments = kept[past[-1] if past else 0 :] + new


def find_climate(world: World) -> Climate:
    """The climate of a world; raises WorldError where there is none."""
    component = world.component("climate")
    if not isinstance(component, Climate):
        raise WorldError(f"component 'climate' of this world is {component!r}, expected its climate")
    return component

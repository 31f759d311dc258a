"""The current that the meter's electronics draw from their own supply, as an ammeter in that lead finds it.

A coarse model: so much for the board, so much for a processor at work, so much for one asleep. The share of time
asleep is counted by the processor, so a meter that stops sleeping draws visibly more; peaks, the secure element's
computing and the modem are left out. The current is worked out when someone measures, not as it goes. What one
meter's parts draw is drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.emulation.analog_net import AnalogNet, AnalogNetState, Segment
from harness.emulation.plant.mains_averages import mean_u
from harness.emulation.world import World

BOARD_UA = (10_500, 13_500)
"""Front end 7 mA (ADE7953 data sheet, typical; 9 mA at most [recalled]), field sensor, regulator and pull-ups."""
AWAKE_UA, ASLEEP_UA = 40_000, 14_000
"""LM3S6965 at 16 MHz out of flash; the data sheet gives 108 mA at 50 MHz, about in proportion [recalled]. The same in
sleep mode, main oscillator running [recalled]."""
PROCESSOR_PPM = 100_000
"""The sheet gives typical figures only; 10 % from part to part, asleep and awake alike, is an assumption."""


class Processor(Protocol):
    """What of the processor matters here."""

    @property
    def sleep_ns(self) -> int:
        """All time slept so far."""


@dataclass(frozen=True)
class ElectronicsTraits:
    """What this one meter's electronics draw, in uA."""

    asleep_uA: int
    """All of them, with the processor asleep."""
    awake_more_uA: int
    """By which it is more while the processor works."""


@dataclass
class MeterSupplyState(AnalogNetState):
    """The net's laws, and where the present measurement began."""

    segments: list[Segment] = field(default_factory=list)
    began_ns: int = 0
    slept_ns: int = 0


class MeterSupplyNet(AnalogNet):
    """The net METER_SUPPLY_I. Hears of the supply by events ``supply`` (True: there)."""

    state: MeterSupplyState

    def __init__(self, world: World, processor: Processor, name: str = "METER_SUPPLY_I") -> None:
        self.processor = processor
        self.traits = _draw_traits(world)
        super().__init__(world, name, unit="A")
        self.state = MeterSupplyState([Segment(world.now_ns, final_u=self.traits.asleep_uA)])

    def on_event(self, kind: str, argument: Any) -> None:
        """The supply came or went."""
        if kind != "supply":
            super().on_event(kind, argument)
        self.hold(self.traits.asleep_uA if argument else 0)

    def begin(self) -> None:
        """A measurement begins."""
        self.state.began_ns, self.state.slept_ns = self.world.now_ns, self.processor.sleep_ns

    def mean_since_begin_u(self) -> int:
        """The mean since ``begin``, in uA."""
        state, now_ns = self.state, self.world.now_ns
        duration_ns = now_ns - state.began_ns
        if duration_ns <= 0:
            return self.value_u(now_ns)
        awake_ns = duration_ns - (self.processor.sleep_ns - state.slept_ns)
        mean_uA = mean_u(self, state.began_ns, now_ns)
        if mean_uA == self.traits.asleep_uA:
            mean_uA += self.traits.awake_more_uA * min(max(awake_ns, 0), duration_ns) // duration_ns
        return mean_uA


def _draw_traits(world: World) -> ElectronicsTraits:
    stream = world.stream("electronics current traits")
    board_uA = stream.take_int(*BOARD_UA)
    processor_ppm = 1_000_000 + stream.take_int(-PROCESSOR_PPM, PROCESSOR_PPM)
    return ElectronicsTraits(
        board_uA + ASLEEP_UA * processor_ppm // 1_000_000, (AWAKE_UA - ASLEEP_UA) * processor_ppm // 1_000_000
    )

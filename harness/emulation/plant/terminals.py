"""The meter's terminal block: how warm it is by the air and the board around it, by its contacts and by a heater.

Base: about half way between the air and the board, since the block sits in the base plate [assumed]. On top of it a
lumped body with Newton's law of cooling: rise' = (P · R_th - rise) / tau, P = I² · R_contact + heater. The current is
the line element's rms; each change of it or of the heater ends one closed form and begins the next, nothing is computed
between.

The heater stands for what a loose contact gives off: a laboratory clamps a cartridge to the block, since no source of
500 VA brings a sound contact of a milliohm to warmth. Figures are our assumptions for a block of some 50 g of brass in
plastic, drawn from the seed. A two-wire temperature transmitter (4 mA at -40, 20 mA at +160 degrees Celsius) beside it
is what the bench measures with: net TERMINAL_LOOP_I.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isqrt
from typing import Any

from harness.emulation.analog_net import AnalogNet, AnalogNetState, Segment
from harness.emulation.errors import WorldError
from harness.emulation.parts.ade7953_channels import mean_square_u2
from harness.emulation.plant.climate import Climate
from harness.emulation.plant.mains import Mains
from harness.emulation.world import PlainComponent, World

COMPONENT = "terminal block"
LOOP_NET = "TERMINAL_LOOP_I"

CONTACT_UOHM = (300, 1_500)
RESISTANCE_MK_PER_W = (3_500, 4_500)
LAG_NS = (30_000_000_000, 40_000_000_000)
HEATER_MW = (19_000, 21_000)
BOARD_SHARE_PERMILLE = (400, 600)
"""Of the board's temperature in the block's; the rest is the air's."""
TRANSMITTER_MK = 500
"""How far the transmitter may be off; half a kelvin is usual for class A with its electronics [recalled]."""


@dataclass(frozen=True)
class TerminalTraits:
    """What this one block, its heater and its transmitter are like."""

    contact_uOhm: int
    resistance_mK_per_W: int
    lag_ns: int
    heater_mW: int
    transmitter_mK: int
    board_share_permille: int


@dataclass
class TerminalState:
    """The rise at ``since_ns``, and what has heated since."""

    rise_mK: int = 0
    since_ns: int = 0
    current_uA: int = 0
    heated: bool = False


class Terminals(PlainComponent):
    """The component. Events: ``heater`` (True: on) from a relay, ``segment`` from the line current's net."""

    state: TerminalState

    def __init__(self, world: World, mains: Mains, climate: Climate) -> None:
        stream = world.stream(f"{COMPONENT} traits")
        self.climate = climate
        self._line = mains.nets["LINE_I"]
        self.traits = TerminalTraits(
            contact_uOhm=stream.take_int(*CONTACT_UOHM),
            resistance_mK_per_W=stream.take_int(*RESISTANCE_MK_PER_W),
            lag_ns=stream.take_int(*LAG_NS),
            heater_mW=stream.take_int(*HEATER_MW),
            transmitter_mK=stream.take_int(-TRANSMITTER_MK, TRANSMITTER_MK),
            board_share_permille=stream.take_int(*BOARD_SHARE_PERMILLE),
        )
        self.state = TerminalState()
        super().__init__(world, COMPONENT)
        self._line.watchers.append(COMPONENT)
        self.loop = TransmitterNet(world, self)

    def on_event(self, kind: str, argument: Any) -> None:
        """Current or heater have changed: what was goes on from here."""
        if kind not in {"heater", "segment"}:
            super().on_event(kind, argument)
        state, now_ns = self.state, self.world.now_ns
        state.rise_mK, state.since_ns = self.rise_mK(now_ns), now_ns
        state.current_uA = isqrt(mean_square_u2(self._line.state.segments[-1]))
        if kind == "heater":
            state.heated = bool(argument)

    def rise_mK(self, at_ns: int) -> int:
        """How much warmer the block is than what is around it; ``at_ns`` is now or since the last change."""
        state, traits = self.state, self.traits
        contact_uW = state.current_uA * state.current_uA * traits.contact_uOhm // 10**12
        power_uW = contact_uW + (1_000 * traits.heater_mW if state.heated else 0)
        final_mK = power_uW * traits.resistance_mK_per_W // 10**6
        since_ns = max(at_ns - state.since_ns, 0)
        return final_mK + round((state.rise_mK - final_mK) * exp(-since_ns / traits.lag_ns))

    def terminal_mC(self, at_ns: int) -> int:
        """The block's temperature, in thousandths of a degree Celsius."""
        air_mC, share_permille = self.climate.air_mC(at_ns), self.traits.board_share_permille
        warmer_mK = self.climate.meter_mC(at_ns) - air_mC
        return air_mC + warmer_mK * share_permille // 1000 + self.rise_mK(at_ns)


class TransmitterNet(AnalogNet):
    """The transmitter's current, worked out when someone measures: 80 uA a kelvin from 4 mA at -40 degrees Celsius."""

    state: AnalogNetState

    def __init__(self, world: World, terminals: Terminals) -> None:
        self.terminals = terminals
        super().__init__(world, LOOP_NET, unit="A")
        self.state = AnalogNetState([Segment(world.now_ns)])

    def value_u(self, at_ns: int) -> int:
        """In uA."""
        seen_mC = self.terminals.terminal_mC(at_ns) + self.terminals.traits.transmitter_mK
        return 4_000 + (seen_mC + 40_000) * 80 // 1_000

    def segments_between(self, from_ns: int, to_ns: int) -> list[Segment]:
        """Constant over an aperture, which is short against the block's lag."""
        return [Segment(from_ns, final_u=self.value_u(to_ns))]


def find_terminals(world: World) -> Terminals:
    """The terminal block of a world; raises WorldError where there is none."""
    component = world.component(COMPONENT)
    if not isinstance(component, Terminals):
        raise WorldError(f"component {COMPONENT!r} of this world is {component!r}, expected its terminal block")
    return component

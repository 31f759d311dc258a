"""The case switch and the plunger that works it: mechanical delay, then contact bounce, in both directions.

Model: after the plunger moves, the contact follows ``delay`` later and toggles 2 n more times (n bounces) within the
bounce time. The intervals shrink like the rests of a body that bounces with a restitution below 1, each at least
20 us long. Range of times: J. Ganssle, "A Guide to Debouncing" (eighteen switches, nearly all within 6.2 ms, average
1.6 ms). What belongs to the individual switch is drawn once, the pattern for every movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.world import PlainComponent, World

DELAY_NS = (4_000_000, 8_000_000)
BOUNCES = (2, 7)
BOUNCE_TIME_NS = (1_000_000, 5_000_000)
SHORTEST_INTERVAL_NS = 20_000
WEIGHT_STEP_PERMILLE = 800
"""Each interval is on average 0.8 of the one before."""


class Terminal(Protocol):
    """The wire on the contact's hot side."""

    def hold(self, low: bool) -> None:
        """The contact pulls the wire to ground, or lets go of it."""


@dataclass(frozen=True)
class SwitchTraits:
    """What this one switch is like."""

    open_delay_ns: int
    close_delay_ns: int
    max_bounces: int
    bounce_ns: int


@dataclass
class SwitchState:
    """Where the plunger is, where the contact is, and when its last planned toggle comes."""

    plunger_open: bool = False
    contact_closed: bool = True
    moving: bool = False


class CaseSwitch(PlainComponent):
    """Normally held closed by the case; ``set_plunger(True)`` is the case being lifted off."""

    state: SwitchState

    def __init__(self, world: World, name: str, terminal: Terminal) -> None:
        stream = world.stream(f"{name} traits")
        self.terminal = terminal
        self.traits = SwitchTraits(
            open_delay_ns=stream.take_int(*DELAY_NS),
            close_delay_ns=stream.take_int(*DELAY_NS),
            max_bounces=stream.take_int(*BOUNCES),
            bounce_ns=stream.take_int(*BOUNCE_TIME_NS),
        )
        self.state = SwitchState()
        super().__init__(world, name)
        terminal.hold(True)

    def set_plunger(self, pressed_open: bool) -> None:
        """Move the plunger now; a movement back before the contact has followed undoes the first one."""
        state = self.state
        if pressed_open == state.plunger_open:
            return
        state.plunger_open = pressed_open
        self.world.cancel(self.name, "toggle")
        state.moving = False
        target_closed = not pressed_open
        if state.contact_closed == target_closed:
            return  # it never left, or bounced back just now: nothing is left to do
        delay_ns = self.traits.open_delay_ns if pressed_open else self.traits.close_delay_ns
        self._plan(self.world.now_ns + delay_ns, target_closed)

    def _plan(self, first_ns: int, target_closed: bool) -> None:
        self.state.moving = True
        at_ns, closed = first_ns, target_closed
        toggles = [(at_ns, closed)]
        for interval_ns in self._bounce_intervals():
            at_ns, closed = at_ns + interval_ns, not closed
            toggles.append((at_ns, closed))
        for index, (toggle_ns, level) in enumerate(toggles):
            self.world.schedule(toggle_ns, self.name, "toggle", (level, index == len(toggles) - 1))

    def _bounce_intervals(self) -> list[int]:
        """An even number of intervals, so that the contact ends where it first went."""
        stream = self.world.stream(f"{self.name} bounce")
        count = 2 * stream.take_int(BOUNCES[0], self.traits.max_bounces)
        total_ns = stream.take_int(self.traits.bounce_ns // 2, self.traits.bounce_ns)
        weights, scale = [], 1_000_000
        for _ in range(count):
            weights.append(stream.take_int(scale // 2, scale + scale // 2))
            scale = scale * WEIGHT_STEP_PERMILLE // 1000
        spare_ns = total_ns - count * SHORTEST_INTERVAL_NS
        return [SHORTEST_INTERVAL_NS + spare_ns * weight // sum(weights) for weight in weights]

    def on_event(self, kind: str, argument: Any) -> None:
        """The contact toggles, or an actuator moves the plunger (argument: True = pushed open)."""
        if kind == "plunger":
            self.set_plunger(argument)
            return
        if kind != "toggle":
            super().on_event(kind, argument)
        closed, last = argument
        self.state.contact_closed = closed
        self.state.moving = not last
        self.terminal.hold(closed)

"""The meter's main supply: there while the mains are there and the bench's contact doesn't interrupt it.

Energised, the contact interrupts; at rest it lets the mains through. What the meter's power supply has stored bridges
a gap: after that hold-up time the supply is gone, at once. A slow fall of the voltage (brown-out) is left out, so a cut
is harder than on most benches: there is no last warning. It comes back as soon as the voltage does. Relay times are
the relay unit's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.world import PlainComponent, World

HOLD_UP_NS = (20_000_000, 40_000_000)
"""A period of the mains at least: IEC 62052-11 asks a meter to bear interruptions of one cycle [recalled]."""


class Load(Protocol):
    """Whatever hangs on the supply."""

    def power_on(self) -> None:
        """The supply comes up."""

    def power_off(self) -> None:
        """The supply goes."""

    def mains_there(self, there: bool) -> None:
        """The early warning: the supply will go a hold-up time later, or will stay."""


@dataclass
class SupplyContactState:
    """What is missing now, and whether what was stored is used up."""

    interrupted: bool = False
    """By the contact."""
    mains_lost: bool = False
    exhausted: bool = False
    """The load was switched off here, and is to be switched on again."""


class SupplyContact(PlainComponent):
    """Between the mains and ``load``; who first switches the load on is not its business.

    ``watchers`` are components that hear of it by events ``supply`` (True: it is there again).
    """

    state: SupplyContactState

    def __init__(self, world: World, name: str, load: Load) -> None:
        self.load = load
        self.watchers: list[str] = []
        self.hold_up_ns = world.stream(f"{name} traits").take_int(*HOLD_UP_NS)
        self.state = SupplyContactState()
        super().__init__(world, name)

    def on_event(self, kind: str, argument: Any) -> None:
        """``interrupt`` (True: the contact is energised) and ``mains`` (True: the voltage is there) come from outside.

        ``exhausted`` is its own: what was stored is used up.
        """
        state = self.state
        fed = self._fed()
        if kind == "interrupt":
            state.interrupted = argument
        elif kind == "mains":
            state.mains_lost = not argument
        elif kind == "exhausted":
            state.exhausted = True
            self.load.power_off()
            self._tell(False)
            return
        else:
            super().on_event(kind, argument)
        if fed != self._fed():
            self.load.mains_there(self._fed())
        if fed and not self._fed():
            self.world.schedule(self.world.now_ns + self.hold_up_ns, self.name, "exhausted")
        elif not fed and self._fed():
            self.world.cancel(self.name, "exhausted")
            if state.exhausted:
                state.exhausted = False
                self.load.power_on()
                self._tell(True)

    def _tell(self, there: bool) -> None:
        for watcher in self.watchers:
            self.world.schedule(self.world.now_ns, watcher, "supply", there)

    def _fed(self) -> bool:
        return not (self.state.interrupted or self.state.mains_lost)

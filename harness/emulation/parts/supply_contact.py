"""The bench's contact in the meter's supply: energised it interrupts the supply, at rest the meter is fed.

Model: the supply is there or it is not. A slow fall of the voltage (brown-out) and the hold-up time of a power supply
are left out, so a cut is harder than on most benches: there is no last warning. Relay times are the relay unit's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.world import PlainComponent, World


class Load(Protocol):
    """Whatever hangs on the supply."""

    def power_on(self) -> None:
        """The supply comes up."""

    def power_off(self) -> None:
        """The supply goes."""


@dataclass
class SupplyContactState:
    """Whether the contact interrupts now."""

    interrupted: bool = False


class SupplyContact(PlainComponent):
    """Between the mains and ``load``; who first switches the load on is not its business."""

    state: SupplyContactState

    def __init__(self, world: World, name: str, load: Load) -> None:
        self.load = load
        self.state = SupplyContactState()
        super().__init__(world, name)

    def on_event(self, kind: str, argument: Any) -> None:
        """``interrupt``: the relay's contact is energised (True) or at rest again (False)."""
        if kind != "interrupt":
            super().on_event(kind, argument)
        if argument == self.state.interrupted:
            return
        self.state.interrupted = argument
        if argument:
            self.load.power_off()
        else:
            self.load.power_on()

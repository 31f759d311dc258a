"""The meter's earth sense: an optocoupler between terminal L and earth, smoothed, on a port pin (high: voltage there).

The board's own circuit: the backup supply's capacitor from line to earth lights the coupler in every half wave, and a
resistor and capacitor at the pin bridge the gaps between them. So the level rises within a half wave and falls some
20 to 30 ms after the voltage has gone; the rise is taken as at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.world import PlainComponent, World

HOLD_NS = (20_000_000, 30_000_000)
"""Two to three half waves at 50 Hz, one and a half at the least at 45 Hz."""


class Pin(Protocol):
    """The port pin's wire."""

    def force(self, pin: int, level: bool | None) -> None:
        """Hold the pin on a level."""


@dataclass
class EarthSenseState:
    """Whether the voltage is there, and whether the pin still says so."""

    there: bool = False
    level: bool = False


class EarthSense(PlainComponent):
    """Hears of the voltage by events ``line to earth`` (True: there)."""

    state: EarthSenseState

    def __init__(self, world: World, name: str, port: Pin, pin: int) -> None:
        self.port, self.pin = port, pin
        self.hold_ns = world.stream(f"{name} traits").take_int(*HOLD_NS)
        self.state = EarthSenseState()
        super().__init__(world, name)
        port.force(pin, False)

    def on_event(self, kind: str, argument: Any) -> None:
        """The voltage came or went; ``discharged`` is its own."""
        state = self.state
        if kind == "line to earth":
            state.there = argument
            self.world.cancel(self.name, "discharged")
            if argument:
                self._show(True)
            else:
                self.world.schedule(self.world.now_ns + self.hold_ns, self.name, "discharged")
        elif kind == "discharged":
            self._show(False)
        else:
            super().on_event(kind, argument)

    def _show(self, level: bool) -> None:
        self.state.level = level
        self.port.force(self.pin, level)

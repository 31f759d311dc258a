"""A contact of the bench in the case switch's lead: a solid-state relay (PhotoMOS, normally closed) on a generator.

It has no bounce and takes about a tenth of a millisecond, the longer to open. With it a bench makes openings of a
length that is known to that, and edges faster than any plunger; the case switch stays in series: either opens the lead.
Times: of the size that makers state for such relays [recalled].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.emulation.parts.case_switch import Terminal
from harness.emulation.plant.played import Played
from harness.emulation.world import PlainComponent, World

OPEN_DELAY_NS = (60_000, 150_000)
CLOSE_DELAY_NS = (30_000, 80_000)
THRESHOLD_UV = (1_300_000, 1_700_000)
"""The light-emitting diode is on above this [assumed: its forward voltage and what its current needs]."""


@dataclass
class ContactState:
    """Both contacts of the lead, and what is played into this one."""

    switch_closed: bool = True
    contact_closed: bool = True
    played: Played | None = None


class CaseContact(PlainComponent):
    """The contact in series; it stands for the case switch's hot side towards the board."""

    state: ContactState

    def __init__(self, world: World, name: str, terminal: Terminal) -> None:
        stream = world.stream(f"{name} traits")
        self.open_delay_ns = stream.take_int(*OPEN_DELAY_NS)
        self.close_delay_ns = stream.take_int(*CLOSE_DELAY_NS)
        self.threshold_uV = stream.take_int(*THRESHOLD_UV)
        self.terminal = terminal
        self.state = ContactState()
        super().__init__(world, name)

    def hold(self, low: bool) -> None:
        """The case switch behind it closes or opens."""
        self.state.switch_closed = low
        self._settle()

    def drive(self, played: Played | None) -> None:
        """What its diode gets from now on."""
        self.world.cancel(self.name, "pulse")
        self.state.played = played
        self._follow(0)
        if played is not None:
            self.world.schedule(max(played.start_ns, self.world.now_ns), self.name, "pulse", True)

    def on_event(self, kind: str, argument: Any) -> None:
        """The diode's voltage changes, or the contact follows."""
        if kind == "contact":
            self.state.contact_closed = argument
            self._settle()
        elif kind == "pulse":
            self._step(rising=argument)
        else:
            super().on_event(kind, argument)

    def _step(self, *, rising: bool) -> None:
        """Now the voltage may have changed; the next change of a pulse train is a width or a pause away."""
        played, now_ns = self.state.played, self.world.now_ns
        if played is None:
            return
        self._follow(played.voltage_uV(now_ns))
        if now_ns >= played.end_ns:
            return
        next_ns = now_ns + (played.width_ns if rising else played.period_ns - played.width_ns)
        self.world.schedule(min(next_ns, played.end_ns), self.name, "pulse", not rising)

    def _follow(self, voltage_uV: int) -> None:
        opens = voltage_uV > self.threshold_uV
        delay_ns = self.open_delay_ns if opens else self.close_delay_ns
        self.world.cancel(self.name, "contact")  # what has not happened yet is overtaken
        self.world.schedule(self.world.now_ns + delay_ns, self.name, "contact", not opens)

    def _settle(self) -> None:
        self.terminal.hold(self.state.switch_closed and self.state.contact_closed)

"""High voltage injected into the meter's communication lines, and what its sense comparator sees of it.

A source of some kilovolts feeds the line through its series resistance. The line's capacitance charges, until its gas
discharge tube holds the voltage; across that a divider feeds a comparator, high from some tens of volts on. After the
source is taken off the line discharges through the divider. First-order circuits [assumed values of the reference
board and bench]; the tube's ignition and the transient suppressor behind it are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

from harness.emulation.analog_net import AnalogNet, Segment
from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.world import PlainComponent, World

COMPONENT = "line injection"
NET = "INJECTION_I"
SENSE_PIN = 3
"""On port E: high while the line is above the comparator's threshold."""
SOURCE_V, SERIES_KOHM = 8_000, 1_000
"""8 kV, the level of IEC 61000-4-2 for contact discharge at level 4 [recalled], held on through 1 MOhm: 8 mA."""
CLAMP_V, THRESHOLD_V = 90, 45
CAPACITANCE_PF, DIVIDER_KOHM = 1_000, 2_000
TOLERANCE_PERMILLE = 100


@dataclass
class InjectionState:
    """Whether the source is on the line, and whether the comparator is high."""

    on: bool = False
    sensed: bool = False


class Injection(PlainComponent):
    """The source behind its relay, the line, the comparator at the processor's pin."""

    state: InjectionState

    def __init__(self, world: World) -> None:
        self.net = AnalogNet(world, NET, unit="A")
        self._port: GpioPort | None = None
        stream = world.stream(f"{COMPONENT} traits")
        around = [stream.take_int(1000 - TOLERANCE_PERMILLE, 1000 + TOLERANCE_PERMILLE) for _ in range(4)]
        series_kohm = SERIES_KOHM * around[0] / 1000
        self.current_uA = round((SOURCE_V - CLAMP_V) * 1000 / series_kohm)
        capacitance_pF = CAPACITANCE_PF * around[1] / 1000
        threshold_V = THRESHOLD_V * around[2] / 1000
        # kOhm times pF are nanoseconds.
        self.rise_ns = round(-series_kohm * capacitance_pF * log(1 - threshold_V / SOURCE_V))
        self.fall_ns = round(DIVIDER_KOHM * around[3] / 1000 * capacitance_pF * log(CLAMP_V / threshold_V))
        self.state = InjectionState()
        super().__init__(world, COMPONENT)

    def attach(self, port: GpioPort) -> None:
        """The comparator's output is at this port."""
        self._port = port
        port.force(SENSE_PIN, False)

    def on_event(self, kind: str, argument: Any) -> None:
        """``source`` (True: the relay closes) from outside; ``crossed``: the comparator changes."""
        if kind == "source":
            self.state.on = argument
            self.net.follow(Segment(self.world.now_ns, final_u=self.current_uA if argument else 0))
            self.world.cancel(self.name, "crossed")
            delay_ns = self.rise_ns if argument else self.fall_ns
            self.world.schedule(self.world.now_ns + delay_ns, self.name, "crossed", argument)
        elif kind == "coupled" and not self.state.on:
            # A surge on the mains beside the line charges it to its tube's voltage within a microsecond.
            self.world.cancel(self.name, "crossed")
            self.world.schedule(self.world.now_ns, self.name, "crossed", True)
            self.world.schedule(self.world.now_ns + self.fall_ns, self.name, "crossed", False)
        elif kind == "coupled":
            return
        elif kind == "crossed":
            self.state.sensed = argument
            if self._port is not None:
                self._port.force(SENSE_PIN, argument)
        else:
            super().on_event(kind, argument)

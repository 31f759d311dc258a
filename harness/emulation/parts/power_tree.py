"""What lives from mains and what from the battery: the switch that starts the processor from the battery and stops it.

With mains everything is fed. Without, the battery feeds the hibernation module, the magnetic latch and the case switch
alone. When one of these moves, the hibernation module's WAKE pin gets a pulse; if the firmware asked for hibernation
with the pin armed before it died, the processor is fed from the battery until it asks for hibernation again. Nothing
else on the board is fed then. An early warning line says that the mains are there: it falls as soon as they go, a
hold-up time before the supply does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.lm3s6965.hibernation import Hibernation
from harness.emulation.parts.battery import BatteryNet
from harness.emulation.world import PlainComponent, World

MAINS_PIN, LATCH_PIN, LATCH_RESET_PIN, INJECTION_PIN = 0, 1, 2, 3
"""On port E: mains there (high), latch closed (high), its opening pulse (output), high voltage on the lines (high)."""


class Processor(Protocol):
    """What is fed."""

    def power_on(self) -> None:
        """The supply has come."""

    def power_off(self) -> None:
        """The supply is gone."""


@dataclass
class PowerTreeState:
    """Which source feeds the processor."""

    on_mains: bool = False
    on_battery: bool = False


class PowerTree(PlainComponent):
    """The board's sources and switches."""

    state: PowerTreeState

    def __init__(
        self,
        world: World,
        name: str,
        processor: Processor,
        hibernation: Hibernation,
        port: GpioPort,
        battery: BatteryNet,
    ) -> None:
        self._processor = processor
        self._hibernation = hibernation
        self._port = port
        self._battery = battery
        self.state = PowerTreeState()
        super().__init__(world, name)
        hibernation.on_request = self._requested
        port.force(MAINS_PIN, False)
        port.force(LATCH_PIN, False)
        port.force(INJECTION_PIN, False)

    def supply_on(self) -> None:
        """The mains' supply is there. A processor that the battery feeds runs on."""
        state = self.state
        state.on_mains = True
        self._battery.hold(0)
        self.tell_mains(True)
        if state.on_battery:
            state.on_battery = False
        else:
            self._processor.power_on()

    def supply_off(self) -> None:
        """The mains' supply is used up."""
        self.state.on_mains = False
        self.tell_mains(False)
        self._processor.power_off()
        self._battery.hold(self._battery.standby_uA)

    def tell_mains(self, there: bool) -> None:
        """The early warning line."""
        if there:
            self._hibernation.end_hibernation()
        self._port.force(MAINS_PIN, there)

    def tell_latch(self, closed: bool) -> None:
        """The latch's contact; closing pulses WAKE."""
        self._port.force(LATCH_PIN, closed)
        if closed:
            self.pulse_wake()

    def pulse_wake(self) -> None:
        """A sensor that lives from the battery has moved."""
        state = self.state
        if state.on_mains or state.on_battery or not self._hibernation.take_wake():
            return
        if self._battery.can_run_processor:
            state.on_battery = True
            self._battery.hold(self._battery.awake_uA)
            self._processor.power_on()

    def _requested(self) -> None:
        """The firmware asked for hibernation; on mains nothing happens until they are gone."""
        if self.state.on_battery:
            self.world.schedule(self.world.now_ns, self.name, "hibernate")

    def on_event(self, kind: str, argument: Any) -> None:
        """``hibernate``: the processor's supply is switched off."""
        if kind != "hibernate":
            super().on_event(kind, argument)
        if self.state.on_battery:
            self.state.on_battery = False
            self._processor.power_off()
            self._battery.hold(self._battery.standby_uA)


@dataclass(frozen=True)
class LatchResetWire:
    """The opening pulse's line at its port pin: a high level is the pulse."""

    port: GpioPort
    latch: Any

    def drive(self, level: bool) -> None:
        """The port's pins were worked out anew."""
        if level and self.port.is_output(LATCH_RESET_PIN):
            self.latch.reset()

"""The meter's battery: its voltage under load, and the current that flows out of it.

A lithium thionyl chloride cell of half AA size, the usual one in meters: 3.6 V, 1.2 Ah (Saft LS 14250 data sheet;
resistances [recalled], they rise towards the cold and with age, as the passivation layer grows). Self-discharge is the
cell's own and not seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.emulation.analog_net import AnalogNet
from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import World

BatteryKind = Literal["fresh", "aged"]

OPEN_CIRCUIT_MV = {"fresh": 3_650, "aged": 3_300}
RESISTANCE_MOHM = {"fresh": 20_000, "aged": 90_000}
COLD_PERMILLE_PER_K = 20
"""By which the resistance rises for each kelvin below 20 degrees Celsius."""
ROOM_MC = 20_000

STANDBY_UA = 17
"""Hibernation module with its oscillator, 16 uA (LM3S6965 data sheet, I_HIB at VBAT 3 V [recalled]), and leakage."""
ON_MAINS_UA = 0
"""With mains the module lives from the main supply; what leaks is below a uA."""
AWAKE_UA = 22_000
"""The processor alone at 16 MHz, other parts off [recalled: in proportion to 108 mA at 50 MHz, peripherals off]."""
LEAST_MV = 2_350
"""Below it the processor does not start, and the module tells a low battery (V_LOWBAT of the data sheet)."""


@dataclass(frozen=True)
class BatteryTraits:
    """This one cell."""

    open_circuit_mV: int
    resistance_mohm: int


class BatteryNet(AnalogNet):
    """The net BATTERY_I: what flows out of the battery; and the voltage that is left meanwhile."""

    def __init__(self, world: World, surroundings: Surroundings, kind: BatteryKind = "fresh") -> None:
        self._surroundings = surroundings
        stream = world.stream("battery traits")
        spread_permille = stream.take_int(900, 1_100)
        self.standby_uA = STANDBY_UA * stream.take_int(850, 1_050) // 1000
        self.traits = BatteryTraits(OPEN_CIRCUIT_MV[kind], RESISTANCE_MOHM[kind] * spread_permille // 1000)
        super().__init__(world, "BATTERY_I", unit="A")
        self.hold(self.standby_uA)

    def voltage_mV(self, load_uA: int) -> int:
        """Under that load, now."""
        below_mC = max(0, ROOM_MC - self._surroundings.meter_mC(self.world.now_ns))
        resistance_mohm = self.traits.resistance_mohm * (1000 + COLD_PERMILLE_PER_K * below_mC // 1000) // 1000
        return self.traits.open_circuit_mV - load_uA * resistance_mohm // 1_000_000

    @property
    def can_run_processor(self) -> bool:
        """Whether the voltage stays up when the processor starts."""
        return self.voltage_mV(AWAKE_UA) >= LEAST_MV

    def on_event(self, kind: str, argument: Any) -> None:
        """``supply`` (True: the mains' supply is there): the battery rests or takes over."""
        if kind != "supply":
            super().on_event(kind, argument)
        self.hold(ON_MAINS_UA if argument else self.standby_uA)

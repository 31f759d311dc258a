"""The meter's battery: its voltage under load, and the current that flows out of it.

A lithium thionyl chloride cell of half AA size, the usual one in meters: 3.6 V, 1.2 Ah (Saft LS 14250 data sheet;
resistances [recalled], they rise towards the cold and with age, as the passivation layer grows). Self-discharge is the
cell's own and not seen here. A weak cell is at the end of its capacity, where the voltage falls steeply towards the
2 V that the capacity is stated to. A contact of the bench changes the meter's own cell for a weak one, faster than the
capacitor beside it empties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.emulation.analog_net import AnalogNet, AnalogNetState
from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import World

BatteryKind = Literal["fresh", "aged", "weak"]

OPEN_CIRCUIT_MV = {"fresh": (3_620, 3_680), "aged": (3_250, 3_350), "weak": (2_050, 2_250)}
"""From cell to cell 1 % [assumed]; a cell at its end may be anywhere on the steep part."""
RESISTANCE_MOHM = {"fresh": 20_000, "aged": 90_000, "weak": 400_000}
COLD_PERMILLE_PER_K = (16, 22)
"""By which the resistance rises for each kelvin below 20 degrees Celsius [assumed]."""
ROOM_MC = 20_000

STANDBY_UA = 17
"""Hibernation module with its oscillator, 16 uA (LM3S6965 data sheet, I_HIB at VBAT 3 V [recalled]), and leakage."""
ON_MAINS_UA = 0
"""With mains the module lives from the main supply; what leaks is below a uA."""
AWAKE_UA, AWAKE_PPM = 22_000, 50_000
"""The processor alone at 16 MHz, other parts off [recalled: in proportion to 108 mA at 50 MHz, peripherals off]; the
spread from part to part is an assumption."""
LEAST_MV = (2_300, 2_400)
"""Below it the processor does not start, and the module tells a low battery: V_LOWBAT of the data sheet, 2.35 V; its
tolerance is an assumption."""


@dataclass(frozen=True)
class BatteryTraits:
    """This one cell."""

    open_circuit_mV: int
    resistance_mohm: int
    cold_permille_per_K: int


@dataclass
class BatteryState(AnalogNetState):
    """What flows, and out of which cell."""

    is_changed: bool = False
    """The bench's weak cell is in the place of the meter's own."""


class BatteryNet(AnalogNet):
    """The net BATTERY_I: what flows out of the battery; and the voltage that is left meanwhile."""

    state: BatteryState

    def __init__(self, world: World, surroundings: Surroundings, kind: BatteryKind = "fresh") -> None:
        self._surroundings = surroundings
        stream = world.stream("battery traits")
        spread_permille = stream.take_int(900, 1_100)
        self.standby_uA = STANDBY_UA * stream.take_int(850, 1_050) // 1000
        weak_mV = stream.take_int(*OPEN_CIRCUIT_MV["weak"])
        cell = world.stream("battery cell traits")
        open_circuit_mV = {one: cell.take_int(*OPEN_CIRCUIT_MV[one]) for one in ("fresh", "aged")} | {"weak": weak_mV}
        cold = cell.take_int(*COLD_PERMILLE_PER_K)
        self.traits = BatteryTraits(open_circuit_mV[kind], RESISTANCE_MOHM[kind] * spread_permille // 1000, cold)
        self.weak_traits = BatteryTraits(weak_mV, RESISTANCE_MOHM["weak"] * cell.take_int(900, 1_100) // 1000, cold)
        self.awake_uA = cell.take_around(AWAKE_UA, AWAKE_PPM)
        self.least_mV = cell.take_int(*LEAST_MV)
        super().__init__(world, "BATTERY_I", unit="A")
        self.state = BatteryState(self.state.segments)
        self.hold(self.standby_uA)

    def voltage_mV(self, load_uA: int) -> int:
        """Under that load, now."""
        below_mC = max(0, ROOM_MC - self._surroundings.meter_mC(self.world.now_ns))
        cell = self.weak_traits if self.state.is_changed else self.traits
        resistance_mohm = cell.resistance_mohm * (1000 + cell.cold_permille_per_K * below_mC // 1000) // 1000
        return cell.open_circuit_mV - load_uA * resistance_mohm // 1_000_000

    @property
    def is_low(self) -> bool:
        """What the hibernation module's comparator finds at the load that there is now."""
        return self.voltage_mV(self.value_u(self.world.now_ns)) < self.least_mV

    @property
    def can_run_processor(self) -> bool:
        """Whether the voltage stays up when the processor starts."""
        return self.voltage_mV(self.awake_uA) >= self.least_mV

    def on_event(self, kind: str, argument: Any) -> None:
        """``supply`` (True: the mains' supply is there): the battery rests or takes over.

        ``weak`` (True: the bench's contact is energised): the weak cell is in its place.
        """
        if kind == "weak":
            self.state.is_changed = argument
            return
        if kind != "supply":
            super().on_event(kind, argument)
        self.hold(ON_MAINS_UA if argument else self.standby_uA)

"""A basic AC source on the emulated mains, as the Keysight AC6801B; its dialect is ``ac6800_dialect``.

Source: AC6800B series operating and service guide (SCPI reference; ratings). Figures marked [recalled] were not
found in it. Single phase, AC coupling only; sequences, phase control and the external input are left out. The output
changes at once, at whatever point of the sinusoid it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.emulation.errors import NotModelledError
from harness.emulation.instruments.ac_reading import Accuracy, draw_error
from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import CommandTree
from harness.emulation.plant.mains import Mains
from harness.emulation.plant.mains_averages import rms_u
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Keysight Technologies", "AC6801B", "EMU68012345", "A.01.02.0102")

RANGES_V = (155, 310)
HIGHEST_UV = {155: 157_500_000, 310: 315_000_000}
RATED_UA = {155: 5_000_000, 310: 2_500_000}
"""500 VA: 5 A in the low range, 2.5 A in the high one."""
CURRENT_LIMIT_PERCENT = 105
FREQUENCY_MHZ = (40_000, 500_000)
RESET_MHZ = 60_000
"""[recalled]"""

SETTING_V = Accuracy(3_000, 600_000)
"""+- (0.3 % + 0.6 V) of the high range [recalled]."""
SETTING_FREQUENCY_PPM = 100
"""[recalled]"""
READING_V = Accuracy(3_000, 600_000)
READING_A = Accuracy(5_000, 10_000)
"""+- (0.5 % + 10 mA) [recalled]; answers have two decimals (guide, FETCh subsystem)."""
READING_W = Accuracy(10_000, 1_000_000)
"""[recalled]"""
READINGS = {"V": READING_V, "A": READING_A, "W": READING_W}
APERTURE_NS = 100_000_000
"""What a reading averages over [recalled]."""
TRIP_NS = 3_000_000_000
"""From the limit exceeded to the output off [recalled]; the guide says that it is not instantaneous."""

OVERCURRENT, LIMIT_RMS = 1 << 1, 1 << 12
"""Bits OC and CL-RMS of the questionable register (guide, status overview)."""
ERROR_IN_QUEUE, QUESTIONABLE_SUMMARY = 0x04, 0x08


@dataclass
class Ac6800State:
    """The whole instrument."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    on: bool = False
    tripped: bool = False
    over_limit: bool = False
    range_V: int = 155
    voltage_uV: int = 0
    voltage_limits_uV: tuple[int, int] = (0, HIGHEST_UV[155])
    voltage_limited: bool = False
    frequency_mHz: int = RESET_MHZ
    frequency_limits_mHz: tuple[int, int] = FREQUENCY_MHZ
    frequency_limited: bool = False
    current_limit_uA: int = RATED_UA[155] * CURRENT_LIMIT_PERCENT // 100
    trips: bool = False
    """Whether a current beyond the limit switches the output off (CURRent:PROTection:STATe)."""
    event: int = 0
    enable: int = 0


class Ac6800(ScpiInstrument):
    """The instrument. ``mains`` is what its output is wired to."""

    state: Ac6800State
    latency_ns = 5_000_000
    """Assumed for this family's processor."""

    def __init__(self, world: World, name: str, identity: Identity, tree: CommandTree, mains: Mains) -> None:
        stream = world.stream(f"{name}/unit")
        self.mains = mains
        self.setting_error = draw_error(stream, SETTING_V)
        self.frequency_error_ppm = stream.take_int(-SETTING_FREQUENCY_PPM, SETTING_FREQUENCY_PPM)
        self.errors = {key: draw_error(stream, accuracy) for key, accuracy in READINGS.items()}
        self.state = Ac6800State()
        super().__init__(world, name, identity, tree)
        mains.nets["SOURCE_I"].watchers.append(name)

    def reset(self) -> None:
        """``*RST``: output off, 0 V, low range, no soft limits."""
        self.state = Ac6800State(exchange=self.state.exchange, event=self.state.event, enable=self.state.enable)
        self.world.cancel(self.name, "trip")
        self.drive()

    def clear_status(self) -> None:
        """The questionable event register."""
        self.state.event = 0

    def summary_bits(self) -> int:
        """Error queue and questionable summary."""
        bits = ERROR_IN_QUEUE if self.state.exchange.errors else 0
        return bits | (QUESTIONABLE_SUMMARY if self.state.event & self.state.enable else 0)

    def questionable(self) -> int:
        """The questionable condition register."""
        return (OVERCURRENT if self.state.tripped else 0) | (LIMIT_RMS if self.state.over_limit else 0)

    def on_event(self, kind: str, argument: Any) -> None:
        """The output's current changed (``segment``), or was beyond its limit for too long (``trip``)."""
        if kind == "segment":
            self.watch_current()
        elif kind == "trip":
            self._trip()
        else:
            super().on_event(kind, argument)

    def drive(self) -> None:
        """Put out what is set, as truly as this unit does."""
        state = self.state
        error = self.setting_error
        true_uV = max(state.voltage_uV + state.voltage_uV * error.gain_ppm // 10**6 + error.offset_u, 0)
        frequency_mHz = state.frequency_mHz + state.frequency_mHz * self.frequency_error_ppm // 10**6
        on = state.on and state.voltage_uV > 0
        self.mains.set_source(on=on, voltage_uV=true_uV if on else 0, frequency_mHz=frequency_mHz)

    def read_u(self, quantity: str) -> int:
        """A measurement of "V", "A" or "W", in millionths."""
        if quantity == "W":
            value_u = self.mains.source_parts_uA()[0] * self.mains.source_voltage().rms_u // 10**6
        else:
            net = self.mains.nets[f"SOURCE_{'I' if quantity == 'A' else quantity}"]
            value_u = rms_u(net, max(self.world.now_ns - APERTURE_NS, 0), max(self.world.now_ns, 1))
        return self.errors[quantity].true_to_reading_u(value_u, self.world.stream(f"{self.name} noise"))

    def watch_current(self) -> None:
        """Hold the output's current against the limit."""
        state = self.state
        over = self.mains.source_current().rms_u > state.current_limit_uA
        if over and not state.over_limit:
            self.raise_event(LIMIT_RMS)
            self.world.schedule(self.world.now_ns + TRIP_NS, self.name, "trip")
        elif state.over_limit and not over:
            self.world.cancel(self.name, "trip")
        state.over_limit = over

    def _trip(self) -> None:
        state = self.state
        if not state.trips:
            raise NotModelledError(
                f"{self.name}: the load draws more than the limit of {state.current_limit_uA} uA; how the source then "
                "lowers its voltage is not modelled: set CURRent:PROTection:STATe ON, so that it switches off"
            )
        state.on, state.tripped = False, True
        self.raise_event(OVERCURRENT)
        self.drive()

    def raise_event(self, bit: int) -> None:
        """A condition has come: it stays in the event register."""
        self.state.event |= bit
        self.update_service_request()

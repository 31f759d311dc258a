"""The emulated instrument for a bench file's entry: the same driver name chooses the dialect on both sides."""

from __future__ import annotations

from harness.bench.errors import BenchFileError
from harness.bench.files import InstrumentEntry
from harness.emulation.instruments.infiniivision import make_infiniivision
from harness.emulation.instruments.oscilloscope import Probe
from harness.emulation.instruments.relay_unit import Actuator, make_relay_unit
from harness.emulation.instruments.scpi import ScpiInstrument
from harness.emulation.world import World

EMULATED_DRIVERS = ("keysight-34970a", "keysight-infiniivision")
ACTUATORS = {
    "case_switch": Actuator("case switch", "plunger"),
    "meter_supply": Actuator("supply contact", "interrupt"),
}
"""What a relay channel of the bench file can work, by the name it has there."""


def make_instrument(world: World, role: str, entry: InstrumentEntry) -> ScpiInstrument:
    """The emulated instrument ``role``; raises BenchFileError where there is none for this driver or wiring."""
    if entry.driver == "keysight-infiniivision":
        return make_infiniivision(world, role, {channel: Probe(net) for net, channel in entry.probes.items()})
    if entry.driver == "keysight-34970a":
        unknown = sorted(set(entry.channels) - set(ACTUATORS))
        if unknown:
            raise BenchFileError(
                f"key 'instruments.{role}.channels': nothing on the emulated bench is called {', '.join(unknown)}; "
                f"it has: {', '.join(ACTUATORS)}"
            )
        return make_relay_unit(world, role, {channel: ACTUATORS[name] for name, channel in entry.channels.items()})
    raise BenchFileError(
        f"key 'instruments.{role}.driver': no emulated instrument speaks the dialect of {entry.driver!r}; "
        f"use a real bench, or one of: {', '.join(EMULATED_DRIVERS)}"
    )

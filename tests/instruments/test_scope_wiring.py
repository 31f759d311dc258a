"""What a bench file may put on the oscilloscope's inputs: clamps on currents, probes on voltages, no other numbers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from harness.bench.errors import BenchFileError
from harness.bench.files import InstrumentEntry
from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.families import make_instrument
from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.nets import Net
from harness.emulation.world import World


def wire(**inputs: Any) -> Oscilloscope:
    """The oscilloscope of a bench file's entry in a world with a current, a voltage and a digital line."""
    world = World(1)
    AnalogNet(world, "COIL_I", unit="A")
    AnalogNet(world, "LINE_V", unit="V")
    Net(world, "SCL", level=True)
    day = date(2026, 6, 1)
    entry = InstrumentEntry(
        driver="keysight-infiniivision", resource="x", calibrated_on=day, calibrated_until=day, **inputs
    )
    made = make_instrument(world, "scope", entry)
    assert isinstance(made, Oscilloscope)
    return made


def test_a_clamp_has_its_ratio_and_is_not_sensed_a_probe_is() -> None:
    scope = wire(probes={"COIL_I": 3, "LINE_V": 1, "SCL": 2}, clamps_A_per_V={"COIL_I": 100.0}, digital={"SCL": 15})
    probes = scope.wiring.probes
    assert (probes[3].attenuation_milli, probes[3].sensed) == (100_000, False)
    assert (probes[1].attenuation_milli, probes[1].sensed) == (10_000, True)
    assert scope.wiring.lines[15].name == "SCL"


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"probes": {"COIL_I": 3}}, "COIL_I is a current"),
        ({"probes": {"LINE_V": 1}, "clamps_A_per_V": {"LINE_V": 10.0}}, "LINE_V is a voltage"),
        ({"probes": {"LINE_V": 1}, "clamps_A_per_V": {"COIL_I": 10.0}}, r"clamps_A_per_V\.COIL_I"),
        ({"probes": {"LINE_V": 5}}, r"probes\.LINE_V"),
        ({"digital": {"SCL": 16}}, r"digital\.SCL"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(inputs: dict[str, Any], text: str) -> None:
    with pytest.raises(BenchFileError, match=text):
        wire(**inputs)

"""Answering registers without a call to Python changes nothing but the speed."""

from __future__ import annotations

import pytest

from harness.emulation.cpu.standing import StandingWord
from tests.emulation.board.conftest import SECOND_NS, BootedMeter

MOTION_PIN = 0x040
"""Of port D's DATA: the firmware looks at it in every round."""


def test_a_meter_goes_the_same_way_when_every_register_is_asked_for(
    meter: BootedMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    port = meter.board.mcu.gpio["d"]
    read = port._read_pins
    monkeypatch.setattr(port, "_read_pins", lambda offset: asked.append(offset) or read(offset))
    meter.go_back()
    meter.run(SECOND_NS)
    told, few = meter.world.snapshot().digest(), asked.count(MOTION_PIN)
    monkeypatch.setattr(StandingWord, "hold", lambda *_: None)
    meter.go_back()
    meter.run(SECOND_NS)
    assert meter.world.snapshot().digest() == told
    assert few < 3
    assert asked.count(MOTION_PIN) - few > 20

"""Answering registers without a call to Python changes nothing but the speed."""

from __future__ import annotations

import pytest

from harness.emulation.cpu.standing import StandingWord
from tests.emulation.board.conftest import SECOND_NS, BootedMeter


def test_a_meter_goes_the_same_way_when_every_register_is_asked_for(
    meter: BootedMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    values = meter.board.mcu.timers[0].readers
    monkeypatch.setitem(values, 0x48, lambda read=values[0x48]: asked.append(1) or read())
    meter.go_back()
    meter.run(SECOND_NS)
    told, few = meter.world.snapshot().digest(), len(asked)
    for way in ("hold", "count_down"):
        monkeypatch.setattr(StandingWord, way, lambda *_: None)
    meter.go_back()
    meter.run(SECOND_NS)
    assert meter.world.snapshot().digest() == told
    assert few < 3
    assert len(asked) - few > 20

"""Answering registers without a call to Python changes nothing but the speed."""

from __future__ import annotations

import pytest

from harness.emulation.cpu.standing import StandingWord
from tests.emulation.board.conftest import SECOND_NS, BootedMeter

KEPT_WORD = 0x050
"""Of the hibernation module: the firmware looks at it in every round."""


def test_a_meter_goes_the_same_way_when_every_register_is_asked_for(
    meter: BootedMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    values = meter.board.mcu.hibernation.readers
    monkeypatch.setitem(values, KEPT_WORD, lambda read=values[KEPT_WORD]: asked.append(1) or read())
    meter.go_back()
    meter.run(SECOND_NS)
    told, few = meter.world.snapshot().digest(), len(asked)
    monkeypatch.setattr(StandingWord, "hold", lambda *_: None)
    meter.go_back()
    meter.run(SECOND_NS)
    assert meter.world.snapshot().digest() == told
    assert few < 3
    assert len(asked) - few > 20

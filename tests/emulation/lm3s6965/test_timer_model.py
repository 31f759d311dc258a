"""The native timer against a model of it in a few lines, over random use at an odd clock error."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from tests.emulation.lm3s6965.rig import GPTM0, Rig

TAMR, CTL, IMR, RIS, MIS, ICR, TAILR, TAR = 0x04, 0x0C, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x48
ONE_SHOT, PERIODIC = 1, 2
IRQ = 19


@dataclass
class Model:
    """What the data sheet says: N clocks to 0, one more to the reload; TAEN and a write of TAILR start it anew."""

    ppb: int
    mode: int
    load: int = 0xFFFF_FFFF
    held: int = 0xFFFF_FFFF
    first: int = 0
    began_ns: int = -1
    flag: bool = False
    seen: int = 0

    def clocks(self, now_ns: int) -> int:
        return (now_ns - self.began_ns) * 16_000_000 // (1_000_000_000 + self.ppb)

    def go_to(self, now_ns: int) -> None:
        """Count the time-outs by now."""
        if self.began_ns < 0:
            return
        clocks = self.clocks(now_ns)
        ends = 0 if clocks < self.first else 1 + (clocks - self.first) // (self.load + 1) * (self.mode == PERIODIC)
        self.flag |= ends > self.seen
        self.seen = ends
        if ends and self.mode == ONE_SHOT:
            self.began_ns, self.held = -1, self.load

    def value(self, now_ns: int) -> int:
        if self.began_ns < 0:
            return self.held
        clocks = self.clocks(now_ns)
        return self.first - clocks if clocks <= self.first else self.load - (clocks - self.first - 1) % (self.load + 1)

    def start(self, value: int, now_ns: int) -> None:
        self.first, self.began_ns, self.seen = value, now_ns, 0


@pytest.mark.parametrize("mode", [ONE_SHOT, PERIODIC])
@pytest.mark.parametrize("ppb", [0, 37_000, -50_000])
def test_count_flag_and_line_are_the_model_s(mode: int, ppb: int) -> None:
    chance = random.Random(mode + ppb)  # noqa: S311 - no secret
    rig, model, mask = Rig(core_ppb=ppb), Model(ppb, mode), 0
    rig.write(GPTM0 + TAMR, mode)
    flagged = 0
    for _ in range(2_000):
        now_ns = rig.world.now_ns
        model.go_to(now_ns)
        match chance.randrange(6):
            case 0:
                rig.write(GPTM0 + CTL, 1)
                if model.began_ns < 0:
                    model.start(model.load, now_ns)
            case 1:
                model.held, model.began_ns = model.value(now_ns), -1
                rig.write(GPTM0 + CTL, 0)
            case 2:
                model.load = chance.randrange(1, 3_000)
                rig.write(GPTM0 + TAILR, model.load)
                if model.began_ns < 0:
                    model.held = model.load
                else:
                    model.start(model.load, now_ns)
            case 3:
                rig.write(GPTM0 + ICR, 1)
                model.flag = False
            case 4:
                mask = chance.randrange(2)
                rig.write(GPTM0 + IMR, mask)
            case _:
                rig.wait(chance.randrange(1, 200_000))
                model.go_to(rig.world.now_ns)
        now_ns = rig.world.now_ns
        assert rig.read(GPTM0 + TAR) == model.value(now_ns)
        assert rig.read(GPTM0 + RIS) == model.flag
        assert rig.read(GPTM0 + MIS) == (model.flag and mask)
        assert rig.read(GPTM0 + CTL) == (model.began_ns >= 0)
        assert rig.line(IRQ) == (model.flag and bool(mask))
        flagged += model.flag
    assert 300 < flagged < 1_900

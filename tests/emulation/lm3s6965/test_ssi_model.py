"""The native serial interface against a model of it in a few lines, over random use at an odd clock error."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from harness.emulation.errors import NotModelledError
from tests.emulation.lm3s6965.rig import GPIOA, SSI0, Rig

CR0, CR1, DR, SR, CPSR, IM, RIS, MIS, ICR = (SSI0 + offset for offset in (0, 4, 8, 0xC, 0x10, 0x14, 0x18, 0x1C, 0x20))
IRQ = 7
WORD_CYCLES = 12 * 6 * 2
"""Twelve bits, CPSDVSR 6, SCR 1."""


@dataclass
class Part:
    """Answers with what it heard, turned over."""

    spi_mode: int = 3
    fastest_Hz: int = 5_000_000
    times_ns: list[int] = field(default_factory=list)

    def select(self, low: bool) -> None:
        del low

    def exchange(self, word: int, bits: int, at_ns: int) -> int:
        self.times_ns.append(at_ns)
        return ~word & (1 << bits) - 1


@dataclass
class Model:
    """What the data sheet says: two FIFOs of eight, a word on the line between them, words back to back."""

    word_ns: int
    turned: bool
    sends: bool = True
    tx: deque[int] = field(default_factory=deque)
    rx: deque[int] = field(default_factory=deque)
    line: int | None = None
    end_ns: int = 0
    overrun: bool = False
    ends_ns: list[int] = field(default_factory=list)

    def begin(self, at_ns: int) -> None:
        if self.line is None and self.tx and self.sends:
            self.line, self.end_ns = self.tx.popleft(), at_ns + self.word_ns

    def go_to(self, now_ns: int) -> None:
        while self.line is not None and self.end_ns <= now_ns:
            word, self.line = self.line, None
            self.ends_ns.append(self.end_ns)
            if len(self.rx) < 8:
                self.rx.append(word ^ 0xFFF if self.turned else word)
            else:
                self.overrun = True
            self.begin(self.end_ns)

    def raw(self) -> int:
        return self.overrun | (len(self.rx) >= 4) << 2 | (len(self.tx) <= 4) << 3

    def flags(self) -> int:
        busy = self.line is not None or bool(self.tx)
        flags = (not self.tx) | (len(self.tx) < 8) << 1 | bool(self.rx) << 2
        return flags | (len(self.rx) == 8) << 3 | busy << 4


@pytest.mark.parametrize("loops_back", [True, False])
@pytest.mark.parametrize("ppb", [0, 37_000, -50_000])
def test_fifos_flags_and_line_are_the_model_s(loops_back: bool, ppb: int) -> None:
    chance = random.Random(ppb + loops_back)  # noqa: S311 - no secret
    rig, part, mask = Rig(core_ppb=ppb), Part(), 0
    rig.mcu.ssi.device = part
    rig.write(GPIOA + 0x420, 0x34)
    rig.write(GPIOA + 0x51C, 0x3C)
    rig.write(CPSR, 6)
    rig.write(CR0, 0x01CB)
    rig.write(CR1, 2 | loops_back)
    model = Model(WORD_CYCLES * (1_000_000_000 + ppb) // 16_000_000, not loops_back)
    full, overruns, interrupts = 0, 0, 0
    for _ in range(3_000):
        now_ns = rig.world.now_ns
        match chance.randrange(10):
            case 0 | 1 | 2 | 3:
                word = chance.randrange(1 << 16)
                rig.write(DR, word)
                if len(model.tx) < 8:
                    model.tx.append(word & 0xFFF)
                model.begin(now_ns)
            case 4 if model.rx:
                assert rig.read(DR) == model.rx.popleft()
            case 6:
                rig.write(ICR, 1)
                model.overrun = False
            case 7:
                mask = chance.choice((0, 1, 4, 5, 8, 13))
                rig.write(IM, mask)
            case 8 if chance.randrange(4) == 0:
                model.sends = not model.sends
                rig.write(CR1, 2 * model.sends | loops_back)
                model.begin(now_ns)
            case _:
                rig.wait(chance.randrange(1, 30_000))
                model.go_to(rig.world.now_ns)
        assert rig.read(SR) == model.flags()
        assert rig.read(RIS) == model.raw()
        assert rig.read(MIS) == model.raw() & mask
        assert rig.line(IRQ) == bool(model.raw() & mask)
        full += len(model.tx) == 8
        overruns += model.overrun
        interrupts += rig.line(IRQ)
    assert min(full, overruns, interrupts) > 50
    assert part.times_ns == ([] if loops_back else model.ends_ns)


def test_an_empty_fifo_is_not_read() -> None:
    with pytest.raises(NotModelledError, match="receive FIFO is empty"):
        Rig().read(DR)


def test_the_line_is_looked_at_again_after_its_pins_were_changed() -> None:
    rig, part = Rig(), Part()
    rig.mcu.ssi.device = part
    rig.write(GPIOA + 0x420, 0x34)
    rig.write(GPIOA + 0x51C, 0x3C)
    rig.write(CPSR, 6)
    rig.write(CR0, 0x01CB)
    rig.write(CR1, 2)
    rig.write(DR, 1)
    rig.wait(100_000)
    rig.write(GPIOA + 0x420, 0x30)
    with pytest.raises(NotModelledError, match="PA2, PA4 and PA5"):
        rig.write(DR, 1)
    rig.write(GPIOA + 0x420, 0x34)
    rig.write(DR, 1)
    rig.wait(100_000)
    assert len(part.times_ns) == 2

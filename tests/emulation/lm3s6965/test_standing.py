"""Registers told in advance: the native core must answer for them what the block itself would have answered."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from harness.emulation.cpu import CortexM3
from harness.emulation.cpu.errors import CpuError
from harness.emulation.cpu.standing import WORDS, StandingWord, StandingWords
from harness.emulation.lm3s6965.block import Block
from harness.emulation.world import World
from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import PERIPHERAL, RESULTS
from tests.emulation.lm3s6965.rig import GPTM0, RCGC1, Rig

CFG, TAMR, CTL, IMR, RIS, ICR, TAILR, TAR = 0x00, 0x04, 0x0C, 0x18, 0x1C, 0x24, 0x28, 0x48
UNKNOWN, HELD, COUNTING = 0, 1, 2


def as_the_native_core(word: StandingWord, block: Block) -> int:
    """What bus.c makes of a word that is known."""
    if word.kind == HELD:
        return int(word.value)
    elapsed = block.chip.clock.to_cycles(block.world.now_ns - word.start_ns)
    if elapsed <= word.value:
        return int(word.value - elapsed)
    return int(word.load - (elapsed - word.value - 1) % (word.load + 1))


def check(rig: Rig) -> int:
    """Every word that is known is what a read comes to now; returns how many are."""
    known = 0
    for block in rig.mcu.blocks:
        for offset, word in block.standing.items():
            if word.kind != UNKNOWN:
                assert as_the_native_core(word, block) == block.readers[offset](), f"{block.name} {offset:#x}"
                known += 1
    return known


def test_a_timer_s_words_are_right_whatever_is_done_to_it() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    rig = Rig(core_ppb=37_000)
    rig.write(GPTM0 + TAMR, 2)
    known = 0
    for _ in range(600):
        offset, value = chance.choice(
            [(CTL, 1), (CTL, 0), (TAILR, chance.randrange(1, 3000)), (ICR, 1), (IMR, 1), (TAR, None), (RIS, None)]
        )
        if value is None:
            rig.read(GPTM0 + offset)
        else:
            rig.write(GPTM0 + offset, value)
        known += check(rig)
        rig.wait(chance.randrange(1, 200_000))
        known += check(rig)
    assert known > 300


def test_a_one_shot_timer_s_count_is_not_told_since_it_stops() -> None:
    rig = Rig()
    rig.write(GPTM0 + TAMR, 1)
    rig.write(GPTM0 + TAILR, 1600)
    rig.write(GPTM0 + CTL, 1)
    rig.read(GPTM0 + TAR)
    assert rig.mcu.timers[0].standing[TAR].kind == UNKNOWN


def test_nothing_is_known_after_a_reset_a_closed_gate_or_a_restore() -> None:
    rig = Rig()
    rig.write(GPTM0 + TAMR, 2)
    rig.write(GPTM0 + CTL, 1)
    snapshot = rig.world.snapshot()

    def known() -> int:
        rig.read(GPTM0 + RIS)
        rig.read(GPTM0 + TAR)
        return check(rig)

    assert known() == 2
    rig.world.restore(snapshot)
    assert check(rig) == 0
    assert known() == 2
    rig.mcu.software_reset()
    assert check(rig) == 0
    rig.set_up()
    assert known() == 1  # a counter that stands is not told
    rig.write(RCGC1, 0)
    assert check(rig) == 0


class TellingBus:
    """A bus with one register that may be told in advance."""

    def __init__(self) -> None:
        self.standing = StandingWords()
        self.word = self.standing.add(PERIPHERAL)
        self.world: World | None = None
        self.asked = 0
        self.answer: Callable[[], int] = lambda: 0xA5

    def read(self, address: int, width: int) -> int:
        self.asked += 1
        return self.answer()

    def write(self, address: int, width: int, value: int) -> None:
        raise AssertionError("nothing is written here")


READING = """
reset:
    ldr r4, =0x40000000
    ldr r5, =0x20000100
    movs r6, #8
1:  ldr{width} r0, [r4, #{offset}]
    str r0, [r5]
    adds r5, #4
    subs r6, #1
    bne 1b
2:  b 2b
"""


def count_at(bus: TellingBus, value: int, load: int) -> int:
    assert bus.world is not None
    elapsed = bus.world.now_ns * 16_000_000 // 1_000_000_000
    return value - elapsed if elapsed <= value else load - (elapsed - value - 1) % (load + 1)


def results(bus: TellingBus, *, width: str = "", offset: int = 0) -> list[int]:
    image = assemble(READING.format(width=width, offset=offset))
    bus.world = World(1)
    cpu = CortexM3(bus.world, bus, peripheral_ranges=((PERIPHERAL, 0x1000),))
    cpu.load_flash(0, image.flash)
    cpu.power_on()
    cpu.world.run_until(100_000)
    data = cpu.read_memory(RESULTS, 32)
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, 32, 4)]


def test_a_held_word_is_read_without_asking() -> None:
    bus = TellingBus()
    bus.word.hold(0xDEADBEEF)
    assert results(bus) == [0xDEADBEEF] * 8
    assert bus.asked == 0


@pytest.mark.parametrize(("width", "offset"), [("b", 0), ("h", 0), ("", 4)])
def test_a_byte_a_halfword_and_the_next_register_are_asked_for(width: str, offset: int) -> None:
    bus = TellingBus()
    bus.word.hold(0xDEADBEEF)
    assert results(bus, width=width, offset=offset) == [0xA5] * 8
    assert bus.asked == 8


def test_what_was_forgotten_is_asked_for() -> None:
    bus = TellingBus()
    bus.word.hold(1)
    bus.word.forget()
    assert results(bus) == [0xA5] * 8


def test_a_counter_counts_cycles_through_zero() -> None:
    told, asking = TellingBus(), TellingBus()
    told.word.count_down(20, 99, 0)
    seen = results(told)
    asking.answer = lambda: count_at(asking, 20, 99)
    assert seen == results(asking)
    assert max(seen) > 20 >= min(seen)
    assert (told.asked, asking.asked) == (0, 8)


def test_a_word_too_many_is_refused() -> None:
    words = StandingWords()
    for index in range(WORDS):
        words.add(4 * index)
    with pytest.raises(CpuError, match="raise TB_WORDS"):
        words.add(0x400)

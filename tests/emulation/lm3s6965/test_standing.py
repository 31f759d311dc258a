"""Registers told in advance: the native core must answer for them what the block itself would have answered."""

from __future__ import annotations

import random

import pytest

from harness.emulation.cpu import CortexM3
from harness.emulation.cpu.standing import WORDS, StandingWords
from harness.emulation.world import World
from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import PERIPHERAL, RESULTS
from tests.emulation.lm3s6965.rig import GPIOB, HIB, RCGC2, Rig

DATA_B, DIR, DEN, PUR = 0x0F0, 0x400, 0x51C, 0x510
HIB_DATA = HIB + 0x30


def check(rig: Rig) -> int:
    """Every word that is known is what a read comes to now; returns how many are."""
    known = 0
    for block in rig.mcu.blocks:
        for offset, word in block.standing.items():
            if word is not None and word.is_known:
                assert word.value == block.read(offset), f"{block.name} {offset:#x}"
                known += 1
    return known


def test_a_port_s_words_are_right_whatever_is_done_to_it() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    rig = Rig()
    rig.write(GPIOB + DEN, 0x3C)
    rig.write(GPIOB + PUR, 0x3C)
    known = 0
    for _ in range(600):
        what = chance.randrange(5)
        if what == 0:
            rig.mcu.gpio["b"].force(chance.randrange(2, 4), chance.choice((True, False, None)))
        elif what == 1:
            rig.write(GPIOB + DATA_B, chance.randrange(256))
        elif what == 2:
            rig.write(GPIOB + DIR, chance.choice((0, 0x30)))
        else:
            rig.read(GPIOB + chance.choice((DATA_B, 0x030, 0x0C0)))
        known += check(rig)
    assert known > 300


def test_a_word_that_the_battery_keeps_is_asked_for_after_it_was_written() -> None:
    rig = Rig()
    for value in (7, 9):
        rig.write(HIB_DATA, value)
        assert check(rig) == 0
        assert rig.read(HIB_DATA) == value
        assert check(rig) == 1
        rig.wait(200_000)


def test_nothing_is_known_after_a_reset_a_closed_gate_or_a_restore() -> None:
    rig = Rig()
    rig.write(GPIOB + DEN, 0x3C)
    rig.write(GPIOB + PUR, 0x3C)
    snapshot = rig.world.snapshot()

    def known() -> int:
        rig.read(GPIOB + DATA_B)
        rig.read(HIB_DATA)
        return check(rig)

    assert known() == 2
    rig.world.restore(snapshot)
    assert check(rig) == 0
    assert known() == 2
    rig.mcu.software_reset()
    assert check(rig) == 0
    rig.set_up()
    assert known() == 2
    rig.write(RCGC2, 0)
    assert check(rig) == 0


class TellingBus:
    """A bus with one register that may be told in advance."""

    def __init__(self) -> None:
        self.standing = StandingWords()
        word = self.standing.add(PERIPHERAL)
        assert word is not None
        self.word = word
        self.world: World | None = None
        self.asked = 0

    def read(self, address: int, width: int) -> int:
        self.asked += 1
        return 0xA5

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


def test_a_word_too_many_gets_no_place_and_is_asked_for() -> None:
    words = StandingWords()
    assert all(words.add(4 * index) is not None for index in range(WORDS))
    assert words.add(0x400) is None

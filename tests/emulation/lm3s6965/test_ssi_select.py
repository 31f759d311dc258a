"""SSI0 with a part: the line must fit it, and its select goes by SSI0Fss or by a plain pin."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.emulation.errors import NotModelledError
from tests.emulation.lm3s6965.rig import GPIOA, SSI0, Rig

CR0, CR1, DR, SR, CPSR = SSI0, SSI0 + 0x04, SSI0 + 0x08, SSI0 + 0x0C, SSI0 + 0x10
DIR, AFSEL, DEN = GPIOA + 0x400, GPIOA + 0x420, GPIOA + 0x51C
DATA_PINS, SELECT = 0x34, 0x08
MODE_3, MODE_2, MODE_0 = 0xC7, 0x47, 0x07


@dataclass
class Listener:
    """A part that notes what happens to it."""

    spi_mode: int = 3
    fastest_Hz: int = 5_000_000
    heard: list[int | str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def select(self, low: bool) -> None:
        self.heard.append("low" if low else "high")

    def exchange(self, word: int, bits: int, at_ns: int) -> int:
        self.heard.append(word)
        self.times.append(at_ns)
        return word ^ 0xFF


def ssi_rig(*, cr0: int = MODE_3, cpsr: int = 4, pins: int = DATA_PINS) -> tuple[Rig, Listener]:
    rig, part = Rig(), Listener()
    rig.mcu.ssi.device = part
    rig.write(AFSEL, pins)
    rig.write(DEN, pins | SELECT)
    rig.write(CPSR, cpsr)
    rig.write(CR0, cr0)
    rig.write(CR1, 0x2)
    return rig, part


def test_words_and_answers() -> None:
    rig, part = ssi_rig()
    for word in (0x12, 0x34):
        rig.write(DR, word)
    rig.wait(4_000)
    rig.read(SR)
    assert part.heard == [0x12, 0x34]
    assert [rig.read(DR), rig.read(DR)] == [0xED, 0xCB]


def test_select_by_the_block_stays_low_over_a_full_fifo_in_mode_3() -> None:
    rig, part = ssi_rig(pins=DATA_PINS | SELECT)
    for word in (1, 2, 3):
        rig.write(DR, word)
    rig.wait(10_000)
    rig.read(SR)
    assert part.heard == ["low", 1, "low", 2, "low", 3, "high"]
    rig.write(DR, 4)
    rig.wait(10_000)
    rig.read(SR)
    assert part.heard[-3:] == ["low", 4, "high"]


def test_select_by_the_block_rises_between_words_with_sph_0() -> None:
    rig, part = ssi_rig(cr0=MODE_2, pins=DATA_PINS | SELECT)
    part.spi_mode = 2
    for word in (1, 2):
        rig.write(DR, word)
    rig.wait(10_000)
    rig.read(SR)
    assert part.heard == ["low", 1, "high", "low", 2, "high"]


def test_each_word_is_exchanged_at_its_own_time() -> None:
    rig, part = ssi_rig()
    began_ns = rig.world.now_ns
    for word in (1, 2, 3):
        rig.write(DR, word)
    rig.wait(1_000_000)
    assert rig.read(SR) & 0x04
    assert part.times == [began_ns + 2_000 * number for number in (1, 2, 3)]


@pytest.mark.parametrize(("mask", "words", "after_us"), [(0x4, 6, 8), (0x8, 8, 6), (0x1, 8, None), (0x5, 3, None)])
def test_interrupt_comes_with_the_word_that_makes_it(mask: int, words: int, after_us: int | None) -> None:
    """Half a FIFO received; half a FIFO left to send (five of eight wait when the first is on the line)."""
    rig, _ = ssi_rig()
    began_ns = rig.world.now_ns
    for word in range(words):
        rig.write(DR, word)
    rig.write(SSI0 + 0x14, mask)
    assert not rig.line(7)
    for _ in range(200):
        rig.wait(100)
        if rig.line(7):
            break
    assert rig.line(7) == (after_us is not None)
    if after_us is not None:
        assert rig.world.now_ns - began_ns == after_us * 1_000


def test_overrun_interrupts_at_the_ninth_word() -> None:
    rig, _ = ssi_rig()
    rig.write(SSI0 + 0x14, 0x1)
    began_ns = rig.world.now_ns
    for word in range(9):
        rig.write(DR, word)
    rig.wait(18_000 - 1)
    assert not rig.line(7)
    rig.wait(1)
    assert rig.line(7)
    assert rig.world.now_ns - began_ns == 18_000


def test_snapshot_in_the_middle_of_a_burst_goes_on_as_the_original() -> None:
    rig, part = ssi_rig()
    rig.write(SSI0 + 0x14, 0x4)
    for word in range(6):
        rig.write(DR, word)
    rig.wait(5_000)
    snapshot = rig.world.snapshot()

    def go_on() -> tuple[list[int], bool, str]:
        rig.wait(3_000)
        line = rig.line(7)
        rig.wait(10_000)
        return [rig.read(DR) for _ in range(6)], line, rig.world.snapshot().digest()

    once = go_on()
    rig.world.restore(snapshot)
    assert go_on() == once
    assert once[1]
    assert part.times[2:6] == part.times[6:]  # two had ended before


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"cr0": MODE_0}, "mode 0"),
        ({"cr0": MODE_2}, "mode 2"),
        ({"cpsr": 2}, "8000000 Hz"),
        ({"pins": 0x14}, "PA2, PA4 and PA5"),
    ],
)
def test_a_line_that_does_not_fit_the_part(setting: dict[str, int], why: str) -> None:
    rig, _ = ssi_rig(**setting)
    with pytest.raises(NotModelledError, match=why):
        rig.write(DR, 1)

"""The debug probe: OpenOCD's TCL port, its driver, and a chip whose port is open or closed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.emulation.instruments.openocd import OpenOcdServer
from harness.emulation.world import PlainComponent, World
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError
from harness.instruments.openocd import OpenOcd
from tests.instruments.line_bench import LineBench, _bench

MEMORY = bytes(range(64))


@dataclass
class ChipState:
    is_open: bool = True
    has_pins: bool = True
    reset_low: bool = False
    resets: int = 0


class BarePins(PlainComponent):
    """Pins without a chip behind them."""

    state: ChipState

    def __init__(self, world: World) -> None:
        self.state = ChipState()
        super().__init__(world, "mcu")

    def answers_jtag(self) -> bool:
        return self.state.has_pins

    def read_by_debugger(self, address: int, size: int) -> bytes | None:
        return MEMORY[address : address + size] if self.state.is_open else None

    def pull_reset(self, low: bool) -> None:
        self.state.resets += not low
        self.state.reset_low = low


@pytest.fixture
def bench() -> LineBench:
    world = World(1)
    chip = BarePins(world)
    server = OpenOcdServer(world, "debug_probe", chip)
    return _bench(world, server, "TCPIP0::debug-probe::6666::SOCKET", OpenOcd, {})


def driver_of(bench: LineBench, serial: str | None = "P1") -> OpenOcd:
    return OpenOcd(bench.session(), bench.clock, serial=serial, timeout_ms=2000)


def chip_of(bench: LineBench) -> BarePins:
    chip = bench.world.component("mcu")
    assert isinstance(chip, BarePins)
    return chip


def test_it_says_its_version_and_the_bench_file_its_serial_number(bench: LineBench) -> None:
    identity = driver_of(bench).identity()
    assert (identity.serial, identity.firmware) == ("P1", "0.12.0")
    with pytest.raises(IdentityError):
        driver_of(bench, serial=None)


def test_an_open_port_gives_its_memory_as_words(bench: LineBench) -> None:
    driver = driver_of(bench)
    assert driver.examine() == ""
    assert driver.read_words(4, 2) == [0x07060504, 0x0B0A0908]
    assert driver.read_words(8, 1) == [0x0B0A0908]


def test_fewer_words_than_were_asked_for_are_no_answer(bench: LineBench) -> None:
    """The test of the port counts what it was given: half of a memory must not pass for a memory that was refused."""
    driver = driver_of(bench)
    assert driver.examine() == ""
    with pytest.raises(BadAnswerError, match="4 words"):
        driver.read_words(len(MEMORY) - 8, 4)


def test_a_closed_port_gives_none_and_says_why(bench: LineBench) -> None:
    driver = driver_of(bench)
    chip_of(bench).state.is_open = False
    assert "all ones" in driver.examine()
    assert driver.read_words(0, 4) == []


def test_a_test_port_that_gives_no_memory_is_found_all_the_same(bench: LineBench) -> None:
    driver = driver_of(bench)
    chip_of(bench).state.is_open = False
    assert driver.scan() == ""
    chip_of(bench).state.has_pins = False
    assert "all ones" in driver.scan()


def test_a_port_that_closes_after_it_was_found_gives_none(bench: LineBench) -> None:
    driver = driver_of(bench)
    assert driver.examine() == ""
    chip_of(bench).state.is_open = False
    assert driver.read_words(0, 4) == []


def test_the_reset_line_is_pulled_once_and_let_go(bench: LineBench) -> None:
    driver, chip = driver_of(bench), chip_of(bench)
    driver.hold_reset()
    driver.hold_reset()
    assert chip.state.reset_low
    driver.reset()
    assert (chip.state.reset_low, chip.state.resets) == (False, 1)


def test_what_the_server_does_not_know_is_an_error(bench: LineBench) -> None:
    driver = driver_of(bench)
    with pytest.raises(CommandError, match="flash"):
        driver._run("flash erase_all")
    with pytest.raises(ValueError, match="1 to 256"):
        driver.read_words(0, 257)

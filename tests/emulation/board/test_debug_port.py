"""The chip's debug port on the board: open from the maker, closed for good by the reference firmware's first boot."""

from __future__ import annotations

from firmware_ref.tool.build import build
from harness.emulation.meter_board import MeterBoard
from harness.emulation.world import World

MS = 1_000_000


def booted() -> MeterBoard:
    world = World(1)
    board = MeterBoard(world, utc_at_zero_s=1_780_000_000)
    result = build()
    board.load_image(result.bin.read_bytes(), result.elf)
    board.power_on()
    return board


def test_a_new_chip_is_open_and_the_first_boot_closes_it_for_good() -> None:
    board = booted()
    assert board.mcu.read_by_debugger(0, 4) is not None
    board.world.run_until(300 * MS)
    assert board.mcu.read_by_debugger(0, 4) is None
    board.mcu.pull_reset(True)
    assert board.mcu.read_by_debugger(0x2000_0000, 4) is None
    board.mcu.pull_reset(False)
    assert board.mcu.read_by_debugger(0, 4) is None
    board.power_off()
    board.power_on()
    assert board.mcu.read_by_debugger(0, 4) is None
    assert board.mcu.flash.state.burnt["debug"] == 0


def test_the_firmware_takes_the_jtag_pins_and_a_reset_gives_them_back() -> None:
    board = booted()
    assert board.mcu.answers_jtag()
    board.world.run_until(300 * MS)
    assert not board.mcu.answers_jtag()
    assert [board.mcu.gpio[port].state.commit for port in "bc"] == [0x7F, 0xF0]
    board.mcu.pull_reset(True)
    assert board.mcu.answers_jtag()
    board.mcu.pull_reset(False)
    board.world.run_until(600 * MS)
    assert not board.mcu.answers_jtag()
    board.power_off()
    assert not board.mcu.answers_jtag()


def test_while_reset_is_low_nothing_runs_and_then_the_meter_boots_anew() -> None:
    board = booted()
    board.world.run_until(1000 * MS)
    board.diagnostic.take()
    board.mcu.pull_reset(True)
    board.world.run_until(3000 * MS)
    assert not board.diagnostic.take()
    board.mcu.pull_reset(False)
    board.world.run_until(4000 * MS)
    said = bytes(octet for _, octet in board.diagnostic.take())
    assert b"external" in said


def test_a_snapshot_of_a_meter_held_in_reset_goes_on_alike() -> None:
    board = booted()
    board.world.run_until(1000 * MS)
    board.mcu.pull_reset(True)
    held = board.world.snapshot()
    said = []
    for _ in range(2):
        board.world.restore(held)
        board.world.run_until(1500 * MS)
        board.mcu.pull_reset(False)
        board.world.run_until(2000 * MS)
        said.append([*board.diagnostic.take()])
    assert said[0] == said[1] != []

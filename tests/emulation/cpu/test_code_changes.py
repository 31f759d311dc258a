"""Code that changes under the processor. Unicorn keeps running its old translation unless it is told."""

from __future__ import annotations

from itertools import pairwise

from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import RESULTS, Machine

LOOP = """
reset:
    ldr r4, =0x20000100
1:  movs r0, #1
    str r0, [r4]
    b 1b
"""
CODE = 0x140  # behind the vector table
PATCH = b"\x02\x20"  # movs r0, #2


def test_new_flash_contents_run_at_once() -> None:
    machine = Machine(assemble(LOOP))
    machine.run_cycles(100)
    assert machine.word(RESULTS) == 1
    at = machine.image.flash.index(b"\x01\x20", CODE)
    machine.cpu.load_flash(at, PATCH)
    machine.run_cycles(20)
    assert machine.word(RESULTS) == 2


def test_flash_written_by_an_access_changes_the_very_next_instructions() -> None:
    text = "reset:\n    ldr r4, =0x40000000\n    movs r1, #3\n1:  str r4, [r4]\n    movs r0, #1\n    str r0, [r4, #4]\n"
    machine = Machine(assemble(text + "    subs r1, #1\n    bne 1b\n    b .\n"))
    at = machine.image.flash.index(b"\x01\x20", CODE)

    def program(address: int, value: int | None) -> None:
        if address == 0x40000000 and len(machine.bus.writes) == 3:
            machine.cpu.load_flash(at, PATCH)

    machine.bus.on_access = program
    machine.run_cycles(200)
    assert [value for address, _, value in machine.bus.writes if address == 0x40000004] == [1, 2, 2]


def test_cycles_follow_the_new_code() -> None:
    machine = Machine(assemble("reset:\n    ldr r4, =0x40000000\n1:  str r4, [r4]\n    adds r0, r1\n    b 1b\n"))
    machine.run_cycles(100)
    at = machine.image.flash.index(b"\x40\x18", CODE)
    machine.cpu.load_flash(at, b"\xb0\xfb\xf1\xf0\xfb\xe7")  # udiv r0, r0, r1; b back
    machine.run_cycles(100)
    gaps = [later - earlier for earlier, later in pairwise(machine.bus.cycles)]
    assert gaps[0] == 1 + 1 + 3
    assert gaps[-1] == 1 + 12 + 3


def test_the_pairing_of_a_load_follows_a_change_of_its_follower() -> None:
    machine = Machine(
        assemble(
            "reset:\n    ldr r4, =0x40000000\n1:  str r4, [r4]\n    ldr r0, [r5]\n    adds r1, #1\n    b 1b\n".replace(
                "reset:", "reset:\n    ldr r5, =0x20000100"
            )
        )
    )
    machine.run_cycles(100)
    machine.cpu.load_flash(machine.image.flash.index(b"\x01\x31", CODE), b"\x2a\x68")  # ldr r2, [r5]: now a pair
    machine.run_cycles(100)
    gaps = [later - earlier for earlier, later in pairwise(machine.bus.cycles)]
    assert gaps[0] == 1 + 2 + 1 + 3
    assert gaps[-1] == 1 + 1 + 2 + 3


RAM_CODE = """
reset:
    ldr r4, =0x20000100
    ldr r5, =0x20000800
    ldr r0, =0x47702001     @ movs r0, #1; bx lr
    str r0, [r5]
    adds r6, r5, #1
1:  blx r6
    str r0, [r4]
    adds r4, #4
    ldrh r1, [r5]
    adds r1, #1             @ movs r0, #n + 1
    strh r1, [r5]
    b 1b
"""


def test_firmware_may_rewrite_its_own_code_in_ram() -> None:
    machine = Machine(assemble(RAM_CODE))
    machine.run_cycles(200)
    assert [machine.word(RESULTS + 4 * i) for i in range(5)] == [1, 2, 3, 4, 5]


# The same without the store into the page of the code, which would make Unicorn look again by itself.
RAM_CODE_LEFT_ALONE = RAM_CODE.replace("adds r4, #4", "nop").replace("strh r1, [r5]", "nop")


def test_a_debugger_may_rewrite_code_in_ram() -> None:
    machine = Machine(assemble(RAM_CODE_LEFT_ALONE))
    machine.run_cycles(200)
    assert machine.word(RESULTS) == 1
    machine.cpu.write_memory(0x20000800, b"\x09\x20")
    machine.run_cycles(50)
    assert machine.word(RESULTS) == 9


def test_restore_brings_old_code_back() -> None:
    machine = Machine(assemble(LOOP))
    machine.run_cycles(100)
    before = machine.world.snapshot()
    machine.cpu.load_flash(machine.image.flash.index(b"\x01\x20", CODE), PATCH)
    machine.run_cycles(100)
    assert machine.word(RESULTS) == 2
    machine.world.restore(before)
    machine.run_cycles(100)
    assert machine.word(RESULTS) == 1


def test_restore_brings_old_code_in_ram_back() -> None:
    machine = Machine(assemble(RAM_CODE_LEFT_ALONE))
    machine.run_cycles(200)
    before = machine.world.snapshot()
    machine.cpu.write_memory(0x20000800, b"\x09\x20")
    machine.run_cycles(50)
    machine.world.restore(before)
    machine.run_cycles(50)
    assert machine.word(RESULTS) == 1

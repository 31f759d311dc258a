"""Every way firmware can go wrong ends in one FirmwareFault that says what, where and from which state."""

from __future__ import annotations

import pytest

from harness.emulation.cpu import BusError, FirmwareFault
from harness.emulation.errors import NotModelledError
from harness.emulation.meter_board import MeterBoard
from harness.emulation.world import World
from tests.emulation.cpu.builder import VECTORS, assemble, vectors_with
from tests.emulation.cpu.machine import Machine

CASES = [
    pytest.param("ldr r0, =0x30000000\n ldr r1, [r0]", "read_unmapped", 0x30000000, id="read where nothing is"),
    pytest.param("ldr r0, =0x20010000\n strb r1, [r0]", "write_unmapped", 0x20010000, id="write past RAM"),
    pytest.param("ldr r0, =0x1FFFFFFE\n ldr r1, [r0]", "read_unmapped", None, id="read across the start of RAM"),
    pytest.param("ldr r0, =0x2000FFFE\n ldr r1, [r0]", "read_unmapped", 0x20010000, id="read across the end of RAM"),
    pytest.param("ldr r0, =0x2000FFFE\n str r1, [r0]", "write_unmapped", 0x20010000, id="write across the end of RAM"),
    pytest.param("movs r0, #0x40\n str r1, [r0]", "write_flash", 0x40, id="store to flash"),
    pytest.param("ldr r0, =0x10000001\n bx r0", "fetch_unmapped", 0x10000000, id="jump where nothing is"),
    pytest.param("ldr r0, =0x40000001\n bx r0", "fetch_device", None, id="jump into a peripheral"),
    pytest.param("ldr r0, =0x42000080\n ldr r1, [r0]", "bit_band", 0x42000080, id="bit-band alias"),
    pytest.param("udf #1", "refused", None, id="udf"),
    pytest.param("udf.w #1", "refused", None, id="wide udf"),
    pytest.param(".short 0xBA80", "undefined", None, id="undefined narrow"),
    pytest.param(".short 0xEE30, 0x0A00", "refused", None, id="FPU instruction"),
    pytest.param("ldr r0, =reset\n bics r0, r0, #1\n bx r0", "not_thumb", None, id="jump to ARM code"),
    pytest.param("ldr r0, =0x20000201\n ldmia r0, {r1, r2}", "unaligned", 0, id="unaligned ldm"),
    pytest.param("ldr r0, =0x20000202\n stmia.w r0, {r1, r2}", "unaligned", 0, id="unaligned stm"),
    pytest.param("ldr r0, =0x20000202\n ldrd r1, r2, [r0]", "unaligned", 0, id="unaligned ldrd"),
    pytest.param("ldr r0, =0x20000202\n strd r1, r2, [r0, #8]", "unaligned", 0, id="unaligned strd"),
    pytest.param("ldr r0, =0x20000201\n ldrexh r1, [r0]", "unaligned", 0, id="unaligned ldrexh"),
    pytest.param("bkpt #3", "breakpoint", None, id="bkpt"),
    pytest.param("cpsid i\n svc 0", "escalated", None, id="svc while masked"),
    pytest.param("ldr r0, =0xE000EF30\n ldr r1, [r0]", "not_modelled", 0xE000EF30, id="unknown system register"),
    pytest.param("ldr r0, =0xE000ED08\n ldrb r1, [r0]", "not_modelled", 0xE000ED08, id="byte read of VTOR"),
    pytest.param("ldr r0, =0xE000ED14\n movs r1, #8\n str r1, [r0]", "not_modelled", 0xE000ED14, id="UNALIGN_TRP"),
    pytest.param(
        "movs r0, #1\n msr control, r0\n isb\n ldr r0, =0xE000ED00\n ldr r1, [r0]",
        "unprivileged",
        0xE000ED00,
        id="unprivileged access",
    ),
    pytest.param("ldr r0, =0xFFFFFFF9\n bx r0", "bad_return", 0xFFFFFFF9, id="exception return from a thread"),
    pytest.param("ldr r0, =0x20000000\n mov sp, r0\n svc 0", "stacking", 0x20000000 - 32, id="stack overflow at entry"),
    pytest.param("ldr r0, =0x20000000\n mov sp, r0\n push {r1}", "write_unmapped", 0x20000000 - 4, id="stack overflow"),
    pytest.param(
        "ldr r0, =0xE000ED14\n movs r1, #16\n str r1, [r0]\n movs r0, #0\n udiv r1, r1, r0",
        "divide",
        None,
        id="division by zero, trapped",
    ),
    pytest.param(
        "ldr r0, =0xE000ED08\n ldr r1, =0x20001000\n str r1, [r0]\n movs r0, #0\n str r0, [r1, #44]\n svc 0",
        "vector",
        0x2000102C,
        id="bad vector",
    ),
    pytest.param(
        "ldr r0, =0xE000ED0C\n ldr r1, =0x05FA0001\n str r1, [r0]", "not_modelled", 0xE000ED0C, id="VECTRESET"
    ),
    pytest.param("ldr r0, =0x40000001\n ldr r1, [r0]", "unaligned_device", None, id="unaligned device read"),
    pytest.param("ldr r0, =0x40000003\n strh r1, [r0]", "unaligned_device", None, id="unaligned device write"),
    pytest.param("ldr r0, =0xE000ED09\n ldr r1, [r0]", "unaligned_device", None, id="unaligned system read"),
    pytest.param("ldr lr, =0x20000001\n ldrd r1, r2, [lr]", "unaligned", None, id="unaligned double at LR"),
    pytest.param("ldr r0, =0x20000101\n ldrex r1, [r0, #4]", "unaligned", None, id="unaligned exclusive"),
    pytest.param("ldr r0, =0x40000000\n strex r2, r1, [r0]", "not_modelled", None, id="exclusive to a peripheral"),
]


def test_a_divisor_in_lr_is_looked_at_itself() -> None:
    code = "reset:\n    ldr r0, =0xE000ED14\n    movs r1, #16\n    str r1, [r0]\n    mov lr, r1\n    udiv r1, r1, lr\n"
    machine = Machine(assemble(code + "    ldr r4, =0x40000000\n    str r1, [r4]\n    b .\n"))
    machine.run_cycles(200)
    assert machine.written() == [1]


@pytest.mark.parametrize(("code", "kind", "address"), CASES)
def test_fault_is_told_with_kind_address_and_pc(code: str, kind: str, address: int | None) -> None:
    *before, last = code.split("\n")
    text = (
        "reset:\n    nop\n"
        + "\n".join(before)
        + f"\n    .global culprit\n    .type culprit, %function\nculprit: {last}\n"
    )
    machine = Machine(assemble(text + "    .size culprit, . - culprit\n    b .\n"))
    with pytest.raises(FirmwareFault) as caught:
        machine.run_cycles(1000)
    report = caught.value.report
    assert report.kind == kind
    if address:
        assert report.address == address
    if kind != "not_thumb" or report.pc_symbol:
        assert report.pc == machine.image.symbols.address_of("culprit")
        assert report.pc_symbol == "culprit+0x0"
        assert "culprit+0x0" in str(caught.value)


def test_faulted_processor_stays_faulted_until_reset() -> None:
    machine = Machine(assemble("reset:\n    udf #0\n"))
    with pytest.raises(FirmwareFault):
        machine.run_cycles(1000)
    machine.run_cycles(1000)
    assert machine.cpu.instructions == 0
    machine.cpu.load_flash(0, assemble("reset:\n    b .\n").flash)
    machine.cpu.request_reset()
    machine.run_cycles(1000)
    assert machine.cpu.cycles >= 1000


def test_fault_in_a_handler_shows_the_frame_of_what_it_interrupted() -> None:
    text = "reset:\n    movs r0, #7\n    svc 1\n    b .\n    .type h, %function\nh:  udf #0\n"
    machine = Machine(assemble(text, vectors_with(e11="h")))
    with pytest.raises(FirmwareFault, match="handler of exception 11") as caught:
        machine.run_cycles(1000)
    frame = caught.value.report.frame
    assert frame is not None
    assert (frame[0], frame[6]) == (7, machine.image.symbols.address_of("reset") + 4)


def test_return_from_a_handler_with_a_wrong_value_is_a_fault() -> None:
    text = "reset:\n    svc 1\n    b .\n    .type h, %function\nh:  ldr r0, =0xFFFFFFF1\n    bx r0\n"
    machine = Machine(assemble(text, vectors_with(e11="h")))
    with pytest.raises(FirmwareFault) as caught:
        machine.run_cycles(1000)
    assert caught.value.report.kind == "bad_return"


def test_reset_vector_that_is_no_code_is_a_fault() -> None:
    machine = Machine(assemble("reset:\n b .\n", VECTORS.replace(".word 0x20010000, reset", ".word 0x20010000, 0x100")))
    with pytest.raises(FirmwareFault) as caught:
        machine.run_cycles(10)
    assert caught.value.report.kind == "vector"


def test_flash_is_delivered_erased_and_that_is_a_fault_not_a_run() -> None:
    """Erased is FF, as on the part; 00 would run on as moves from R0 to R0."""
    machine = Machine(assemble("reset:\n b .\n"))
    assert machine.cpu.read_memory(0x3_0000, 64) == b"\xff" * 64
    machine.cpu.load_flash(0, machine.cpu.read_memory(0x3_0000, 1024))
    machine.cpu.request_reset()
    with pytest.raises(FirmwareFault):
        machine.run_cycles(10)


STORE = "reset:\n    ldr r4, =0x40000000\n    movs r0, #1\n    str r0, [r4]\n    str r0, [r4, #4]\n    b .\n"


def test_bus_error_is_a_fault_at_the_access() -> None:
    machine = Machine(assemble(STORE))

    def refuse(address: int, value: int | None) -> None:
        raise BusError("clock of this block is off")

    machine.bus.on_access = refuse
    with pytest.raises(FirmwareFault) as caught:
        machine.run_cycles(100)
    report = caught.value.report
    assert (report.kind, report.address, report.value) == ("bus", 0x40000000, 1)
    assert report.pc == machine.image.symbols.address_of("reset") + 6
    assert "clock of this block is off" in str(caught.value)
    assert len(machine.bus.writes) == 1


def test_a_block_whose_clock_is_off_is_a_fault_of_the_firmware() -> None:
    board = MeterBoard(World(1), utc_at_zero_s=1_790_000_000)
    board.load_image(assemble("reset:\n    ldr r0, =0x4000C000\n    ldr r1, [r0]\n    b .\n").flash)
    board.power_on()
    with pytest.raises(FirmwareFault, match=r"bus error: uart0.*set bit 0 of RCGC1") as caught:
        board.world.run_until(1_000_000)
    assert caught.value.report.address == 0x4000C000


def test_exception_of_a_peripheral_comes_out_unchanged_with_the_pc_and_ends_the_run() -> None:
    """The access has no value; going on with a 0 would be a guess, also for a caller who tries again."""
    machine = Machine(assemble(STORE))
    error = KeyError("a peripheral's own mistake")

    def fail(address: int, value: int | None) -> None:
        machine.bus.on_access = None
        raise error

    machine.bus.on_access = fail
    booted = machine.world.snapshot()
    for _ in range(2):
        with pytest.raises(KeyError) as caught:
            machine.run_cycles(100)
        assert caught.value is error
    assert f"pc={machine.image.symbols.address_of('reset') + 6:#010x}" in error.__notes__[0]
    assert len(machine.bus.writes) == 1
    machine.world.restore(booted)
    machine.run_cycles(100)
    assert [address for address, _, _ in machine.bus.writes] == [0x40000000, 0x40000000, 0x40000004]


def test_several_accesses_of_one_instruction_are_several() -> None:
    text = "reset:\n    ldr r4, =0x40000000\n    ldm r4!, {r0-r2}\n    stm r4!, {r0, r1}\n"
    text += "    ldrd r0, r1, [r4]\n    ldr r5, [r4]\n"
    machine = Machine(assemble(text + "    mov sp, r4\n    push {r0, r1}\n    pop {r0}\n    pop {r0, r1}\n    b .\n"))
    before = machine.world.snapshot()
    for _ in range(2):
        machine.run_cycles(200)
        assert (len(machine.bus.reads), len(machine.bus.writes)) == (9, 4)
        machine.bus.reads.clear()
        machine.bus.writes.clear()
        machine.world.restore(before)


def test_what_is_not_modelled_is_told_with_its_place() -> None:
    board = MeterBoard(World(1), utc_at_zero_s=1_790_000_000)
    image = assemble("reset:\n    ldr r0, =0x40010000\nculprit:\n    ldr r1, [r0]\n    b .\n")
    board.load_image(image.flash)
    board.power_on()
    with pytest.raises(NotModelledError, match=r"0x40010000: no block.*accessed 0x40010000 at pc=0x00000144"):
        board.world.run_until(1_000_000)


def test_narrow_accesses_reach_the_bus_as_they_are() -> None:
    text = "reset:\n    ldr r4, =0x40000000\n    ldr r0, =0x12345678\n    strb r0, [r4, #3]\n    strh r0, [r4, #6]\n"
    machine = Machine(assemble(text + "    ldrb r0, [r4, #1]\n    ldrh r0, [r4, #2]\n    b .\n"))
    machine.run_cycles(100)
    assert machine.bus.writes == [(0x40000003, 1, 0x78), (0x40000006, 2, 0x5678)]
    assert machine.bus.reads == [(0x40000001, 1), (0x40000002, 2)]


def test_after_its_fault_the_processor_is_locked_up_and_the_world_goes_on() -> None:
    machine = Machine(assemble("reset:\n    ldr r0, =0x60000000\n    str r0, [r0]\n1:  b 1b\n"))
    with pytest.raises(FirmwareFault):
        machine.run(1_000_000)
    snapshot = machine.world.snapshot()
    instructions = machine.cpu.instructions
    machine.run(5_000_000)
    assert machine.cpu.instructions == instructions
    machine.world.restore(snapshot)
    machine.run(5_000_000)
    assert machine.cpu.instructions == instructions
    machine.cpu.request_reset()
    before_ns = machine.world.now_ns
    with pytest.raises(FirmwareFault) as again:
        machine.run(1_000_000)
    assert again.value.report.at_ns >= before_ns

"""Which exceptions are reckoned on top of each other, on programs whose stack is known by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from firmware_ref.tool.errors import LayoutError, StackError
from firmware_ref.tool.image import Program, read_program
from firmware_ref.tool.nesting import EXCEPTION_FRAME_BYTES, measure_exceptions
from firmware_ref.tool.stack import CallGraph
from firmware_ref.tool.toolchain import find_toolchain, run_compiler

SCRIPT = "SECTIONS { .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } .ARM.exidx : { *(.ARM.exidx*) } }"
PROGRAM = r"""
#define BARE __attribute__((naked, noinline)) void
#define REGISTER(address) (*(volatile unsigned *)(address))
void reset(void); void nmi(void); void hard(void); void tick(void); void line(void);
BARE reset(void) { __asm volatile("push {r4-r7}\n 1: b 1b"); }
BARE nmi(void) { __asm volatile("push {r4, r5}\n pop {r4, r5}\n bx lr"); }
BARE hard(void) { __asm volatile("push {r4-r9}\n pop {r4-r9}\n bx lr"); }
BARE tick(void) { __asm volatile("push {r4-r7}\n pop {r4-r7}\n bx lr"); }
__attribute__((noinline)) void line(void) { @BODY@ }
__attribute__((section(".vectors"), used)) void (*const vectors[@COUNT@])(void) = {
    (void (*)(void))0x20001000, reset, nmi, hard @SETTABLE@ };
"""
ALL = ", [15] = tick, [16] = line"


@pytest.fixture
def link(tmp_path: Path):
    def make(body: str = "", settable: str = ALL, count: int = 17) -> Program:
        text = PROGRAM.replace("@BODY@", body).replace("@SETTABLE@", settable).replace("@COUNT@", str(count))
        (tmp_path / "program.c").write_text(text)
        (tmp_path / "program.ld").write_text(SCRIPT)
        toolchain = find_toolchain()
        flags = ("-ffreestanding", "-Os", "-g", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables")
        run_compiler(
            [*toolchain.command, *toolchain.target_flags, *flags, "-Wl,-T,program.ld", "-Wl,-e,reset",
             "program.c", "-o", "program.elf"],
            tmp_path,
        )  # fmt: skip
        return read_program(tmp_path / "program.elf", 0)

    return make


def test_the_deepest_interrupt_a_hard_fault_and_an_nmi_can_all_come_on_top(link) -> None:
    program = link()
    exceptions = measure_exceptions(program, CallGraph(program))
    assert exceptions.size_bytes == 3 * EXCEPTION_FRAME_BYTES + 16 + 24 + 8
    assert exceptions.deepest.functions == ("tick",)


def test_without_interrupts_the_two_fixed_ones_remain(link) -> None:
    program = link(settable="", count=4)
    assert measure_exceptions(program, CallGraph(program)).size_bytes == 2 * EXCEPTION_FRAME_BYTES + 24 + 8


@pytest.mark.parametrize(
    "body",
    [
        "REGISTER(0xE000E400) = 0x20;",
        "REGISTER(0xE000E100) = 1; REGISTER(0xE000E404) = 0x20;",  # one base, an offset
        "REGISTER(0xE000ED1C) = 0x20000000;",  # SVC
        "REGISTER(0xE000ED20) = 0xE0000000;",  # SysTick
        "*(volatile unsigned char *)0xE000E4EF = 0x20;",
        "for (unsigned at = 0; at < 11; at++) { REGISTER(0xE000E400 + 4 * at) = 0x20202020; }",
        '__asm volatile("mov.w r0, #0xE000E000\\n add.w r0, r0, #0x400\\n strd r1, r2, [r0]" ::: "r0", "memory");',
        '__asm volatile("ldr r0, =0xE000E3FC\\n stm.w r0, {r1, r2}" ::: "r0", "memory");',
        '__asm volatile("mvn r0, #0xFF\\n movw r0, #0xE400\\n movt r0, #0xE000\\n str r1, [r0]" ::: "r0");',
    ],
)
def test_a_priority_that_is_set_is_refused(link, body: str) -> None:
    program = link(body)
    with pytest.raises(StackError, match=r"^line: '(str|stm).*at 0x.*(sets a priority|may store anywhere)"):
        measure_exceptions(program, CallGraph(program))


def test_a_store_with_an_index_among_the_registers_is_refused(link) -> None:
    body = '__asm volatile("ldr r0, =0xE000E100\\n str r1, [r0, r2]" ::: "r0", "memory");'
    program = link(body)
    with pytest.raises(StackError, match="may store anywhere"):
        measure_exceptions(program, CallGraph(program))


def test_a_walk_through_the_registers_is_refused(link) -> None:
    body = '__asm volatile("ldr r0, =0xE000E100\\n 1: adds r0, #4\\n str r1, [r0]\\n bne 1b" ::: "r0", "memory");'
    program = link(body)
    with pytest.raises(StackError, match="steps through"):
        measure_exceptions(program, CallGraph(program))


def test_the_other_registers_around_may_be_written(link) -> None:
    """Enables, pending, vector table, reset request: what the firmware does with them."""
    program = link(
        "REGISTER(0xE000E100) = 1; REGISTER(0xE000E280) = 1; REGISTER(0xE000ED08) = 64; REGISTER(0xE000ED0C) = 4;"
    )
    measure_exceptions(program, CallGraph(program))


def test_a_program_without_a_vector_table_is_told(link) -> None:
    program = link()
    symbols = tuple(symbol for symbol in program.symbols if symbol.name != "vectors")
    with pytest.raises(LayoutError, match="does not begin with a vector table"):
        measure_exceptions(replace(program, symbols=symbols), CallGraph(program))

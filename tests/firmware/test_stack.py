"""The stack analysis on small programs whose worst case is known by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_ref.tool.errors import StackError
from firmware_ref.tool.image import Program, read_program
from firmware_ref.tool.stack import CallGraph
from firmware_ref.tool.toolchain import find_toolchain, run_compiler

SCRIPT = """
SECTIONS {
    .text 0 : { *(.text*) *(.rodata*) }
    .ARM.exidx : { *(.ARM.exidx*) }
    .bss 0x20000000 (NOLOAD) : { *(.bss*) *(.data*) }
}
"""

ASSEMBLER = r"""
#define BARE __attribute__((naked, noinline)) void
void leaf(void); void middle(void); void entry(void); void tail(void); void late(void);
BARE leaf(void) { __asm volatile("push {r4, r5, lr}\n sub sp, #20\n"
                                   "add sp, #20\n pop {r4, r5, pc}"); }
BARE late(void) { __asm volatile("stmdb sp!, {r4-r7}\n str r0, [sp, #-8]!\n sub.w sp, sp, #512\n bx lr"); }
BARE tail(void) { __asm volatile("push {r4, lr}\n pop {r4, lr}\n b.w late"); }
__asm__(".thumb_func\n .type unsized, %function\n unsized: push {r4-r7, lr}\n b.w late");
void unsized(void);
BARE middle(void) { __asm volatile("push {r7, lr}\n bl leaf\n pop {r7, pc}"); }
BARE entry(void) { __asm volatile("push {r4, r5, r6, lr}\n bl middle\n cbz r0, 1f\n"
                                    "bl leaf\n 1: pop {r4, r5, r6, pc}"); }
"""

RECURSION = """
int even(unsigned n); int odd(unsigned n); int entry(unsigned n);
__attribute__((noinline)) int odd(unsigned n) { volatile unsigned k = n; return k == 0 ? 0 : even(n - 1) + 1; }
__attribute__((noinline)) int even(unsigned n) { volatile unsigned k = n; return k == 0 ? 1 : odd(n - 1) + 1; }
int entry(unsigned n) { return even(n) + 1; }
"""
POINTER = """
int first(void); int entry(int (*which)(void));
__attribute__((noinline)) int first(void) {
    volatile char room[100];
    unsigned i = *(volatile unsigned *)0x20000000;
    room[i] = 1;
    return room[99 - i];
}
int entry(int (*which)(void)) { return which() + 1; }
"""
VARIABLE = """
int entry(unsigned n); int sink(char *p);
__attribute__((noinline)) int sink(char *p) { return *(volatile char *)p; }
int entry(unsigned n) { return sink(__builtin_alloca(n)) + 1; }
"""


@pytest.fixture
def link(tmp_path: Path):
    def make(text: str) -> Program:
        (tmp_path / "program.c").write_text(text)
        (tmp_path / "program.ld").write_text(SCRIPT)
        toolchain = find_toolchain()
        flags = ("-ffreestanding", "-O1", "-g", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables")
        run_compiler(
            [*toolchain.command, *toolchain.target_flags, *flags, "-Wl,-T,program.ld", "-Wl,-e,entry",
             "program.c", "-o", "program.elf"],
            tmp_path,
        )  # fmt: skip
        return read_program(tmp_path / "program.elf", 0)

    return make


def test_frames_calls_and_tail_calls_add_up(link) -> None:
    graph = CallGraph(link(ASSEMBLER))
    assert graph.deepest("leaf").size_bytes == 12 + 20
    assert graph.deepest("late").size_bytes == 16 + 8 + 512
    assert graph.deepest("tail").size_bytes == 8 + 536
    assert graph.deepest("unsized").size_bytes == 20 + 536
    deepest = graph.deepest("entry")
    assert deepest.size_bytes == 16 + 8 + 32
    assert deepest.functions == ("entry", "middle", "leaf")


def test_recursion_is_refused_with_its_chain(link) -> None:
    with pytest.raises(StackError, match="recursion: even -> odd -> even"):
        CallGraph(link(RECURSION)).deepest("entry")


def test_an_undeclared_indirect_call_is_refused_and_a_declared_one_counted(link) -> None:
    program = link(POINTER)
    with pytest.raises(StackError, match="entry calls through a pointer"):
        CallGraph(program).deepest("entry")
    assert CallGraph(program, {"entry": ("first",)}).deepest("entry").size_bytes >= 100 + 8


def test_a_frame_of_variable_size_is_refused(link) -> None:
    with pytest.raises(StackError, match="at run time"):
        CallGraph(link(VARIABLE)).deepest("entry")


def test_an_unknown_entry_is_told(link) -> None:
    with pytest.raises(StackError, match="handle_nothing"):
        CallGraph(link(ASSEMBLER)).deepest("handle_nothing")


def test_variables_with_an_initial_value_are_packed_into_the_image(tmp_path: Path) -> None:
    (tmp_path / "program.c").write_text("int kept = 0x11223344; int entry(void); int entry(void) { return kept++; }\n")
    (tmp_path / "program.ld").write_text(
        "MEMORY { FLASH (rx) : ORIGIN = 0x100, LENGTH = 64K\n RAM (rw) : ORIGIN = 0x20000000, LENGTH = 64K }\n"
        "SECTIONS { .text : { *(.text*) . = ALIGN(4); } > FLASH .ARM.exidx : { *(.ARM.exidx*) } > FLASH\n"
        " .data : { *(.data*) } > RAM AT > FLASH loaded = LOADADDR(.data); }"
    )
    toolchain = find_toolchain()
    command = [*toolchain.command, *toolchain.target_flags, "-ffreestanding", "-O1", "-g", "-Wl,-T,program.ld"]
    run_compiler([*command, "-Wl,-e,entry", "program.c", "-o", "program.elf"], tmp_path)
    program = read_program(tmp_path / "program.elf", 0x100)
    loaded = next(symbol.address for symbol in program.symbols if symbol.name == "loaded")
    assert program.data[loaded - 0x100 :][:4] == bytes.fromhex("44332211")
    assert program.ram_bytes == 4

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
BARE late(void) { __asm volatile("stmdb sp!, {r4-r7}\n str r0, [sp, #-8]!\n sub.w sp, sp, #512\n"
                                   "add.w sp, sp, #512\n ldr r0, [sp], #8\n ldm sp!, {r4-r7}\n bx lr"); }
BARE tail(void) { __asm volatile("push {r4, lr}\n pop {r4, lr}\n b.w late"); }
__asm__(".thumb_func\n .type unsized, %function\n unsized: push {r4-r7, lr}\n pop.w {r4-r7, lr}\n"
        "b.w late");
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


def one(body: str) -> str:
    """`entry` with these instructions, one a comma-free line each; `deep` takes 40 bytes."""
    lines = "".join(f'"{line.strip()}\\n"' for line in body.split(";"))
    return (
        "#define BARE __attribute__((naked, noinline)) void\nvoid deep(void); void entry(void);\n"
        'BARE deep(void) { __asm volatile("push {r4-r11, ip, lr}\\n pop {r4-r11, ip, pc}"); }\n'
        f"BARE entry(void) {{ __asm volatile({lines}); }}\n"
    )


COUNTED = {
    "push on a condition": ("it ne; pushne {r4, r5}; nop; it ne; popne {r4, r5}; bx lr", 8),
    "sub on a condition": ("it ne; subne sp, #24; it ne; addne sp, #24; bx lr", 24),
    "stmdb on a condition": ("it mi; stmdbmi sp!, {r4, r5, r8}; it mi; ldmmi sp!, {r4, r5, r8}; bx lr", 12),
    "str down on a condition": ("it ne; strne r0, [sp, #-8]!; it ne; ldrne r0, [sp], #8; bx lr", 8),
    "strd down": ("strd r4, lr, [sp, #-16]!; bl deep; ldr.w lr, [sp, #4]; add sp, #16; bx lr", 16 + 40),
    "return on a condition": ("push {r4, lr}; cmp r0, #0; it eq; popeq {r4, pc}; bl deep; pop {r4, pc}", 8 + 40),
    "return through lr on a condition": ("cmp r0, #0; it eq; bxeq lr; push {r4, lr}; pop {r4, pc}", 8),
    "call on a condition": ("push {r4, lr}; it ne; blne deep; pop {r4, pc}", 8 + 40),
    "tail call on a condition": ("cbz r0, 1f; b.w deep; 1: bx lr", 40),
    "lr saved alone": ("str lr, [sp, #-4]!; bl deep; ldr pc, [sp], #4", 4 + 40),
    "a loop": ("push {r4, lr}; 1: sub sp, #8; bl deep; add sp, #8; cmp r0, #0; bne 1b; pop {r4, pc}", 16 + 40),
}
INDIRECT = {
    "blx on a condition": "push {r4, lr}; it ne; blxne r3; pop {r4, pc}",
    "bx on a condition": "it ne; bxne r3; bx lr",
    "bx to a changed lr": "mov lr, r3; bx lr",
    "bx to an lr from elsewhere": "push {r0, r1}; pop {r4}; pop {r5}; ldr lr, [r0]; bx lr",
    "bx lr after a call": "bl deep; bx lr",
}
NOT_UNDERSTOOD = {
    "mov to pc": "mov pc, r3",
    "mov to pc on a condition": "it ne; movne pc, r3; bx lr",
    "add to pc": "add pc, r3",
    "ldr to pc": "ldr pc, [r3]",
    "ldr to pc from the stack": "ldr pc, [sp, #4]",
    "ldm to pc": "ldm.w r3!, {r4, pc}",
    "table branch": "tbb [pc, r0]",
    "push and pop to pc": "push {r0}; pop {pc}",
    "push and pop to pc beside a saved lr": "push {r4, lr}; push {r0, r1}; pop {r0, pc}",
    "the saved lr overwritten": "push {r4, lr}; str r0, [sp, #4]; pop {r4, pc}",
    "an lr that was no return address": "push {r4, lr}; bl deep; push {r4, lr}; pop {r4, pc}",
    "msp": "msr msp, r0; bx lr",
    "psp": "msr psp, r0; bx lr",
    "control": "msr control, r0; bx lr",
    "ldr to sp": "ldr.w sp, [r0]; bx lr",
    "ldr to sp from the stack": "ldr.w sp, [sp, #4]; bx lr",
    "mov to sp": "mov sp, r3; bx lr",
    "add a register to sp": "add sp, r3; bx lr",
    "ldmdb": "ldmdb sp!, {r4, r5}; bx lr",
    "growth on a condition that is never given back": "it ne; pushne {r4}; bx lr",
    "given back on another condition": "it ne; pushne {r4}; it eq; popeq {r4}; bx lr",
    "given back after the condition changed": "it ne; pushne {r4}; cmp r0, #0; it ne; popne {r4}; bx lr",
    "a call before it is given back": "it ne; pushne {r4}; bl deep; it ne; popne {r4}; bx lr",
    "growth in a loop": "1: push {r0}; cmp r0, #0; bne 1b; bx lr",
    "two ways of different depth": "cbz r0, 1f; push {r4}; 1: nop; bx lr",
    "a return with stack": "push {r4}; bx lr",
    "a tail call with stack": "push {r4}; b.w deep",
    "more given back than taken": "add sp, #8; bx lr",
}


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


@pytest.mark.parametrize("case", COUNTED)
def test_every_form_of_growth_is_counted(link, case: str) -> None:
    body, expected_bytes = COUNTED[case]
    assert CallGraph(link(one(body))).deepest("entry").size_bytes == expected_bytes


@pytest.mark.parametrize("case", INDIRECT)
def test_every_form_of_indirect_jump_is_seen(link, case: str) -> None:
    with pytest.raises(StackError, match=r"entry calls through a pointer at 0x"):
        CallGraph(link(one(INDIRECT[case]))).deepest("entry")


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused_with_function_and_address(link, case: str) -> None:
    with pytest.raises(StackError, match=r"^entry: .*0x"):
        CallGraph(link(one(NOT_UNDERSTOOD[case])))


def test_only_what_is_declared_may_leave_with_another_stack(link) -> None:
    program = link(one("msr msp, r1; isb; bx r0"))
    with pytest.raises(StackError, match="entry: 'msr msp, r1'"):
        CallGraph(program, {"entry": ()})
    assert CallGraph(program, {"entry": ()}, ("entry",)).deepest("entry").size_bytes == 0


def test_what_follows_a_call_that_never_returns_is_not_reached_by_it(link) -> None:
    """As the compiler writes it: the stack at the call differs from that on the other way."""
    text = one("cbz r0, 1f; push {r4, r5}; bl stop; 1: push {r4, lr}; bl deep; pop {r4, pc}")
    text += 'BARE stop(void); BARE stop(void) { __asm volatile("push {r4-r7}\\n 1: b 1b"); }\n'
    assert CallGraph(link("void stop(void);\n" + text)).deepest("entry").size_bytes == 8 + 40


def test_a_function_that_runs_on_into_the_next_returns_through_it(link) -> None:
    text = one("push {r4, lr}; bl first; sub sp, #64; add sp, #64; pop {r4, pc}")
    text += (
        '__asm__(".thumb_func\\n .type first, %function\\n first: nop\\n .thumb_func\\n .type second, %function\\n"\n'
        '"second: push {r4, r5, r6, lr}\\n pop {r4, r5, r6, pc}");\n'
    )
    graph = CallGraph(link(text))
    assert graph.deepest("first").size_bytes == 16
    assert graph.deepest("entry").size_bytes == 8 + 64 + 16  # the frame at its largest below every call


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

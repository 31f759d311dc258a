"""Cycles of instruction sequences, computed by hand from the Cortex-M3 TRM (ARM DDI 0337), against the model."""

from __future__ import annotations

import pytest

from tests.emulation.cpu.builder import assemble
from tests.emulation.cpu.machine import Machine

# Each sequence stands between two stores to a peripheral; the first store itself is one cycle and is taken off.
SEQUENCES = [
    pytest.param("nop", 1, id="nop"),
    pytest.param("adds r0, r1, r2\n add.w r8, r1, r2", 2, id="alu: 1 each"),
    pytest.param("movw r0, #1\n movt r0, #2", 2, id="movw movt: 1 each"),
    pytest.param("muls r0, r1, r0\n mul r0, r1, r2", 2, id="mul: 1"),
    pytest.param("mla r0, r1, r2, r3\n mls r0, r1, r2, r3", 4, id="mla, mls: 2 each"),
    pytest.param("umull r0, r1, r2, r3", 5, id="umull: 3 to 5, bound"),
    pytest.param("smlal r0, r1, r2, r3", 7, id="smlal: 4 to 7, bound"),
    pytest.param("udiv r0, r1, r2", 12, id="udiv: 2 to 12, bound"),
    pytest.param("ldr r0, [r5]\n nop", 3, id="ldr: 2"),
    # The four pairs and triples the TRM itself works out.
    pytest.param("ldr r0, [r5]\n ldr r1, [r6]\n nop", 4, id="TRM: two loads in 3"),
    pytest.param("ldr r0, [r5, r7]\n str r0, [r6, #20]\n nop", 3, id="TRM text gives 3; the store's is one of them"),
    pytest.param("ldr r0, [r5, r7]\n ldr r1, [r6]\n ldr r2, [r5, #4]\n nop", 5, id="TRM: three loads in 4"),
    pytest.param("ldr r0, [r8]\n ldr r0, [r0]\n nop", 5, id="address depends on load: 2 + 2"),
    pytest.param("str r0, [r5, #4]", 1, id="str imm: 1"),
    pytest.param("str r0, [r5, r7]", 2, id="str reg: 2"),
    pytest.param("strb r0, [r5]\n strh r0, [r5]\n str.w r0, [r5, #8]", 3, id="str byte, half, wide: 1 each"),
    pytest.param("ldrd r0, r1, [r5]", 3, id="ldrd: 1 + N"),
    pytest.param("strd r0, r1, [r5]", 3, id="strd: 1 + N"),
    pytest.param("ldmia r5, {r0-r3}", 5, id="ldm: 1 + N"),
    pytest.param("stmia.w r5, {r0-r3, r8}", 6, id="stm wide: 1 + N"),
    pytest.param("push {r0-r3, lr}\n pop {r0-r3}\n add sp, #4", 6 + 5 + 1, id="push, pop: 1 + N"),
    pytest.param("b 1f\n nop\n nop\n1: nop", 3 + 1, id="b: 1 + P, P = 2"),
    pytest.param("cmp r0, r0\n bne 1f\n nop\n1: nop", 1 + 1 + 1 + 1, id="branch not taken: 1"),
    pytest.param("cmp r0, r0\n beq 1f\n nop\n .p2align 2\n1: nop", 1 + 3 + 1, id="branch taken: 1 + P"),
    pytest.param("b 1f\n .p2align 2\n nop\n1: add.w r0, r0, #1", 4 + 1, id="wide target off a word: P = 3"),
    pytest.param("bl 1f\n b 2f\n .p2align 2\n1: bx lr\n .p2align 2\n2: nop", 3 + 3 + 3 + 1, id="bl and back"),
    pytest.param(
        "adr r0, 1f\n adds r0, #1\n push {r0}\n pop {pc}\n .p2align 2\n1: nop", 1 + 1 + 2 + 5 + 1, id="pop pc"
    ),
    pytest.param("ldr pc, [r9]", 5, id="ldr pc: 5 at least"),
    pytest.param("ite eq\n addeq r0, #1\n addne r0, #1", 3, id="it, one done, one skipped: 1 each"),
    pytest.param(
        "cmp r0, r0\n itttt ne\n ldrne r0, [r5]\n addne.w r0, r0, #1\n addne r1, #1\n addne r2, #1\n",
        6,
        id="four skipped: 1 each",
    ),
    pytest.param("cmp r0, r0\n itt eq\n addeq r0, #1\n beq 1f\n nop\n nop\n1: nop", 1 + 1 + 1 + 3 + 1, id="it, branch"),
    pytest.param("mrs r0, primask\n cpsid i\n cpsie i", 6, id="mrs, cps: 1 or 2, bound"),
    pytest.param("dsb\n isb", 1 + 3, id="barriers: isb refills"),
]


@pytest.mark.parametrize(("sequence", "expected"), SEQUENCES)
def test_sequence_takes_the_cycles_of_the_manual(sequence: str, expected: int) -> None:
    image = assemble(f"""
reset:
    ldr r4, =0x40000000
    ldr r5, =0x20000200
    ldr r6, =0x20000300
    movs r7, #4
    ldr r8, =0x20000400
    str r5, [r8]
    ldr r9, =0x20000500
    adr r0, target
    adds r0, #1
    str r0, [r9]
    movs r0, #0
    movs r1, #7
    movs r2, #3
    movs r3, #0
    b aligned
    .p2align 2
aligned:
    str r4, [r4]
    {sequence}
    str r4, [r4]
    b .
    .p2align 2
target:
    str r4, [r4]
    b .
""")
    machine = Machine(image)
    machine.run_cycles(400)
    first, second = machine.bus.cycles[:2]
    assert second - first - 1 == expected


def test_every_instruction_is_counted_once() -> None:
    machine = Machine(assemble("reset:\n movs r0, #0\n movs r1, #200\n1: adds r0, #1\n subs r1, #1\n bne 1b\n b ."))
    machine.run_cycles(1 + 1 + 200 * 5 - 2)
    # 199 rounds of 1 + 1 + 3 cycles, the last branch is not taken: 1 cycle; then the endless loop begins.
    assert machine.cpu.registers()["r0"] == 200
    assert machine.cpu.instructions == 2 + 200 * 3

"""Which constants near the processor's control registers a register may hold, before each instruction of a function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from capstone import CsInsn
from capstone.arm import (
    ARM_GRP_CALL,
    ARM_INS_B,
    ARM_INS_BX,
    ARM_INS_UDF,
    ARM_OP_IMM,
    ARM_OP_MEM,
    ARM_OP_REG,
    ARM_REG_LR,
    ARM_REG_PC,
    ARM_REG_R0,
    ARM_REG_R1,
    ARM_REG_R2,
    ARM_REG_R3,
    ARM_REG_R12,
)

from firmware_ref.tool.errors import StackError
from firmware_ref.tool.frames import Function, branch_target, is_conditional, loads_pc
from firmware_ref.tool.image import Program

Held = Mapping[int, frozenset[int]]
"""Register to the constants that it may hold; other values are left out."""

NOTHING: frozenset[int] = frozenset()
_NEAR = range(0xE0000000, 0xE0010000)
_HALVES = range(0x10000)
"""Kept for the MOVT that may follow."""
_VALUES_MAX = 64
"""More of them in one register are a loop that steps through the control registers."""
_MASK = 0xFFFFFFFF
# AAPCS: what a called function need not keep.
_SCRATCH = (ARM_REG_R0, ARM_REG_R1, ARM_REG_R2, ARM_REG_R3, ARM_REG_R12, ARM_REG_LR)
_SUMS: dict[str, Callable[[int, int], int]] = {"add": operator.add, "sub": operator.sub, "orr": operator.or_}


def follow_constants(function: Function, program: Program) -> dict[int, Held]:
    """What is held before each instruction that is reached."""
    before: dict[int, Held] = {}
    pending: list[tuple[int, Held]] = [(function.start, {})]
    while pending:
        address, held = pending.pop()
        if address not in function.code:
            continue
        if address in before:
            held = _join(before[address], held)
            if held == before[address]:
                continue
        before[address] = held
        instruction = function.code[address]
        after = _after(instruction, held, program, function)
        target = branch_target(instruction)
        is_call = ARM_GRP_CALL in instruction.groups
        if target is not None and not is_call:
            pending.append((target, after))
        ends = instruction.id in (ARM_INS_B, ARM_INS_BX, ARM_INS_UDF) or loads_pc(instruction)
        if not ends or is_conditional(instruction):
            pending.append((address + instruction.size, after))
    return before


def _join(one: Held, other: Held) -> Held:
    return {register: one.get(register, NOTHING) | other.get(register, NOTHING) for register in {*one, *other}}


def _after(instruction: CsInsn, held: Held, program: Program, function: Function) -> Held:
    if ARM_GRP_CALL in instruction.groups:
        return {register: values for register, values in held.items() if register not in _SCRATCH}
    written = set(instruction.regs_access()[1])
    if not written:
        return held
    after = {register: values for register, values in held.items() if register not in written}
    first = instruction.operands[0] if instruction.operands else None
    if first is not None and first.type == ARM_OP_REG and first.reg in written:
        values = _values(instruction, held, program)
        if values:
            after[first.reg] = values
        if sum(value in _NEAR for value in values) > _VALUES_MAX:
            raise StackError(
                f"{function.name}: '{instruction.mnemonic} {instruction.op_str}' at 0x{instruction.address:X} steps "
                "through the processor's control registers; write each with a constant address"
            )
    return _join(after, held) if is_conditional(instruction) else after


def _values(instruction: CsInsn, held: Held, program: Program) -> frozenset[int]:
    """What the instruction may leave in its first register."""
    name, operands = instruction.insn_name(), instruction.operands
    last, fresh, sums = operands[-1], set[int](), set[int]()
    if name == "ldr" and last.type == ARM_OP_MEM and last.mem.base == ARM_REG_PC:
        at = (instruction.address + 4 & ~3) + last.mem.disp - program.address
        fresh = {int.from_bytes(program.data[at : at + 4], "little")}
    elif last.type == ARM_OP_REG and name == "mov":
        fresh = set(held.get(last.reg, NOTHING))
    elif last.type == ARM_OP_IMM and name == "mov":  # MOVW too
        fresh = {last.imm & _MASK}
    elif last.type == ARM_OP_IMM and name == "mvn":
        fresh = {~last.imm & _MASK}
    elif last.type == ARM_OP_IMM and name == "movt":
        fresh = {(last.imm << 16 | value & 0xFFFF) & _MASK for value in held.get(operands[0].reg, NOTHING)}
    elif last.type == ARM_OP_IMM and name in _SUMS:
        sums = {_SUMS[name](value, last.imm) & _MASK for value in held.get(operands[-2].reg, NOTHING)}
    return frozenset(
        {value for value in fresh if value in _NEAR or value in _HALVES} | {value for value in sums if value in _NEAR}
    )

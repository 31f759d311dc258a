"""One function's stack from its instructions: how deep it goes, whom it calls, and that it gives all of it back.

Every way through the function is followed with the depth of its stack and the place of the return address. What is
understood: PUSH and POP in all their forms, SP plus or minus a constant, direct branches and calls, return. Every
other write to SP or PC is an error, never taken for harmless. Not seen: the return address overwritten through a
pointer; that is a defect of the program, not of its bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from capstone import CsInsn
from capstone.arm import (
    ARM_CC_AL,
    ARM_CC_INVALID,
    ARM_GRP_CALL,
    ARM_GRP_JUMP,
    ARM_INS_ADD,
    ARM_INS_ADDW,
    ARM_INS_B,
    ARM_INS_BL,
    ARM_INS_BLX,
    ARM_INS_BX,
    ARM_INS_CBNZ,
    ARM_INS_CBZ,
    ARM_INS_CMN,
    ARM_INS_CMP,
    ARM_INS_LDM,
    ARM_INS_LDR,
    ARM_INS_MSR,
    ARM_INS_POP,
    ARM_INS_PUSH,
    ARM_INS_STM,
    ARM_INS_STMDB,
    ARM_INS_SUB,
    ARM_INS_SUBW,
    ARM_INS_TEQ,
    ARM_INS_TST,
    ARM_INS_UDF,
    ARM_OP_IMM,
    ARM_OP_MEM,
    ARM_OP_REG,
    ARM_REG_CPSR,
    ARM_REG_LR,
    ARM_REG_PC,
    ARM_REG_SP,
)

from firmware_ref.tool.errors import StackError

_STACK_REGISTERS = ("msp", "psp", "control")
_SETS_FLAGS = {ARM_INS_CMP, ARM_INS_CMN, ARM_INS_TST, ARM_INS_TEQ, ARM_INS_MSR}
_ADJUSTS = {ARM_INS_SUB: 1, ARM_INS_SUBW: 1, ARM_INS_ADD: -1, ARM_INS_ADDW: -1}
_WORD_STORES = ("str", "strd")


@dataclass
class Function:
    """One function: its own frame and where it can go."""

    name: str
    start: int = 0
    end: int = 0
    code: dict[int, CsInsn] = field(default_factory=dict)
    frame_bytes: int = 0
    calls: set[int] = field(default_factory=set)
    indirect_at: list[int] = field(default_factory=list)
    returns: bool = False


class _State(NamedTuple):
    """What is known before an instruction. Places count bytes from SP at entry downwards to the word's lowest."""

    depth: int = 0
    return_at: int | None = None
    """Where the return address was saved."""
    lr_returns: bool = True
    """Whether LR holds it."""
    pending: tuple[tuple[int, int], ...] = ()
    """Conditional growth that is not yet given back: condition and bytes."""


def is_conditional(instruction: CsInsn) -> bool:
    """Whether the instruction takes place on a condition only, by itself or in an IT block."""
    return instruction.cc not in (ARM_CC_INVALID, ARM_CC_AL) or instruction.id in (ARM_INS_CBZ, ARM_INS_CBNZ)


def branch_target(instruction: CsInsn) -> int | None:
    """Where a direct branch or call goes."""
    if instruction.id in (ARM_INS_B, ARM_INS_BL, ARM_INS_CBZ, ARM_INS_CBNZ):
        return int(instruction.operands[-1].imm) & ~1
    return None


def loads_pc(instruction: CsInsn) -> bool:
    """Whether a value from memory goes into PC."""
    return instruction.id in (ARM_INS_POP, ARM_INS_LDM, ARM_INS_LDR) and ARM_REG_PC in instruction.regs_access()[1]


def measure_frame(function: Function, functions: Mapping[int, Function], *, leaves: bool) -> None:
    """Fills in frame, calls and indirect jumps. ``leaves``: it hands the processor over for good, stack and all."""
    _Walk(function, functions, leaves).run()


class _Walk:
    def __init__(self, function: Function, functions: Mapping[int, Function], leaves: bool) -> None:
        self.function, self.functions, self.leaves = function, functions, leaves
        self.seen: dict[int, _State] = {}
        self.open: list[tuple[int, _State]] = [(function.start, _State())]

    def run(self) -> None:
        while self.open:
            address, state = self.open.pop()
            known = self.seen.get(address)
            if known is not None:
                state = self.join(address, known, state)
                if state == known:
                    continue
            self.seen[address] = state
            instruction = self.function.code.get(address)
            if instruction is None:
                self.leave(address, state, f"the code ends at 0x{address:X}")
            else:
                self.step(instruction, state)

    def join(self, address: int, known: _State, state: _State) -> _State:
        if (known.depth, known.pending) != (state.depth, state.pending):
            raise StackError(
                f"{self.function.name}: 0x{address:X} is reached with {known.depth} and with {state.depth} bytes of "
                "stack, so it has no bound; give back on every way what was taken"
            )
        return_at = known.return_at if known.return_at == state.return_at else None
        return known._replace(return_at=return_at, lr_returns=known.lr_returns and state.lr_returns)

    def refuse(self, instruction: CsInsn, why: str) -> NoReturn:
        raise StackError(
            f"{self.function.name}: '{instruction.mnemonic} {instruction.op_str}' at 0x{instruction.address:X} {why}"
        )

    def step(self, instruction: CsInsn, state: _State) -> None:
        following = instruction.address + instruction.size
        written = instruction.regs_access()[1]
        if instruction.id == ARM_INS_UDF:
            return
        if instruction.id == ARM_INS_MSR and not self.leaves and _names(instruction) & set(_STACK_REGISTERS):
            self.refuse(instruction, "moves the stack; only what is declared as leaving the program may")
        if ARM_REG_PC in written or {ARM_GRP_JUMP, ARM_GRP_CALL} & set(instruction.groups):
            self.jump(instruction, state, following)
            return
        after = self.move(instruction, state)
        if after.pending and (instruction.update_flags or instruction.id in _SETS_FLAGS or (ARM_REG_CPSR in written)):
            self.refuse(instruction, "sets the flags between growing the stack on a condition and giving it back")
        self.open.append((following, after))

    # Branches.

    def jump(self, instruction: CsInsn, state: _State, following: int) -> None:
        if state.pending:
            self.refuse(instruction, "branches before the stack that grew on a condition was given back")
        if is_conditional(instruction):
            self.open.append((following, state))
        target = branch_target(instruction)
        if instruction.id == ARM_INS_BL and target is not None:
            self.call(instruction, target)
            if self.functions[target].returns:
                self.open.append((following, state._replace(lr_returns=False)))
        elif target is not None:
            if self.function.start <= target < self.function.end:
                self.open.append((target, state))
            else:
                self.leave(target, state, f"'{instruction.mnemonic}' at 0x{instruction.address:X}")
        elif instruction.id == ARM_INS_BX and instruction.operands[0].reg == ARM_REG_LR and state.lr_returns:
            self.check_balance(instruction, state.depth)
        elif instruction.id in (ARM_INS_BX, ARM_INS_BLX) and instruction.operands[0].type == ARM_OP_REG:
            self.function.indirect_at.append(instruction.address)
            if instruction.id == ARM_INS_BLX:
                self.open.append((following, state._replace(lr_returns=False)))
        elif loads_pc(instruction):
            self.load_pc(instruction, state)
        else:
            self.refuse(instruction, "goes where it can't be followed; write it as a call or a return")

    def call(self, instruction: CsInsn, target: int) -> None:
        if target not in self.functions:
            self.refuse(instruction, "calls what is no function")
        self.function.calls.add(target)

    def leave(self, target: int, state: _State, how: str) -> None:
        """On to another function that returns in this one's place: all stack must be given back."""
        if target not in self.functions:
            raise StackError(f"{self.function.name}: {how} leads to 0x{target:X}, which is no function")
        if state.depth or state.pending or not state.lr_returns:
            raise StackError(
                f"{self.function.name}: {how} goes on in {self.functions[target].name} with {state.depth} bytes "
                "still on the stack or without the return address in LR; give them back first"
            )
        self.function.calls.add(target)

    def check_balance(self, instruction: CsInsn, depth: int) -> None:
        if depth:
            self.refuse(instruction, f"returns with {depth} bytes still on the stack; give them back first")

    def load_pc(self, instruction: CsInsn, state: _State) -> None:
        change = self.sp_change(instruction)
        place = _loaded_places(instruction, state.depth).get(ARM_REG_PC)
        if place is None or place != state.return_at:
            self.refuse(instruction, "jumps to what is not the saved return address; write it as a call or a return")
        self.check_balance(instruction, state.depth + change)

    # SP, and where the return address is.

    def move(self, instruction: CsInsn, state: _State) -> _State:
        change = self.sp_change(instruction)
        depth, return_at, pending = state.depth + change, state.return_at, state.pending
        conditional = is_conditional(instruction)
        if conditional and change:
            pending = self.pend(instruction, change, pending)
        if depth < 0:
            self.refuse(instruction, "gives back more stack than the function took")
        self.function.frame_bytes = max(self.function.frame_bytes, depth)
        written = instruction.regs_access()[1]
        lr_returns = state.lr_returns
        for register, place in _stored_places(instruction, state.depth, depth).items():
            if register == ARM_REG_LR and lr_returns and not conditional:
                return_at = place
            elif place == return_at:
                return_at = None
        if ARM_REG_LR in written:
            loaded = _loaded_places(instruction, state.depth).get(ARM_REG_LR)
            lr_returns = loaded is not None and loaded == state.return_at and not conditional
        if return_at is not None and return_at > depth:
            return_at = None  # below SP an interrupt may overwrite it
        return _State(depth, return_at, lr_returns, pending)

    def pend(
        self, instruction: CsInsn, change: int, pending: tuple[tuple[int, int], ...]
    ) -> tuple[tuple[int, int], ...]:
        """Growth on a condition counts as taken; it must be given back on the very same one."""
        if change > 0:
            return (*pending, (instruction.cc, change))
        if not pending or pending[-1] != (instruction.cc, -change):
            self.refuse(instruction, "gives back stack on another condition than it was taken on")
        return pending[:-1]

    def sp_change(self, instruction: CsInsn) -> int:
        """By how much the stack grows."""
        if ARM_REG_SP not in instruction.regs_access()[1]:
            return 0
        change = _constant_change(instruction)
        if change is None:
            self.refuse(instruction, "sizes its frame at run time or moves SP in a way that is not understood")
        return change


def _constant_change(instruction: CsInsn) -> int | None:
    """By how much the stack grows in the forms that are understood."""
    operands, kind = instruction.operands, instruction.id
    registers = [operand.reg for operand in operands if operand.type == ARM_OP_REG]
    if kind in (ARM_INS_PUSH, ARM_INS_POP) and ARM_REG_SP not in registers:
        return 4 * len(registers) * (1 if kind == ARM_INS_PUSH else -1)
    if kind in (ARM_INS_STMDB, ARM_INS_LDM) and registers[0] == ARM_REG_SP and ARM_REG_SP not in registers[1:]:
        return 4 * (len(registers) - 1) * (1 if kind == ARM_INS_STMDB else -1)
    if kind in _ADJUSTS and operands[-1].type == ARM_OP_IMM and set(registers) == {ARM_REG_SP}:
        return int(operands[-1].imm) * _ADJUSTS[kind]
    return None if ARM_REG_SP in registers else _written_back(instruction)


def _written_back(instruction: CsInsn) -> int | None:
    """The same of a load or store that moves SP along: [sp, #n]! or [sp], #n."""
    address = next((operand for operand in instruction.operands if operand.type == ARM_OP_MEM), None)
    if address is None or not instruction.writeback or address.mem.base != ARM_REG_SP or address.mem.index:
        return None
    if not instruction.post_index:
        return -int(address.mem.disp)
    last = instruction.operands[-1]
    return -int(last.imm) if last.type == ARM_OP_IMM else None


def _stored_places(instruction: CsInsn, before: int, after: int) -> dict[int, int]:
    """Which registers (an empty name, 0, for part of a word) are stored where on the stack."""
    operands, kind = instruction.operands, instruction.id
    if kind == ARM_INS_PUSH:
        return {operand.reg: after - 4 * index for index, operand in enumerate(operands)}
    if kind in (ARM_INS_STM, ARM_INS_STMDB) and operands[0].reg == ARM_REG_SP:
        lowest = after if kind == ARM_INS_STMDB else before
        return {operand.reg: lowest - 4 * index for index, operand in enumerate(operands[1:])}
    address = next((operand for operand in operands if operand.type == ARM_OP_MEM), None)
    name = instruction.insn_name()
    if address is None or not name.startswith("str") or address.mem.base != ARM_REG_SP or address.mem.index:
        return {}
    lowest = before - (0 if instruction.post_index else int(address.mem.disp))
    if name not in _WORD_STORES:
        return {0: lowest + -lowest % 4}
    stored = [operand.reg for operand in operands if operand.type == ARM_OP_REG]
    return {register: lowest - 4 * index for index, register in enumerate(stored)}


def _loaded_places(instruction: CsInsn, before: int) -> dict[int, int]:
    """Which registers are loaded from where on the stack."""
    operands, kind = instruction.operands, instruction.id
    if kind == ARM_INS_POP:
        return {operand.reg: before - 4 * index for index, operand in enumerate(operands)}
    if kind == ARM_INS_LDM and operands[0].reg == ARM_REG_SP:
        return {operand.reg: before - 4 * index for index, operand in enumerate(operands[1:])}
    if kind == ARM_INS_LDR and operands[1].type == ARM_OP_MEM and operands[1].mem.base == ARM_REG_SP:
        if operands[1].mem.index:
            return {}
        return {operands[0].reg: before - (0 if instruction.post_index else int(operands[1].mem.disp))}
    return {}


def _names(instruction: CsInsn) -> set[str]:
    return {part.strip() for part in instruction.op_str.lower().split(",")}

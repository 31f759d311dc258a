"""Which exceptions can lie on top of each other on the stack, and the check of what that rests on.

All exceptions of settable priority keep priority 0, the value at reset, so none of them interrupts another. Above
them stand hard fault and, above that, NMI (ARMv7-M architecture reference manual, B1.5.4): each can come once more
on top. A further fault then locks the processor up and takes no stack.
"""

from __future__ import annotations

from dataclasses import dataclass

from capstone import CsInsn
from capstone.arm import ARM_OP_MEM

from firmware_ref.tool.constants import NOTHING, Held, follow_constants
from firmware_ref.tool.errors import LayoutError, StackError
from firmware_ref.tool.frames import Function
from firmware_ref.tool.image import Program
from firmware_ref.tool.stack import CallGraph, StackPath

# ARMv7-M exception entry: eight words, and one more where the stack is aligned to 8 octets.
EXCEPTION_FRAME_BYTES = 36

_NMI, _HARD_FAULT, _FIRST_SETTABLE = 2, 3, 4
_CONTROL_SPACE = range(0xE000E000, 0xE000F000)
# NVIC_IPR0 to 59, and SHPR1 to 3 (ARMv7-M architecture reference manual, B3.4.9, B3.2.10 to 12).
_PRIORITIES = (range(0xE000E400, 0xE000E4F0), range(0xE000ED18, 0xE000ED24))


@dataclass(frozen=True)
class ExceptionStack:
    """The most that exceptions put on the stack of what they interrupt; the deepest handler of settable priority."""

    size_bytes: int
    deepest: StackPath


def measure_exceptions(program: Program, graph: CallGraph) -> ExceptionStack:
    """From the vector table that the program begins with; raises StackError if a priority is ever set."""
    for function in graph.functions:
        _check_priorities_untouched(function, program)
    vectors = _read_vectors(program)
    settable = [graph.deepest_at(vector) for vector in vectors[_FIRST_SETTABLE:] if vector]
    deepest = max(settable, key=lambda path: path.size_bytes, default=StackPath(0, ()))
    levels = [graph.deepest_at(vectors[number]) for number in (_HARD_FAULT, _NMI)]
    if settable:
        levels.append(deepest)
    return ExceptionStack(sum(EXCEPTION_FRAME_BYTES + path.size_bytes for path in levels), deepest)


def _read_vectors(program: Program) -> list[int]:
    table = next(
        (symbol for symbol in program.symbols if symbol.address == program.address and symbol.size_bytes), None
    )
    if table is None or table.kind != "STT_OBJECT" or table.size_bytes <= 4 * _HARD_FAULT:
        raise LayoutError(f"the program at 0x{program.address:X} does not begin with a vector table")
    words = program.data[: table.size_bytes]
    return [int.from_bytes(words[at : at + 4], "little") for at in range(0, len(words), 4)]


def _check_priorities_untouched(function: Function, program: Program) -> None:
    """No store may reach a priority register. Constants are followed through registers, on every way.

    An address that comes from elsewhere (an argument, memory) or is put together otherwise than by a pair of halves,
    plus, minus and or, is not seen.
    """
    for address, held in follow_constants(function, program).items():
        instruction = function.code[address]
        if not instruction.insn_name().startswith(("str", "stm")):
            continue
        for stored in _stored_at(instruction, held, function):
            if any(stored in priorities for priorities in _PRIORITIES):
                raise StackError(
                    f"{function.name}: '{instruction.mnemonic} {instruction.op_str}' at 0x{address:X} sets a priority "
                    f"(0x{stored:X}); interrupts could then nest and the stack's bound would be wrong"
                )


def _stored_at(instruction: CsInsn, held: Held, function: Function) -> set[int]:
    memory = next((operand.mem for operand in instruction.operands if operand.type == ARM_OP_MEM), None)
    if memory is None:  # store multiple: from the base on, or down to it
        count = len(instruction.operands) - 1
        bases = held.get(instruction.operands[0].reg, NOTHING)
        return {base + 4 * at for base in bases for at in range(-count, count)}
    bases = held.get(memory.base, NOTHING)
    if memory.index and any(value in _CONTROL_SPACE for value in bases | held.get(memory.index, NOTHING)):
        raise StackError(
            f"{function.name}: '{instruction.mnemonic} {instruction.op_str}' at 0x{instruction.address:X} may store "
            "anywhere among the interrupt controller's registers; write it with a constant address"
        )
    second = 4 if instruction.insn_name() == "strd" else 0
    return {base + memory.disp + at for base in bases for at in (0, second)}

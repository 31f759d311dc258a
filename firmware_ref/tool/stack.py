"""Worst-case stack from the linked code itself: frame of every function, call graph, deepest path (SEAL-4).

The code is disassembled, so assembler and the compiler's run-time library count like everything else. What can't be
bounded is an error: recursion, a frame of variable size, an indirect call that is not declared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs, CsInsn

from firmware_ref.tool.errors import StackError
from firmware_ref.tool.image import Program, Symbol

# ARMv7-M exception entry: eight words, and one more where the stack is aligned to 8 octets.
EXCEPTION_FRAME_BYTES = 36

_PUSHES = {"push", "push.w"}
_ADJUSTS = {"sub", "subw", "add", "addw", "mov", "bic"}
_STORES_DOWN = re.compile(r"\[sp, #-(0x[0-9a-f]+|\d+)\]!")
_IMMEDIATE = re.compile(r"#(-?(?:0x[0-9a-f]+|\d+))$")


@dataclass
class Function:
    """One function: its own frame and where it can go."""

    name: str
    frame_bytes: int = 0
    calls: set[int] = field(default_factory=set)
    indirect_at: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class StackPath:
    """The deepest path below an entry: bytes, and the functions on it."""

    size_bytes: int
    functions: tuple[str, ...]


class CallGraph:
    """All functions of a program, by address."""

    def __init__(self, program: Program, indirect: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._functions: dict[int, Function] = {}
        self._by_name: dict[str, int] = {}
        self._depths: dict[int, StackPath] = {}
        _disassemble(program, self._functions)
        for symbol in program.symbols:
            if symbol.kind == "STT_FUNC":
                self._by_name.setdefault(symbol.name, symbol.address & ~1)
        for caller, callees in (indirect or {}).items():
            function = self._functions[self._address(caller)]
            function.calls.update(self._address(callee) for callee in callees)
            function.indirect_at.clear()

    def _address(self, name: str) -> int:
        if name not in self._by_name:
            raise StackError(f"{name} is not a function of the program; mend the list of entries in tool/budget.py")
        return self._by_name[name]

    def deepest(self, entry: str) -> StackPath:
        """The deepest path from the function called `entry`."""
        return self._deepest(self._address(entry), ())

    def reachable(self, entry: str) -> set[str]:
        """The names of all functions that `entry` can reach, itself included."""
        seen: set[int] = set()
        pending = [self._address(entry)]
        while pending:
            address = pending.pop()
            if address not in seen:
                seen.add(address)
                pending.extend(self._functions[address].calls)
        return {self._functions[address].name for address in seen}

    def _deepest(self, address: int, path: tuple[int, ...]) -> StackPath:
        if address in self._depths:
            return self._depths[address]
        function = self._functions[address]
        if address in path:
            chain = " -> ".join(self._functions[at].name for at in (*path[path.index(address) :], address))
            raise StackError(f"recursion: {chain}; the stack has no bound, write it as a loop")
        if function.indirect_at:
            at = ", ".join(f"0x{where:X}" for where in function.indirect_at)
            raise StackError(f"{function.name} calls through a pointer at {at}; declare its targets in tool/budget.py")
        below = [self._deepest(callee, (*path, address)) for callee in sorted(function.calls)]
        worst = max(below, key=lambda found: found.size_bytes, default=StackPath(0, ()))
        result = StackPath(function.frame_bytes + worst.size_bytes, (function.name, *worst.functions))
        self._depths[address] = result
        return result


def _disassemble(program: Program, functions: dict[int, Function]) -> None:
    decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
    symbols = _sized_functions(program)
    for symbol in symbols:
        functions.setdefault(symbol.address & ~1, Function(symbol.name))
    data_ranges = _find_data(program)
    done: set[int] = set()
    for symbol in symbols:
        start = symbol.address & ~1
        if start in done:
            continue
        done.add(start)
        for at, end in _code_ranges(start, start + symbol.size_bytes, data_ranges):
            code = program.data[at - program.address : end - program.address]
            position = at
            for instruction in decoder.disasm(code, at):
                _take(functions[start], instruction, symbol, functions)
                position = instruction.address + instruction.size
            if position != end:
                raise StackError(
                    f"{symbol.name}: the octets at 0x{position:X} are no instruction; can't bound its stack"
                )


def _sized_functions(program: Program) -> list[Symbol]:
    """All functions. Hand-written ones of a run-time library may have no size: they reach up to the next function."""
    functions = [symbol for symbol in program.symbols if symbol.kind == "STT_FUNC"]
    starts = sorted({symbol.address & ~1 for symbol in functions} | {program.address + len(program.data)})
    sized = []
    for symbol in functions:
        start = symbol.address & ~1
        end = next(at for at in starts if at > start)
        sized.append(symbol if symbol.size_bytes > 0 else replace(symbol, size_bytes=end - start))
    return sized


def _find_data(program: Program) -> list[tuple[int, int]]:
    """Address ranges that hold constants inside code, from the linker's mapping symbols ($d until the next $t)."""
    marks = sorted(
        {(symbol.address & ~1, symbol.name[:2]) for symbol in program.symbols if symbol.name[:2] in ("$d", "$t")}
    )
    ranges = []
    for index, (address, kind) in enumerate(marks):
        if kind == "$d":
            end = marks[index + 1][0] if index + 1 < len(marks) else program.address + len(program.data)
            ranges.append((address, end))
    return ranges


def _code_ranges(start: int, end: int, data_ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ranges, at = [], start
    for data_start, data_end in data_ranges:
        if data_end <= at or data_start >= end:
            continue
        if data_start > at:
            ranges.append((at, data_start))
        at = max(at, data_end)
    if at < end:
        ranges.append((at, end))
    return ranges


def _take(function: Function, instruction: CsInsn, symbol: Symbol, functions: dict[int, Function]) -> None:
    mnemonic, operands = instruction.mnemonic, instruction.op_str
    function.frame_bytes += _stack_taken(mnemonic, operands, symbol, instruction.address)
    base = mnemonic.removesuffix(".w").removesuffix(".n")
    if base in ("blx", "bx") and not operands.startswith("#"):
        if operands != "lr":
            function.indirect_at.append(instruction.address)
    elif base.startswith("b") and operands.startswith("#"):
        target = int(operands[1:], 0) & ~1
        start = symbol.address & ~1
        if not start < target < start + symbol.size_bytes and (target != start or base == "bl"):
            if target not in functions:
                raise StackError(
                    f"{symbol.name}: branch at 0x{instruction.address:X} to 0x{target:X}, which is no function"
                )
            function.calls.add(target)


def _stack_taken(mnemonic: str, operands: str, symbol: Symbol, address: int) -> int:
    """How much the stack grows here. Every growth in a function is added up, which bounds any order of them."""
    if mnemonic in _PUSHES or (mnemonic.startswith("stmdb") and operands.startswith("sp!")):
        return 4 * _count_registers(operands)
    stored = _STORES_DOWN.search(operands)
    if stored and mnemonic.startswith("str"):
        return int(stored.group(1), 0)
    if operands.startswith("sp,") and mnemonic.partition(".")[0] in _ADJUSTS:
        immediate = _IMMEDIATE.search(operands)
        if mnemonic.startswith("sub") and immediate:
            return int(immediate.group(1), 0)
        if mnemonic.startswith("add") and immediate and int(immediate.group(1), 0) >= 0:
            return 0
        raise StackError(f"{symbol.name}: '{mnemonic} {operands}' at 0x{address:X} sizes its frame at run time")
    return 0


def _count_registers(operands: str) -> int:
    listed = operands[operands.index("{") + 1 : operands.index("}")]
    return len([name for name in listed.split(",") if name.strip()])

"""Worst-case stack from the linked code itself: frame of every function, call graph, deepest path (SEAL-4).

The code is disassembled, so assembler and the compiler's run-time library count like everything else. What can't be
bounded is an error: recursion, a frame of variable size, an indirect call that is not declared, and whatever
``frames`` does not understand. Which exceptions come on top of each other is ``nesting``'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from capstone.arm import ARM_INS_BL, ARM_INS_BX, ARM_INS_UDF

from firmware_ref.tool.errors import StackError
from firmware_ref.tool.frames import Function, branch_target, is_conditional, loads_pc, measure_frame
from firmware_ref.tool.image import Program, Symbol


@dataclass(frozen=True)
class StackPath:
    """The deepest path below an entry: bytes, and the functions on it."""

    size_bytes: int
    functions: tuple[str, ...]


class CallGraph:
    """All functions of a program, by address.

    ``indirect`` names the targets of calls through pointers; ``leaving`` the functions that give stack and processor
    to another program and never come back.
    """

    def __init__(
        self,
        program: Program,
        indirect: Mapping[str, tuple[str, ...]] | None = None,
        leaving: Collection[str] = (),
    ) -> None:
        self._by_name: dict[str, int] = {}
        self._depths: dict[int, StackPath] = {}
        self._functions = _disassemble(program)
        _find_returning(self._functions)
        for function in self._functions.values():
            measure_frame(function, self._functions, leaves=function.name in leaving)
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

    @property
    def functions(self) -> tuple[Function, ...]:
        """All of them."""
        return tuple(self._functions.values())

    def deepest_at(self, address: int) -> StackPath:
        """The deepest path from the function at an address, as a vector table has it."""
        if address & ~1 not in self._functions:
            raise StackError(f"there is no function at 0x{address:X}")
        return self._deepest(address & ~1, ())

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


def _disassemble(program: Program) -> dict[int, Function]:
    decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
    decoder.detail = True
    functions: dict[int, Function] = {}
    data_ranges = _find_data(program)
    for symbol in _sized_functions(program):
        start = symbol.address & ~1
        if start in functions:
            continue
        function = functions[start] = Function(symbol.name, start, start + symbol.size_bytes)
        for at, end in _code_ranges(start, function.end, data_ranges):
            code = program.data[at - program.address : end - program.address]
            position = at
            for instruction in decoder.disasm(code, at):
                function.code[instruction.address] = instruction
                position = instruction.address + instruction.size
            if position != end:
                raise StackError(
                    f"{symbol.name}: the octets at 0x{position:X} are no instruction; can't bound its stack"
                )
    return functions


def _find_returning(functions: Mapping[int, Function]) -> None:
    """Marks what can return: by itself, or through a function that it goes on into. What follows a call of anything
    else is not reached by it."""
    changed = True
    while changed:
        changed = False
        for function in functions.values():
            if not function.returns and _can_return(function, functions):
                function.returns = changed = True


def _can_return(function: Function, functions: Mapping[int, Function]) -> bool:
    for instruction in function.code.values():
        target = branch_target(instruction)
        if instruction.id == ARM_INS_BX or loads_pc(instruction):
            return True
        goes_on = target in functions and target != function.start and instruction.id != ARM_INS_BL
        if goes_on and target is not None and functions[target].returns:
            return True
    return _runs_on(function, functions)


def _runs_on(function: Function, functions: Mapping[int, Function]) -> bool:
    """Whether it ends without a branch and the function behind it returns in its place.

    Constants between its code and the function behind part them: nothing runs on over them, whatever pads the code.
    """
    if function.end not in functions or not functions[function.end].returns or not function.code:
        return False
    last = function.code[max(function.code)]
    if last.address + last.size != function.end:
        return False
    target = branch_target(last)
    if last.id == ARM_INS_BL and target in functions and target is not None:
        return functions[target].returns
    return is_conditional(last) or (target is None and last.id != ARM_INS_UDF)


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

"""Pieces of assembly that the tests of exceptions and of sleep put together."""

from __future__ import annotations

# r4 = the register that records the path; NVIC and SCB bases for the snippets below.
SETUP = """
reset:
    ldr r4, =0x40000000
    ldr r5, =0xE000E100
    ldr r6, =0xE000ED00
    ldr r7, =0xE000E400
"""
MARK = "    movs r3, #{0}\n    str r3, [r4]\n"


def mark(value: int) -> str:
    return MARK.format(value)


def handler(name: str, first: int, body: str = "", last: int | None = None) -> str:
    """A handler that records ``first``, does ``body``, records ``last``."""
    lines = f"    .type {name}, %function\n{name}:\n    push {{lr}}\n{mark(first)}{body}\n"
    return lines + (mark(last) if last is not None else "") + "    pop {pc}\n"


SYSTICK = """
    ldr r0, =0xE000E010
    ldr r1, =999
    str r1, [r0, #4]
    str r1, [r0, #8]
    movs r1, #7
    str r1, [r0]
"""

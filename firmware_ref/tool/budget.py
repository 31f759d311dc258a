"""What the detection core needs of the reference resources (SEAL-4), and the check that fails the build above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_ref.tool.errors import BudgetError, LayoutError
from firmware_ref.tool.image import RAM_ADDRESS, Program
from firmware_ref.tool.nesting import measure_exceptions
from firmware_ref.tool.stack import CallGraph, StackPath

# The detection core: every module of it, and the variables that hold their state. A core module with a variable of
# its own would move state out of the budget, so that is an error.
CORE_FOLDERS = ("core", "crypto", "dlms")
CORE_STATE = ("meter",)
MAIN_ENTRY = "handle_reset"
BOOT_ENTRY = "handle_boot_reset"
# Sets the stack pointer and jumps into the application: the boot block's stack ends there.
BOOT_EXIT = "run_image"


@dataclass(frozen=True)
class CoreUse:
    """RAM of the detection core: its state, and the deepest stack with all exceptions on top that can nest."""

    static_ram_bytes: int
    stack_bytes: int
    main_path: StackPath
    interrupt_path: StackPath
    boot_stack_bytes: int

    @property
    def sram_bytes(self) -> int:
        """State plus worst-case stack."""
        return self.static_ram_bytes + self.stack_bytes


def measure_core(app: Program, boot: Program, core_files: Sequence[str]) -> CoreUse:
    """Sizes of the core's state and of the stack; ``nesting`` says which exceptions come on top of each other."""
    objects = {
        symbol.name: symbol for symbol in app.symbols if symbol.kind == "STT_OBJECT" and symbol.address >= RAM_ADDRESS
    }
    for symbol in objects.values():
        if symbol.file in core_files:
            raise LayoutError(f"{symbol.file} keeps a variable, {symbol.name}: core state belongs into struct meter")
    missing = [name for name in CORE_STATE if name not in objects]
    if missing:
        raise LayoutError(f"the core's state {missing[0]} is not in the program; mend CORE_STATE in tool/budget.py")
    graph, boot_graph = CallGraph(app), CallGraph(boot, {BOOT_EXIT: ()}, (BOOT_EXIT,))
    main_path = graph.deepest(MAIN_ENTRY)
    exceptions = measure_exceptions(app, graph)
    return CoreUse(
        static_ram_bytes=sum(objects[name].size_bytes for name in CORE_STATE),
        stack_bytes=main_path.size_bytes + exceptions.size_bytes,
        main_path=main_path,
        interrupt_path=exceptions.deepest,
        boot_stack_bytes=boot_graph.deepest(BOOT_ENTRY).size_bytes + measure_exceptions(boot, boot_graph).size_bytes,
    )


def check_budgets(config: dict[str, int], binary_bytes: int, boot_bytes: int, core: CoreUse) -> None:
    """Raises `BudgetError` for the first budget that is exceeded."""
    budgets = (
        ("image", binary_bytes, config["CONFIG_FLASH_BYTES"], "SEAL-4"),
        ("boot block", boot_bytes, config["CONFIG_BOOT_BYTES"], "INT-1"),
        ("worst-case stack, reserved space", core.stack_bytes, config["CONFIG_STACK_BYTES"], "SEAL-4"),
        ("boot block's stack, reserved space", core.boot_stack_bytes, config["CONFIG_STACK_BYTES"], "SEAL-4"),
        ("detection core, SRAM with stack", core.sram_bytes, config["CONFIG_CORE_SRAM_BUDGET_BYTES"], "SEAL-4"),
    )
    for what, used_bytes, budget_bytes, requirement in budgets:
        if used_bytes > budget_bytes:
            raise BudgetError(what, used_bytes, budget_bytes, requirement)

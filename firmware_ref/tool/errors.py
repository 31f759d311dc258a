"""What can go wrong in a build, one class per kind."""

from __future__ import annotations


class FirmwareError(Exception):
    """Base of everything this package raises."""


class ToolchainError(FirmwareError):
    """The compiler is missing, too old, or refused the sources."""


class BudgetError(FirmwareError):
    """The image is larger, or needs more RAM, than its requirement allows."""

    def __init__(self, what: str, used_bytes: int, budget_bytes: int, requirement: str) -> None:
        self.what, self.used_bytes, self.budget_bytes, self.requirement = what, used_bytes, budget_bytes, requirement
        super().__init__(
            f"{what}: {used_bytes} bytes used, {budget_bytes} allowed ({requirement}); "
            f"make it {used_bytes - budget_bytes} bytes smaller, see firmware_ref/config.h"
        )


class StackError(FirmwareError):
    """The worst-case stack can't be bounded: recursion, an undeclared indirect call, a variable-size frame."""


class PatchError(FirmwareError):
    """A defect's patch does not fit the sources."""


class LayoutError(FirmwareError):
    """The linked program does not have the sections or symbols the image is made of."""

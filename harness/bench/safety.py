"""The safe state: outputs off and relays open on every way out of a test.

Whoever can energise something registers, before it does so, how to switch it off. All of them run, last
registered first, whatever the test or an earlier one of them did. One that fails is tried once more (a lost answer, a
record that can't be written); what failed twice is raised at the end, loudly.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from harness.bench.errors import UnsafeStateError


class SafeState:
    """A context that leaves the bench safe."""

    def __init__(self) -> None:
        self._actions: list[tuple[str, Callable[[], None]]] = []

    def on_exit(self, what: str, switch_off: Callable[[], None]) -> None:
        """Register how to switch ``what`` off."""
        self._actions.append((what, switch_off))

    def __enter__(self) -> SafeState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.make_safe()

    def make_safe(self) -> None:
        """Run every registered action once; raises UnsafeStateError naming what could not be switched off.

        A Ctrl-C in here waits until everything is off, and then ends the run as it would have anywhere else.
        """
        failed: list[str] = []
        first: BaseException | None = None
        interrupt: BaseException | None = None
        while self._actions:
            what, switch_off = self._actions.pop()
            once = _try(switch_off)
            if once is None:
                continue
            if not isinstance(once, Exception):
                interrupt = interrupt or once
            error = _try(switch_off)
            if error is not None:
                failed.append(f"{what}: {str(error) or type(error).__name__}")
                first = first or error
        if first is not None:
            raise UnsafeStateError(
                "the bench may still be energised; switch it off by hand. Not switched off: " + "; ".join(failed)
            ) from first
        if interrupt is not None:
            raise interrupt


def _try(action: Callable[[], None]) -> BaseException | None:
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - the other outputs must be switched off too; make_safe raises it
        return error
    return None

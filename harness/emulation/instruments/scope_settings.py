"""Commands of the oscilloscope's dialect that store a setting and tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.scpi_tree import Command


def switch(value: Any) -> str:
    """How the family answers for something that is on or off."""
    return "1" if value else "0"


def setting(
    pattern: str,
    parameter: Any,
    name: str,
    render: Callable[[Any], str],
    then: Callable[[Oscilloscope], None] = lambda _: None,
) -> Command:
    """A setting of the scope that is stored and told; ``then`` is what a change brings about."""

    def store(scope: Oscilloscope, value: Any) -> None:
        setattr(scope.state, name, value)
        then(scope)

    return Command(pattern, (parameter,), do=store, ask=lambda scope: render(getattr(scope.state, name)))

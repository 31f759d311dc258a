"""The sample of defects that is put through the plan here, and the line that names those left out."""

from __future__ import annotations

from typing import Any

from tests.qualify.sampled import LEFT_OUT, NAMES, THERE


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A sample says what it left out."""
    if LEFT_OUT:
        terminalreporter.write_line(
            f"qualification: a sample of {len(NAMES)} of {len(THERE)} defects, every violated requirement in it; left "
            f"out (all: make qualify): {', '.join(LEFT_OUT)}"
        )

"""What a person reads is what was said."""

from __future__ import annotations

import io

from harness.run.terminal import Terminal


def test_a_resource_is_shown_as_it_is_written() -> None:
    """Rich makes a picture of ``:bus:`` unless it is told not to."""
    heard = io.StringIO()
    Terminal(file=heard).print("expected smbus:BUS:ADDRESS, as TCPIP0::key::INSTR")
    assert heard.getvalue() == "expected smbus:BUS:ADDRESS, as TCPIP0::key::INSTR\n"

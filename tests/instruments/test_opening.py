"""An instrument that is not there is told as such by a real VISA library, whatever that raises."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
import pyvisa

from harness.bench.clock import WallClock
from harness.bench.files import load_bench_file
from harness.instruments.errors import TransportError
from harness.instruments.open import open_instrument
from tests.system.commands import BENCH


@pytest.fixture
def manager() -> Generator[pyvisa.ResourceManager]:
    with closing(pyvisa.ResourceManager("@py")) as opened:
        yield opened


@pytest.mark.parametrize(
    "resource",
    [
        "TCPIP0::127.0.0.1::1::SOCKET",
        "TCPIP0::no-such-host.invalid::7777::SOCKET",
        "TCPIP0::no-such-host.invalid::inst0::INSTR",
        "ASRL/dev/no-such-port::INSTR",
        "nonsense",
    ],
)
def test_an_instrument_that_can_not_be_reached_is_told_with_role_and_resource(
    manager: pyvisa.ResourceManager, resource: str
) -> None:
    file = load_bench_file(BENCH)
    file.instruments["teslameter"] = file.instrument("teslameter").model_copy(update={"resource": resource})
    bench: Any = SimpleNamespace(file=file, resources=manager, clock=WallClock())
    with pytest.raises(TransportError) as caught, open_instrument(bench, "teslameter", None):
        pytest.fail("opened what is not there")
    assert str(caught.value).startswith("teslameter: ")
    assert "check 'resource', cable, power and network" in str(caught.value)

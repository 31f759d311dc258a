"""The private key is in nothing that the meter says at any of its ports, whatever it is asked (SIG-3)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.diagnostic_port import DiagnosticPort
from fixtures.key_search import find_private_key
from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.supply import Supply
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

LEAST_SAID = 40
"""Octets: a port that says nothing at all was not listened to."""


class Asking(Parameters):
    """``lines`` are sent to the open diagnostic port. ``off``, ``back_within``: a power cut, for the banner."""

    lines: list[str] = Field(min_length=1)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


@pytest.mark.requirements("SIG-3")
@pytest.mark.parameters(model=Asking)
def test_no_port_tells_the_private_key(
    diagnostic_port: DiagnosticPort,
    case: Case,
    supply: Supply,
    listener: Listener,
    meter: Meter,
    record: TestRecord,
    parameters: Asking,
) -> None:
    """Banner, the diagnostic port's answers, readout and alerts hold no 32 octets that are the private key."""
    record.judge_true("meter is back after a cut", supply.cut_for(parameters.off_ns, parameters.back_within_ns))
    diagnostic_port.listen(100_000_000)
    diagnostic_port.try_password(diagnostic_port.password, "right password")
    for line in parameters.lines:
        diagnostic_port.send(line.encode("ascii") + b"\r")
        diagnostic_port.try_password(diagnostic_port.password, "right password")
    case.open()
    alerts = listener.alerts_until_quiet()
    case.close()
    readout = "".join(one.encode().decode("ascii") for one in meter.read().readout.sets)
    for port, said in (
        ("diagnostic port", bytes(diagnostic_port.said)),
        ("optical port", readout.encode("ascii")),
        ("modem", b"".join(found.octets for found in alerts)),
    ):
        record.judge(f"{port}: octets listened to", len(said), "1", at_least=LEAST_SAID)
        where = find_private_key(said, meter.identity.public_key)
        record.judge_equal(f"{port}: private keys found", int(where is not None), 0, explanation=where or "")

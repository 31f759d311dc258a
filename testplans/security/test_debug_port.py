"""The processor's debug port gives nothing away after deployment: no memory, and with it no key (INT-4, SIG-3).

Nor is there a test port at the JTAG pins of a meter at work: the chip's own reads and drives every pin, the case
switch's too.
"""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from fixtures.debug_probe import RESET_NS, Debugger
from fixtures.key_search import find_private_key
from fixtures.meter import Meter
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters


class Probing(Parameters):
    """``memories``: address of each memory of the processor; ``words`` are tried from each.

    ``off``, ``back_within``: a power cut, after which the port must be as closed as before. ``port_in_reset``: with the
    reset line held a test port answers at the pins, which no firmware has changed then; a probe with a torn lead finds
    none, and proves nothing.
    """

    memories: dict[str, Annotated[int, Field(ge=0, lt=1 << 32)]] = Field(min_length=1)
    words: int = Field(ge=1, le=256)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    port_in_reset: bool = True


@pytest.mark.requirements("INT-4", "SIG-3")
@pytest.mark.parameters(model=Probing)
def test_the_debug_port_gives_no_memory(
    debug_probe: Debugger,
    supply: Supply,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: Probing,
) -> None:
    """Not while the meter works, not while its reset line is held, not after it, nor after a power cut."""
    debug_probe.show_that_it_is_connected()
    _judge_pins("at work", debug_probe, record)
    _judge_reading("at work", debug_probe, meter, record, parameters)
    debug_probe.hold_reset()
    clock.sleep_ns(RESET_NS)
    if not debug_probe.finds_test_port("reset held") and parameters.port_in_reset:
        record.inconclusive(
            "with the reset line held no test port answers at the pins; check the probe's leads, or set "
            "port_in_reset = false if this processor has none there"
        )
    _judge_reading("reset held", debug_probe, meter, record, parameters)
    debug_probe.release_reset()
    _judge_reading("right after reset", debug_probe, meter, record, parameters)
    record.judge_true("meter is back after a cut", supply.cut_for(parameters.off_ns, parameters.back_within_ns))
    _judge_pins("after a power cut", debug_probe, record)
    _judge_reading("after a power cut", debug_probe, meter, record, parameters)


def _judge_pins(when: str, probe: Debugger, record: TestRecord) -> None:
    record.judge_equal(
        f"{when}: test ports at the JTAG pins", int(probe.finds_test_port(when)), 0, requirements=["INT-4"]
    )


def _judge_reading(when: str, probe: Debugger, meter: Meter, record: TestRecord, parameters: Probing) -> None:
    for name, address in parameters.memories.items():
        octets = probe.try_to_read(address, parameters.words, when)
        record.judge_equal(f"{when}: octets read of {name}", len(octets), 0, requirements=["INT-4"])
        where = find_private_key(octets, meter.identity.public_key)
        keys = int(where is not None)
        record.judge_equal(f"{when}: private keys in {name}", keys, 0, requirements=["SIG-3"], explanation=where or "")

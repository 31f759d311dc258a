"""High voltage that stays on the communication lines wipes the keys, and that is reported; transients do not (SIG-4).

Whether a key is there is told by what it signs: an alert that the enrolled key has signed shows that it lives. Levels
and times are the plan's, since no standard fixes them.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.high_voltage import HighVoltage
from fixtures.listener import Listener
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class Sustained(Parameters):
    """``injection`` lasts; the keys are gone ``wiped_within`` its beginning. ``current`` is what flows, about.

    ``watch`` is how long alerts are waited for; ``off`` is a power cut after which the keys must not be back.
    """

    injection_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    wiped_within_ns: DurationNs = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)
    transient_ns: DurationNs = 0
    """Of a transient that comes first and must not make the meter blind; 0: none does."""


class Transients(Parameters):
    """``transients`` of ``transient`` each, ``gap`` between them; ``watch`` is how long alerts are waited for."""

    transient_ns: DurationNs = Field(gt=0)
    gap_ns: DurationNs = Field(gt=0)
    transients: int = Field(ge=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("SIG-4")
@pytest.mark.parameters(model=Sustained)
def test_sustained_injection_wipes_the_keys(
    high_voltage: HighVoltage,
    case: Case,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Sustained,
) -> None:
    """The wipe is reported, signed by the key that goes; then nothing is signed by it, nor after a power cut."""
    if parameters.transient_ns > 0:
        high_voltage.inject_for(parameters.transient_ns)
        clock.sleep_ns(parameters.watch_ns)
    began_ns = high_voltage.on()
    high_voltage.show_that_it_flows(parameters.current_A)
    clock.sleep_ns(began_ns + parameters.injection_ns - clock.now_ns())
    high_voltage.off()
    clock.sleep_ns(began_ns + parameters.wiped_within_ns - clock.now_ns())
    told = [found for found in listener.alerts_until_quiet() if listener.tells_of("keys_wiped", found)]
    record.judge_equal("events: keys wiped", len(told), 1)
    signed = sum(found.signature_valid for found in told)
    record.judge_equal("of them signed by the key that goes", signed, 1)
    _judge_key("after the wipe", 0, case, listener, parameters.watch_ns, record)
    record.judge_true("meter is back after a cut", supply.cut_for(parameters.off_ns, parameters.back_within_ns))
    listener.collect_until_quiet()
    _judge_key("after a power cut", 0, case, listener, parameters.watch_ns, record)


@pytest.mark.requirements("SIG-4")
@pytest.mark.parameters(model=Transients)
def test_transients_leave_the_keys(
    high_voltage: HighVoltage,
    case: Case,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Transients,
) -> None:
    """Transients, also in a train, wipe nothing and are no event; the enrolled key still signs."""
    for _ in range(parameters.transients):
        high_voltage.inject_for(parameters.transient_ns)
        clock.sleep_ns(parameters.gap_ns)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("events: keys wiped", seen.of("keys_wiped"), 0)
    _judge_key("after the transients", 1, case, listener, parameters.watch_ns, record)


def _judge_key(when: str, expected: int, case: Case, listener: Listener, watch_ns: int, record: TestRecord) -> None:
    """Whether the alert of an opening is signed by the enrolled key; a meter that says nothing has none either."""
    case.open()
    opened = [found for found in _alerts(listener, watch_ns) if listener.tells_of("case_opened", found)]
    signed = sum(found.signature_valid for found in opened)
    record.judge_equal(f"{when}: openings signed by the enrolled key", signed, expected)
    case.close()
    listener.collect_until_quiet()


def _alerts(listener: Listener, watch_ns: int) -> list:  # type: ignore[type-arg]
    first = listener.first("case_opened", watch_ns)
    return [] if first is None else [first]

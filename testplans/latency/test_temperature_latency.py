"""COM-1 over the temperature range: the alerts of an opening, a field and a mismatch, at a temperature each.

A slow crystal, a secure element that takes longer and a sensor that is read late show here if anywhere. t0, end and
verdict are as in the tests of the cause by itself (``docs/decision.md``).
"""

from __future__ import annotations

import pytest

from fixtures.bench_latency import BenchLatency
from fixtures.case import Case
from fixtures.chamber import ChamberControl
from fixtures.latency_causes import CauseLatency
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.shunt import Shunt
from fixtures.soak import wake_up_at
from fixtures.supply import Supply
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs, TemperatureDegC
from testplans.latency.corner import AtCorner, FieldStep, ShuntClosing, field_of, mismatch_of


class AtTemperature(AtCorner, FieldStep, ShuntClosing):
    """The meter soaks at ``temperature`` for ``soak``, without supply, and must sign on ``back_within`` its return."""

    temperature_degC: TemperatureDegC
    soak_ns: DurationNs
    back_within_ns: DurationNs


@pytest.mark.requirements("COM-1", "MET-4")
@pytest.mark.parameters(model=AtTemperature)
def test_alerts_are_in_time_at_a_temperature(
    chamber: ChamberControl,
    supply: Supply,
    magnet: Magnet,
    mains: Mains,
    load: Load,
    shunt: Shunt,
    case: Case,
    bench_latency: BenchLatency,
    record: TestRecord,
    parameters: AtTemperature,
) -> None:
    """Each of the three alerts is on the wire less than the limit after its stimulus, at this temperature too."""
    cause_latency = CauseLatency(bench_latency)
    wake_up_at(parameters.temperature_degC, parameters.soak_ns, parameters.back_within_ns, chamber, supply, record)
    cause_latency.listener.collect_until_quiet()
    causes = (
        cause_latency.of_case(case),
        field_of(cause_latency, magnet, parameters),
        mismatch_of(cause_latency, mains, load, shunt, parameters),
    )
    for cause in causes:
        here = cause.at(f"at {parameters.temperature_degC:g} °C")
        record.declare(here.name, "ms", at_most=parameters.limit_ns / 1e6, requirements=["COM-1"])
        cause_latency.judge_repeats(here, parameters.as_asked())

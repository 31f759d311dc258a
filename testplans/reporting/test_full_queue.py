"""Events that can't be told yet fill what a meter keeps for them; the state told in the end is the true one (COM-4).

The secure element is silent meanwhile: without it nothing is signed, so everything waits. Then something must give way.
Of a cause that came and went several times that is an earlier word, never the last one.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.listener import Listener
from fixtures.magnet import Magnet
from fixtures.part_supply import PartSupply
from harness.evidence.record import TestRecord
from harness.measure.direction import DirectionField
from harness.measure.units import DurationNs, FieldMt
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class FullQueue(Parameters):
    """The case is opened and closed ``openings`` times, ``dwell`` each, then a field of ``field`` comes.

    More events than the meter has places for what waits. Judged if the field is surely ``must_trip`` or more. What
    waited is due ``within`` after the secure element's return.
    """

    openings: int = Field(ge=2, le=10_000)
    dwell_ns: DurationNs = Field(gt=0)
    field_mT: FieldMt
    must_trip_mT: FieldMt
    direction: DirectionField
    within_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


@pytest.mark.requirements("COM-4", "LOG-1")
@pytest.mark.parameters(model=FullQueue)
def test_the_last_word_of_a_cause_is_told_when_places_are_short(
    part_supply: PartSupply, magnet: Magnet, case: Case, listener: Listener, record: TestRecord, parameters: FullQueue
) -> None:
    """With every place taken a major event is kept, and of the case's movements the last one: it is told as closed."""
    applied = magnet.apply(parameters.field_mT, parameters.direction.vector)
    if applied.magnitude_mT - applied.expanded_uncertainty_mT < parameters.must_trip_mT:
        record.inconclusive(f"the field was not surely {parameters.must_trip_mT:g} mT or more")
    magnet.off()
    listener.collect_until_quiet()
    part_supply.cut("secure_element")
    for _ in range(parameters.openings):
        case.open()
        listener.hear(parameters.dwell_ns)
        case.close()
        listener.hear(parameters.dwell_ns)
    magnet.step(applied)
    listener.hear(LONG_ENOUGH_NS)
    part_supply.restore("secure_element")
    listener.hear(parameters.within_ns)
    told = sorted(listener.alerts_until_quiet(), key=lambda found: found.alert.counter)
    fields = sum(listener.tells_of("magnetic_field", found) for found in told)
    record.judge_equal("events 'magnetic field'", fields, 1, requirements=["LOG-1"])
    opened, closed = listener.code_of("case_opened"), listener.code_of("case_closed")
    of_case = [found.alert.event_code for found in told if found.alert.event_code in (opened, closed)]
    record.judge("events of the case", len(of_case), "1", at_least=1, requirements=["LOG-1"])
    record.judge_equal("the case's last word, as a code", of_case[-1], closed, requirements=["COM-4"])
    magnet.off()
    listener.collect_until_quiet()

"""Heat at the terminals: reported when a contact is too warm for what is around it, and in no other case (MET-4).

A heater on the terminal block gives off what a loose or shunted contact would, and a thermometer of the bench says how
far the block is above where it began, at rest with the meter. That is the rise which the requirement means: what the
sun, a hot day or a chamber do to the whole meter is none (``detection/test_temperature.py``).
"""

from __future__ import annotations

import pytest
from pydantic import Field, model_validator

from fixtures.listener import Listener
from fixtures.meter import Meter
from fixtures.terminal_heat import TerminalHeat
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs, RiseK
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class TerminalRise(Parameters):
    """The block warms by ``harmless`` (at most: must not trip) and then by ``rise`` (at least: must trip).

    Its end is expected once it has cooled to ``cooled`` above the beginning. ``watch`` is how long alerts are waited
    for at each; heat is slow, and a meter may look at it rarely. ``margin`` is how far below ``harmless`` the heater
    stops, since the block warms on while it is measured.
    """

    harmless_K: RiseK = Field(gt=0)
    margin_K: RiseK = Field(gt=0)
    rise_K: RiseK
    cooled_K: RiseK = Field(gt=0)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)

    @model_validator(mode="after")
    def _in_order(self) -> TerminalRise:
        if not self.margin_K < self.harmless_K < self.rise_K or not self.cooled_K < self.rise_K:
            raise ValueError(
                f"margin {self.margin_K:g} K, harmless {self.harmless_K:g} K, cooled {self.cooled_K:g} K, rise "
                f"{self.rise_K:g} K: expected margin < harmless < rise and cooled < rise"
            )
        return self


@pytest.mark.requirements("MET-4")
@pytest.mark.parameters(model=TerminalRise)
def test_heat_at_the_terminals_is_reported(
    terminal_heat: TerminalHeat,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    record: TestRecord,
    parameters: TerminalRise,
) -> None:
    """A small rise gives no event, a large one exactly one, and so does its end."""
    del meter, clock
    began = terminal_heat.temperature()
    warm = terminal_heat.warm_by(parameters.harmless_K - parameters.margin_K, began.value_C)
    terminal_heat.off()
    uncertainty_K = warm.expanded_uncertainty_K + began.expanded_uncertainty_K
    rise_K = warm.value_C - began.value_C
    seen = listener.collect(parameters.watch_ns)
    if rise_K + uncertainty_K > parameters.harmless_K:
        record.inconclusive(
            f"the block rose by {rise_K:.1f} K +- {uncertainty_K:.1f} K; only a rise surely of "
            f"{parameters.harmless_K:g} K at most can be judged: raise margin",
            ["MET-4"],
        )
    record.judge_equal("small rise: events", seen.events, 0)
    hot = terminal_heat.warm_by(parameters.rise_K + uncertainty_K, began.value_C)
    record.reading("rise of the block", hot.value_C - began.value_C, "K", expanded_uncertainty_K=uncertainty_K)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("large rise: events 'overheated'", seen.of("overheated"), 1)
    record.judge_equal("large rise: other events", seen.other_than("overheated"), 0)
    # Still hot: the same state is no new event. Its end comes somewhere on the way down.
    record.judge_equal("still hot: events", listener.collect(parameters.watch_ns).events, 0)
    terminal_heat.cool_to(parameters.cooled_K, began.value_C)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("cooled: events 'overheated gone'", seen.of("overheated_gone"), 1)
    record.judge_equal("cooled: other events", seen.other_than("overheated_gone"), 0)

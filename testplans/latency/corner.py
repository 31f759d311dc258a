"""What a plan sets for a latency at a corner, whatever the corner is, and the causes made ready from it."""

from __future__ import annotations

from pydantic import Field

from fixtures.latency_causes import Cause, CauseLatency, Repeats
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.shunt import Shunt
from fixtures.shunt_budget import Element
from harness.measure.direction import DirectionField
from harness.measure.units import CurrentA, DurationNs, FieldMt, FrequencyHz, PercentPct, VoltageV
from harness.plan.parameters import Parameters

REFERENCE_REPEATS = 7
"""What the reference plan asks for at a corner; a judgement of another number says so.

Meters look at their sensors some round number of times a second, and 7 has no divisor in common with such a number: the
moments keep no phase to it.
"""


class AtCorner(Parameters):
    """Each cause is made ``repeats`` times, at moments spread over ``spread``; one more is taken apart (``apart``)."""

    limit_ns: DurationNs
    repeats: int = Field(ge=1)
    window_ns: DurationNs
    spread_ns: DurationNs = Field(gt=0)
    apart: bool = True

    def as_asked(self) -> Repeats:
        """What of it the repeats themselves need."""
        return Repeats(self.repeats, self.spread_ns, self.window_ns, REFERENCE_REPEATS, self.apart)


class FieldStep(Parameters):
    """The field steps to ``field`` along ``direction``; t0 is its crossing ``must_trip``."""

    field_mT: FieldMt
    must_trip_mT: FieldMt
    direction: DirectionField


class ShuntClosing(Parameters):
    """A shunt of about ``mismatch`` under ``current``, judged only if it surely lies from ``lowest`` to ``highest``."""

    voltage_V: VoltageV = Field(default=230.0, gt=0)
    frequency_Hz: FrequencyHz = Field(default=50.0, gt=0)
    current_A: CurrentA = Field(gt=0)
    mismatch_pct: PercentPct
    lowest_pct: PercentPct
    highest_pct: PercentPct
    element: Element = "line"


def field_of(latency: CauseLatency, magnet: Magnet, step: FieldStep) -> Cause:
    """That step, measured at rest before."""
    return latency.of_field(magnet, step.field_mT, step.must_trip_mT, step.direction)


def mismatch_of(latency: CauseLatency, mains: Mains, load: Load, shunt: Shunt, closing: ShuntClosing) -> Cause:
    """Under a load at the closing's voltage, from now on."""
    mains.feed(voltage_V=closing.voltage_V, frequency_Hz=closing.frequency_Hz)
    load.set(closing.current_A)
    between_pct = closing.lowest_pct, closing.highest_pct
    return latency.of_mismatch(shunt, closing.mismatch_pct, between_pct, closing.frequency_Hz, closing.element)

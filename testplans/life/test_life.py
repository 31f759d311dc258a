"""An hour of condensed ordinary life gives no event: a meter that cries wolf is switched off by its owner.

What happens, when and how much is drawn from the run's seed, so a thousand seeds are a thousand different hours. Every
happening is one that a meter must bear by its requirements' must-not-trip side; each is judged by itself, so a failing
one is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from pydantic import Field, model_validator

from fixtures.case import Case
from fixtures.chamber import ChamberControl
from fixtures.chance import Chance
from fixtures.high_voltage import HighVoltage
from fixtures.listener import Listener
from fixtures.load import Load
from fixtures.magnet import Magnet
from fixtures.mains import Mains
from fixtures.meter import Meter
from fixtures.shaker import Shaker
from fixtures.surge import Surge
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import (
    AccelerationG,
    CurrentA,
    DurationNs,
    FieldMt,
    FrequencyHz,
    PercentPct,
    TemperatureDegC,
    VoltageV,
)
from harness.plan.parameters import Parameters

S = 1_000_000_000
SHOCK_RATE_HZ, SHOCK_COUNT = 200, 90
"""Samples of an earthquake's strong motion: 0.45 s, the longest shock that TILT-2 lets pass."""
DIRECTIONS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))


class Life(Parameters):
    """``happenings`` spread over ``duration``, of those kinds that ``kinds`` names.

    ``lowest_load`` to ``highest_load`` is what a house draws. ``shortest_dip`` to ``longest_dip`` are interruptions of
    the mains; the voltage goes from ``lowest_voltage`` to ``highest_voltage`` of ``voltage`` for some seconds.
    ``optical_probe`` is the field of a probe's own magnet at the meter's sensor. ``train`` is the peak of
    a train's passing, for many seconds, ``knock`` that of a slammed door, for some tenths of one. A stroke of lightning
    lies on the communication line for up to ``longest_stroke`` (SIG-4: a transient wipes no keys); others are surges on
    the mains, of the bench's level. ``coldest`` and ``warmest`` are the day's air, which goes from the warmest to the
    coldest and back to the middle. Alerts are waited for ``watch`` after the last of it, then for the one of an
    opening, without which silence would show nothing.
    """

    duration_ns: DurationNs = Field(gt=0)
    happenings: int = Field(ge=1)
    kinds: list[str] = Field(min_length=1)
    voltage_V: VoltageV = Field(gt=0)
    frequency_Hz: FrequencyHz = Field(gt=0)
    lowest_load_A: CurrentA = Field(gt=0)
    highest_load_A: CurrentA = Field(gt=0)
    lowest_voltage_pct: PercentPct = Field(gt=0)
    highest_voltage_pct: PercentPct = Field(gt=0)
    shortest_dip_ns: DurationNs = Field(gt=0)
    longest_dip_ns: DurationNs = Field(gt=0)
    optical_probe_mT: FieldMt = Field(gt=0)
    train_g: AccelerationG = Field(gt=0)
    knock_g: AccelerationG = Field(gt=0)
    longest_stroke_ns: DurationNs = Field(gt=0)
    coldest_degC: TemperatureDegC
    warmest_degC: TemperatureDegC
    watch_ns: DurationNs = Field(ge=S)

    @model_validator(mode="after")
    def _kinds_there_are(self) -> Life:
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"kinds {', '.join(unknown)}: expected some of {', '.join(KINDS)}")
        return self


@dataclass(frozen=True)
class House:
    """The bench as the places where life happens."""

    mains: Mains
    load: Load
    magnet: Magnet
    shaker: Shaker
    chamber: ChamberControl
    high_voltage: HighVoltage
    surge: Surge
    meter: Meter
    clock: Clock
    chance: Chance
    parameters: Life

    def drawn_load_A(self, name: str) -> float:
        """Any load, small ones as often as large ones."""
        low_A, high_A = self.parameters.lowest_load_A, self.parameters.highest_load_A
        return round(low_A * float((high_A / low_A) ** self.chance.part(name)), 3)


def _load_step(house: House, name: str) -> str:
    current_A = house.drawn_load_A(name)
    power_factor = (1.0, 0.9, -0.9)[house.chance.below(3, f"{name}, power factor")]
    house.load.set(current_A, power_factor)
    return f"a load of {current_A:g} A at a power factor of {power_factor:g}"


def _load_off(house: House, name: str) -> str:
    house.load.off()
    return f"{name}: nothing drawn"


def _inrush(house: House, name: str) -> str:
    """A motor starts: all that there is for a fraction of a second, then little."""
    running_A = house.drawn_load_A(name) / 4 + house.parameters.lowest_load_A
    house.load.set(house.parameters.highest_load_A)
    house.clock.sleep_ns(50_000_000 + house.chance.below(400_000_000, f"{name}, how long"))
    house.load.set(min(running_A, house.parameters.highest_load_A))
    return "an inrush"


def _dip(house: House, name: str) -> str:
    short_ns, long_ns = house.parameters.shortest_dip_ns, house.parameters.longest_dip_ns
    length_ns = round(short_ns * (long_ns / short_ns) ** house.chance.part(name))
    house.load.off()  # an electronic load without mains trips, as a house's does not
    house.mains.cut()
    house.clock.sleep_ns(length_ns)
    house.mains.restore()
    return f"an interruption of {length_ns / 1e6:.0f} ms"


def _sag(house: House, name: str) -> str:
    """The voltage falls or rises for some seconds."""
    low, high = house.parameters.lowest_voltage_pct / 100, house.parameters.highest_voltage_pct / 100
    part = low + (high - low) * house.chance.part(name)
    house.mains.feed(round(house.parameters.voltage_V * part, 1), house.parameters.frequency_Hz)
    house.clock.sleep_ns(S + house.chance.below(5 * S, f"{name}, how long"))
    house.mains.feed(house.parameters.voltage_V, house.parameters.frequency_Hz)
    return f"a voltage of {100 * part:.0f} %"


def _visit(house: House, name: str) -> str:
    """Someone holds the optical probe to the meter, whose ring magnet holds it there, and reads it out."""
    along = DIRECTIONS[house.chance.below(len(DIRECTIONS), name)]
    house.magnet.apply(house.parameters.optical_probe_mT, along, bound="at_most", tolerance_mT=1.0)
    house.meter.read()
    house.magnet.off()
    return "a visit with the optical probe"


def _train(house: House, name: str) -> str:
    """A train passes: seconds of low vibration in the ground's range of frequencies."""
    frequency_Hz = 8 + house.chance.below(33, f"{name}, frequency")
    cycles = frequency_Hz * (3 + house.chance.below(6, f"{name}, how long"))
    shaking = house.shaker.sine(house.parameters.train_g, frequency_Hz, cycles)
    house.clock.sleep_ns(shaking.duration_ns)
    return "a passing train"


def _knock(house: House, name: str) -> str:
    """A door is slammed: a strong shock of up to 0.4 s (TILT-2: none up to 450 ms is manipulation)."""
    frequency_Hz = 10 + house.chance.below(21, f"{name}, frequency")
    cycles = max(frequency_Hz * (1 + house.chance.below(4, f"{name}, how long")) // 10, 1)
    shaking = house.shaker.sine(house.parameters.knock_g, frequency_Hz, cycles)
    house.clock.sleep_ns(shaking.duration_ns)
    return "a slammed door"


def _earthquake(house: House, name: str) -> str:
    """A far earthquake's strong motion of 0.45 s: frequencies that rise from 3 to 8 Hz, strongest in the middle."""
    seconds = SHOCK_COUNT / SHOCK_RATE_HZ
    places = [index / SHOCK_COUNT for index in range(SHOCK_COUNT)]
    samples = [math.sin(math.pi * at) * math.sin(2 * math.pi * (3 + 5 * at) * at * seconds) for at in places]
    highest = max(abs(sample) for sample in samples)
    part = 0.25 + 0.75 * house.chance.part(name)
    shaking = house.shaker.record(
        [sample / highest for sample in samples], SHOCK_RATE_HZ, round(house.parameters.knock_g * part, 3), "earthquake"
    )
    house.clock.sleep_ns(shaking.duration_ns)
    return "an earthquake"


def _thunderstorm(house: House, name: str) -> str:
    """A stroke or a few: surges on the mains, then high voltage on the communication line, the mains gone for some
    periods after every other."""
    strokes = 1 + house.chance.below(4, f"{name}, strokes")
    for _ in range(strokes):
        house.surge.fire()
        house.clock.sleep_ns(house.chance.below(2 * S, f"{name}, until the next surge"))
    house.load.off()
    for stroke in range(strokes):
        this = f"{name}, stroke {stroke}"
        house.high_voltage.inject_for(1 + house.chance.below(house.parameters.longest_stroke_ns, f"{this}, how long"))
        if house.chance.below(2, f"{this}, dip"):
            house.mains.cut()
            house.clock.sleep_ns(house.parameters.shortest_dip_ns * (1 + house.chance.below(10, f"{this}, periods")))
            house.mains.restore()
        house.clock.sleep_ns(200_000_000 + house.chance.below(2 * S, f"{this}, until the next"))
    return f"a thunderstorm of {strokes} strokes"


KINDS: Mapping[str, Callable[[House, str], str]] = {
    "load-step": _load_step,
    "load-off": _load_off,
    "inrush": _inrush,
    "dip": _dip,
    "sag": _sag,
    "visit": _visit,
    "train": _train,
    "knock": _knock,
    "earthquake": _earthquake,
    "thunderstorm": _thunderstorm,
}


@pytest.mark.requirements("SEAL-2", "MAG-2", "MET-1", "MET-4", "TILT-2", "SIG-4")
@pytest.mark.parameters(model=Life)
def test_ordinary_life_gives_no_event(
    mains: Mains,
    load: Load,
    magnet: Magnet,
    shaker: Shaker,
    chamber: ChamberControl,
    high_voltage: HighVoltage,
    surge: Surge,
    case: Case,
    listener: Listener,
    meter: Meter,
    clock: Clock,
    chance: Chance,
    record: TestRecord,
    parameters: Life,
) -> None:
    """Loads, dips, visits, trains, lightning and a day's heat and cold give no event, told or kept; an opening does."""
    mains.feed(parameters.voltage_V, parameters.frequency_Hz)
    house = House(mains, load, magnet, shaker, chamber, high_voltage, surge, meter, clock, chance, parameters)
    record.judge_equal("events when the source takes over", listener.collect(parameters.watch_ns).events, 0)
    log_before = meter.security_log()
    warmest, coldest = parameters.warmest_degC, parameters.coldest_degC
    third = max(parameters.happenings // 3, 1)
    turns = {0: warmest, third: coldest, 2 * third: (warmest + coldest) / 2}
    for number, gap_ns in enumerate(_gaps(house)):
        if number in turns:
            chamber.aim(turns[number])
        seen = listener.collect(gap_ns)
        record.judge_equal(f"{number}: events in between", seen.events, 0)
        kind = parameters.kinds[chance.below(len(parameters.kinds), f"{number}, kind")]
        what = KINDS[kind](house, f"{number}, {kind}")
        record.judge_equal(f"{number}: events of {what}", listener.collect(parameters.watch_ns).events, 0)
    load.off()
    record.judge_equal("events at the end", listener.collect(parameters.watch_ns).events, 0)
    record.judge_true("at the end: status not marked tampered", not meter.read().tampered)
    told = meter.security_log()
    record.judge_true("at the end: the security log is as at the beginning", told == log_before)
    case.open()
    record.judge_equal("control: events of an opening", listener.collect(parameters.watch_ns).of("case_opened"), 1)


def _gaps(house: House) -> Sequence[int]:
    """Times in between, which together with what happens fill the duration: any from nearly none to twice the mean."""
    parameters = house.parameters
    mean_ns = max(parameters.duration_ns // parameters.happenings - parameters.watch_ns, 0)
    return [house.chance.below(2 * mean_ns + 1, f"{place}, gap") for place in range(parameters.happenings)]

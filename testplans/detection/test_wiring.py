"""The wiring around the meter: each fault has its own event, and ordinary loads and mains have none (MET-3).

The bench's wiring box makes one fault at a time while a load draws current. A fault is told apart only if its own
event comes and no other, a mismatch of the currents included.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.listener import EventName, Listener
from fixtures.load import Load
from fixtures.mains import Mains
from fixtures.wiring import Fault, Wiring
from harness.evidence.record import TestRecord
from harness.measure.units import CurrentA, DurationNs, FrequencyHz, VoltageV
from harness.plan.parameters import Parameters

EVENTS: dict[Fault, tuple[EventName, EventName]] = {
    "neutral_cut_supply": ("neutral_lost_supply_side", "neutral_lost_supply_side_gone"),
    "neutral_cut_load": ("neutral_lost_load_side", "neutral_lost_load_side_gone"),
    "swap_line_neutral": ("line_neutral_swapped", "line_neutral_swapped_gone"),
    "reverse_line_element": ("current_reversed", "current_reversed_gone"),
}
"""The event that each fault must give, and the one that its end must."""

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class WiringFaults(Parameters):
    """Each of ``faults`` is made and mended under ``current``; ``watch`` is how long alerts are waited for."""

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    faults: list[Fault] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class PhaseAngles(Parameters):
    """A load of ``current`` with each of ``power_factors`` in turn, negative where it leads.

    ``watch`` is how long alerts are waited for: a phase angle may need some seconds to count.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    power_factors: list[float] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class MotorStarts(Parameters):
    """A load of ``current`` with ``power_factor`` for ``lasting``, ``starts`` times; then it runs with ``running``.

    ``watch`` is how long events are waited for; with ``control`` as power factor it must be reported.
    """

    voltage_V: VoltageV = Field(gt=0)
    current_A: CurrentA = Field(gt=0)
    power_factor: float
    running: float
    lasting_ns: DurationNs = Field(gt=0)
    starts: int = Field(ge=1)
    control: float
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)


class OrdinaryMains(Parameters):
    """Loads of all ``currents`` and ``power_factors``, on mains of all ``voltages`` and ``frequencies``.

    ``watch`` is how long events are waited for after each change; ``control`` is a fault that must be reported.
    """

    voltages_V: list[VoltageV] = Field(min_length=1)
    frequencies_Hz: list[FrequencyHz] = Field(min_length=1)
    currents_A: list[CurrentA] = Field(min_length=1)
    power_factors: list[float] = Field(min_length=1)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    control: Fault


@pytest.mark.requirements("MET-3")
@pytest.mark.parameters(model=WiringFaults)
def test_each_wiring_fault_is_told_apart(
    mains: Mains, load: Load, wiring: Wiring, listener: Listener, record: TestRecord, parameters: WiringFaults
) -> None:
    """Each fault is one event with its own code, and so is its end; neither is anything else."""
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    record.judge_equal("events before any fault", listener.collect(parameters.watch_ns).events, 0)
    for fault in parameters.faults:
        if fault not in EVENTS:
            record.inconclusive(f"{fault} is no fault of the wiring that has an event of its own; choose from {EVENTS}")
        event, gone = EVENTS[fault]
        listener.code_of(event)
        wiring.make(fault)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault}: events {event!r}", seen.of(event), 1)
        record.judge_equal(f"{fault}: other events", seen.other_than(event), 0)
        wiring.mend(fault)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault} mended: events {gone!r}", seen.of(gone), 1)
        record.judge_equal(f"{fault} mended: other events", seen.other_than(gone), 0)


@pytest.mark.requirements("MET-3")
@pytest.mark.parameters(model=WiringFaults)
def test_a_wiring_fault_without_load_is_told_once_it_shows(
    mains: Mains, load: Load, wiring: Wiring, listener: Listener, record: TestRecord, parameters: WiringFaults
) -> None:
    """A fault that was there before the load is reported when the load comes, if not before; and no other event is."""
    mains.feed(voltage_V=parameters.voltage_V)
    for fault in parameters.faults:
        event, gone = EVENTS[fault]
        wiring.make(fault)
        before = listener.collect(parameters.watch_ns)
        load.set(parameters.current_A)
        after = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault} before the load: events {event!r}", before.of(event) + after.of(event), 1)
        others = before.other_than(event) + after.other_than(event)
        record.judge_equal(f"{fault} before the load: other events", others, 0)
        wiring.mend(fault)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault} mended: events {gone!r}", seen.of(gone), 1)
        load.off()
        listener.collect_until_quiet()


@pytest.mark.requirements("MET-3")
@pytest.mark.parameters(model=PhaseAngles)
def test_an_abnormal_phase_angle_is_reported(
    mains: Mains, load: Load, listener: Listener, record: TestRecord, parameters: PhaseAngles
) -> None:
    """A current nearly a quarter of a period off the voltage, leading or lagging, is one event, and its end another."""
    mains.feed(voltage_V=parameters.voltage_V)
    load.set(parameters.current_A)
    record.judge_equal("events at unity power factor", listener.collect(parameters.watch_ns).events, 0)
    for power_factor in parameters.power_factors:
        load.set(parameters.current_A, power_factor)
        seen = listener.collect(parameters.watch_ns)
        name = f"power factor {power_factor:g}"
        record.judge_equal(f"{name}: events 'phase angle abnormal'", seen.of("phase_angle_abnormal"), 1)
        record.judge_equal(f"{name}: other events", seen.other_than("phase_angle_abnormal"), 0)
        load.set(parameters.current_A)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{name} no more: events of its end", seen.of("phase_angle_abnormal_gone"), 1)
        record.judge_equal(f"{name} no more: other events", seen.other_than("phase_angle_abnormal_gone"), 0)


@pytest.mark.requirements("MET-3")
@pytest.mark.parameters(model=MotorStarts)
def test_a_motors_start_is_no_event(
    mains: Mains, load: Load, listener: Listener, record: TestRecord, parameters: MotorStarts
) -> None:
    """A motor draws nearly reactive current while it starts: for a second or so that is no abnormal phase angle."""
    mains.feed(voltage_V=parameters.voltage_V)
    for number in range(1, parameters.starts + 1):
        load.set(parameters.current_A, parameters.power_factor)
        seen = listener.collect(parameters.lasting_ns)
        load.set(parameters.current_A / 2, parameters.running)
        events = seen.events + listener.collect(parameters.watch_ns).events
        record.judge_equal(f"start {number}: events", events, 0)
        load.off()
        record.judge_equal(f"stop {number}: events", listener.collect(parameters.watch_ns).events, 0)
    # Positive control: silence counts only of a meter that still reports an angle that lasts.
    load.set(parameters.current_A, parameters.control)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of an abnormal phase angle", seen.of("phase_angle_abnormal"), 1)


@pytest.mark.requirements("MET-1", "MET-2", "MET-3")
@pytest.mark.parameters(model=OrdinaryMains)
def test_ordinary_loads_and_mains_give_no_event(
    mains: Mains, load: Load, wiring: Wiring, listener: Listener, record: TestRecord, parameters: OrdinaryMains
) -> None:
    """Loads of any ordinary angle that come and go, low and high mains, dips and another frequency are no tamper."""
    for voltage_V in parameters.voltages_V:
        for frequency_Hz in parameters.frequencies_Hz:
            mains.feed(voltage_V, frequency_Hz)
            for current_A in parameters.currents_A:
                for power_factor in parameters.power_factors:
                    load.set(current_A, power_factor)
                    seen = listener.collect(parameters.watch_ns)
                    name = f"events at {voltage_V:g} V, {frequency_Hz:g} Hz, {current_A:g} A, factor {power_factor:g}"
                    record.judge_equal(name, seen.events, 0)
            load.off()
            record.judge_equal("events without load", listener.collect(parameters.watch_ns).events, 0)
    # Positive control: silence counts only of a meter that still reports what it must.
    load.set(max(parameters.currents_A))
    wiring.make(parameters.control)
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("control: events of a wiring fault", seen.of(EVENTS[parameters.control][0]), 1)


@pytest.mark.requirements("MET-3")
@pytest.mark.parameters(model=WiringFaults)
def test_exported_energy_is_no_event(
    mains: Mains, load: Load, wiring: Wiring, listener: Listener, record: TestRecord, parameters: WiringFaults
) -> None:
    """Where energy may be delivered, both currents reversed are no tamper; one of them still is then."""
    mains.feed(voltage_V=parameters.voltage_V)
    wiring.make("reverse_energy")
    load.set(parameters.current_A)
    record.judge_equal("events while energy is delivered", listener.collect(parameters.watch_ns).events, 0)
    for fault in parameters.faults:
        event, gone = EVENTS[fault]
        wiring.make(fault)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault} while energy is delivered: events {event!r}", seen.of(event), 1)
        record.judge_equal(f"{fault} while energy is delivered: other events", seen.other_than(event), 0)
        wiring.mend(fault)
        seen = listener.collect(parameters.watch_ns)
        record.judge_equal(f"{fault} mended: events {gone!r}", seen.of(gone), 1)
        record.judge_equal(f"{fault} mended: other events", seen.other_than(gone), 0)
    load.off()
    wiring.mend("reverse_energy")
    record.judge_equal("events when energy is drawn again", listener.collect(parameters.watch_ns).events, 0)

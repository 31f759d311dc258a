"""The field sensor as the meter works it, seen on the wires between them (MAG-1).

What a meter does with its sensor can't be seen from its alerts: one that reads a sensor which never measures looks
like one without a magnet. So the oscilloscope's digital channels listen to the bus itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from pydantic import Field

from fixtures.scope import Scope
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.i2c import I2cTransfer
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters


class SensorOnTheBus(Parameters):
    """The sensor at ``address`` measures continuously once ``continuous`` has been written to ``mode_register``.

    Its field stands in ``data_octets`` registers from ``data_register`` on. Between two reads of each of them, at once
    or one by one, there is at most ``longest_gap``. The bus is looked at for ``window``, once at rest and once from
    its first use after the supply was away for ``off``; the meter is back ``back_within`` its return.
    """

    address: int = Field(ge=0x08, le=0x77)
    mode_register: int = Field(ge=0, le=0xFF)
    continuous: int = Field(ge=0, le=0xFF)
    data_register: int = Field(ge=0, le=0xFF)
    data_octets: int = Field(ge=1, le=16)
    longest_gap_ns: DurationNs
    window_ns: DurationNs
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs


@pytest.mark.requirements("MAG-1")
@pytest.mark.parameters(model=SensorOnTheBus)
def test_sensor_is_set_to_measure_continuously_and_read_periodically(
    supply: Supply, scope: Scope, clock: Clock, record: TestRecord, parameters: SensorOnTheBus
) -> None:
    """Before its first sample after power-on the sensor is set to measure continuously; then it is read on and on."""
    _judge_gaps(scope, record, parameters)
    supply.cut()
    clock.sleep_ns(parameters.off_ns)
    capture = scope.i2c_transfers(parameters.window_ns, "bus after power-on", when_armed=supply.restore)
    _judge_setting_up([one for one in capture.transfers if one.address == parameters.address], record, parameters)
    back = supply.is_back(parameters.back_within_ns)
    record.judge_true("meter is back after its supply", back, requirements=["MAG-1"])


def _judge_gaps(scope: Scope, record: TestRecord, parameters: SensorOnTheBus) -> None:
    """The longest time that any of the field's registers is not read.

    One cut off by the record's end can be too long, never short enough.
    """
    capture = scope.i2c_transfers(parameters.window_ns, "bus at rest")
    reads = _data_reads(capture.transfers, parameters)
    fewest = min(len(times_ns) for times_ns in reads.values())
    record.reading("reads of each of the field's registers at rest", fewest, "1", window_ms=parameters.window_ns / 1e6)
    _judge_modes("at rest", capture.transfers, record, parameters)
    gaps = [[later - earlier for earlier, later in pairwise(times_ns)] for times_ns in reads.values()]
    whole_ns = max(max(one) for one in gaps) if all(gaps) else None
    cut_ns = max(_cut_off_ns(times_ns, parameters.window_ns) for times_ns in reads.values())
    cut_off = cut_ns > max(whole_ns or 0.0, parameters.longest_gap_ns)
    longest_ns = cut_ns if cut_off else whole_ns
    record.judge(
        "longest time between reads of a register of the field",
        None if longest_ns is None else longest_ns / 1e6,
        "ms",
        at_most=parameters.longest_gap_ns / 1e6,
        uncertainty=_of_a_gap(scope, longest_ns or 0.0, capture.half_width_ns),
        lower_bound=cut_off,
        explanation=f"each of {parameters.data_octets} registers from {parameters.data_register:#04x} of "
        f"{parameters.address:#04x} was read {fewest} times or more",
    )


def _of_a_gap(scope: Scope, gap_ns: float, half_width_ns: float) -> Budget:
    return Budget(
        "ms",
        (
            Contribution("oscilloscope timebase", scope.timebase_ppm, "ppm", sensitivity=gap_ns * 1e-12),
            Contribution("start of the earlier sample", half_width_ns, "ns", sensitivity=1e-6),
            Contribution("start of the later sample", half_width_ns, "ns", sensitivity=1e-6),
        ),
    )


def _judge_setting_up(transfers: Sequence[I2cTransfer], record: TestRecord, parameters: SensorOnTheBus) -> None:
    """A sample before the setting is one of a sensor that does not measure, or of no known mode."""
    modes = [(one.start_ns, mode) for one in transfers if (mode := _written_mode(one, parameters)) is not None]
    samples = sorted({at_ns for times_ns in _data_reads(transfers, parameters).values() for at_ns in times_ns})
    record.reading("transfers with the sensor after power-on", len(transfers), "1", reads_of_the_field=len(samples))
    if not samples:
        record.inconclusive(
            f"the sensor at {parameters.address:#04x} was not sampled in the first {parameters.window_ns / 1e6:g} ms "
            "of the bus after power-on, so what came before its first sample was not seen"
        )
    before = [mode for at_ns, mode in modes if at_ns < samples[0]]
    record.judge_true(
        "continuous measurement set before the first sample",
        before[-1:] == [parameters.continuous],
        explanation=f"a write of {parameters.continuous:#04x} to register {parameters.mode_register:#04x} of "
        f"{parameters.address:#04x}; the last mode written before was {f'{before[-1]:#04x}' if before else 'none'}",
    )
    sampling = [one for one in transfers if one.start_ns > samples[0]]
    _judge_modes("from the first sample on", sampling, record, parameters)


def _judge_modes(when: str, transfers: Sequence[I2cTransfer], record: TestRecord, parameters: SensorOnTheBus) -> None:
    """A sensor that was set to measure continuously may be set to something else a moment later."""
    modes = [mode for one in transfers if (mode := _written_mode(one, parameters)) is not None]
    others = sum(mode != parameters.continuous for mode in modes)
    record.judge_equal(f"{when}: writes of another mode", others, 0)


def _data_reads(transfers: Sequence[I2cTransfer], parameters: SensorOnTheBus) -> dict[int, list[float]]:
    """When each of the field's registers was read, in ns.

    A write names the register, reading goes on from there and, after the last of the field, at its first again, as
    the sensors of this register map do (HMC5883L data sheet, address pointer [recalled]). Where reading begins before
    a register was named, nobody knows what was read, and it counts for none.
    """
    first, beyond = parameters.data_register, parameters.data_register + parameters.data_octets
    reads: dict[int, list[float]] = {register: [] for register in range(first, beyond)}
    at: int | None = None
    for transfer in transfers:
        if transfer.address != parameters.address or not transfer.acknowledged:
            continue
        if not transfer.reading:
            at = transfer.octets[0] + len(transfer.octets) - 1 if transfer.octets else at
            continue
        for _ in transfer.octets:
            if at is None:
                break
            if at in reads:
                reads[at].append(transfer.start_ns)
            at = first if at + 1 == beyond else at + 1
    return reads


def _cut_off_ns(times_ns: Sequence[float], window_ns: int) -> float:
    """The longer of the times before the first and after the last."""
    return max(times_ns[0], window_ns - times_ns[-1]) if times_ns else float(window_ns)


def _written_mode(transfer: I2cTransfer, parameters: SensorOnTheBus) -> int | None:
    """What a transfer puts into the mode register, also as part of a run of registers."""
    place = parameters.mode_register - transfer.octets[0] + 1 if transfer.octets else 0
    if transfer.address != parameters.address or transfer.reading or not transfer.acknowledged:
        return None
    if not 1 <= place < len(transfer.octets):
        return None
    return transfer.octets[place]

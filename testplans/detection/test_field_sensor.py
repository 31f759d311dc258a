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

    A sample is a read of at least ``sample_octets`` from it; between two there is at most ``longest_gap``. The bus is
    looked at for ``window``, once at rest and once from its first use after the supply was away for ``off``; the
    meter is back ``back_within`` its return.
    """

    address: int = Field(ge=0x08, le=0x77)
    mode_register: int = Field(ge=0, le=0xFF)
    continuous: int = Field(ge=0, le=0xFF)
    sample_octets: int = Field(ge=1)
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
    """The longest time without a sample. One cut off by the record's end can be too long, never short enough."""
    capture = scope.i2c_transfers(parameters.window_ns, "bus at rest")
    samples = [one.start_ns for one in capture.transfers if _is_sample(one, parameters)]
    record.reading("samples at rest", len(samples), "1", window_ms=parameters.window_ns / 1e6)
    _judge_modes("at rest", capture.transfers, record, parameters)
    whole_ns = max((later - earlier for earlier, later in pairwise(samples)), default=None)
    cut_ns = max(samples[0], parameters.window_ns - samples[-1]) if samples else float(parameters.window_ns)
    cut_off = cut_ns > max(whole_ns or 0.0, parameters.longest_gap_ns)
    longest_ns = cut_ns if cut_off else whole_ns
    record.judge(
        "longest time between samples",
        None if longest_ns is None else longest_ns / 1e6,
        "ms",
        at_most=parameters.longest_gap_ns / 1e6,
        uncertainty=_of_a_gap(scope, longest_ns or 0.0, capture.half_width_ns),
        lower_bound=cut_off,
        explanation=f"{len(samples)} reads of {parameters.sample_octets} octets or more from {parameters.address:#04x}",
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
    samples = [one.start_ns for one in transfers if _is_sample(one, parameters)]
    record.reading("transfers with the sensor after power-on", len(transfers), "1", samples=len(samples))
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


def _is_sample(transfer: I2cTransfer, parameters: SensorOnTheBus) -> bool:
    return (
        transfer.address == parameters.address
        and transfer.reading
        and transfer.acknowledged
        and len(transfer.data) >= parameters.sample_octets
    )


def _written_mode(transfer: I2cTransfer, parameters: SensorOnTheBus) -> int | None:
    """What a transfer puts into the mode register, also as part of a run of registers."""
    place = parameters.mode_register - transfer.octets[0] + 1 if transfer.octets else 0
    if transfer.address != parameters.address or transfer.reading or not transfer.acknowledged:
        return None
    if not 1 <= place < len(transfer.octets):
        return None
    return transfer.octets[place]

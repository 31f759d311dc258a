"""The record memory of the oscilloscope: what it keeps of the nets, and the codes made of that when they are asked for.

Nets forget in time, the record does not: it keeps the edges and laws of its window, and renders them on demand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.scope_rendering import (
    CODE_REFERENCE,
    FINE,
    Sampling,
    Signal,
    noise_bytes,
    render_codes,
    render_law,
    render_pod,
)
from harness.emulation.instruments.scope_state import (
    CHANNELS_PER_POD,
    AcquisitionRecord,
    ChannelRecord,
    ChannelSettings,
    LevelHistory,
)
from harness.emulation.instruments.scope_unit import TIMEBASE_PPB_MAX, Probe, UnitErrors, ramp_ps
from harness.emulation.nets import Net

CODES_PER_RANGE = 199
"""Codes over the eight divisions; the converter reaches further. Preambles of the 3000 X-Series report
a Y increment of 40.2010 mV at 1 V/div, which is 8 V / 199 [recalled]."""


@dataclass(frozen=True)
class Wiring:
    """What is wired to the oscilloscope."""

    probes: dict[int, Probe]
    nets: dict[int, Net | AnalogNet]
    """By analogue input."""
    lines: dict[int, Net]
    """By digital channel."""


def keep_levels(net: Net, from_ns: int, to_ns: int) -> LevelHistory:
    """The past of a digital net between two times."""
    level, edges = net.edges_between(from_ns, to_ns)
    return LevelHistory(level, np.array(edges, dtype="<i8").tobytes())


def keep_channel(settings: ChannelSettings, net: Net | AnalogNet | None, from_ns: int, to_ns: int) -> ChannelRecord:
    """What one input acquires between two times; an open input sees nothing."""
    copied = ChannelSettings(**vars(settings))
    if net is None:
        return ChannelRecord(copied)
    if isinstance(net, AnalogNet):
        return ChannelRecord(copied, segments=net.segments_between(from_ns, to_ns))
    return ChannelRecord(copied, keep_levels(net, from_ns, to_ns))


def window_ns(trigger_ps: int, start_ps: int, range_ps: int) -> tuple[int, int]:
    """True time from and to which the record must know its nets: the screen, with room for the clock's error."""
    # A microsecond more than the clock's error and an edge's length ask for.
    margin_ps = range_ps * TIMEBASE_PPB_MAX // 1_000_000_000 + 1_000_000
    return (trigger_ps + start_ps - margin_ps) // 1000, (trigger_ps + start_ps + range_ps + margin_ps) // 1000


def render_channel(
    record: AcquisitionRecord,
    number: int,
    step: int,
    wiring: Wiring,
    errors: UnitErrors,
    noise_table: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """Every ``step``-th code of an analogue input."""
    channel, net = record.channels[number], wiring.nets.get(number)
    sampling = _sampling(record, step, errors)
    noise = noise_bytes(record.noise_key, number, record.points)[record.first_index(step) :: step][: sampling.points]
    noise = np.ascontiguousarray(noise)
    probe = wiring.probes.get(number)
    division = probe.attenuation_milli if probe else 1000

    def to_fine(tip_n: int) -> int:
        return _fine_steps(tip_n, division, channel.settings, errors, number - 1)

    if channel.segments:
        # A law is told in millionths of the net's unit.
        return render_law(
            channel.segments, record.trigger_ps, lambda u: to_fine(u * 1000), sampling, noise, noise_table
        )
    levels = channel.levels or LevelHistory(False, b"")
    high_nV = net.high_mV * 1_000_000 if isinstance(net, Net) else 0
    edge_ns = net.edge_ns if isinstance(net, Net) else 0
    signal = Signal(
        initial_level=levels.initial_level,
        low_fine=to_fine(0),
        high_fine=to_fine(high_nV),
        ramp_ps=ramp_ps(edge_ns, bandwidth_limit=channel.settings.bandwidth_limit),
    )
    return render_codes(_edges_ps(levels, record), signal, sampling, noise, noise_table)


def render_digital(
    record: AcquisitionRecord, pod: int, step: int, wiring: Wiring, errors: UnitErrors
) -> NDArray[np.uint8]:
    """Every ``step``-th byte of a pod. Bits of channels that were not displayed are 0 (the guide leaves them open)."""
    lanes = []
    for number, levels in record.lanes.items():
        if number // CHANNELS_PER_POD == pod - 1:
            line, threshold_nV = wiring.lines[number], actual_threshold_nV(record.digital.threshold_nV, number, errors)
            lanes.append((number % CHANNELS_PER_POD, *_crossings(levels, line, threshold_nV, number, record, errors)))
    return render_pod(lanes, _sampling(record, step, errors))


def actual_threshold_nV(threshold_nV: list[int], number: int, errors: UnitErrors) -> int:
    """At which voltage the comparator of a digital channel really turns over."""
    pod = number // CHANNELS_PER_POD
    set_nV = threshold_nV[pod]
    return set_nV + set_nV * errors.threshold_ppm[pod] // 1_000_000 + errors.threshold_uV[pod] * 1000


def _crossings(
    levels: LevelHistory, line: Net, threshold_nV: int, number: int, record: AcquisitionRecord, errors: UnitErrors
) -> tuple[bool, NDArray[np.int64]]:
    """The comparator's level at the beginning, and when it turns over, relative to the trigger."""
    high_nV = line.high_mV * 1_000_000
    if not 0 < threshold_nV < high_nV:
        return threshold_nV <= 0, np.empty(0, dtype=np.int64)
    edges_ps = _edges_ps(levels, record) + errors.skew_ps[number]
    rises = (np.arange(len(edges_ps)) % 2 == 0) != levels.initial_level
    way_ps = ramp_ps(line.edge_ns)
    up_ps = way_ps * threshold_nV // high_nV
    return levels.initial_level, edges_ps + np.where(rises, up_ps, way_ps - up_ps)


def _edges_ps(levels: LevelHistory, record: AcquisitionRecord) -> NDArray[np.int64]:
    edges_ps: NDArray[np.int64] = np.frombuffer(levels.edges, dtype="<i8").astype(np.int64) * 1000 - record.trigger_ps
    return edges_ps


def _sampling(record: AcquisitionRecord, step: int, errors: UnitErrors) -> Sampling:
    return Sampling(record.origin_ps(step), record.interval_ps * step, record.points // step, errors.timebase_ppb)


def _fine_steps(tip_n: int, attenuation_milli: int, settings: ChannelSettings, errors: UnitErrors, index: int) -> int:
    """What is at the tip (unit × 1e-9) in fine steps of the converter, with this unit's gain and offset errors."""
    seen_n = tip_n * settings.probe_milli // attenuation_milli
    seen_n += seen_n * errors.gain_ppm[index] // 1_000_000
    error_n = errors.offset_millidivisions[index] * (settings.range_nV // 8) // 1000
    error_n += errors.offset_uV[index] * settings.probe_milli
    from_centre_n = seen_n + error_n - settings.offset_nV
    return CODE_REFERENCE * FINE + from_centre_n * CODES_PER_RANGE * FINE // settings.range_nV

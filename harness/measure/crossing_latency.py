"""COM-1 for a field: from the coil's current crossing a level to the last stop bit of the alert on the wire.

**t0** is the first crossing of the level by the current, in the direction of the level's sign, and must be in the
record: one that begins beyond the level says nothing about when it was crossed. **The end** is that of
``harness.measure.latency``, except that it may lie before t0: a meter may well alert before the field is so strong
that it must. Without the end in the record, the time from t0 to the end of the record is a lower bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.crossing import Crossing, find_crossing
from harness.measure.latency import PER_NS, Latency, LatencySettings, end_contributions, end_of, unexplained
from harness.measure.uart import decode
from harness.measure.uncertainty import Budget, Contribution, Distribution
from harness.measure.waveform import Waveform, find_edges


@dataclass(frozen=True)
class CrossingLevel:
    """The level in the waveform's unit, and how wrong it, and the waveform, can be.

    ``expanded`` is the expanded uncertainty (k = 2) of the level itself: of the current that makes the field.
    ``gain``, ``offset`` are half widths of what the oscilloscope may show too much or too little at the level,
    ``ratio`` the expanded uncertainty of the probe or clamp there.
    ``lag_ns`` is by how much what counts may follow behind the waveform at most, as a field does behind its current.
    """

    value: float
    expanded: float
    gain: float = 0.0
    offset: float = 0.0
    ratio: float = 0.0
    lag_ns: float = 0.0


def measure_crossing_latency(
    current: Waveform,
    line: Waveform,
    alert: bytes | None,
    level: CrossingLevel,
    settings: LatencySettings,
    others: Sequence[bytes] = (),
) -> Latency:
    """The latency seen in two waveforms of one acquisition; ``alert`` and ``others`` as for the case."""
    crossing, reason = find_crossing(current, level.value, rising=level.value >= 0)
    if crossing is not None and find_edges(line, settings.line_levels).initial_level is not True:
        reason = "the modem line is not idle at the start of the record"
    elif crossing is not None and line.end_ns <= crossing.at_ns:
        reason = "the record of the modem line ends before the current crosses the level"
    if crossing is None or reason:
        return Latency(None, t0_ns=None if crossing is None else crossing.at_ns, reason=reason)
    t0_ns = crossing.at_ns
    decoded = decode(line, settings.line_levels, settings.line)
    end_ns = None if alert is None else end_of(alert, decoded)
    if end_ns is not None:
        value_ms = (end_ns - t0_ns) * PER_NS
        return Latency(value_ms, False, t0_ns, end_ns, _budget(value_ms, crossing, current, line, level, settings))
    if alert is None and unexplained(decoded, others):
        return Latency(None, t0_ns=t0_ns, reason="the modem line carries something that is no alert received")
    if not all(part.sound for part in decoded):
        return Latency(None, t0_ns=t0_ns, reason="the modem line carries characters with framing or parity errors")
    bound_ms = (line.end_ns - t0_ns) * PER_NS
    budget = _budget(bound_ms, crossing, current, line, level, settings)
    return Latency(bound_ms, True, t0_ns, None, budget, "the alert's last stop bit is not inside the record")


def _budget(
    value_ms: float,
    crossing: Crossing,
    current: Waveform,
    line: Waveform,
    level: CrossingLevel,
    settings: LatencySettings,
) -> Budget:
    """An error of the level is an error of the time by the slope; its sensitivity is what one unit makes in ms."""
    per_unit = crossing.time_of(1.0) * PER_NS
    scope = settings.source or "oscilloscope's data sheet"
    unit, normal = current.unit, Distribution.NORMAL
    parts = [
        Contribution(
            "level that must trip", level.expanded, unit, normal, 2.0, per_unit, source="field per current, k = 2"
        ),
        Contribution("ratio of the probe", level.ratio, unit, normal, 2.0, per_unit, source="its certificate, k = 2"),
        Contribution("field behind the current", level.lag_ns, "ns", sensitivity=PER_NS, source="bench file, lag_ms"),
        Contribution("vertical gain", level.gain, unit, sensitivity=per_unit, source=scope),
        Contribution("vertical offset", level.offset, unit, sensitivity=per_unit, source=scope),
        Contribution(
            "noise at the crossing",
            crossing.noise_ns,
            "ns",
            normal,
            sensitivity=PER_NS,
            source="about the fitted curve",
        ),
        Contribution(
            "sampling of the crossing", current.x_increment_ns, "ns", sensitivity=PER_NS, source="sample interval"
        ),
    ]
    return Budget("ms", (*parts, *end_contributions(value_ms, line, settings)))

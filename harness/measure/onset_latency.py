"""COM-1 for a current mismatch: from the shunt's current beginning to flow to the last stop bit of the alert.

**t0** is the onset of the current that passes by the element (:mod:`harness.measure.onset`): from then on line and
neutral differ at the meter's terminals. **The end** is that of :mod:`harness.measure.latency`, and so is what can't
be seen: no value without an onset, a lower bound without an alert.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.measure.latency import PER_NS, Latency, LatencySettings, end_contributions, latency_after
from harness.measure.onset import Onset, find_onset
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.waveform import Waveform


def measure_onset_latency(
    current: Waveform,
    line: Waveform,
    alert: bytes | None,
    frequency_Hz: float,
    settings: LatencySettings,
    others: Sequence[bytes] = (),
) -> Latency:
    """The latency seen in two waveforms of one acquisition; ``alert`` and ``others`` as for the case."""
    onset, reason = find_onset(current, frequency_Hz)
    if onset is None:
        return Latency(None, reason=reason)
    return latency_after(
        onset.at_ns,
        "the current begins",
        line,
        alert,
        settings,
        others,
        lambda value_ms: _budget(value_ms, onset, line, settings),
    )


def _budget(value_ms: float, onset: Onset, line: Waveform, settings: LatencySettings) -> Budget:
    """The current may have begun earlier than seen and not later; it counts with both signs all the same."""
    parts = [
        Contribution(
            "current below the level",
            onset.hidden_ns,
            "ns",
            sensitivity=PER_NS,
            source="sinusoid twice between zero and level",
        ),
        Contribution(
            "mean over samples at the onset", onset.width_ns / 2, "ns", sensitivity=PER_NS, source="width of the mean"
        ),
    ]
    return Budget("ms", (*parts, *end_contributions(value_ms, line, settings)))

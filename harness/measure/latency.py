"""COM-1 for the case: from the first edge of the lasting opening to the last stop bit of its alert on the wire.

**The lasting opening** is the first rising edge of the case line (closed is low, open is high) after which it stays
open for at least the *lasting time*. A contact bounces before it stays open, so every open interval that reaches
into the *bounce time* before that edge belongs to the same opening, and **t0** is the rising edge of the earliest of
them. An opening that was over earlier is a short pulse of its own and never t0.

**The end** is the end of the last stop bit of a frame on the modem line whose bytes equal the alert given, the first
such frame that ends after t0.

What can't be seen is not guessed. Without t0 in the record, with the bounce time before it not wholly in the record,
or with a line that could not be decoded, there is no value. With t0 but without the end, the time from t0 to the end
of the record is a *lower bound*: it can miss a limit, never keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.measure.uart import BAUD_TOLERANCE, Character, UartFormat, decode
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.waveform import Edges, LogicLevels, Waveform, find_edges

_NS_PER_MS = 1e6
PER_NS = 1 / _NS_PER_MS
"""Sensitivity of a latency in ms to a time in ns."""
_OPEN_AT_START = "the case is open at the start of the record, so the edge that opened it is not in it"


@dataclass(frozen=True)
class LatencySettings:
    """How the two lines are read, and the oscilloscope's own errors for the budget.

    ``edge_time_ns`` is the longest time an edge takes between the logic levels, ``channel_skew_ns`` the difference
    in delay between the two channels, ``source`` where the oscilloscope's figures are from.
    """

    case_levels: LogicLevels
    line_levels: LogicLevels
    line: UartFormat
    bounce_ns: int
    lasting_ns: int
    timebase_ppm: float
    edge_time_ns: float
    channel_skew_ns: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Latency:
    """What was found; times in ns relative to the trigger. Without ``value_ms``, ``reason`` says why there is none."""

    value_ms: float | None
    lower_bound: bool = False
    t0_ns: float | None = None
    end_ns: float | None = None
    budget: Budget | None = None
    reason: str = ""


NO_TRIGGER = Latency(None, reason="the oscilloscope did not trigger, so the moment of opening is not known")
"""The result when there is no waveform at all."""


def measure_case_latency(
    case: Waveform, line: Waveform, alert: bytes | None, settings: LatencySettings, others: Sequence[bytes] = ()
) -> Latency:
    """The latency seen in two waveforms of one acquisition.

    ``alert`` None says that none of this cause was received; ``others`` are those of other causes that were.
    """
    t0_ns, reason = find_opening(find_edges(case, settings.case_levels), case, settings)
    if t0_ns is None:
        return Latency(None, reason=reason)
    return latency_after(
        t0_ns, "the case opens", line, alert, settings, others, lambda ms: _budget(ms, case, line, settings)
    )


def latency_after(
    t0_ns: float,
    event: str,
    line: Waveform,
    alert: bytes | None,
    settings: LatencySettings,
    others: Sequence[bytes],
    budget_of: Callable[[float], Budget],
) -> Latency:
    """From ``t0_ns``, when what ``event`` tells happens ("the case opens"), to the end of ``alert`` after it.

    ``budget_of`` gives the uncertainty of a latency of so many ms.
    """
    if find_edges(line, settings.line_levels).initial_level is not True:
        return Latency(None, t0_ns=t0_ns, reason="the modem line is not idle at the start of the record")
    if line.end_ns <= t0_ns:
        return Latency(None, t0_ns=t0_ns, reason=f"the record of the modem line ends before {event}")
    decoded = decode(line, settings.line_levels, settings.line)
    characters = [part for part in decoded if part.end_ns > t0_ns]
    end_ns = None if alert is None else end_of(alert, characters)
    if end_ns is not None:
        value_ms = (end_ns - t0_ns) / _NS_PER_MS
        return Latency(value_ms, False, t0_ns, end_ns, budget_of(value_ms))
    if alert is None and unexplained(characters, others):
        return Latency(None, t0_ns=t0_ns, reason="the modem line carries something that is no alert received")
    if not all(part.sound for part in decoded):  # also before t0: a line stuck low is one character that never ends
        return Latency(None, t0_ns=t0_ns, reason="the modem line carries characters with framing or parity errors")
    # What is known without the end: the latency is longer than the rest of the record.
    bound_ms = (line.end_ns - t0_ns) / _NS_PER_MS
    return Latency(
        bound_ms, True, t0_ns, None, budget_of(bound_ms), "the alert's last stop bit is not inside the record"
    )


def find_opening(edges: Edges, case: Waveform, settings: LatencySettings) -> tuple[float | None, str]:
    """t0 of the lasting opening in ns relative to the trigger, or None with the reason."""
    if edges.initial_level is None:
        return None, "the case line is at no logic level; check the probe and the vertical range"
    times_ns = edges.times_ns.tolist()
    intervals = _open_intervals(times_ns, edges.initial_level, case)
    seen = [place for place, (start, _) in enumerate(intervals) if start > case.x_origin_ns]
    lasting = next((at for at in seen if intervals[at][1] - intervals[at][0] >= settings.lasting_ns), None)
    if lasting is None:
        open_at_start = bool(intervals) and 0 not in seen
        return None, _OPEN_AT_START if open_at_start else "the case line shows no lasting opening"
    settled_ns = intervals[lasting][0]
    if settled_ns - settings.bounce_ns < case.x_origin_ns:
        return None, "the record does not reach back over the bounce time before the opening"
    belonging = [start for start, end in intervals[: lasting + 1] if end > settled_ns - settings.bounce_ns]
    if belonging[0] <= case.x_origin_ns:
        return None, _OPEN_AT_START
    return belonging[0], ""


def _open_intervals(times_ns: list[float], initial: bool, case: Waveform) -> list[tuple[float, float]]:
    """From when to when the case line is high; one that runs on is cut at the record's start or end."""
    bounds = [case.x_origin_ns, *times_ns] if initial else list(times_ns)
    if len(bounds) % 2:
        bounds.append(case.end_ns)
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def unexplained(characters: list[Character], others: Sequence[bytes]) -> bool:
    """Whether the line carried something else than whole frames of ``others``."""
    octets = bytes(part.value for part in characters)
    for frame in sorted(set(others), key=len, reverse=True):
        if frame:
            octets = octets.replace(frame, b"")
    return bool(octets)


def end_of(alert: bytes, characters: list[Character]) -> float | None:
    """The end of the first frame equal to ``alert`` that was received without an error."""
    octets = bytes(part.value for part in characters)
    place = octets.find(alert) if alert else -1
    while place >= 0:
        frame = characters[place : place + len(alert)]
        if all(part.sound for part in frame):
            return frame[-1].end_ns
        place = octets.find(alert, place + 1)
    return None


def _budget(value_ms: float, case: Waveform, line: Waveform, settings: LatencySettings) -> Budget:
    """Where an edge lies between two samples is unknown by up to one interval, wherever interpolation puts it."""
    opening = [
        Contribution(
            "sampling of the opening", case.x_increment_ns, "ns", sensitivity=PER_NS, source="sample interval"
        ),
        Contribution(
            "edge time of the opening", settings.edge_time_ns, "ns", sensitivity=PER_NS, source="edge between levels"
        ),
    ]
    return Budget("ms", (*opening, *end_contributions(value_ms, line, settings)))


def end_contributions(value_ms: float, line: Waveform, settings: LatencySettings) -> list[Contribution]:
    """What the end of an alert, and the time base, contribute to the uncertainty of a latency in ms."""
    scope = settings.source or "oscilloscope's data sheet"
    stop_ns = settings.line.bits * settings.line.bit_ns * BAUD_TOLERANCE
    return [
        Contribution("oscilloscope timebase", settings.timebase_ppm, "ppm", sensitivity=value_ms * 1e-6, source=scope),
        Contribution(
            "sampling of the last start bit", line.x_increment_ns, "ns", sensitivity=PER_NS, source="sample interval"
        ),
        Contribution(
            "edge time of the last start bit",
            settings.edge_time_ns,
            "ns",
            sensitivity=PER_NS,
            source="edge between levels",
        ),
        Contribution("last character's duration", stop_ns, "ns", sensitivity=PER_NS, source="baud rate within 2 %"),
        Contribution("skew between channels", settings.channel_skew_ns, "ns", sensitivity=PER_NS, source=scope),
    ]

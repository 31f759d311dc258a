"""Which waveforms are drawn: those of failing values, the worst value and the first, and never more than are read.

Waveforms taken together (same length and time base, other channels, written one after the other) are one
acquisition. A reading belongs to the acquisition named by its fact ``waveform``, else to the one written just before
it; a test that reads its value from a waveform writes them in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.evidence.model import Entry, Judgement, Reading, WaveformEntry

FIRST = "the first acquisition"
WORST = "the value that comes nearest to its limit or exceeds it most"
OUTSIDE = "a value outside its acceptance limits"
LAST_BEFORE_STOP = "the last acquisition before the test stopped"


@dataclass
class Acquisition:
    """Channels acquired together, and the judged quantities read from them."""

    number: int
    waveforms: list[WaveformEntry]
    at_ns: int
    readings: list[Reading] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    @property
    def cursors(self) -> dict[str, float]:
        """The cursors of all its channels."""
        return {name: at for waveform in self.waveforms for name, at in waveform.cursors.items()}

    @property
    def title(self) -> str:
        """What its waveforms are called, each name once."""
        return ", ".join(dict.fromkeys(waveform.name for waveform in self.waveforms))

    def priority(self) -> int:
        """Lower is drawn first when not all can be."""
        order = (OUTSIDE, LAST_BEFORE_STOP, WORST, FIRST)
        return min((order.index(reason) for reason in self.why), default=len(order))


def group(entries: Sequence[Entry]) -> list[Acquisition]:
    """All acquisitions of a test in the order they were made, with their readings."""
    found: list[Acquisition] = []
    for entry in entries:
        body = entry.body
        if isinstance(body, WaveformEntry):
            if not (found and _together(found[-1], body)):
                found.append(Acquisition(len(found) + 1, [], entry.at_ns))
            found[-1].waveforms.append(body)
        elif isinstance(body, Reading) and found:
            named = body.facts.get("waveform")
            owner = next((one for one in found if any(part.name == named for part in one.waveforms)), found[-1])
            owner.readings.append(body)
    return found


def choose(found: Sequence[Acquisition], judgements: Sequence[Judgement], *, stopped: bool) -> list[Acquisition]:
    """Those worth drawing, each with the reasons why, in the order they were made."""
    if not found:
        return []
    found[0].why.append(FIRST)
    margins = [(one, _margin(one, judgements)) for one in found]
    judged = [(one, margin) for one, margin in margins if margin is not None]
    for one, margin in judged:
        if margin < 0:
            one.why.append(OUTSIDE)
    if judged:
        worst, _ = min(judged, key=lambda pair: pair[1])
        worst.why.append(WORST)
    if stopped:
        found[-1].why.append(LAST_BEFORE_STOP)
    return [one for one in found if one.why]


def _together(last: Acquisition, waveform: WaveformEntry) -> bool:
    """Same time base, and a channel that is not there yet. A reading in between closes an acquisition."""
    first = last.waveforms[0]
    same = (first.samples, first.x_increment_ns, first.x_origin_ns) == (
        waveform.samples,
        waveform.x_increment_ns,
        waveform.x_origin_ns,
    )
    labels = {one.channel_label for one in last.waveforms}
    return same and not last.readings and waveform.channel_label not in labels


def _margin(one: Acquisition, judgements: Sequence[Judgement]) -> float | None:
    """The least distance of its judged readings to an acceptance limit; below 0 is outside. None: not judged."""
    distances: list[float] = []
    for reading in one.readings:
        for judgement in judgements:
            if (judgement.name, judgement.unit) != (reading.name, reading.unit) or reading.value is None:
                continue
            if judgement.accept_at_most is not None:
                distances.append(judgement.accept_at_most - reading.value)
            if judgement.accept_at_least is not None:
                distances.append(reading.value - judgement.accept_at_least)
    return min(distances, default=None)

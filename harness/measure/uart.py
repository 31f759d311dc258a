"""Asynchronous serial characters out of a waveform, with the times of their edges (8N1, 7E1 and the like).

Each character is timed from its own start edge, so a sender whose baud rate is off is followed as long as the
middle of the stop bit still falls into the stop bit; :data:`BAUD_TOLERANCE` is what is promised. The record should
begin while the line is idle: a character that is under way at its beginning can't be told from a later one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.measure.errors import WaveformError
from harness.measure.waveform import LogicLevels, Waveform, find_edges

BAUD_TOLERANCE = 0.02
"""Relative error of the sender's baud rate that is followed: 0.19 bit at the middle of the tenth bit."""

MIN_SAMPLES_PER_BIT = 4
"""With fewer, an edge's place is too uncertain to find the middle of a late bit; 1 MSa/s at 115,200 Bd has 8.7."""


class Parity(StrEnum):
    """The parity bit after the data bits."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True)
class UartFormat:
    """What a serial line is set to. The line idles high and a start bit is low, as at a controller's pin."""

    baud_Bd: int
    data_bits: int = 8
    parity: Parity = Parity.NONE
    stop_bits: int = 1

    def __post_init__(self) -> None:
        if self.baud_Bd <= 0 or not 5 <= self.data_bits <= 8 or self.stop_bits not in {1, 2}:
            raise WaveformError(
                f"serial format {self.baud_Bd} Bd, {self.data_bits} data bits, {self.stop_bits} stop bits: "
                "expected a baud rate above 0, 5 to 8 data bits and 1 or 2 stop bits"
            )

    @property
    def bit_ns(self) -> float:
        """Nominal duration of one bit."""
        return 1e9 / self.baud_Bd

    @property
    def bits(self) -> int:
        """Bits of a whole character, from start to stop."""
        return 1 + self.data_bits + (self.parity is not Parity.NONE) + self.stop_bits


@dataclass(frozen=True)
class Character:
    """One character. Times in ns relative to the trigger; ``end_ns`` is the end of the (last) stop bit."""

    value: int
    start_ns: float
    end_ns: float
    framing_error: bool = False
    parity_error: bool = False

    @property
    def sound(self) -> bool:
        """Whether it was received without an error."""
        return not (self.framing_error or self.parity_error)


def decode(waveform: Waveform, levels: LogicLevels, line: UartFormat) -> list[Character]:
    """All characters that lie wholly inside the waveform.

    A low pulse that is over by the middle of the start bit is no start. After a framing error decoding goes on at
    the first start edge once the line has been high again.
    """
    if line.bit_ns < MIN_SAMPLES_PER_BIT * waveform.x_increment_ns:
        raise WaveformError(
            f"waveform {waveform.channel_label}: {waveform.x_increment_ns:g} ns per sample is too coarse for "
            f"{line.baud_Bd} Bd; take at most {line.bit_ns / MIN_SAMPLES_PER_BIT:g} ns per sample"
        )
    edges = find_edges(waveform, levels)
    if edges.initial_level is None:
        raise WaveformError(
            f"waveform {waveform.channel_label}: no sample is at a logic level (low ≤ {levels.low_V} V, "
            f"high ≥ {levels.high_V} V); check the probe and the vertical range"
        )
    return _characters(edges.times_ns.tolist(), edges.initial_level, waveform.end_ns, line)


def _characters(times_ns: Sequence[float], initial: bool, end_ns: float, line: UartFormat) -> list[Character]:
    """Edges alternate, so the level after the first k edges is ``initial`` turned over k times."""
    found: list[Character] = []
    index = 0 if initial else 1  # the first falling edge
    while index < len(times_ns):
        start_ns = times_ns[index]
        if start_ns + line.bits * line.bit_ns > end_ns:
            break
        levels = [
            bool(bisect_right(times_ns, start_ns + (bit + 0.5) * line.bit_ns) % 2) != initial
            for bit in range(line.bits)
        ]
        if levels[0]:  # high again in the middle of the start bit: a glitch
            index += 2
            continue
        character = _character(levels, start_ns, line)
        found.append(character)
        middle_of_stop_ns = start_ns + (line.bits - 0.5) * line.bit_ns
        index = _next_falling(times_ns, initial, middle_of_stop_ns)
    return found


def _character(levels: Sequence[bool], start_ns: float, line: UartFormat) -> Character:
    data = levels[1 : 1 + line.data_bits]
    value = sum(bit << place for place, bit in enumerate(data))  # least significant bit first
    parity_error = False
    if line.parity is not Parity.NONE:
        ones = sum(data) + levels[1 + line.data_bits]
        parity_error = ones % 2 != (line.parity is Parity.ODD)
    return Character(
        value=value,
        start_ns=start_ns,
        end_ns=start_ns + line.bits * line.bit_ns,
        framing_error=not all(levels[-line.stop_bits :]),
        parity_error=parity_error,
    )


def _next_falling(times_ns: Sequence[float], initial: bool, after_ns: float) -> int:
    """The index of the first falling edge from ``after_ns`` on; with the line low then, of the one after the rise."""
    index = bisect_left(times_ns, after_ns)
    level_before = bool(index % 2) != initial
    return index if level_before else index + 1

"""I2C transfers out of the two lines' waveforms, after NXP UM10204: START, bytes with acknowledge, STOP, and when.

SDA means a bit while SCL is high and must not change then, except as START (it falls) or STOP (it rises). A record
may begin and end inside a transfer; such a part is left out and said so (``begins_inside``, ``ends_inside``).
Anything else that does not fit is a :class:`BusError` with its time: nothing is skipped to make sense of the rest.

Two lines that change within one sample interval can't be put in order by it. They need not be: START and STOP keep
hold and set-up times of at least ``I2cTiming.condition_ns`` from SCL's edges, so with at least two samples in that
time a change of SDA next to an edge of SCL is a change of data.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.measure.errors import BusError, WaveformError
from harness.measure.waveform import Edges, LogicLevels, Waveform, find_edges, find_level_changes

BITS_PER_BYTE = 9
"""Eight and the acknowledge."""

MIN_SAMPLES = 2
"""In the shortest time that tells a START or STOP from data."""


@dataclass(frozen=True)
class I2cTiming:
    """The shortest times of a mode (UM10204 rev. 7, table 10), in ns."""

    name: str
    scl_low_ns: float
    scl_high_ns: float
    condition_ns: float
    """Between SDA's edge of a START or STOP and SCL's edge: the least of t_HD;STA, t_SU;STA and t_SU;STO."""


STANDARD_MODE = I2cTiming("Standard-mode (100 kbit/s)", 4_700, 4_000, 4_000)
FAST_MODE = I2cTiming("Fast-mode (400 kbit/s)", 1_300, 600, 600)


@dataclass(frozen=True)
class I2cByte:
    """One byte; ``end_ns`` is SCL's fall after its acknowledge."""

    value: int
    acknowledged: bool
    end_ns: float


@dataclass(frozen=True)
class I2cTransfer:
    """From START to STOP, or to the repeated START (``stopped`` False). Times in ns relative to the trigger."""

    address: int
    """Seven bits."""
    reading: bool
    acknowledged: bool
    """Whether a device answered to the address."""
    data: tuple[I2cByte, ...]
    start_ns: float
    end_ns: float
    stopped: bool

    @property
    def octets(self) -> bytes:
        """The data bytes."""
        return bytes(part.value for part in self.data)


@dataclass(frozen=True)
class I2cCapture:
    """All whole transfers of a record, in order of time."""

    transfers: tuple[I2cTransfer, ...]
    begins_inside: bool
    """The record begins inside a transfer; what is left of that one is not among them."""
    ends_inside: bool
    half_width_ns: float
    """Each time lies within this of the truth, on the oscilloscope's time base: half a sample interval, and skew."""


@dataclass
class _Bus:
    """Where the reader stands."""

    label: str
    timing: I2cTiming
    transfers: list[I2cTransfer] = field(default_factory=list)
    known: bool = False
    """A START or STOP has been seen, so it is known whether a transfer is open."""
    begins_inside: bool = False
    start_ns: float | None = None
    bits: list[bool] = field(default_factory=list)
    parts: list[I2cByte] = field(default_factory=list)


def decode_i2c(
    scl: Waveform,
    sda: Waveform,
    timing: I2cTiming = STANDARD_MODE,
    levels: LogicLevels | None = None,
    skew_ns: float = 0.0,
) -> I2cCapture:
    """The transfers in two waveforms of one acquisition: two digital channels, or two voltages with their ``levels``.

    ``skew_ns`` is the largest difference in delay between the two channels. Raises BusError for what the protocol
    excludes, WaveformError for waveforms that can't show a bus of this timing.
    """
    step_ns = _common_step(scl, sda, timing)
    clock, data = _edges(scl, levels), _edges(sda, levels)
    if clock.initial_level is None or data.initial_level is None:
        raise WaveformError(f"{scl.channel_label}, {sda.channel_label}: a line has no level; check the probes")
    bus = _Bus(f"{scl.channel_label}/{sda.channel_label}", timing)
    # A free bus has both lines high.
    bus.begins_inside = not (clock.initial_level and data.initial_level)
    margin_ns = step_ns + skew_ns
    times, changes = clock.times_ns.tolist(), data.times_ns.tolist()
    _check_clock(times, clock.initial_level, bus)
    # SCL's high phases, the first and the last perhaps cut by the record.
    bounds = [None, *times] if clock.initial_level else times
    for place in range(0, len(bounds), 2):
        rise_ns = bounds[place]
        fall_ns = bounds[place + 1] if place + 1 < len(bounds) else None
        _take_phase(bus, rise_ns, fall_ns, changes, data, margin_ns)
    ends_inside = bus.start_ns is not None or (not bus.known and bus.begins_inside)
    return I2cCapture(tuple(bus.transfers), bus.begins_inside, ends_inside, step_ns / 2 + skew_ns)


def _common_step(scl: Waveform, sda: Waveform, timing: I2cTiming) -> float:
    if (len(scl), scl.x_increment_ns, scl.x_origin_ns) != (len(sda), sda.x_increment_ns, sda.x_origin_ns):
        raise WaveformError(
            f"{scl.channel_label}, {sda.channel_label}: not of one acquisition; their time bases differ"
        )
    coarsest_ns = timing.condition_ns / MIN_SAMPLES
    if scl.x_increment_ns > coarsest_ns:
        raise WaveformError(
            f"{scl.channel_label}: {scl.x_increment_ns:g} ns per sample is too coarse for {timing.name}; "
            f"take at most {coarsest_ns:g} ns per sample"
        )
    return scl.x_increment_ns


def _edges(waveform: Waveform, levels: LogicLevels | None) -> Edges:
    if waveform.unit == "1":
        return find_level_changes(waveform)
    if levels is None:
        raise WaveformError(f"waveform {waveform.channel_label}: is a voltage; say which levels are low and high")
    return find_edges(waveform, levels)


def _check_clock(times: Sequence[float], initial: bool, bus: _Bus) -> None:
    """A pulse of less than half the time that the mode asks for is no clock."""
    for place in range(1, len(times)):
        was_high = bool(place % 2) != initial
        least_ns = (bus.timing.scl_high_ns if was_high else bus.timing.scl_low_ns) / 2
        if times[place] - times[place - 1] < least_ns:
            raise BusError(
                f"{bus.label}: SCL is {'high' if was_high else 'low'} for {times[place] - times[place - 1]:.0f} ns at "
                f"{times[place - 1]:.0f} ns: a glitch, or a bus faster than {bus.timing.name}",
                times[place - 1],
            )


def _take_phase(
    bus: _Bus, rise_ns: float | None, fall_ns: float | None, changes: list[float], data: Edges, margin_ns: float
) -> None:
    """One high phase of SCL: a bit, or STARTs and STOPs. None: the record begins or ends within it."""
    first = 0 if rise_ns is None else bisect_right(changes, rise_ns + margin_ns)
    last = len(changes) if fall_ns is None else bisect_left(changes, fall_ns - margin_ns)
    if first >= last:
        if fall_ns is not None:
            _take_bit(bus, rise_ns, fall_ns, data)
        return
    for index in range(first, last):
        if data.level_after(index):
            _take_stop(bus, changes[index])
        else:
            _take_start(bus, changes[index])
    if fall_ns is None and bus.start_ns is None:
        return
    if fall_ns is not None and bus.start_ns is None:
        raise BusError(f"{bus.label}: SCL falls at {fall_ns:.0f} ns though no transfer is open", fall_ns)


def _take_bit(bus: _Bus, rise_ns: float | None, fall_ns: float, data: Edges) -> None:
    if not bus.known:
        bus.begins_inside = True
        return
    if bus.start_ns is None or rise_ns is None:
        raise BusError(f"{bus.label}: SCL clocks at {fall_ns:.0f} ns though no transfer is open", fall_ns)
    bus.bits.append(data.level_at((rise_ns + fall_ns) / 2))
    if len(bus.bits) == BITS_PER_BYTE:
        value = sum(bit << (BITS_PER_BYTE - 2 - place) for place, bit in enumerate(bus.bits[:-1]))
        bus.parts.append(I2cByte(value, not bus.bits[-1], fall_ns))
        bus.bits.clear()


def _take_start(bus: _Bus, at_ns: float) -> None:
    if bus.start_ns is not None:
        _close(bus, at_ns, stopped=False)
    bus.known, bus.start_ns = True, at_ns


def _take_stop(bus: _Bus, at_ns: float) -> None:
    if bus.known and bus.start_ns is None:
        raise BusError(f"{bus.label}: a STOP at {at_ns:.0f} ns though no transfer is open: a glitch on SDA", at_ns)
    if bus.start_ns is not None:
        _close(bus, at_ns, stopped=True)
    else:
        bus.begins_inside = True
    bus.known, bus.start_ns = True, None


def _close(bus: _Bus, at_ns: float, *, stopped: bool) -> None:
    what = "STOP" if stopped else "START"
    if bus.bits:
        raise BusError(
            f"{bus.label}: a {what} at {at_ns:.0f} ns after {len(bus.bits)} bits of a byte; SDA must not change while "
            "SCL is high (UM10204 3.1.3)",
            at_ns,
        )
    if not bus.parts or bus.start_ns is None:
        raise BusError(f"{bus.label}: a {what} at {at_ns:.0f} ns right after a START (UM10204 3.1.10 note 5)", at_ns)
    head, *rest = bus.parts
    bus.transfers.append(
        I2cTransfer(head.value >> 1, bool(head.value & 1), head.acknowledged, tuple(rest), bus.start_ns, at_ns, stopped)
    )
    bus.parts.clear()

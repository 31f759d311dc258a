"""Where the time of an alert went: sensor, decision, signature, queue and line, seen on the wires between the parts.

From outside, a meter's stages show only where they pass a wire: the bus to its sensor and its secure element, and the
modem line. So the parts are those between these marks, in the order they come in:

* **sensor**: from the stimulus to the end of the last read of the sensor before the secure element is used. A switch
  on a line of its own is not read over the bus, and has no such part.
* **decision**: from there to the first transfer with the secure element.
* **signature**: from there to the end of the read that brings as many octets as a signature has, the last one before
  the frame begins.
* **queue**: from there to the first start bit of the alert's frame.
* **line**: from there to its last stop bit.

A meter whose secure element is not on the probed bus shows no more than what can be seen; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.i2c import I2cTransfer
from harness.measure.latency import Latency
from harness.measure.uart import Character

SIGNATURE_OCTETS = 64
"""r and s of ECDSA P-256."""
_NS_PER_MS = 1e6


@dataclass(frozen=True)
class BusAddresses:
    """Who is who on the probed bus: seven-bit addresses; ``sensor`` is None where the cause has none there."""

    secure_element: int
    sensor: int | None = None


@dataclass(frozen=True)
class LatencyParts:
    """The parts in ms by name, in their order; they add up to the latency. Without them ``reason`` says why."""

    parts_ms: tuple[tuple[str, float], ...] = ()
    reason: str = ""


def split_latency(
    latency: Latency, alert: bytes, characters: Sequence[Character], transfers: Sequence[I2cTransfer], bus: BusAddresses
) -> LatencyParts:
    """The parts of ``latency``, from the modem line's characters and the bus's transfers of the same acquisition."""
    if latency.t0_ns is None or latency.end_ns is None:
        return LatencyParts(reason=f"the latency itself was not found: {latency.reason or 'no value'}")
    begin_ns = _begin_of(alert, latency.end_ns, characters)
    if begin_ns is None:
        return LatencyParts(reason="the alert's first start bit is not in the record")
    between = [one for one in transfers if latency.t0_ns < one.start_ns and one.end_ns < begin_ns]
    used = [one for one in between if one.address == bus.secure_element]
    signed = [one for one in used if one.reading and len(one.octets) >= SIGNATURE_OCTETS]
    if not signed:
        return LatencyParts(
            reason=f"no read of {SIGNATURE_OCTETS} octets or more from {bus.secure_element:#04x} between the stimulus "
            "and the alert, so the signature's making was not seen"
        )
    marks = [("decision", used[0].start_ns), ("signature", signed[-1].end_ns)]
    read = [one for one in between if _brings_data(one, bus.sensor) and one.end_ns <= used[0].start_ns]
    if bus.sensor is not None and not read:
        return LatencyParts(reason=f"no read of the sensor at {bus.sensor:#04x} before the secure element was used")
    if read:
        marks.insert(0, ("sensor", read[-1].end_ns))
    marks += [("queue", begin_ns), ("line", latency.end_ns)]
    starts = [latency.t0_ns, *(at_ns for _, at_ns in marks[:-1])]
    return LatencyParts(
        tuple((name, (at_ns - start_ns) / _NS_PER_MS) for (name, at_ns), start_ns in zip(marks, starts, strict=True))
    )


def _brings_data(transfer: I2cTransfer, sensor: int | None) -> bool:
    return transfer.address == sensor and transfer.reading and transfer.acknowledged and bool(transfer.octets)


def _begin_of(alert: bytes, end_ns: float, characters: Sequence[Character]) -> float | None:
    """The start bit of the first character of the frame that ends at ``end_ns``."""
    ends = [place for place, one in enumerate(characters) if one.end_ns == end_ns]
    if not ends or ends[0] + 1 < len(alert):
        return None
    frame = characters[ends[0] + 1 - len(alert) : ends[0] + 1]
    return frame[0].start_ns if bytes(one.value for one in frame) == alert else None

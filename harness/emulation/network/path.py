"""The network between the modem and the head-end, impaired as a Linux box with the queueing discipline netem does it.

Packets are 62056-47 wrapper frames: the modem sends one on when it is whole, and what is no frame after a silence.
Each direction has its own impairment. Source of the terms and of what they do to a packet: tc-netem(8). Without an
impairment the octets pass as they come, each with its own time, and nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.world import PlainComponent, World

COMPONENT = "modem network"
PPM = 1_000_000
HEADER_OCTETS = 8
SILENCE_NS = 20_000_000
"""After it the modem passes on what is no whole frame."""
Towards = Literal["head-end", "meter"]
TOWARDS: tuple[Towards, ...] = ("head-end", "meter")


@dataclass(frozen=True)
class Impairment:
    """What one direction does to packets. ``slot``: they leave only at moments that far apart (a duty limit)."""

    delay_ns: int = 0
    jitter_ns: int = 0
    loss_ppm: int = 0
    duplicate_ppm: int = 0
    reorder_ppm: int = 0
    rate_bps: int = 0
    slot_min_ns: int = 0
    slot_max_ns: int = 0

    @property
    def is_none(self) -> bool:
        """Whether packets pass untouched. Asked for at every octet."""
        return self is UNIMPAIRED or self == UNIMPAIRED


UNIMPAIRED = Impairment()


@dataclass
class DirectionState:
    """One direction: its impairment and what shapes the next packet."""

    impairment: Impairment = UNIMPAIRED
    line_free_ns: int = 0
    slot_ns: int = 0


@dataclass
class PathState:
    """Both directions, and the octets of a packet that is not whole yet."""

    directions: dict[str, DirectionState] = field(
        default_factory=lambda: {towards: DirectionState() for towards in TOWARDS}
    )
    gathered: bytearray = field(default_factory=bytearray)
    last_octet_ns: int = 0


class NetworkPath(PlainComponent):
    """The network behind the modem's serial line."""

    state: PathState

    def __init__(self, world: World, endpoint: SerialEndpoint) -> None:
        self._endpoint = endpoint
        self.state = PathState()
        super().__init__(world, COMPONENT)
        endpoint.carrier = self

    def impair(self, towards: str, impairment: Impairment) -> None:
        """From now on; packets on their way keep their time."""
        self.state.directions[towards].impairment = impairment

    def impairment(self, towards: str) -> Impairment:
        """What that direction does now."""
        return self.state.directions[towards].impairment

    def takes_octet(self, octet: int, end_ns: int) -> bool:
        """An octet of the meter has ended; False if it passes untouched."""
        state = self.state
        if self.impairment("head-end").is_none and not state.gathered:
            return False
        if not state.gathered:
            self.world.schedule(end_ns + SILENCE_NS, self.name, "silence")
        state.gathered.append(octet)
        state.last_octet_ns = end_ns
        if self._is_frame():
            self._send_gathered()
        return True

    def takes_packet(self, octets: bytes) -> bool:
        """The head-end sends octets; False if they pass untouched."""
        if self.impairment("meter").is_none:
            return False
        self._send("meter", octets)
        return True

    def on_event(self, kind: str, argument: Any) -> None:
        """``arrived``: a packet is there. ``silence``: what was gathered is no frame, if nothing came since."""
        if kind == "arrived":
            towards, octets = argument
            if towards == "meter":
                self._endpoint.send(octets)
            else:
                self._endpoint.deliver(octets)
        elif kind == "silence":
            self._end_of_silence()
        else:
            super().on_event(kind, argument)

    def _end_of_silence(self) -> None:
        state = self.state
        if not state.gathered:
            return
        quiet_at_ns = state.last_octet_ns + SILENCE_NS
        if quiet_at_ns > self.world.now_ns:
            self.world.schedule(quiet_at_ns, self.name, "silence")
        else:
            self._send_gathered()

    def _is_frame(self) -> bool:
        octets = self.state.gathered
        return len(octets) >= HEADER_OCTETS and len(octets) >= HEADER_OCTETS + int.from_bytes(octets[6:8], "big")

    def _send_gathered(self) -> None:
        octets = bytes(self.state.gathered)
        self.state.gathered.clear()
        self.world.cancel(self.name, "silence")
        self._send("head-end", octets)

    def _send(self, towards: str, octets: bytes) -> None:
        direction = self.state.directions[towards]
        impairment = direction.impairment
        if self._happens(impairment.loss_ppm):
            return
        copies = 2 if self._happens(impairment.duplicate_ppm) else 1
        for _ in range(copies):
            at_ns = self._leaves_at_ns(direction, len(octets))
            self.world.schedule(at_ns, self.name, "arrived", (towards, octets))

    def _leaves_at_ns(self, direction: DirectionState, octets: int) -> int:
        impairment = direction.impairment
        at_ns = self.world.now_ns
        if not self._happens(impairment.reorder_ppm):
            low_ns, high_ns = -min(impairment.jitter_ns, impairment.delay_ns), impairment.jitter_ns
            at_ns += impairment.delay_ns + self._draw(low_ns, high_ns)
        if impairment.rate_bps:
            direction.line_free_ns = (
                max(direction.line_free_ns, at_ns) + octets * 8 * 1_000_000_000 // impairment.rate_bps
            )
            at_ns = direction.line_free_ns
        if impairment.slot_max_ns:
            at_ns = self._next_slot_ns(direction, at_ns)
        return at_ns

    def _next_slot_ns(self, direction: DirectionState, at_ns: int) -> int:
        """Slots go on while nothing is sent; where they stand then is chance."""
        impairment = direction.impairment
        if at_ns - direction.slot_ns > impairment.slot_max_ns:
            direction.slot_ns = at_ns + self._draw(0, impairment.slot_max_ns)
        while direction.slot_ns < at_ns:
            direction.slot_ns += max(1, self._draw(impairment.slot_min_ns, impairment.slot_max_ns))
        return direction.slot_ns

    def _happens(self, chance_ppm: int) -> bool:
        return chance_ppm > 0 and self._draw(1, PPM) <= chance_ppm

    def _draw(self, low: int, high: int) -> int:
        return low if low == high else self.world.stream(COMPONENT).take_int(low, high)


def find_network(world: World) -> NetworkPath:
    """The network of that world."""
    path = world.component(COMPONENT)
    if not isinstance(path, NetworkPath):
        raise TypeError(f"component {COMPONENT!r} is a {type(path).__name__}, expected a NetworkPath")
    return path

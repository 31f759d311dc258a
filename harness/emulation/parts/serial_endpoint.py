"""The far end of one of the meter's serial lines: the modem, the optical head, the diagnostic cable.

It sends whole characters one after another at its own rate and keeps what the meter sent, with the time at which
the last stop bit ended. Whoever waits for it is woken through ``world.signal`` with the endpoint's topic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.emulation.parts.serial_frame import (
    FrameSink,
    LineSettings,
    decode_character,
    encode_character,
    line_settings,
)
from harness.emulation.world import PlainComponent, World


class Carrier(Protocol):
    """What lies behind this end: it may take octets and bring them later, or not at all."""

    def takes_octet(self, octet: int, end_ns: int) -> bool:
        """An octet of the meter has ended; False if it passes untouched."""

    def takes_packet(self, octets: bytes) -> bool:
        """Octets for the meter; False if they pass untouched."""


@dataclass
class EndpointState:
    """Settings, what still waits to be sent, what was received and not yet taken."""

    line: LineSettings
    sending: bytearray = field(default_factory=bytearray)
    frame_end_ns: int = 0
    active: bool = False
    received: bytearray = field(default_factory=bytearray)
    received_ns: list[int] = field(default_factory=list)
    bad_characters: int = 0


class SerialEndpoint(PlainComponent):
    """One end of a line. ``meter`` is the UART at the other end, set when the board is wired."""

    state: EndpointState

    def __init__(self, world: World, name: str, *, topic: str, baud: int, framing: str) -> None:
        self.topic = topic
        self.meter: FrameSink | None = None
        self.carrier: Carrier | None = None
        self.state = EndpointState(line_settings(baud, framing))
        super().__init__(world, name)

    def set_line(self, baud: int, framing: str) -> None:
        """Change rate and framing (a reading head that follows a baud change-over)."""
        self.state.line = line_settings(baud, framing)

    def write(self, data: bytes) -> None:
        """Send bytes to the meter, through what carries them."""
        if self.carrier is None or not self.carrier.takes_packet(data):
            self.send(data)

    def send(self, data: bytes) -> None:
        """Put bytes on the line, after those that are still being sent."""
        state = self.state
        state.sending += data
        if state.sending and not state.active:
            self._start(self.world.now_ns)

    @property
    def idle_at_ns(self) -> int:
        """When the last byte written so far will have left the line (now, if nothing is being sent)."""
        state = self.state
        if not state.active:
            return self.world.now_ns
        rest = len(state.sending) * state.line.frame_bits * state.line.bit_fs // 1_000_000
        return state.frame_end_ns + rest

    def take(self) -> list[tuple[int, int]]:
        """What came from the meter since the last call: (end of the stop bit in ns, byte)."""
        state = self.state
        taken = list(zip(state.received_ns, state.received, strict=True))
        state.received_ns.clear()
        state.received.clear()
        return taken

    @property
    def bad_characters(self) -> int:
        """Characters of the meter that could not be read at this end's settings since the start."""
        return self.state.bad_characters

    def take_frame(self, bits: tuple[bool, ...], bit_fs: int, end_ns: int) -> None:
        """A character of the meter ended (called by its UART)."""
        character = decode_character(bits, bit_fs, self.state.line)
        if not character.ok:
            self.state.bad_characters += 1
            return
        if self.carrier is not None and self.carrier.takes_octet(character.byte, end_ns):
            return
        self.state.received.append(character.byte)
        self.state.received_ns.append(end_ns)
        self.world.signal(self.topic)

    def deliver(self, octets: bytes) -> None:
        """Octets of the meter that were carried have come, now."""
        self.state.received += octets
        self.state.received_ns += [self.world.now_ns] * len(octets)
        self.world.signal(self.topic)

    def on_event(self, kind: str, argument: Any) -> None:
        """``sent``: a character has ended; hand it over and start the next."""
        if kind != "sent":
            super().on_event(kind, argument)
        bit_fs, bits = argument
        state = self.state
        end_ns = state.frame_end_ns
        state.active = False
        if state.sending:
            self._start(end_ns)
        if self.meter is not None:
            self.meter.take_frame(bits, bit_fs, end_ns)

    def _start(self, start_ns: int) -> None:
        """Send the next byte from ``start_ns`` on: its own end is exact, whenever the processor let the event in."""
        state = self.state
        byte = state.sending.pop(0)
        bits = encode_character(byte, state.line)
        state.frame_end_ns = start_ns + len(bits) * state.line.bit_fs // 1_000_000
        state.active = True
        due_ns = max(state.frame_end_ns, self.world.now_ns)
        self.world.schedule(due_ns, self.name, "sent", (state.line.bit_fs, bits))

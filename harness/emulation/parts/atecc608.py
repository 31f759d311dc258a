"""The secure element: the commands, status codes and times of a Microchip ATECC608 with one private key.

Source: Microchip's CryptoAuthLib (packet format, opcodes, modes, execution times for ChipMode clock divider M0),
data sheet summary ATECC608A (wake, watchdog). The key is a published test key: SHA-256 of "tamperbench reference
device key " and the meter's serial number. It protects nothing and must never be used outside a bench.

What happens inside a command is in ``atecc608_commands``; here are bus, packets, sleep and time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.emulation.parts.atecc608_commands import (
    STATUS_COMM,
    Command,
    CommandSet,
    ElementMemory,
    Volatile,
    draw_times,
)
from harness.emulation.world import PlainComponent, World

ADDRESS = 0x60
WAKE_LOW_NS = 60_000
WAKE_REPLY = bytes.fromhex("0411 3343")
WORD_RESET, WORD_SLEEP, WORD_IDLE, WORD_COMMAND = 0x00, 0x01, 0x02, 0x03
CRC_POLYNOMIAL = 0x8005
SHORTEST_PACKET, LONGEST_PACKET = 7, 155


def crc16(data: bytes) -> bytes:
    """CRC-16 of the packets: polynomial 8005, start 0, each byte from bit 0, low byte first."""
    crc = 0
    for byte in data:
        for index in range(8):
            top = crc >> 15 & 1
            crc = crc << 1 & 0xFFFF
            if top != byte >> index & 1:
                crc ^= CRC_POLYNOMIAL
    return crc.to_bytes(2, "little")


def make_packet(body: bytes) -> bytes:
    """Count byte, body, CRC."""
    counted = bytes([len(body) + 3]) + body
    return counted + crc16(counted)


@dataclass
class Atecc608State:
    """Sleep and time, the two buffers of the interface, volatile and lasting contents."""

    memory: ElementMemory
    awake: bool = False
    ready_ns: int = 0
    incoming: bytearray = field(default_factory=bytearray)
    reply: bytes = b""
    reply_at: int = 0
    reading: bool = False
    volatile: Volatile = field(default_factory=Volatile)
    fed: bool = True
    """Whether the bench leaves the part its supply."""


class Atecc608(PlainComponent):
    """The part at 0x60 on the bus."""

    state: Atecc608State
    address = ADDRESS

    def __init__(self, world: World, name: str, serial: str) -> None:
        self.commands = CommandSet(serial, world)
        self.times = draw_times(world, name)
        self.state = Atecc608State(ElementMemory())
        super().__init__(world, name)

    @property
    def public_key(self) -> bytes:
        """X and Y of slot 0, 64 bytes."""
        return self.commands.public_key

    # Bus

    def see_low_pulse(self, low_ns: int) -> None:
        """SDA low for at least 60 us wakes a sleeping part."""
        state = self.state
        if state.awake or not state.fed or low_ns < WAKE_LOW_NS:
            return
        state.awake = True
        state.ready_ns = self.world.now_ns + self.times.wake_ns
        self._set_reply(WAKE_REPLY)
        self._restart_watchdog()

    def select(self, reading: bool) -> bool:
        """No acknowledge while asleep, waking up or executing."""
        state = self.state
        if not state.awake or self.world.now_ns < state.ready_ns:
            return False
        state.reading = reading
        state.incoming.clear()
        return True

    def take_byte(self, byte: int) -> bool:
        """Collect a word address and what follows."""
        self.state.incoming.append(byte)
        return True

    def give_byte(self) -> int:
        """The reply, and FF after its end."""
        state = self.state
        byte = state.reply[state.reply_at] if state.reply_at < len(state.reply) else 0xFF
        state.reply_at += 1
        return byte

    def end(self, stopped: bool) -> None:
        """The end of a write is what starts a command."""
        del stopped  # a repeated START ends a transfer as well
        state = self.state
        if state.reading or not state.incoming:
            return
        word, packet = state.incoming[0], bytes(state.incoming[1:])
        state.incoming.clear()
        if word == WORD_COMMAND:
            self._take_packet(packet)
        elif word == WORD_RESET:
            state.reply_at = 0
        elif word == WORD_IDLE:
            self._idle()
        elif word == WORD_SLEEP:
            self._sleep()

    # Commands

    def _take_packet(self, packet: bytes) -> None:
        state = self.state
        count = packet[0] if packet else 0
        body = packet[:count]
        if not SHORTEST_PACKET <= count <= LONGEST_PACKET or len(body) < count or crc16(body[:-2]) != body[-2:]:
            self._set_reply(make_packet(bytes([STATUS_COMM])))
            return
        command = Command(body[1], body[2], int.from_bytes(body[3:5], "little"), body[5:-2])
        answer = self.commands.execute(state.memory, state.volatile, command)
        state.ready_ns = self.world.now_ns + self.times.execution_ns(command.opcode, answer)
        self._set_reply(make_packet(answer))

    def _set_reply(self, reply: bytes) -> None:
        self.state.reply, self.state.reply_at = reply, 0

    # Sleep

    def _restart_watchdog(self) -> None:
        self.world.cancel(self.name, "watchdog")
        self.world.schedule(self.world.now_ns + self.times.watchdog_ns, self.name, "watchdog")

    def on_event(self, kind: str, argument: Any) -> None:
        """Some 1.3 s after waking the part sleeps, whatever it does; or the relay in its supply works."""
        if kind == "unfed":
            self.state.fed = not argument
            self.power_off()
        elif kind == "watchdog":
            self._sleep()
        else:
            super().on_event(kind, argument)

    def _sleep(self) -> None:
        """Volatile contents are lost."""
        self.state.volatile = Volatile()
        self._idle()

    def _idle(self) -> None:
        """Low power with volatile contents kept; only a wake pulse brings it back."""
        self.world.cancel(self.name, "watchdog")
        self.state.awake = False
        self._set_reply(b"")

    def power_off(self) -> None:
        """Supply gone: as asleep; counters and configuration stay."""
        self._sleep()
        self.state.incoming.clear()
        self.state.ready_ns = self.world.now_ns

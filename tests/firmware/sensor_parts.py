"""The host meter's sensors, written for these tests alone: Hall sensor, TMAG5273, metrology front end.

Independent of the emulated bench's parts on purpose: two readings of the same contract (firmware_ref/README.md, Board).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

FULL_SCALE_CODES = 9_032_007
FILTER_US = 36_000
Field = tuple[float, float, float]


@dataclass
class Hall:
    """The reference part at 0x1E: 10 uT per bit, data in the order X, Z, Y, clipped at 200 mT.

    ``peak_mT`` is what the comparator saw lately, ``wave`` the field by the time in us, in place of ``field_mT``.
    ``keeps_ready``: old data still count as ready, as after a single measurement. ``is_overloaded``: the flag alone.
    """

    address: int = 0x1E
    field_mT: Field = (0.0, 0.0, 0.05)
    is_present: bool = True
    is_ready: bool = True
    keeps_ready: bool = False
    is_overloaded: bool = False
    is_stuck: bool = False
    peak_mT: float = 0.0
    wave: Callable[[int], Field] | None = None
    has_exceeded: bool = False
    registers: dict[int, int] = field(default_factory=dict)
    reads_us: list[int] = field(default_factory=list)
    writes: list[tuple[int, int]] = field(default_factory=list)

    def power_on(self) -> None:
        self.registers = {0: 0x70, 1: 0, 2: 3}

    def transfer(self, now_us: int, tx: bytes, rx_length: int) -> str:
        if not self.is_present:
            return "nack"
        for offset, value in enumerate(tx[1:]):
            register = (tx[0] + offset) % 0x0E
            self.registers[register] = value
            self.writes.append((register, value))
            self.has_exceeded = self.has_exceeded and register != 0x0D
        if self.wave is not None:
            self.field_mT = self.wave(now_us)
        if not rx_length:
            return "ack -"
        level = self.registers.get(0x0D, 0)
        self.has_exceeded = self.has_exceeded or 0 < level <= self.peak_mT
        self.reads_us.append(now_us)
        image = self._image()
        return "ack " + bytes(image[tx[0] + i] for i in range(rx_length)).hex()

    def _image(self) -> bytes:
        codes = [round(value * 100) for value in self.field_mT]
        if not self.is_stuck:
            codes[1] += len(self.reads_us) % 2  # noise, without which no sensor is
        is_over = any(abs(code) > 20_000 for code in codes)
        x, y, z = (max(-20_000, min(20_000, code)) for code in codes)
        data = b"".join(value.to_bytes(2, "big", signed=True) for value in (x, z, y))
        is_running = self.registers[1] == 0x20 and self.registers[2] == 0 and self.is_ready
        status = self.has_exceeded << 3 | (is_running or self.keeps_ready) | (is_over or self.is_overloaded) << 2
        return bytes(self.registers[i] for i in range(3)) + data + bytes([status]) + b"TB1"


@dataclass
class Tmag:
    """A TMAG5273A2 at 0x35: 266 mT are 32768 bits, data in the order X, Y, Z."""

    address: int = 0x35
    field_mT: Field = (0.0, 0.0, 0.05)
    is_present: bool = True
    is_ready: bool = True
    registers: bytearray = field(default_factory=lambda: bytearray(0x1D))
    reads_us: list[int] = field(default_factory=list)

    def power_on(self) -> None:
        self.registers = bytearray(0x1D)
        self.registers[0x18] = 0x10

    def transfer(self, now_us: int, tx: bytes, rx_length: int) -> str:
        if not self.is_present:
            return "nack"
        for offset, value in enumerate(tx[1:]):
            register = tx[0] + offset
            if register == 0x18:
                self.registers[register] &= ~(value & 0x10)
            else:
                self.registers[register] = value
        if not rx_length:
            return "ack -"
        self.reads_us.append(now_us)
        is_running = self.is_ready and (self.registers[1] & 3, self.registers[2] >> 4, self.registers[3]) == (2, 7, 3)
        for axis, value in enumerate(self.field_mT):
            noise = 2 * (len(self.reads_us) % 2)
            code = max(-32_768, min(32_767, round(value / 266 * 32_768) + noise))
            at = 0x12 + 2 * axis
            self.registers[at : at + 2] = code.to_bytes(2, "big", signed=True)
        self.registers[0x18] = self.registers[0x18] & 0x10 | is_running
        return "ack " + bytes(self.registers[tx[0] : tx[0] + rx_length]).hex()


@dataclass
class FrontEnd:
    """An ADE7953: RMS and power registers, and the unlocking that register 0x120 needs. A lagging angle is positive.

    The RMS values of the currents follow them through a filter of the squares; nothing else is delayed.
    ``is_late``: accesses last too long. ``silence``: what the line reads while nobody drives it.
    """

    line_A: float = 5.0
    neutral_A: float = 5.0
    voltage_V: float = 230.0
    line_deg: float = 0.0
    neutral_deg: float = 0.0
    line_crest: float = 1.4142
    neutral_crest: float = 1.4142
    peak_reads: int = 0
    is_present: bool = True
    is_late: bool = False
    silence: int = 0xFF
    is_unlocked: bool = False
    required: int = 0
    squares_A2: tuple[float, float] = (0.0, 0.0)
    followed_us: int = 0

    def power_on(self) -> None:
        self.is_unlocked, self.required = False, 0
        self.squares_A2, self.followed_us = (0.0, 0.0), 0

    def follow(self, now_us: int) -> None:
        """Lets the filter run until now with the currents as they are."""
        left = math.exp((self.followed_us - now_us) / FILTER_US)
        of_line, of_neutral = self.squares_A2
        self.squares_A2 = (
            self.line_A**2 + (of_line - self.line_A**2) * left,
            self.neutral_A**2 + (of_neutral - self.neutral_A**2) * left,
        )
        self.followed_us = now_us

    def access(self, out: bytes, now_us: int) -> bytes:
        self.follow(now_us)
        if not self.is_present:
            return bytes([self.silence]) * len(out)
        address, direction, data = int.from_bytes(out[:2], "big"), out[2], out[3:]
        if direction == 0x80:
            return out[:3] + self._value(address).to_bytes(len(data), "big")
        assert direction == 0, f"direction {direction:02X}"
        if address == 0x120 and self.is_unlocked:
            self.required = int.from_bytes(data, "big")
        self.is_unlocked = (address, data) == (0xFE, b"\xad")
        return out

    def _value(self, address: int) -> int:
        line_A, neutral_A = (math.sqrt(square) for square in self.squares_A2)
        full_scales = {0x21A: (line_A, 100), 0x21B: (neutral_A, 100), 0x21C: (self.voltage_V, 500)}
        if address == 0x120:
            return self.required
        if address in (0x212, 0x213, 0x214):
            current_A, degrees = (
                (self.neutral_A, self.neutral_deg) if address == 0x213 else (self.line_A, self.line_deg)
            )
            part = math.sin(math.radians(degrees)) if address == 0x214 else math.cos(math.radians(degrees))
            return round(self.voltage_V * current_A * part / 50_000 * 4_862_401) & 0xFFFFFF
        if address in (0x229, 0x22B):
            self.peak_reads += address == 0x229
            line = self.line_A * self.line_crest, self.neutral_A * self.neutral_crest
            return round(line[address == 0x22B] / 141.4214 * 6_500_000)
        value, full_scale = full_scales[address]
        return round(value / full_scale * FULL_SCALE_CODES)


@dataclass
class Accelerometer:
    """A LIS3DH at 0x18 at rest or not, with a digit of noise; no filter, no interrupt of its own.

    ``is_new``: it has data that were not read yet.
    """

    gravity_mg: tuple[int, int, int] = (0, 0, 1000)
    is_present: bool = True
    is_stuck: bool = False
    is_new: bool = True
    registers: bytearray = field(default_factory=lambda: bytearray(0x40))
    reads_us: list[int] = field(default_factory=list)
    address: int = 0x18

    def power_on(self) -> None:
        self.registers = bytearray(0x40)

    def transfer(self, now_us: int, tx: bytes, rx_length: int) -> str:
        if not self.is_present:
            return "nack"
        at = tx[0] & 0x7F
        for offset, value in enumerate(tx[1:]):
            self.registers[at + offset] = value
        if not rx_length:
            return "ack -"
        self.reads_us.append(now_us)
        noise = 0 if self.is_stuck else len(self.reads_us) % 2
        for axis, value in enumerate(self.gravity_mg):
            octets = ((value + noise) * 16).to_bytes(2, "little", signed=True)
            self.registers[0x28 + 2 * axis : 0x2A + 2 * axis] = octets
        self.registers[0x27] = 0x0F if self.is_new else 0
        return "ack " + bytes(self.registers[at : at + rx_length]).hex()

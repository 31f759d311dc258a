"""The parts on the host meter's I2C bus, written for these tests alone: an EEPROM that tears pages, a secure element.

Independent of the emulated bench's parts on purpose: two readings of the same data sheets.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

PAGE_BYTES = 64
EEPROM_BYTES = 32768
WRITE_CYCLE_US = 5000


def seeded(seed: int) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing secret comes of it


@dataclass
class Eeprom:
    """A 24LC256. `tear_after_writes` cuts the power during the write that many from now."""

    memory: bytearray = field(default_factory=lambda: bytearray(b"\xff" * EEPROM_BYTES))
    pointer: int = 0
    busy_until_us: int = 0
    writes: int = 0
    tear_after_writes: int | None = None
    chance: random.Random = field(default_factory=lambda: seeded(1))
    is_present: bool = True
    silent_from: int | None = None
    """A page: from its next access on the part is silent for `silent_us`, once."""
    silent_us: int = 40_000
    silent_until_us: int = 0
    accesses: list[tuple[int, bool]] = field(default_factory=list)
    """Page and whether it was written, of whatever has been acknowledged."""

    def transfer(self, now_us: int, tx: bytes, rx_length: int) -> str:
        if not self.is_present or now_us < self.busy_until_us:
            return "nack"
        if len(tx) >= 2 and self.silent_from == int.from_bytes(tx[:2], "big") // PAGE_BYTES:
            self.silent_from, self.silent_until_us = None, now_us + self.silent_us
        if now_us < self.silent_until_us:
            return "nack"
        if len(tx) >= 2:
            self.accesses.append((int.from_bytes(tx[:2], "big") // PAGE_BYTES, len(tx) > 2))
            self.pointer = int.from_bytes(tx[:2], "big") % EEPROM_BYTES
            if len(tx) > 2:
                self._write(now_us, tx[2:])
        data = bytes(self.memory[(self.pointer + i) % EEPROM_BYTES] for i in range(rx_length))
        return "ack " + (data.hex() or "-")

    def _write(self, now_us: int, data: bytes) -> None:
        page = self.pointer - self.pointer % PAGE_BYTES
        old = bytes(self.memory[page : page + PAGE_BYTES])
        for i, octet in enumerate(data):
            self.memory[page + (self.pointer + i) % PAGE_BYTES] = octet
        self.busy_until_us = now_us + WRITE_CYCLE_US
        if self.tear_after_writes is not None and self.writes == self.tear_after_writes:
            new = bytes(self.memory[page : page + PAGE_BYTES])
            garbage = self.chance.randbytes(PAGE_BYTES)
            torn = bytes(self.chance.choice(octets) for octets in zip(old, new, garbage, strict=True))
            self.memory[page : page + PAGE_BYTES] = torn
            raise PowerCut
        self.writes += 1


class PowerCut(Exception):  # noqa: N818 - an event of the test, not an error
    """The supply ends here."""


def crc16(data: bytes) -> bytes:
    crc = 0
    for octet in data:
        for bit in range(8):
            is_different = (octet >> bit & 1) != crc >> 15
            crc = crc << 1 & 0xFFFF ^ (0x8005 if is_different else 0)
    return crc.to_bytes(2, "little")


@dataclass
class SecureElement:
    """An ATECC608 as far as the meter uses it: Info, Counter, Nonce into the digest buffer, Sign."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.derive_private_key(
            int.from_bytes(hashlib.sha256(b"host test key").digest(), "big") >> 1, ec.SECP256R1()
        )
    )
    counter: int = 0
    is_present: bool = True
    is_awake: bool = False
    woken_at_us: int = 0
    ready_at_us: int = 0
    reply: bytes = b""
    digest: bytes = b""
    opcodes: list[int] = field(default_factory=list)
    slow_us: int = 0
    fail_next: int | None = None
    spoil_next: tuple[int, int] | None = None
    """An opcode and which octet from the end of its reply is changed on the line, once."""
    deaf_to_next: int | None = None
    """An opcode that is not acknowledged, once."""

    def wake(self, now_us: int) -> None:
        if self.is_present and not self._is_awake(now_us):
            self.is_awake, self.woken_at_us = True, now_us
            self.ready_at_us = now_us + 1500
            self.reply = bytes.fromhex("04113343")

    def _is_awake(self, now_us: int) -> bool:
        return self.is_awake and now_us - self.woken_at_us < 1_300_000

    def transfer(self, now_us: int, tx: bytes, rx_length: int) -> str:
        if not self.is_present or not self._is_awake(now_us) or now_us < self.ready_at_us:
            return "nack"
        if len(tx) > 2 and tx[2] == self.deaf_to_next:
            self.deaf_to_next = None
            return "nack"
        if tx:
            self._take(now_us, tx)
        return "ack " + (self.reply.ljust(rx_length, b"\xff")[:rx_length].hex() or "-") if rx_length else "ack -"

    def _take(self, now_us: int, tx: bytes) -> None:
        if tx[0] == 1:
            self.is_awake = False
            return
        packet = tx[1:]
        assert (tx[0], packet[0]) == (3, len(packet)), tx.hex()
        assert crc16(packet[:-2]) == packet[-2:]
        opcode, mode, key, data = packet[1], packet[2], packet[3:5], packet[5:-2]
        self.opcodes.append(opcode)
        time_us, body = self._execute(opcode, mode, key, data)
        if self.fail_next == opcode:
            self.fail_next, body = None, b"\x0f"
        reply = bytes([len(body) + 3]) + body
        self.reply = reply + crc16(reply)
        if self.spoil_next is not None and self.spoil_next[0] == opcode:
            at = len(self.reply) - self.spoil_next[1]
            self.reply = self.reply[:at] + bytes([self.reply[at] ^ 1]) + self.reply[at + 1 :]
            self.spoil_next = None
        self.ready_at_us = now_us + time_us + self.slow_us

    def _execute(self, opcode: int, mode: int, key: bytes, data: bytes) -> tuple[int, bytes]:
        assert key == b"\0\0"
        if opcode == 0x30:
            return 5000, bytes.fromhex("00006002")
        if opcode == 0x24 and mode == 1:
            self.counter += 1
            return 25_000, self.counter.to_bytes(4, "little")
        if opcode == 0x16 and mode == 0x43 and len(data) == 32:
            self.digest = data
            return 20_000, b"\0"
        if opcode == 0x41 and mode == 0xA0 and self.digest:
            return 115_000, self.sign(self.digest)
        if opcode == 0x40 and mode == 0x04:
            digest = hashlib.sha256(b"another host test key").digest()
            self.key = ec.derive_private_key(int.from_bytes(digest, "big") >> 1, ec.SECP256R1())
            return 115_000, bytes(64)
        raise AssertionError(f"command {opcode:02X} mode {mode:02X}")

    def sign(self, digest: bytes) -> bytes:
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        r, s = utils.decode_dss_signature(self.key.sign(digest, algorithm))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

"""What the secure element's commands do: counters, digests, signatures, configuration; status codes as the part gives.

Source: Microchip CryptoAuthLib (``atca_command.h``, ``atca_execution.c``: modes, lengths, times). The configuration
zone is filled so far as serial number, revision, bus address and locks go; the rest reads 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from harness.emulation.errors import NotModelledError
from harness.emulation.world import NONVOLATILE, World

STATUS_OK, STATUS_MISCOMPARE, STATUS_PARSE, STATUS_EXECUTION, STATUS_COMM = 0x00, 0x01, 0x03, 0x0F, 0xFF
COUNTER_MAX = 2_097_151
WATCHDOG_NS = (700_000_000, 1_700_000_000)
"""1.3 s typically; shortest and longest as the full data sheet's table has them [recalled]."""
WAKE_DELAY_NS = (1_000_000, 1_500_000)
"""t_WHI: the data sheet bounds it from above alone; the shorter end is an assumption."""
PARSE_ERROR_NS = 1_000_000
REVISION = bytes.fromhex("0000 6002")
KEY_PREFIX = "tamperbench reference device key "

INFO, RANDOM, READ, COUNTER, NONCE, GENKEY, SIGN, VERIFY, SHA = (
    0x30,
    0x1B,
    0x02,
    0x24,
    0x16,
    0x40,
    0x41,
    0x45,
    0x47,
)
EXECUTION_MS = {
    INFO: 5,
    RANDOM: 23,
    READ: 5,
    COUNTER: 25,
    NONCE: 20,
    GENKEY: 115,
    SIGN: 115,
    VERIFY: 105,
    SHA: 36,
}
"""CryptoAuthLib's execution times for ChipMode clock divider 0 (M0): what a driver has to wait, so maxima."""
QUICKEST_PERMILLE = 600
"""Each command of one part takes between this much of its maximum and all of it [assumed: the sheet is not public]."""
NOT_MODELLED = {
    0x28: "CheckMac", 0x1C: "DeriveKey", 0x15: "GenDig", 0x11: "HMAC", 0x17: "Lock", 0x08: "MAC", 0x46: "PrivWrite",
    0x20: "UpdateExtra", 0x12: "Write", 0x43: "ECDH", 0x51: "AES", 0x56: "KDF", 0x80: "SecureBoot", 0x77: "SelfTest",
    0x01: "Pause",
}  # fmt: skip

TARGET_TEMP_KEY, TARGET_MESSAGE = 0x00, 0x40
SOURCE_MESSAGE = 0x20


@dataclass
class ElementMemory:
    """What lasts without supply."""

    counters: list[int] = field(default_factory=lambda: [0, 0])
    new_key: bytes = b""
    """The private key of slot 0 that GenKey made; empty: the factory's is still there."""


@dataclass
class Volatile:
    """What sleep destroys; None is "not valid"."""

    temp_key: bytes | None = None
    message: bytes | None = None
    sha_data: bytes | None = None


@dataclass(frozen=True)
class Command:
    """One command packet, its CRC already checked."""

    opcode: int
    mode: int
    parameter: int
    data: bytes


@dataclass(frozen=True)
class ElementTimes:
    """How quick this one part is."""

    execution: dict[int, int]
    """By opcode, in ns."""
    wake_ns: int
    watchdog_ns: int

    def execution_ns(self, opcode: int, answer: bytes) -> int:
        """How long the part is busy; a refused packet is answered at once."""
        return PARSE_ERROR_NS if answer == bytes([STATUS_PARSE]) else self.execution[opcode]


def draw_times(world: World, name: str) -> ElementTimes:
    """Those of a part within the tolerances, by the world's seed."""
    stream = world.stream(f"{name} times")
    return ElementTimes(
        {opcode: most * 1_000 * stream.take_int(QUICKEST_PERMILLE, 1_000) for opcode, most in EXECUTION_MS.items()},
        stream.take_int(*WAKE_DELAY_NS),
        stream.take_int(*WATCHDOG_NS),
    )


class RefusalError(Exception):
    """A command ends with a status other than OK; never leaves this module."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status:02X}")
        self.status = status


class CommandSet:
    """The commands of one part, with the key that its serial number gives."""

    def __init__(self, serial: str, world: World) -> None:
        self.world = world
        digest = hashlib.sha256((KEY_PREFIX + serial).encode()).digest()
        self._key = ec.derive_private_key(int.from_bytes(digest, "big"), ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.public_key = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        self.config = self._configuration(digest)
        self._table: dict[int, Callable[[ElementMemory, Volatile, Command], bytes]] = {
            INFO: self._info,
            RANDOM: self._random,
            READ: self._read,
            COUNTER: self._counter,
            NONCE: self._nonce,
            GENKEY: self._gen_key,
            SIGN: self._sign,
            VERIFY: self._verify,
            SHA: self._sha,
        }

    @staticmethod
    def _configuration(digest: bytes) -> bytes:
        """128 bytes: serial number 01 23 ... EE, revision, I2C enabled at C0, ChipMode 0, both zones locked."""
        config = bytearray(128)
        config[0:4] = b"\x01\x23" + digest[0:2]
        config[4:8] = REVISION
        config[8:13] = digest[2:6] + b"\xee"
        config[14], config[16] = 0x01, 0xC0
        config[88:90] = b"\xff\xff"
        return bytes(config)

    def execute(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        """The body of the reply: data, or one status byte."""
        run, opcode = self._table.get(command.opcode), command.opcode
        if run is None:
            if opcode in NOT_MODELLED:
                name = NOT_MODELLED[opcode]
                raise NotModelledError(f"secure element: command {name} (0x{opcode:02X}) exists but is not modelled")
            return bytes([STATUS_PARSE])
        try:
            return run(memory, volatile, command)
        except RefusalError as refusal:
            return bytes([refusal.status])

    def _info(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode != 0:
            raise NotModelledError(f"secure element: Info mode 0x{command.mode:02X}; only Revision (00) is modelled")
        return REVISION

    def _random(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode not in {0, 1} or command.parameter or command.data:
            raise RefusalError(STATUS_PARSE)
        return self.world.stream("secure element random").take_bytes(32)

    def _read(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode & 0x7F:
            raise NotModelledError(
                f"secure element: Read of zone {command.mode & 3}; only the configuration (0) is modelled"
            )
        size = 32 if command.mode & 0x80 else 4
        start = (command.parameter >> 3) * 32 + (0 if command.mode & 0x80 else (command.parameter & 7) * 4)
        if start + size > len(self.config):
            raise RefusalError(STATUS_PARSE)
        return self.config[start : start + size]

    def _counter(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode not in {0, 1} or command.parameter not in {0, 1} or command.data:
            raise RefusalError(STATUS_PARSE)
        if command.mode == 1:
            if memory.counters[command.parameter] >= COUNTER_MAX:
                raise RefusalError(STATUS_EXECUTION)
            memory.counters[command.parameter] += 1
            self.world.signal(NONVOLATILE)
        return memory.counters[command.parameter].to_bytes(4, "little")

    def _nonce(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode & 0x03 != 0x03:
            raise NotModelledError(
                f"secure element: Nonce mode 0x{command.mode:02X}; only pass-through (03) is modelled"
            )
        target = command.mode & 0xC0
        if command.mode & ~0xC3 or target not in {TARGET_TEMP_KEY, TARGET_MESSAGE}:
            raise NotModelledError(
                f"secure element: Nonce mode 0x{command.mode:02X}; 32 bytes to TempKey or MsgDigBuf only"
            )
        if len(command.data) != 32 or command.parameter:
            raise RefusalError(STATUS_PARSE)
        if target == TARGET_MESSAGE:
            volatile.message = command.data
        else:
            volatile.temp_key = command.data
        return bytes([STATUS_OK])

    def _gen_key(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode not in {0x00, 0x04} or command.data:
            raise RefusalError(STATUS_PARSE)
        if command.parameter != 0:
            raise RefusalError(STATUS_EXECUTION)
        if command.mode == 0x04:  # create: the slot's configuration allows it (GenKey enabled, slot not locked)
            memory.new_key = self.world.stream("secure element random").take_bytes(32)
        numbers = self._key_of(memory).public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def _key_of(self, memory: ElementMemory) -> ec.EllipticCurvePrivateKey:
        """Slot 0 as it is now; the 1 keeps chance away from 0 and from numbers above the curve's order."""
        if not memory.new_key:
            return self._key
        return ec.derive_private_key(int.from_bytes(memory.new_key, "big") >> 1 | 1, ec.SECP256R1())

    @staticmethod
    def _digest(volatile: Volatile, mode: int) -> bytes:
        digest = volatile.message if mode & SOURCE_MESSAGE else volatile.temp_key
        if digest is None:
            raise RefusalError(STATUS_EXECUTION)
        return digest

    def _sign(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode & ~SOURCE_MESSAGE != 0x80:
            raise NotModelledError(
                f"secure element: Sign mode 0x{command.mode:02X}; only external (80, A0) is modelled"
            )
        if command.data:
            raise RefusalError(STATUS_PARSE)
        if command.parameter != 0:
            raise RefusalError(STATUS_EXECUTION)
        scheme = ec.ECDSA(Prehashed(hashes.SHA256()), deterministic_signing=True)
        r, s = decode_dss_signature(self._key_of(memory).sign(self._digest(volatile, command.mode), scheme))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _verify(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode & ~SOURCE_MESSAGE != 0x02:
            raise NotModelledError(
                f"secure element: Verify mode 0x{command.mode:02X}; only external (02, 22) is modelled"
            )
        if len(command.data) != 128 or command.parameter != 0x0004:
            raise RefusalError(STATUS_PARSE)
        numbers = [int.from_bytes(command.data[start : start + 32], "big") for start in range(0, 128, 32)]
        try:
            key = ec.EllipticCurvePublicNumbers(numbers[2], numbers[3], ec.SECP256R1()).public_key()
        except ValueError:
            raise RefusalError(STATUS_EXECUTION) from None  # not a point of the curve
        try:
            signature = encode_dss_signature(numbers[0], numbers[1])
            key.verify(signature, self._digest(volatile, command.mode), ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return bytes([STATUS_MISCOMPARE])
        return bytes([STATUS_OK])

    def _sha(self, memory: ElementMemory, volatile: Volatile, command: Command) -> bytes:
        if command.mode == 0x00:
            volatile.sha_data = b""
            return bytes([STATUS_OK])
        if command.mode not in {0x01, 0x02}:
            raise NotModelledError(f"secure element: SHA mode 0x{command.mode:02X}; start, update and end are modelled")
        size = len(command.data)
        if command.parameter != size or size > 64 or (command.mode == 0x01 and size != 64):
            raise RefusalError(STATUS_PARSE)
        if volatile.sha_data is None:
            raise RefusalError(STATUS_EXECUTION)
        whole = volatile.sha_data + command.data
        if command.mode == 0x01:
            volatile.sha_data = whole
            return bytes([STATUS_OK])
        volatile.sha_data = None
        return hashlib.sha256(whole).digest()

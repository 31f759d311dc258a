"""The secure element against published frames and an independent signature check."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.atecc608 import Atecc608, crc16
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.world import World

MS = 1_000_000
BIT_NS = 10_000
SERIAL = "TBR00000001"


class Element:
    """The part on a bus at 100 kHz, spoken to as a driver does."""

    def __init__(self, seed: int = 1, serial: str = SERIAL) -> None:
        self.world = World(seed)
        self.bus = I2cBus(self.world, "bus")
        self.part = Atecc608(self.world, "element", serial)
        self.bus.attach("element", self.part)

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)

    def wake(self, bit_ns: int = BIT_NS) -> None:
        self.bus.address(0, False, bit_ns)
        self.bus.stop()

    def awake(self) -> Element:
        self.wake()
        self.wait(1_500_000)
        return self

    def write(self, data: bytes) -> bool:
        acknowledged = self.bus.address(0x60, False, BIT_NS)
        if acknowledged:
            acknowledged = all(self.bus.write(byte) for byte in data)
        self.bus.stop()
        return acknowledged

    def read(self, size: int) -> bytes | None:
        data = None
        if self.bus.address(0x60, True, BIT_NS):
            data = bytes(self.bus.read() for _ in range(size))
        self.bus.stop()
        return data

    def run(self, opcode: int, mode: int, parameter: int, data: bytes = b"", wait_ms: int = 120) -> bytes:
        """A command from its packet to the body of its reply, whose CRC is checked."""
        body = bytes([len(data) + 7, opcode, mode]) + parameter.to_bytes(2, "little") + data
        assert self.write(b"\x03" + body + crc16(body))
        self.wait(wait_ms * MS)
        reply = self.read(75)
        assert reply is not None
        reply = reply[: reply[0]]
        assert crc16(reply[:-2]) == reply[-2:]
        return reply[1:-2]


def test_crc_of_the_published_frames() -> None:
    assert crc16(bytes.fromhex("0411")) == bytes.fromhex("3343")
    assert crc16(bytes.fromhex("0730000000")) == bytes.fromhex("035D")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wakes_after_60_us_low_and_answers_within_1500_us(seed: int) -> None:
    element = Element(seed)
    wake_ns = element.part.times.wake_ns
    assert MS <= wake_ns <= 1_500_000
    element.wake(bit_ns=7_400)  # eight bits: 59.2 us
    element.wait(2 * MS)
    assert element.read(4) is None
    element.wake()
    element.wait(wake_ns - 1)
    assert element.read(4) is None
    element.wait(1)
    assert element.read(4) == bytes.fromhex("0411 3343")


def test_400_khz_is_too_fast_to_wake_it() -> None:
    element = Element()
    element.wake(bit_ns=2_500)
    element.wait(2 * MS)
    assert element.read(4) is None


def test_info_gives_the_revision() -> None:
    assert Element().awake().run(0x30, 0, 0) == bytes.fromhex("0000 6002")


@pytest.mark.parametrize(
    ("opcode", "mode", "parameter", "data", "time_ms"),
    [
        (0x24, 1, 0, b"", 25),
        (0x16, 0x43, 0, bytes(32), 20),
        (0x1B, 0, 0, b"", 23),
        (0x40, 0, 0, b"", 115),
        (0x41, 0xA0, 0, b"", 115),
        (0x45, 0x22, 4, bytes(128), 105),
        (0x47, 0, 0, b"", 36),
        (0x30, 0, 0, b"", 5),
        (0x02, 0, 0, b"", 5),
    ],
)
def test_no_acknowledge_during_the_execution_time(
    opcode: int, mode: int, parameter: int, data: bytes, time_ms: int
) -> None:
    element = Element().awake()
    element.run(0x16, 0x43, 0, bytes(32), 20)
    body = bytes([len(data) + 7, opcode, mode]) + parameter.to_bytes(2, "little") + data
    element.write(b"\x03" + body + crc16(body))
    most_ns, times_ns = time_ms * MS, element.part.times.execution[opcode]
    assert most_ns * 6 // 10 <= times_ns <= most_ns
    element.wait(times_ns - 1)
    assert element.read(4) is None
    element.wait(1)
    assert element.read(4) is not None


def test_signature_verifies_with_the_public_key_of_the_part() -> None:
    element = Element().awake()
    digest = hashlib.sha256(b"event").digest()
    assert element.run(0x16, 0x43, 0, digest, 20) == b"\x00"
    signature = element.run(0x41, 0xA0, 0)
    point = element.run(0x40, 0x00, 0)
    assert len(signature) == 64
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.verify(der, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        key.verify(der, hashlib.sha256(b"other").digest(), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_published_test_key_is_what_the_serial_number_gives() -> None:
    secret = hashlib.sha256(b"tamperbench reference device key " + SERIAL.encode()).digest()
    numbers = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()).public_key().public_numbers()
    assert Element().part.public_key == numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def test_verify_external_tells_right_from_wrong() -> None:
    element = Element().awake()
    digest = hashlib.sha256(b"event").digest()
    element.run(0x16, 0x43, 0, digest, 20)
    signature = element.run(0x41, 0xA0, 0)
    assert element.run(0x45, 0x22, 4, signature + element.part.public_key) == b"\x00"
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    assert element.run(0x45, 0x22, 4, wrong + element.part.public_key) == b"\x01"
    assert element.run(0x45, 0x22, 4, signature + bytes(64)) == b"\x0f"


def test_counter_counts_survives_power_and_ends_at_its_maximum() -> None:
    element = Element().awake()
    assert element.run(0x24, 1, 0) == (1).to_bytes(4, "little")
    assert element.run(0x24, 1, 0) == (2).to_bytes(4, "little")
    assert element.run(0x24, 0, 1) == bytes(4)
    element.part.power_off()
    element.awake()
    assert element.run(0x24, 0, 0) == (2).to_bytes(4, "little")
    element.part.state.memory.counters[0] = 2_097_150
    assert element.run(0x24, 1, 0) == (2_097_151).to_bytes(4, "little")
    assert element.run(0x24, 1, 0) == b"\x0f"
    assert element.run(0x24, 1, 2) == b"\x03"


def test_sign_without_a_digest_fails_and_sleep_forgets_it() -> None:
    element = Element().awake()
    assert element.run(0x41, 0xA0, 0) == b"\x0f"
    element.run(0x16, 0x43, 0, bytes(32), 20)
    element.write(b"\x01")
    assert element.read(4) is None
    element.awake()
    assert element.run(0x41, 0xA0, 0) == b"\x0f"


def test_idle_keeps_the_digest() -> None:
    element = Element().awake()
    element.run(0x16, 0x43, 0, bytes(32), 20)
    element.write(b"\x02")
    assert element.read(4) is None
    element.awake()
    assert len(element.run(0x41, 0xA0, 0)) == 64


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_watchdog_sends_it_to_sleep_after_its_time(seed: int) -> None:
    """From 0.7 to 1.7 s, by the part."""
    element = Element(seed)
    element.wake()
    assert 700 * MS <= element.part.times.watchdog_ns <= 1700 * MS
    element.wait(element.part.times.watchdog_ns - 1)
    assert element.read(4) is not None
    element.wait(1)
    assert element.read(4) is None


def test_commands_do_not_put_the_watchdog_off() -> None:
    """A driver that keeps the part awake by talking to it loses its volatile contents in the middle."""
    element = Element()
    element.wake()
    element.wait(600 * MS)
    element.run(0x30, 0, 0, wait_ms=5)
    element.wait(element.part.times.watchdog_ns - 605 * MS - 1)
    assert element.read(4) is not None
    element.wait(1)
    assert element.read(4) is None


def test_crc_and_length_errors_give_ff_and_unknown_opcodes_a_parse_error() -> None:
    element = Element().awake()
    element.write(bytes.fromhex("03 0730000000 0000"))
    assert element.read(4) == b"\x04\xff" + crc16(b"\x04\xff")
    element.write(bytes.fromhex("03 0930000000 035D"))
    assert element.read(2) == b"\x04\xff"
    assert element.run(0x99, 0, 0) == b"\x03"


def test_a_command_the_real_part_has_is_not_guessed() -> None:
    element = Element().awake()
    with pytest.raises(NotModelledError, match="ECDH"):
        element.run(0x43, 0, 0)
    with pytest.raises(NotModelledError, match="Nonce mode 0x00"):
        element.run(0x16, 0x00, 0, bytes(20))


def test_reply_can_be_read_again_after_the_address_reset() -> None:
    element = Element().awake()
    element.run(0x30, 0, 0)
    element.write(b"\x00")
    assert element.read(7) == bytes.fromhex("07 00006002") + crc16(bytes.fromhex("0700006002"))


def test_serial_number_and_locks_in_the_configuration() -> None:
    element = Element().awake()
    block = element.run(0x02, 0x80, 0)
    assert block[:2] == b"\x01\x23"
    assert block[12] == 0xEE
    assert block[4:8] == bytes.fromhex("00006002")
    assert element.run(0x02, 0x00, 0x02 << 3 | 5)[2:4] == b"\x00\x00"  # LockValue, LockConfig: bytes 86 and 87
    other = Element(serial="TBR00000002").awake().run(0x02, 0x80, 0)
    assert other[:13] != block[:13]


def test_sha_over_two_blocks() -> None:
    element = Element().awake()
    message = bytes(range(100))
    assert element.run(0x47, 0, 0, wait_ms=36) == b"\x00"
    assert element.run(0x47, 1, 64, message[:64], 36) == b"\x00"
    assert element.run(0x47, 2, 36, message[64:], 36) == hashlib.sha256(message).digest()


def test_random_follows_the_seed() -> None:
    first, again, other = (Element(seed).awake().run(0x1B, 0, 0) for seed in (1, 1, 2))
    assert first == again != other

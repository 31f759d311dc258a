"""The parameter page as production programs it (`core/parameters.h`): its parties, its calibration; and its keys."""

from __future__ import annotations

import hashlib
import struct
import zlib

from firmware_ref.tool.errors import FirmwareError

PARAMETERS_ADDRESS = 0x3F000
KEYS_ADDRESS = 0x3F800
REFERENCE_ORIGINATOR = bytes.fromhex("5442520000000001")
REFERENCE_RECIPIENT = b"TBRHEAD1"

_MAGIC = 0x54425031
_TITLE_BYTES = 8
_MAGIC_KEYS = 0x54424B31
_KEY_BYTES = 16
_MAGIC_GAINS = 0x54424731
_GAINS_AT = 32
_MAGIC_LIMITS = 0x54424C31
_LIMITS_AT = 128
_MAGIC_ACCESS = 0x54425331
_ACCESS_AT = 64
_SALT_BYTES = 16
_LONGEST_PASSWORD = 24
_LEAST_GAIN, _MOST_GAIN = 0.8, 1.25


def make_parameter_page(
    originator: bytes = REFERENCE_ORIGINATOR,
    recipient: bytes = REFERENCE_RECIPIENT,
    gains: tuple[float, float, float] | None = None,
    access: tuple[str, bytes] | None = None,
    limits: tuple[int, int, int, int] | None = None,
) -> bytes:
    """The page's octets, to be programmed at `PARAMETERS_ADDRESS`.

    ``gains`` are the factory's corrections of line current, neutral current and voltage, 0.8 to 1.25; None leaves the
    calibration blank, which means 1.0 each. ``access`` is the diagnostic port's password and a salt of 16 random
    octets; without it no password opens the port. ``limits``: the seal's debounce time and the one in a storm, in ms,
    tilt in degrees, vibration in ms; the meter takes its own values instead of ones that it does not allow.
    """
    for what, title in (("originator", originator), ("recipient", recipient)):
        if len(title) != _TITLE_BYTES:
            raise FirmwareError(f"{what} system title: expected {_TITLE_BYTES} octets, got {len(title)}")
    parties = _with_crc(struct.pack(">I", _MAGIC) + originator + recipient)
    page = parties if gains is None else parties.ljust(_GAINS_AT, b"\xff") + _make_gains(gains)
    page = page if access is None else page.ljust(_ACCESS_AT, b"\xff") + _make_access(*access)
    if limits is None:
        return page
    return page.ljust(_LIMITS_AT, b"\xff") + _with_crc(struct.pack(">I4H", _MAGIC_LIMITS, *limits))


def make_key_page(encryption: bytes, authentication: bytes) -> bytes:
    """The page of keys that alerts are ciphered with, to be programmed at `KEYS_ADDRESS`; blank, they go in clear."""
    for what, key in (("encryption", encryption), ("authentication", authentication)):
        if len(key) != _KEY_BYTES:
            raise FirmwareError(f"{what} key: expected {_KEY_BYTES} octets, got {len(key)}")
    return _with_crc(struct.pack(">I", _MAGIC_KEYS) + encryption + authentication)


def make_test_keys(serial: str) -> tuple[bytes, bytes]:
    """Published keys of a meter on a test bench: encryption and authentication. Never for a meter in the field."""
    names = ("encryption", "authentication")
    digests = [hashlib.sha256(f"tamperbench reference {name} key {serial}".encode()).digest() for name in names]
    return digests[0][:_KEY_BYTES], digests[1][:_KEY_BYTES]


def _make_access(password: str, salt: bytes) -> bytes:
    octets = password.encode("ascii")
    if len(salt) != _SALT_BYTES or not 1 <= len(octets) <= _LONGEST_PASSWORD:
        raise FirmwareError(
            f"diagnostic port: expected a password of 1 to {_LONGEST_PASSWORD} ASCII characters and a salt of "
            f"{_SALT_BYTES} octets, got {len(octets)} and {len(salt)}"
        )
    return _with_crc(struct.pack(">I", _MAGIC_ACCESS) + salt + hashlib.sha256(salt + octets).digest())


def _make_gains(gains: tuple[float, float, float]) -> bytes:
    for gain in gains:
        if not _LEAST_GAIN <= gain <= _MOST_GAIN:
            raise FirmwareError(
                f"gain {gain}: expected {_LEAST_GAIN} to {_MOST_GAIN}; more is a fault, not a deviation"
            )
    return _with_crc(struct.pack(">4I", _MAGIC_GAINS, *(round(gain * 65536) for gain in gains)))


def _with_crc(body: bytes) -> bytes:
    return body + struct.pack(">I", zlib.crc32(body))

"""What the factory writes into the reference meter before it leaves: the diagnostic port's password, and its keys.

The layouts are the firmware's: in the parameter page (``core/parameters.h``) magic, salt, SHA-256 of salt and password,
CRC-32; in the page of keys (``core/keys.h``) magic, encryption and authentication key, CRC-32. Only the emulated
reference meter needs it; a real meter comes from its own factory.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

from harness.meter.ciphering import CipherKeys

ACCESS_ADDRESS = 0x3F000 + 64
KEYS_ADDRESS = 0x3F800
_MAGIC_KEYS = 0x54424B31
_MAGIC_ACCESS = 0x54425331
_SALT_BYTES = 16


def make_access_block(password: str, serial: str) -> bytes:
    """The block for this password. The salt is the meter's own, so equal passwords do not look equal."""
    salt = hashlib.sha256(b"salt of " + serial.encode()).digest()[:_SALT_BYTES]
    body = struct.pack(">I", _MAGIC_ACCESS) + salt + hashlib.sha256(salt + password.encode("ascii")).digest()
    return body + struct.pack(">I", zlib.crc32(body))


def make_key_page(keys: CipherKeys) -> bytes:
    """The page of keys that its alerts are ciphered with."""
    body = struct.pack(">I", _MAGIC_KEYS) + keys.encryption + keys.authentication
    return body + struct.pack(">I", zlib.crc32(body))

"""General-glo-ciphering against the Green Book's example, and what is told of a changed one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.meter.ciphering import (
    AUTHENTICATED_AND_ENCRYPTED,
    CipherKeys,
    GeneralGloCiphering,
    cipher,
    decipher,
    has_right_tag,
    read_unchecked,
)
from harness.meter.errors import CodecError

KEYS = CipherKeys(bytes(range(16)), bytes(range(0xD0, 0xE0)))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
PLAIN = bytes.fromhex("C0010000080000010000FF0200")
CIPHERED = cipher(PLAIN, KEYS, TITLE, 0x01234567)


def test_the_published_example_of_authenticated_encryption() -> None:
    assert CIPHERED.text.hex() == "411312ff935a47566827c467bc"
    assert CIPHERED.tag.hex() == "7d825c3be4a77c3fcc056b6b"
    octets = CIPHERED.encode()
    assert octets.hex().startswith("db084d4d4d0000bc614e1e3001234567411312ff")
    assert GeneralGloCiphering.decode(octets) == CIPHERED
    assert decipher(CIPHERED, KEYS) == PLAIN


def test_every_changed_bit_is_told() -> None:
    octets = CIPHERED.encode()
    for bit in range(8 * len(octets)):
        changed = bytearray(octets)
        changed[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(CodecError):
            decipher(GeneralGloCiphering.decode(bytes(changed)), KEYS)


def test_a_tag_of_another_length_or_control_is_wrong_and_the_content_can_still_be_read() -> None:
    whole = AESGCM(KEYS.encryption).encrypt(
        TITLE + bytes.fromhex("01234567"), PLAIN, bytes([AUTHENTICATED_AND_ENCRYPTED]) + KEYS.authentication
    )[len(PLAIN) :]
    assert has_right_tag(replace(CIPHERED, tag=whole[:12]), KEYS)
    changed = [replace(CIPHERED, tag=tag) for tag in (b"", whole[:4], whole[:11], whole[:13], whole, bytes(12))]
    changed += [replace(CIPHERED, security_control=0x10), replace(CIPHERED, text=CIPHERED.text[:-1])]
    for one in changed:
        assert not has_right_tag(one, KEYS)
        assert read_unchecked(one, KEYS) == PLAIN[: len(one.text)]
        with pytest.raises(CodecError, match="tag that these keys make"):
            decipher(one, KEYS)


def test_other_keys_open_nothing() -> None:
    for keys in (replace(KEYS, encryption=bytes(16)), replace(KEYS, authentication=bytes(16))):
        with pytest.raises(CodecError, match="tag"):
            decipher(CIPHERED, keys)
    with pytest.raises(CodecError, match="16 octets"):
        CipherKeys(bytes(15), bytes(16))


def test_half_of_one_is_told() -> None:
    octets = CIPHERED.encode()
    for length in range(len(octets)):
        with pytest.raises(CodecError):
            GeneralGloCiphering.decode(octets[:length])

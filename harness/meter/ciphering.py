"""General-glo-ciphering: an APDU that only who has the keys can read, or change unseen (SIG-1).

DLMS security suite 0: AES-128-GCM with a tag of 12 octets. Layout: ``docs/alert-format.md``. The dataclass is
of octets only, so a wrong one on purpose is made with ``dataclasses.replace``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from harness.meter.errors import CodecError
from harness.meter.octets import OctetReader, encode_octet_string, encode_uint

LAYER = "general-glo-ciphering"
CLAUSE = "IEC 62056-5-3, general-glo-ciphering"
KEY_OCTETS = 16
TAG_OCTETS = 12
COUNTER_OCTETS = 4
AUTHENTICATED_AND_ENCRYPTED = 0x30
"""Security control: suite 0, unicast key."""


@dataclass(frozen=True)
class CipherKeys:
    """What head-end and meter share: the key that encrypts, and the one that only authenticates."""

    encryption: bytes
    authentication: bytes

    def __post_init__(self) -> None:
        for name, key in (("encryption", self.encryption), ("authentication", self.authentication)):
            if len(key) != KEY_OCTETS:
                raise CodecError(LAYER, None, f"an {name} key of {KEY_OCTETS} octets", str(len(key)), CLAUSE)


@dataclass(frozen=True)
class GeneralGloCiphering:
    """A ciphered APDU as it is on the line."""

    TAG: ClassVar[int] = 0xDB
    system_title: bytes
    security_control: int
    invocation_counter: int
    text: bytes
    tag: bytes

    @property
    def text_offset(self) -> int:
        """Where the text's first octet stands in the APDU."""
        return len(self.encode()) - len(self.tag) - len(self.text)

    def encode(self) -> bytes:
        """The APDU's octets."""
        counter = encode_uint(self.invocation_counter, COUNTER_OCTETS, LAYER, "invocation counter", CLAUSE)
        body = bytes([self.security_control]) + counter + self.text + self.tag
        return bytes([self.TAG]) + encode_octet_string(self.system_title) + encode_octet_string(body)

    @classmethod
    def decode(cls, octets: bytes, base: int = 0) -> GeneralGloCiphering:
        """Exactly one APDU; the text is left as it is, since nothing says yet that it can be trusted."""
        outer = OctetReader(octets, LAYER, CLAUSE, base)
        outer.constant(cls.TAG, "tag")
        title = outer.octet_string("system-title")
        body = outer.octet_string("ciphered content")
        outer.end()
        reader = OctetReader(body, LAYER, CLAUSE, outer.offset - len(body))
        reader.constant(AUTHENTICATED_AND_ENCRYPTED, "security control")
        counter = reader.uint(COUNTER_OCTETS, "invocation counter")
        text = reader.take(max(reader.left - TAG_OCTETS, 0), "text")
        return cls(title, AUTHENTICATED_AND_ENCRYPTED, counter, text, reader.take(TAG_OCTETS, "tag"))


def cipher(plain: bytes, keys: CipherKeys, title: bytes, invocation_counter: int) -> GeneralGloCiphering:
    """The APDU ``plain``, authenticated and encrypted."""
    encryptor = Cipher(algorithms.AES(keys.encryption), modes.GCM(_vector(title, invocation_counter))).encryptor()
    encryptor.authenticate_additional_data(bytes([AUTHENTICATED_AND_ENCRYPTED]) + keys.authentication)
    text = encryptor.update(plain) + encryptor.finalize()
    tag = encryptor.tag[:TAG_OCTETS]
    return GeneralGloCiphering(title, AUTHENTICATED_AND_ENCRYPTED, invocation_counter, text, tag)


def decipher(ciphered: GeneralGloCiphering, keys: CipherKeys, base: int = 0) -> bytes:
    """What is inside; raises CodecError where the tag is not that of these keys and octets."""
    plain = _plain_of(ciphered, keys)
    if plain is None:
        at = base + ciphered.text_offset + len(ciphered.text)
        raise CodecError(LAYER, at, "the tag that these keys make of it", ciphered.tag.hex(" "), CLAUSE)
    return plain


def has_right_tag(ciphered: GeneralGloCiphering, keys: CipherKeys) -> bool:
    """Whether who made it had both keys, and nobody has changed it since."""
    return _plain_of(ciphered, keys) is not None


def _plain_of(ciphered: GeneralGloCiphering, keys: CipherKeys) -> bytes | None:
    if len(ciphered.tag) != TAG_OCTETS:  # the library takes a longer one too
        return None
    vector = _vector(ciphered.system_title, ciphered.invocation_counter)
    mode = modes.GCM(vector, ciphered.tag, min_tag_length=TAG_OCTETS)
    decryptor = Cipher(algorithms.AES(keys.encryption), mode).decryptor()
    decryptor.authenticate_additional_data(bytes([ciphered.security_control]) + keys.authentication)
    try:
        return decryptor.update(ciphered.text) + decryptor.finalize()
    except InvalidTag:
        return None


def read_unchecked(ciphered: GeneralGloCiphering, keys: CipherKeys) -> bytes:
    """What is inside, whoever made it: GCM's stream comes from its counter, which begins at 2 (SP 800-38D, 7.1).

    The library's own GCM gives nothing out for good unless the tag is right.
    """
    start = _vector(ciphered.system_title, ciphered.invocation_counter) + (2).to_bytes(4, "big")
    decryptor = Cipher(algorithms.AES(keys.encryption), modes.CTR(start)).decryptor()
    return decryptor.update(ciphered.text) + decryptor.finalize()


def _vector(title: bytes, invocation_counter: int) -> bytes:
    if len(title) != 8:
        raise CodecError(LAYER, None, "a system title of 8 octets", str(len(title)), CLAUSE)
    return title + encode_uint(invocation_counter, COUNTER_OCTETS, LAYER, "invocation counter", CLAUSE)

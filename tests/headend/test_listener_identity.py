"""The meter's identity: keys in the forms that enrolment gives, and wrong ones refused."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.headend.errors import IdentityError
from harness.headend.listener import load_public_key
from tests.headend.alerts import METER
from tests.meter import hand_written as hand

PUBLIC_KEY = hand.PRIVATE_KEY.public_key()


def _pem(key: object) -> bytes:
    octets = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    assert isinstance(octets, bytes)
    return octets


def test_pem_and_raw_point_give_the_same_key() -> None:
    raw = PUBLIC_KEY.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    assert load_public_key(raw).public_numbers() == PUBLIC_KEY.public_numbers()
    assert load_public_key(_pem(PUBLIC_KEY)).public_numbers() == PUBLIC_KEY.public_numbers()


@pytest.mark.parametrize(
    ("material", "words"),
    [
        (b"", "expected PEM"),
        (bytes(64), "a point of the curve"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "expected PEM"),
        (_pem(derive_private_key(7, SECP384R1()).public_key()), "secp384r1"),
        (_pem(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()), "elliptic curve key"),
    ],
)
def test_what_is_no_p256_key_is_refused(material: bytes, words: str) -> None:
    with pytest.raises(IdentityError, match=words):
        load_public_key(material)


def test_titles_have_eight_octets() -> None:
    with pytest.raises(IdentityError, match="system title"):
        replace(METER, system_title=b"short")
    with pytest.raises(IdentityError, match="recipient title"):
        replace(METER, recipient_title=b"")


def test_an_identity_needs_a_p256_key() -> None:
    with pytest.raises(IdentityError, match="P-256"):
        replace(METER, public_key=derive_private_key(7, SECP384R1()).public_key())

"""What the listener knows of the meter beforehand: its name, its public key, when it was commissioned."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from harness.headend.errors import IdentityError
from harness.meter.alert import SIGNATURE_OCTETS, TITLE_OCTETS
from harness.meter.ciphering import CipherKeys

_COORDINATE_OCTETS = 32


@dataclass(frozen=True)
class MeterIdentity:
    """One meter. ``recipient_title`` and the wPorts are how it addresses this head-end."""

    system_title: bytes
    public_key: EllipticCurvePublicKey
    commissioned_utc_ns: int
    recipient_title: bytes
    source_wport: int = 1
    destination_wport: int = 1
    keys: CipherKeys | None = None
    """What its alerts are ciphered with; None: they come in clear."""

    def __post_init__(self) -> None:
        for name, title in (("system", self.system_title), ("recipient", self.recipient_title)):
            if len(title) != TITLE_OCTETS:
                raise IdentityError(
                    f"{name} title: expected {TITLE_OCTETS} octets, found {len(title)} ({title.hex(' ')}); "
                    "correct the meter file"
                )
        _require_p256(self.public_key)

    def signature_fits(self, signed_octets: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (r and s, big-endian, 32 octets each) is this meter's over ``signed_octets``."""
        if len(signature) != SIGNATURE_OCTETS:
            return False
        r = int.from_bytes(signature[:_COORDINATE_OCTETS], "big")
        s = int.from_bytes(signature[_COORDINATE_OCTETS:], "big")
        try:
            self.public_key.verify(encode_dss_signature(r, s), signed_octets, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def load_public_key(material: bytes) -> EllipticCurvePublicKey:
    """A P-256 public key from PEM, or from the 64 octets X and Y that a secure element gives out."""
    if len(material) == 2 * _COORDINATE_OCTETS:
        x = int.from_bytes(material[:_COORDINATE_OCTETS], "big")
        y = int.from_bytes(material[_COORDINATE_OCTETS:], "big")
        try:
            return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
        except ValueError as error:
            raise IdentityError(
                "public key: expected a point of the curve P-256, the 64 octets are none; enrol the meter again"
            ) from error
    try:
        key = load_pem_public_key(material)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise IdentityError(
            f"public key: expected PEM, or 64 octets X and Y; {len(material)} octets can't be read: {error}; "
            "enrol the meter again"
        ) from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise IdentityError(
            f"public key: expected an elliptic curve key, found {type(key).__name__}; enrol the meter again"
        )
    _require_p256(key)
    return key


def _require_p256(key: EllipticCurvePublicKey) -> None:
    if not isinstance(key.curve, SECP256R1):
        raise IdentityError(
            f"public key: expected the curve P-256, found {key.curve.name}; enrol the meter with a P-256 key"
        )

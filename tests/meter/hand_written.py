"""An alert written out octet by octet from the standards' layouts, not made by the codec.

Counter 261, case opened at 2026-01-01 00:00:00.25 UTC (a Thursday), generated 0.1 s later, log entry 7.
"""

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

NEW_YEAR_UTC_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z: 20,454 days of 86,400 s
COUNTER = 261
EVENT_UTC_NS = NEW_YEAR_UTC_NS + 250_000_000
GENERATED_UTC_NS = NEW_YEAR_UTC_NS + 350_000_000
METER_TITLE = bytes.fromhex("54 42 52 00 00 00 00 01")
HEADEND_TITLE = b"TBRHEAD1"
PRIVATE_KEY = derive_private_key(0x5EA1_C0DE_0000_0001, SECP256R1())

WRAPPER_HEADER = bytes.fromhex(
    "00 01"  # version
    "00 01"  # source wPort
    "00 01"  # destination wPort
    "00 A4"  # 164 octets follow
)
CONTENT = bytes.fromhex(
    "0F"  # data-notification
    "C0 00 01 05"  # high priority, confirmed, invoke-id 261
    "0C 07EA 01 01 04 00 00 00 23 0000 00"  # date-time: 12 octets, 35 hundredths
    "02 06"  # structure of 6
    "09 06 00 00 60 0B 01 FF"  # octet-string: OBIS 0.0.96.11.1.255
    "11 2C"  # unsigned: 44, case opened
    "06 00 00 01 05"  # double-long-unsigned: counter 261
    "09 0C 07EA 01 01 04 00 00 00 19 0000 00"  # octet-string: event time, 25 hundredths
    "06 00 00 00 07"  # double-long-unsigned: log sequence 7
    "16 01"  # enum: major
)
SIGNED_OCTETS = (
    bytes.fromhex(
        "08 00 00 00 00 00 00 01 05"  # transaction-id: counter 261
        "08 54 42 52 00 00 00 00 01"  # originator-system-title
        "08 54 42 52 48 45 41 44 31"  # recipient-system-title: TBRHEAD1
        "0C 07EA 01 01 04 00 00 00 23 0000 00"  # date-time
        "00"  # other-information: none
        "38"  # content: 56 octets
    )
    + CONTENT
)
CONFIRMATION_FRAME = bytes.fromhex(
    "00 01 00 01 00 01 00 12"  # wrapper: 18 octets follow
    "10"  # data-notification-confirm
    "C0 00 01 05"
    "0C 07EA 01 01 04 00 00 00 23 0000 00"
)


def sign(signed_octets: bytes) -> bytes:
    """r and s, 32 octets each, by the private key; the same signature every time (RFC 6979)."""
    der = PRIVATE_KEY.sign(signed_octets, ECDSA(SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def alert_apdu() -> bytes:
    """general-signing, the signed octets, the signature with its length."""
    return b"\xdf" + SIGNED_OCTETS + b"\x40" + sign(SIGNED_OCTETS)


def alert_frame() -> bytes:
    """The alert as it goes over the modem line."""
    return WRAPPER_HEADER + alert_apdu()

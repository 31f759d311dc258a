"""The parameter page as production programs it: who the meter is and whom it reports to (`core/parameters.h`)."""

from __future__ import annotations

import struct
import zlib

from firmware_ref.tool.errors import FirmwareError

PARAMETERS_ADDRESS = 0x3F000
REFERENCE_ORIGINATOR = bytes.fromhex("5442520000000001")
REFERENCE_RECIPIENT = b"TBRHEAD1"

_MAGIC = 0x54425031
_TITLE_BYTES = 8


def make_parameter_page(originator: bytes = REFERENCE_ORIGINATOR, recipient: bytes = REFERENCE_RECIPIENT) -> bytes:
    """The page's octets, to be programmed at `PARAMETERS_ADDRESS`."""
    for what, title in (("originator", originator), ("recipient", recipient)):
        if len(title) != _TITLE_BYTES:
            raise FirmwareError(f"{what} system title: expected {_TITLE_BYTES} octets, got {len(title)}")
    body = struct.pack(">I", _MAGIC) + originator + recipient
    return body + struct.pack(">I", zlib.crc32(body))

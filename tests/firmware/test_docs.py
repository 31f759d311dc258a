"""The pages say what is: the example alert decodes and verifies, the register list is that of the sources."""

from __future__ import annotations

import hashlib
import re

from cryptography.hazmat.primitives.asymmetric import ec

from tests.firmware.alert_decoder import decode_alert
from tests.firmware.conftest import SOURCE

ALERT_FORMAT = SOURCE.parent / "docs" / "alert-format.md"


def test_the_example_alert_is_what_the_page_says() -> None:
    text = ALERT_FORMAT.read_text(encoding="utf-8")
    frame = bytes.fromhex("".join(re.findall(r"^ {4}([0-9a-f]+)$", text, re.MULTILINE)))
    alert = decode_alert(frame)
    secret = hashlib.sha256(b"tamperbench reference device key TBR00000001").digest()
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    assert alert.is_signed_by(key.public_key())
    assert (alert.counter, alert.sequence, alert.code, alert.severity) == (1, 1, 0x2C, 1)
    assert f"{alert.event_time:%Y-%m-%d at %H:%M:%S}.65 UTC" in text
    assert frame[9 : 9 + len(alert.signed_part)] == alert.signed_part
    assert frame[107] == 0x40


def test_the_offsets_of_the_page_are_those_of_the_example() -> None:
    text = ALERT_FORMAT.read_text(encoding="utf-8").split("## Repeats")[0]
    frame = bytes.fromhex("".join(re.findall(r"^ {4}([0-9a-f]+)$", ALERT_FORMAT.read_text("utf-8"), re.MULTILINE)))
    rows = re.findall(r"^\| (\d+) \| ([\d +]+) \| [^|]+ \| `((?:[0-9A-F]{2} ?)+)`", text, re.MULTILINE)
    assert len(rows) >= 15
    for offset, _, octets in rows:
        expected = bytes.fromhex(octets)
        assert frame[int(offset) : int(offset) + len(expected)] == expected or octets == "C0000000", offset


def test_every_register_of_the_port_is_listed() -> None:
    header = (SOURCE / "port" / "lm3s6965" / "registers.h").read_text(encoding="utf-8")
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    names = re.findall(
        r"^#define ((?:SYSCTL|GPIO|UART|SSI|I2C|TIMER|WDT|HIB|NVIC|SCB)_\w+)(?:\(\w+(?:, \w+)?\))? REGISTER",
        header,
        re.M,
    )
    assert len(names) > 40
    missing = [name for name in names if f"`{name}`" not in readme]
    assert not missing

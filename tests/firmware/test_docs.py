"""The pages say what is: the example alert decodes and verifies, the register list is that of the sources."""

from __future__ import annotations

import hashlib
import re

from cryptography.hazmat.primitives.asymmetric import ec

from harness.bench.files import EventCodes, load_meter_file
from tests.firmware.alert_decoder import decode_alert
from tests.firmware.conftest import SOURCE
from tests.system.commands import METER

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
        r"^#define ((?:SYSCTL|GPIO|UART|SSI|I2C|TIMER|WDT|HIB|FLASH|ADC|NVIC|SCB)_\w+)(?:\(\w+(?:, \w+)?\))? REGISTER",
        header,
        re.M,
    )
    assert len(names) > 40
    missing = [name for name in names if f"`{name}`" not in readme]
    assert not missing


# The event codes stand in five places: the firmware's enum and its severities, two tables for people, the meter file.

EVENT_NAMES = {
    "MISMATCH": "current_mismatch",
    "MISMATCH_ENDED": "current_mismatch_gone",
    "MAGNET": "magnetic_field",
    "MAGNET_ENDED": "magnetic_field_gone",
    "HALL_FAULT": "field_sensor_fault",
    "HALL_BACK": "field_sensor_back",
    "BYPASS": "element_bypassed",
    "BYPASS_ENDED": "element_bypassed_gone",
    "PHASE_ANGLE": "phase_angle_abnormal",
    "PHASE_ANGLE_ENDED": "phase_angle_abnormal_gone",
    "MOTION_FAULT": "motion_sensor_fault",
    "MOTION_BACK": "motion_sensor_back",
}
"""The firmware's names that are not the meter file's; of the others only the ending differs (ENDED, gone)."""


def firmware_codes() -> dict[str, int]:
    """Meter file's name of each event of the firmware → code."""
    header = (SOURCE / "core" / "event_queue.h").read_text(encoding="utf-8")
    found = re.findall(r"^ +EVENT_(\w+) = 0x([0-9A-F]{2}),$", header, re.MULTILINE)
    assert len(found) > 40
    named = {name: EVENT_NAMES.get(name) or re.sub("_ended$", "_gone", name.lower()) for name, _ in found}
    return {named[name]: int(code, 16) for name, code in found}


def firmware_severity(code: int) -> int:
    header = (SOURCE / "core" / "event_queue.h").read_text(encoding="utf-8")
    minor = re.findall(r"case (EVENT_\w+):", (SOURCE / "core" / "severity.c").read_text(encoding="utf-8"))
    assert len(minor) > 15
    return 2 if any(re.search(rf"^ +{name} = 0x{code:02X},$", header, re.MULTILINE) for name in minor) else 1


def test_the_reference_meter_file_has_every_event_that_the_firmware_reports() -> None:
    """A name without a code can't be asked for by a plan; one with another code is another meter's."""
    told = load_meter_file(METER).alerts.events.model_dump(exclude_none=True)
    assert told == firmware_codes()


def test_every_event_is_put_into_the_queue_by_some_module() -> None:
    """Those of wiring, by their place after the first, and ends after their beginnings, need no name there."""
    tables = {"causes.c", "severity.c"}
    modules = "".join(file.read_text("utf-8") for file in SOURCE.glob("core/*.c") if file.name not in tables)
    by_place = ("NEUTRAL_LOST", "LINE_NEUTRAL_SWAPPED", "CURRENT_REVERSED", "PHASE_ANGLE")
    names = re.findall(r"^    EVENT_(\w+) = 0x", (SOURCE / "core" / "event_queue.h").read_text("utf-8"), re.MULTILINE)
    assert len(names) == len(firmware_codes())
    assert [name for name in names if not name.startswith(by_place) and f"EVENT_{name}" not in modules] == []


def test_every_event_has_a_place_in_a_meter_file() -> None:
    assert set(EventCodes.model_fields) == set(firmware_codes())


def test_the_table_of_equivalents_is_that_of_the_firmware() -> None:
    """Codes, each once, beginning and end in one row, and severities."""
    text = (SOURCE / "README.md").read_text(encoding="utf-8").partition("### Events")[2].partition("## ")[0]
    rows = re.findall(r"^\| ((?:`[0-9A-F]{2}`(?:, )?)+) \| ([^|]+) \| ([12](?:, [12])*) \|", text, re.MULTILINE)
    shown: dict[int, int] = {}
    for codes, cause, severities in rows:
        numbers = [int(code, 16) for code in re.findall("`(..)`", codes)]
        assert len(numbers) == len(severities.split(", ")), cause
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"{cause}: the end is the code after"
        assert not shown.keys() & set(numbers), cause
        shown |= dict(zip(numbers, map(int, severities.split(", ")), strict=True))
    assert shown == {code: firmware_severity(code) for code in firmware_codes().values()}


def test_the_table_of_the_alert_format_is_that_of_the_firmware() -> None:
    text = ALERT_FORMAT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([0-9A-F]{2})`(?: \((\d+)\))? \| [^|]+ \| ([12]) \|$", text, re.MULTILINE)
    assert all(not decimal or int(decimal) == int(code, 16) for code, decimal, _ in rows)
    assert len({code for code, _, _ in rows}) == len(rows)
    shown = {int(code, 16): int(severity) for code, _, severity in rows}
    assert shown == {code: firmware_severity(code) for code in firmware_codes().values()}

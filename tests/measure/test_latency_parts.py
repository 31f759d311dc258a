"""A latency taken apart: the parts lie where the wires say, add up to the whole, and are not guessed."""

import pytest

from harness.measure.i2c import I2cByte, I2cTransfer
from harness.measure.latency import Latency
from harness.measure.latency_parts import BusAddresses, split_latency
from harness.measure.uart import Character

MS = 1e6
ELEMENT, SENSOR = 0x60, 0x1E
BUS = BusAddresses(ELEMENT, SENSOR)
ALERT = b"alert"
WHOLE = Latency(300.0, t0_ns=10 * MS, end_ns=310 * MS)


def transfer(address: int, start_ms: float, end_ms: float, octets: int = 1, *, reading: bool = True) -> I2cTransfer:
    data = tuple(I2cByte(0, True, end_ms * MS) for _ in range(octets))
    return I2cTransfer(address, reading, True, data, start_ms * MS, end_ms * MS, stopped=True)


def sent(text: bytes, end_ms: float) -> list[Character]:
    """``text`` so that it ends at ``end_ms``, a character per ms."""
    begin = end_ms - len(text)
    return [Character(octet, (begin + at) * MS, (begin + at + 1) * MS) for at, octet in enumerate(text)]


LINE = [*sent(b"alert", 200), *sent(ALERT, 310)]
"""The same octets were sent before: a copy of an earlier alert, say."""
TRANSFERS = [
    transfer(SENSOR, 5, 6, 8),  # before the stimulus
    transfer(SENSOR, 60, 61, 8),
    transfer(SENSOR, 80, 81, 8),
    transfer(ELEMENT, 85, 86, 4, reading=False),
    transfer(SENSOR, 90, 91, 8),  # after the decision
    transfer(ELEMENT, 120, 121, 7),
    transfer(ELEMENT, 290, 292, 67),
    transfer(ELEMENT, 308, 309, 67),  # during the frame
]


def test_the_parts_are_between_the_marks_and_add_up():
    split = split_latency(WHOLE, ALERT, LINE, TRANSFERS, BUS)
    assert split.parts_ms == (("sensor", 71.0), ("decision", 4.0), ("signature", 207.0), ("queue", 13.0), ("line", 5.0))
    assert sum(value for _, value in split.parts_ms) == WHOLE.value_ms


def test_a_cause_without_a_sensor_on_the_bus_has_no_such_part():
    split = split_latency(WHOLE, ALERT, LINE, TRANSFERS, BusAddresses(ELEMENT))
    assert [name for name, _ in split.parts_ms] == ["decision", "signature", "queue", "line"]
    assert dict(split.parts_ms)["decision"] == 75.0


@pytest.mark.parametrize(
    ("latency", "line", "transfers", "reason"),
    [
        (Latency(None, reason="no trigger"), LINE, TRANSFERS, "no trigger"),
        (Latency(300.0, True, t0_ns=10 * MS), LINE, TRANSFERS, "not found"),
        (WHOLE, LINE[-3:], TRANSFERS, "first start bit"),
        (WHOLE, LINE, [one for one in TRANSFERS if one.address != ELEMENT], "no read of 64 octets"),
        (WHOLE, LINE, TRANSFERS[:6], "no read of 64 octets"),
        (WHOLE, LINE, [one for one in TRANSFERS if one.start_ns not in (60 * MS, 80 * MS)], "no read of the sensor"),
    ],
)
def test_what_was_not_seen_is_not_told(
    latency: Latency, line: list[Character], transfers: list[I2cTransfer], reason: str
) -> None:
    split = split_latency(latency, ALERT, line, transfers, BUS)
    assert split.parts_ms == ()
    assert reason in split.reason

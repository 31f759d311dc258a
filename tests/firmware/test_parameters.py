"""The parameter page's blocks on the host: what is damaged or not allowed leaves the reference values."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.host_meter import MS, HostMeter, S
from tests.firmware.test_motion import codes, tilted, turn

GAINS_AT, ACCESS_AT, LIMITS_AT = 32, 64, 128
OPENED, CLOSED, TILTED = 0x2C, 0x2D, 0x21
Make = Callable[[], HostMeter]


def with_crc(body: bytes) -> bytes:
    return body + struct.pack(">I", zlib.crc32(body))


def pulse_counts(meter: HostMeter, length_ms: int) -> bool:
    """Whether the case, open for so long, is an event."""
    meter.edge(meter.now_us + 100 * MS, True)
    meter.edge(meter.now_us + (100 + length_ms) * MS, False)
    meter.run(meter.now_us + 2 * S)
    found = [alert.code for alert in meter.alerts]
    return OPENED in found


def test_allowed_limits_are_taken(make_meter: Make) -> None:
    meter = make_meter().power_on(parameters=make_parameter_page(limits=(30, 100, 30, 500)))
    meter.run(S)
    assert pulse_counts(meter, 40)


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((19, 100, 30, 500), id="debounce too short"),
        pytest.param((30, 29, 30, 500), id="shorter in a storm than at rest"),
        pytest.param((30, 101, 30, 500), id="debounce in a storm too long"),
        pytest.param((30, 100, 14, 500), id="tilt too small"),
        pytest.param((30, 100, 46, 500), id="tilt too large"),
        pytest.param((30, 100, 30, 199), id="vibration too short"),
        pytest.param((30, 100, 30, 5001), id="vibration too long"),
    ],
)
def test_one_limit_that_is_not_allowed_leaves_all_at_the_reference(
    make_meter: Make, limits: tuple[int, int, int, int]
) -> None:
    meter = make_meter().power_on(parameters=make_parameter_page(limits=limits))
    meter.run(3 * S)
    assert not pulse_counts(meter, 40)
    assert pulse_counts(meter, 60)
    meter.forget_sent()
    turn(meter, tilted(28))
    assert TILTED not in codes(meter)
    turn(meter, tilted(32))
    assert TILTED in codes(meter)


@pytest.mark.parametrize("limits", [(20, 20, 15, 200), (100, 100, 45, 5000)])
def test_the_ends_of_what_is_allowed_are_allowed(make_meter: Make, limits: tuple[int, int, int, int]) -> None:
    meter = make_meter().power_on(parameters=make_parameter_page(limits=limits))
    meter.run(S)
    assert pulse_counts(meter, 40) == (limits[0] < 40)
    assert pulse_counts(meter, 90) == (limits[0] < 90)


@pytest.mark.parametrize("damage", [0, 4, 6, 9, 11, 12, 15])
def test_a_damaged_block_of_limits_is_not_taken(make_meter: Make, damage: int) -> None:
    page = bytearray(make_parameter_page(limits=(30, 100, 30, 500)))
    page[LIMITS_AT + damage] ^= 1
    meter = make_meter().power_on(parameters=bytes(page))
    meter.run(S)
    assert not pulse_counts(meter, 40)


@pytest.mark.parametrize("magic", [b"TBP1", b"TBL2"])
def test_a_whole_block_of_another_kind_is_not_taken(make_meter: Make, magic: bytes) -> None:
    """Its checksum fits: what it is for decides. Likewise for the parties."""
    limits = with_crc(magic + struct.pack(">4H", 30, 100, 30, 500))
    parties = with_crc(magic.replace(b"P", b"Q") + b"ABCDEFGH" + b"12345678")
    meter = make_meter().power_on(parameters=parties.ljust(LIMITS_AT, b"\xff") + limits)
    meter.run(S)
    assert not pulse_counts(meter, 40)
    assert pulse_counts(meter, 60)
    assert meter.alerts[0].recipient == b"TBRHEAD1"


@pytest.mark.parametrize("gain", [0.79, 1.26])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_gain_that_no_adjustment_gives_leaves_all_at_one(make_meter: Make, gain: float, channel: int) -> None:
    """The block is whole. 12 % between the channels are a mismatch, unless the block's gains take it away."""
    gains = [1.0, 1 / 0.88, 1.0]
    assert mismatch_with(make_meter, gains) is False
    gains[channel] = gain
    assert mismatch_with(make_meter, gains) is True


def mismatch_with(make_meter: Make, gains: list[float]) -> bool:
    block = with_crc(b"TBG1" + struct.pack(">3I", *(round(gain * 65536) for gain in gains)))
    meter = make_meter()
    meter.front_end.neutral_A = 0.88 * meter.front_end.line_A
    meter.power_on(parameters=make_parameter_page().ljust(GAINS_AT, b"\xff") + block)
    meter.run(2 * S)
    return 0x04 in codes(meter)

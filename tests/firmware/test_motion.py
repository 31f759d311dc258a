"""SEAL-3, TILT-1, TILT-2 on the host: storms of edges, tilt against the installed position, shocks and shaking."""

from __future__ import annotations

import math

import pytest

from firmware_ref.tool.parameters import make_parameter_page
from tests.firmware.host_meter import MS, HostMeter, S

TILTED, RIGHTED, SHAKEN, CALM, FAULT, BACK, STORM, STORM_OVER = range(0x21, 0x29)
OPENED, CLOSED = 0x2C, 0x2D
UPRIGHT = (0, 0, 1000)


def codes(meter: HostMeter) -> list[int]:
    return [code for _, code in sorted({(alert.counter, alert.code) for alert in meter.alerts})]


def tilted(degrees: float, towards: float = 0.0) -> tuple[int, int, int]:
    """Gravity in the axes of a meter that was upright and leans by ``degrees`` to one side."""
    across = 1000 * math.sin(math.radians(degrees))
    return (
        round(across * math.cos(math.radians(towards))),
        round(across * math.sin(math.radians(towards))),
        round(1000 * math.cos(math.radians(degrees))),
    )


def turn(meter: HostMeter, gravity_mg: tuple[int, int, int], for_us: int = 4 * S) -> None:
    """A movement as the meter notices it: the position, and the interrupt for a moment."""
    meter.accelerometer.gravity_mg = gravity_mg
    meter.signal_motion(True)
    meter.run(meter.now_us + 10 * MS)
    meter.signal_motion(False)
    meter.run(meter.now_us + for_us)


@pytest.mark.parametrize("towards", [0, 45, 90, 135, 180, 270, 300])
def test_tilt_counts_in_every_direction(meter: HostMeter, towards: float) -> None:
    meter.run(3 * S)
    turn(meter, tilted(28, towards))
    assert codes(meter) == []
    turn(meter, tilted(32, towards))
    assert codes(meter) == [TILTED]
    assert meter.status & 0x21 == 0x21
    turn(meter, tilted(27, towards))
    assert codes(meter) == [TILTED]
    turn(meter, UPRIGHT)
    assert codes(meter) == [TILTED, RIGHTED]


def test_a_meter_installed_on_its_side_measures_from_there(meter: HostMeter) -> None:
    meter.accelerometer.gravity_mg = (-1000, 0, 0)
    meter.positions.clear()
    meter.power_on()
    meter.run(3 * S)
    turn(meter, (round(-1000 * math.cos(math.radians(28))), round(1000 * math.sin(math.radians(28))), 0))
    assert codes(meter) == []
    turn(meter, (round(-1000 * math.cos(math.radians(33))), 0, round(1000 * math.sin(math.radians(33)))))
    assert codes(meter) == [TILTED]
    turn(meter, (1000, 0, 0))
    assert codes(meter) == [TILTED]


def test_a_reset_does_not_learn_the_tilt_away(meter: HostMeter) -> None:
    meter.run(3 * S)
    assert len(meter.positions) == 1
    meter.accelerometer.gravity_mg = tilted(40)
    for _ in range(2):
        meter.power_on()
        meter.forget_sent()
        meter.run(5 * S)
        assert codes(meter)[-1] == TILTED
    assert len(meter.positions) == 1


def test_installing_anew_takes_an_open_case(meter: HostMeter) -> None:
    meter.run(3 * S)

    def install() -> None:
        meter.receive(b"/?!\r\n", "optical")
        meter.run(meter.now_us + S)
        meter.receive(b"\x06057\r\n", "optical")
        meter.run(meter.now_us + 12 * S)

    turn(meter, tilted(40))
    install()
    assert codes(meter) == [TILTED]
    meter.edge(meter.now_us + MS, True)
    meter.run(meter.now_us + S)
    install()
    assert codes(meter) == [TILTED, OPENED, RIGHTED]
    assert len(meter.positions) == 2


@pytest.mark.parametrize("deg", [15, 45])
def test_the_threshold_is_a_parameter(meter: HostMeter, deg: int) -> None:
    meter.power_on(parameters=make_parameter_page(limits=(50, 100, deg, 500)))
    meter.run(3 * S)
    turn(meter, tilted(deg - 2))
    assert codes(meter) == []
    turn(meter, tilted(deg + 2))
    assert codes(meter) == [TILTED]


def test_a_slow_tilt_is_found_by_looking(meter: HostMeter) -> None:
    meter.run(3 * S)
    for tenths in range(360):
        meter.accelerometer.gravity_mg = tilted(tenths / 10)
        meter.run(meter.now_us + 50 * MS)
    assert codes(meter) == [TILTED]


def shake(meter: HostMeter, for_us: int, peak_mg: int = 400) -> None:
    """Back and forth every 20 ms, with the interrupt line up, then rest."""
    until_us = meter.now_us + for_us
    sign = 1
    while meter.now_us < until_us:
        meter.accelerometer.gravity_mg = (sign * peak_mg, 0, 1000)
        meter.signal_motion(True)
        meter.run(meter.now_us + 20 * MS)
        sign = -sign
    meter.accelerometer.gravity_mg = UPRIGHT
    meter.signal_motion(False)


def test_a_shock_is_no_event_and_a_shaking_is_one(meter: HostMeter) -> None:
    meter.run(3 * S)
    shake(meter, 450 * MS)
    meter.run(meter.now_us + 3 * S)
    assert codes(meter) == []
    shake(meter, 600 * MS)
    meter.run(meter.now_us + S)
    assert codes(meter) == [SHAKEN]
    meter.run(meter.now_us + 3 * S)
    assert codes(meter) == [SHAKEN, CALM]


def test_two_shocks_do_not_add_up_and_small_ones_never_count(meter: HostMeter) -> None:
    meter.run(3 * S)
    for _ in range(5):
        shake(meter, 300 * MS)
        meter.run(meter.now_us + 200 * MS)
    shake(meter, 2 * S, peak_mg=50)
    meter.run(meter.now_us + 3 * S)
    assert codes(meter) == []


@pytest.mark.parametrize("fault", ["absent", "stuck"])
def test_a_silent_or_stuck_accelerometer_is_an_event_and_so_is_its_return(meter: HostMeter, fault: str) -> None:
    meter.run(3 * S)
    meter.accelerometer.is_present = fault != "absent"
    meter.accelerometer.is_stuck = fault == "stuck"
    meter.run(20 * S)
    assert codes(meter) == [FAULT]
    assert meter.status & 1 << 13
    meter.accelerometer.is_present, meter.accelerometer.is_stuck = True, False
    meter.run(30 * S)
    assert codes(meter) == [FAULT, BACK]


def test_at_rest_it_is_looked_at_once_a_second(meter: HostMeter) -> None:
    meter.run(3 * S)
    before = len(meter.accelerometer.reads_us)
    meter.run(13 * S)
    assert len(meter.accelerometer.reads_us) - before <= 11


def storm(meter: HostMeter, from_us: int, period_us: int, count: int) -> int:
    for number in range(count):
        meter.edge(from_us + number * period_us, True)
        meter.edge(from_us + number * period_us + period_us // 2, False)
    return from_us + count * period_us


def test_a_storm_is_logged_once_with_its_end(meter: HostMeter) -> None:
    end_us = storm(meter, 2 * S, 4 * MS, 500)
    meter.run(end_us + 4 * S)
    assert codes(meter) == [STORM, STORM_OVER]


@pytest.mark.parametrize(("length_ms", "events"), [(80, 0), (110, 2)])
def test_the_debounce_is_longer_in_a_storm(meter: HostMeter, length_ms: int, events: int) -> None:
    end_us = storm(meter, 2 * S, 4 * MS, 400)
    meter.edge(end_us + 200 * MS, True)
    meter.edge(end_us + (200 + length_ms) * MS, False)
    meter.run(end_us + 4 * S)
    assert len([code for code in codes(meter) if code in {OPENED, CLOSED}]) == events


def test_the_debounce_is_back_after_the_storm(meter: HostMeter) -> None:
    end_us = storm(meter, 2 * S, 4 * MS, 400)
    meter.edge(end_us + 3 * S, True)
    meter.edge(end_us + 3 * S + 60 * MS, False)
    meter.run(end_us + 5 * S)
    assert codes(meter) == [STORM, STORM_OVER, OPENED, CLOSED]


def test_bouncing_pulses_for_half_a_second_are_no_storm(meter: HostMeter) -> None:
    """As in the plan's pulse trains: 15 edges a movement, ten pulses."""
    at_us = 2 * S
    for _ in range(20):
        for _ in range(15):
            meter.edge(at_us, at_us % 2 == 0)
            at_us += 301
        at_us += 20 * MS
    meter.edge(at_us, False)
    meter.run(at_us + 3 * S)
    assert codes(meter) == []


@pytest.mark.parametrize("damaged", [{0x20}, {0x23}, {0x30}])
def test_an_accelerometer_that_has_lost_its_settings_is_set_up_again(meter: HostMeter, damaged: set[int]) -> None:
    """Any of them: pace, range, the interrupt's axes."""
    meter.run(3 * S)
    right = bytes(meter.accelerometer.registers[:0x27]), meter.accelerometer.registers[0x30]
    for register in damaged:
        meter.accelerometer.registers[register] = 0
    meter.run(6 * S)
    assert (bytes(meter.accelerometer.registers[:0x27]), meter.accelerometer.registers[0x30]) == right
    turn(meter, tilted(32))
    assert codes(meter) == [TILTED]


def test_while_moved_most_samples_are_brief_and_lost_settings_are_seen_all_the_same(meter: HostMeter) -> None:
    meter.run(3 * S)
    shake(meter, 400 * MS)
    meter.transfers.clear()
    shake(meter, 200 * MS)
    lengths = [length for _, address, _, length in meter.transfers if address == 0x18]
    assert sorted(set(lengths)) == [7, 18]
    assert lengths.count(7) >= 3 * lengths.count(18), "one in five shows settings and interrupt"
    meter.accelerometer.registers[0x23] = 0
    shake(meter, 1200 * MS)  # a part that has failed rests for a second
    assert meter.accelerometer.registers[0x23] == 0x88


def test_an_interrupt_at_rest_is_released_at_once(meter: HostMeter) -> None:
    """The first sample after it reads the source: a line that stays high would tell of no other movement."""
    meter.run(3 * S)
    meter.transfers.clear()
    meter.signal_motion(True)
    meter.run(meter.now_us + 5 * MS)
    assert [length for _, address, _, length in meter.transfers if address == 0x18] == [18]


def test_an_accelerometer_without_new_data_is_silent(meter: HostMeter) -> None:
    meter.run(3 * S)
    meter.accelerometer.is_new = False
    meter.run(20 * S)
    assert codes(meter) == [FAULT]


@pytest.mark.parametrize(("percent", "events"), [(70, []), (130, []), (90, [TILTED]), (110, [TILTED])])
def test_only_what_is_as_long_as_gravity_shows_a_position(meter: HostMeter, percent: int, events: list[int]) -> None:
    meter.run(3 * S)
    x, y, z = (value * percent // 100 for value in tilted(45))
    turn(meter, (x, y, z))
    assert codes(meter) == events


def install(meter: HostMeter) -> None:
    meter.receive(b"/?!\r\n", "optical")
    meter.run(meter.now_us + S)
    meter.receive(b"\x06057\r\n", "optical")
    meter.run(meter.now_us + 12 * S)


def test_a_torn_position_leaves_the_one_before_it(meter: HostMeter) -> None:
    meter.run(3 * S)
    first = meter.positions[0]
    torn = bytearray(first)
    torn[8] ^= 0x04
    meter.positions[16] = bytes(torn)
    meter.power_on()
    meter.run(3 * S)
    turn(meter, tilted(28))
    assert codes(meter) == []
    turn(meter, tilted(32))
    assert codes(meter) == [TILTED]


def test_after_64_positions_the_last_one_stays(meter: HostMeter) -> None:
    meter.run(3 * S)
    first = meter.positions[0]
    for place in range(64):
        meter.positions[16 * place] = first
    meter.power_on(is_case_open=True)
    meter.run(3 * S)
    turn(meter, tilted(40))
    assert codes(meter)[-1] == TILTED
    install(meter)
    assert codes(meter)[-1] == TILTED, "it could not be kept, so it does not count"
    assert set(meter.positions.values()) == {first}
    assert "installed positions: 0 more can be kept\r\n" in meter.banner, "the installer is told"


def test_the_banner_tells_how_many_positions_can_still_be_kept(meter: HostMeter) -> None:
    meter.run(3 * S)
    assert list(meter.positions) == [0]
    meter.positions[16] = bytes(16)  # torn: its place is used up
    meter.power_on(is_case_open=True)
    meter.run(3 * S)
    assert "installed positions: 62 more can be kept\r\n" in meter.banner


def test_an_order_to_install_outlasts_a_silent_sensor(meter: HostMeter) -> None:
    meter.power_on(is_case_open=True)
    meter.run(3 * S)
    meter.accelerometer.is_present = False
    meter.run(6 * S)
    install(meter)
    assert len(meter.positions) == 1
    meter.accelerometer.is_present, meter.accelerometer.gravity_mg = True, (1000, 0, 0)
    meter.run(meter.now_us + 12 * S)
    assert len(meter.positions) == 2
    assert TILTED not in codes(meter)

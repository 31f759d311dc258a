"""COM-1 with a mismatch beside another cause, on the emulated board, over the sampling's phase and the time between.

A mismatch and a lost neutral take longest by themselves, so they suffer most from a signature begun just before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from firmware_ref.tool.build import BuildResult
from harness.emulation.meter_board import MeterBoard
from tests.firmware.test_on_models import MS, S, alerts, public_key, run
from tests.firmware.test_sensors_on_board import Room, first_sent_ns, make_board

MISMATCH, NEUTRAL_LOST, MAGNET, MAGNET_GONE, TILTED, OPENED = 0x04, 0x15, 0x09, 0x0A, 0x21, 0x2C
LIMIT_NS = 490 * MS
"""The requirement's 500 ms, less what a board's tolerances and the grid's gaps may add."""
FULL_TURN_DEG, CROSSING_DEG, TURN_DEG_PER_S = 45, 33, 200


@dataclass
class TurningRoom(Room):
    """Turns the meter from ``turn_at_ns`` on, once that is set."""

    turn_at_ns: int = 0

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        turned_s = max(0, at_ns - self.turn_at_ns) / S if self.turn_at_ns else 0.0
        angle = math.radians(min(FULL_TURN_DEG, TURN_DEG_PER_S * turned_s))
        return (round(1_000_000 * math.sin(angle)), 0, round(1_000_000 * math.cos(angle)))

    def still_from_ns(self) -> int:
        return self.turn_at_ns + FULL_TURN_DEG * S // TURN_DEG_PER_S if self.turn_at_ns else 0


def open_case(board: MeterBoard, room: TurningRoom) -> int:
    del room
    board.case_switch.terminal.hold(False)
    return board.world.now_ns


def bring_magnet(board: MeterBoard, room: TurningRoom) -> int:
    room.field_mT = (60.0, 0.0, 0.0)
    return board.world.now_ns


def turn(board: MeterBoard, room: TurningRoom) -> int:
    room.turn_at_ns = board.world.now_ns
    board.world.schedule(board.world.now_ns, board.accelerometer.name, "moved")
    return board.world.now_ns + CROSSING_DEG * S // TURN_DEG_PER_S


def arrangements(
    board: MeterBoard, room: TurningRoom, offsets_ms: range, neutral_A: float
) -> Iterator[tuple[int, int]]:
    """When the neutral's current will fall to ``neutral_A``, and when the other cause comes; neither has yet."""
    quiet = board.world.snapshot()
    for phase_ms, offset_ms in product(range(0, 100, 20), offsets_ms):
        board.world.restore(quiet)
        room.field_mT, room.steps, room.turn_at_ns = (0.0, 0.0, 0.05), [], 0
        currents_ns = board.world.now_ns + (300 + phase_ms) * MS
        room.step(currents_ns, 5.0, neutral_A)
        yield currents_ns, currents_ns + offset_ms * MS


@pytest.mark.parametrize(
    ("other", "code", "neutral_A", "currents_code", "offsets_ms"),
    [
        pytest.param(open_case, OPENED, 4.4, MISMATCH, range(40, 170, 15), id="case, then mismatch"),
        pytest.param(bring_magnet, MAGNET, 4.4, MISMATCH, range(-50, 170, 20), id="magnet, then mismatch"),
        pytest.param(turn, TILTED, 4.4, MISMATCH, range(-190, 0, 20), id="tilt, then mismatch"),
        pytest.param(open_case, OPENED, 0.0, NEUTRAL_LOST, range(40, 140, 10), id="case, then neutral lost"),
    ],
)
def test_currents_that_are_decided_late_are_in_time_beside_another_cause(
    image: BuildResult,
    other: Callable[[MeterBoard, TurningRoom], int],
    code: int,
    neutral_A: float,
    currents_code: int,
    offsets_ms: range,
) -> None:
    room = TurningRoom()
    board = make_board(image, room)
    of_currents, of_other, shared = [], [], 0
    for currents_ns, other_ns in arrangements(board, room, offsets_ms, neutral_A):
        run(board, other_ns - board.world.now_ns)
        began_ns = other(board, room)
        run(board, 1200 * MS)
        told = alerts(board)
        assert sorted({alert.code for alert in told}) == sorted({currents_code, code})
        assert all(alert.is_signed_by(public_key(board)) for alert in told)
        ends_ns = first_sent_ns(board, currents_code), first_sent_ns(board, code)
        of_currents.append(ends_ns[0] - currents_ns)
        of_other.append(ends_ns[1] - began_ns)
        shared += ends_ns[0] == ends_ns[1]
    assert max(of_currents) < LIMIT_NS
    assert max(of_other) < LIMIT_NS
    assert shared > 0, "one waits for the other where that saves a signature"


def test_a_restoration_that_is_about_to_be_signed_lets_a_mismatch_go_with_it(image: BuildResult) -> None:
    """A minor event has time; its signature keeps the secure element as long as a major one's."""
    room = TurningRoom()
    board = make_board(image, room)
    bring_magnet(board, room)
    run(board, S)
    for alert in alerts(board):
        board.modem.write(alert.confirmation())
    run(board, S)
    in_field = board.world.snapshot()
    for offset_ms in range(250, 520, 30):
        board.world.restore(in_field)
        room.steps, room.field_mT = [], (0.0, 0.0, 0.05)
        currents_ns = board.world.now_ns + offset_ms * MS
        room.step(currents_ns, 5.0, 4.4)
        run(board, 1700 * MS)
        assert first_sent_ns(board, MISMATCH) - currents_ns < LIMIT_NS, offset_ms
        assert first_sent_ns(board, MAGNET_GONE) - (currents_ns - offset_ms * MS) < S, offset_ms

"""MET-2 on the emulated board: a load that goes right after a surge is no bypass, whenever in the sampling it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_ref.tool.build import BuildResult
from harness.emulation.analog_net import Segment
from harness.emulation.parts.surroundings import Quantity
from tests.firmware.test_on_models import MS, S, alerts, run
from tests.firmware.test_sensors_on_board import MAINS_MHZ, Room, make_board

VOLTAGE_V, RESISTANCE_OHM = 230.0, 0.4
LARGE_A, SMALL_A = 3.0, 0.6
RISE_V, RISE_NS = LARGE_A * RESISTANCE_OHM, 50 * MS


@dataclass
class SuppliedRoom(Room):
    """The load is behind a supply whose resistance it shows in the voltage, which rises once for a while."""

    line_A: float = SMALL_A
    neutral_A: float = SMALL_A
    rises_ns: int = 0

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        if quantity != "LINE_V":
            return super().mains_segments(quantity, from_ns, to_ns)
        changes = {from_ns, self.rises_ns, self.rises_ns + RISE_NS, *(step[0] for step in self.steps)}
        return [
            Segment(at_ns, peak_u=round(self._voltage_V(at_ns) * math.sqrt(2) * 1_000_000), frequency_mHz=MAINS_MHZ)
            for at_ns in sorted(changes)
            if from_ns <= at_ns < to_ns
        ]

    def _voltage_V(self, at_ns: int) -> float:
        load_A = [self.line_A, *(line_A for step_ns, line_A, _ in self.steps if step_ns <= at_ns)][-1]
        rise_V = RISE_V if self.rises_ns <= at_ns < self.rises_ns + RISE_NS else 0.0
        return VOLTAGE_V - RESISTANCE_OHM * load_A + rise_V


def test_a_load_switched_off_right_after_a_surge_is_no_bypass(image: BuildResult) -> None:
    """One sample shows the surge in the voltage, the next one the load: an hour of life met it on one seed of 200."""
    room = SuppliedRoom()
    board = make_board(image, room)
    for load_A in (LARGE_A, SMALL_A, LARGE_A):
        room.step(board.world.now_ns, load_A, load_A)
        run(board, 2 * S)
    taught, steps = board.world.snapshot(), [*room.steps]
    for phase_ms in range(0, 100, 5):
        board.world.restore(taught)
        room.rises_ns = board.world.now_ns + (200 + phase_ms) * MS
        room.steps = [*steps, (room.rises_ns + 60 * MS, SMALL_A, SMALL_A)]
        run(board, S)
        assert [alert.code for alert in alerts(board)] == [], phase_ms

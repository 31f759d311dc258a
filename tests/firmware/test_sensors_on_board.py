"""The image on the emulated board with its sensors: tolerances of many boards, latency, the shared bus, the readout."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from operator import xor

import pytest

from firmware_ref.tool.build import BuildResult
from harness.emulation.analog_net import Segment
from harness.emulation.meter_board import MeterBoard
from harness.emulation.parts.surroundings import GRAVITY_UG, Place, Quantity
from harness.emulation.world import World
from tests.firmware.alert_decoder import decode_alerts, split_frames
from tests.firmware.test_on_models import EPOCH_S, MS, S, alerts, banner, public_key, run

MAINS_MHZ = 50_000


@dataclass
class Room:
    """Field and temperature are set by the test; currents and voltage are sinusoids since the start; nothing moves."""

    field_mT: tuple[float, float, float] = (0.0, 0.0, 0.05)
    board_C: float = 23.0
    line_A: float = 5.0
    neutral_A: float = 5.0
    steps: list[tuple[int, float, float]] = field(default_factory=list)

    def field_nT(self, place: Place, at_ns: int) -> tuple[int, int, int]:
        del at_ns
        x, y, z = (round(value * 1_000_000) for value in self.field_mT)
        return (x, y, z) if place == "sensor" else (0, 0, 0)

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        del from_ns, to_ns
        return True

    def meter_mC(self, at_ns: int) -> int:
        del at_ns
        return round(self.board_C * 1000)

    def terminal_mC(self, at_ns: int) -> int:
        return self.meter_mC(at_ns)

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        del at_ns
        return (0, 0, GRAVITY_UG)

    def still_from_ns(self) -> int:
        return 0

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        now = from_ns, self.line_A, self.neutral_A
        steps = [now, *(step for step in self.steps if from_ns < step[0] < to_ns)]
        for step in self.steps:
            if step[0] <= from_ns:
                steps[0] = from_ns, *step[1:]
        rms = [{"LINE_I": line_A, "NEUTRAL_I": neutral_A, "LINE_V": 230.0}[quantity] for _, line_A, neutral_A in steps]
        return [
            Segment(step[0], peak_u=round(value * math.sqrt(2) * 1_000_000), frequency_mHz=MAINS_MHZ)
            for step, value in zip(steps, rms, strict=True)
        ]

    def step(self, at_ns: int, line_A: float, neutral_A: float) -> None:
        """From ``at_ns`` on the currents are these; a value set beside it counts from the last look on."""
        self.steps.append((at_ns, line_A, neutral_A))


def make_board(image: BuildResult, room: Room, seed: int = 7, hall: str = "reference") -> MeterBoard:
    kind = "reference" if hall == "reference" else "tmag5273"
    board = MeterBoard(World(seed), utc_at_zero_s=EPOCH_S, surroundings=room, hall_sensor=kind)
    board.world.schedule(0, board.earth_sense.name, "line to earth", True)
    board.load_image(image.bin.read_bytes(), image.elf)
    board.power_on()
    run(board, 3 * S)
    return board


def codes(board: MeterBoard) -> list[int]:
    return [alert.code for alert in alerts(board)]


def first_sent_ns(board: MeterBoard, code: int) -> int:
    """When the last stop bit of the first frame that tells this code left."""
    octets_sent = 0
    for frame in split_frames(bytes(board.modem.state.received)):
        octets_sent += len(frame)
        if code in {alert.code for alert in decode_alerts(frame)}:
            return board.modem.state.received_ns[octets_sent - 1]
    raise AssertionError(f"no alert with code {code:#04x}, only {codes(board)}")


def test_a_quiet_room_gives_no_event(image: BuildResult) -> None:
    board = make_board(image, Room())
    run(board, 30 * S)
    assert codes(board) == []
    assert "case: closed\r\n" in banner(board)


@pytest.mark.parametrize("hall", ["reference", "tmag"])
@pytest.mark.parametrize("seed", range(1, 7))
def test_every_board_trips_at_55_and_not_at_45_mT(image: BuildResult, seed: int, hall: str) -> None:
    """MAG-2 over the sensor's tolerances, along a diagonal, at both ends of the temperature range."""
    room = Room()
    board = make_board(image, room, seed, hall)
    for board_C in (-40.0, 70.0):
        # No board cools by a hundred kelvin under a field: the meter looks at its temperature every second.
        room.board_C, room.field_mT = board_C, (0.0, 0.0, 0.05)
        run(board, 2 * S)
        for sign in (1, -1):
            room.field_mT = (sign * 45 / math.sqrt(3),) * 3
            run(board, 2 * S)
            assert codes(board) == []
    room.field_mT = (-55 / math.sqrt(3),) * 3
    run(board, S)
    assert codes(board) == [0x09]
    assert alerts(board)[0].is_signed_by(public_key(board))


def test_the_magnets_alert_leaves_in_time_wherever_it_comes(image: BuildResult) -> None:
    """COM-1 over the phase of the sampling."""
    room = Room()
    board = make_board(image, room)
    booted, latencies_ns = board.world.snapshot(), []
    for step in range(13):
        board.world.restore(booted)
        room.field_mT = (0.0, 0.0, 0.05)
        run(board, step * 9 * MS)
        start_ns = board.world.now_ns
        room.field_mT = (0.0, -60.0, 0.0)
        run(board, S)
        latencies_ns.append(first_sent_ns(board, 0x09) - start_ns)
    assert max(latencies_ns) < 330 * MS
    assert min(latencies_ns) > 180 * MS


@pytest.mark.parametrize("case_before_ms", [-150, -100, -50, 0, 50, 80, 100, 150])
def test_case_and_magnet_at_once_are_both_in_time(image: BuildResult, case_before_ms: int) -> None:
    """COM-1 with two causes: the later one waits for the secure element."""
    room = Room()
    board = make_board(image, room)
    start_ns = board.world.now_ns
    moves = sorted([(0, "magnet"), (-case_before_ms, "case")])
    for at_ms, what in moves:
        run(board, start_ns + (200 + at_ms) * MS - board.world.now_ns)
        if what == "case":
            case_ns = board.world.now_ns
            board.case_switch.terminal.hold(False)
        else:
            magnet_ns = board.world.now_ns
            room.field_mT = (60.0, 0.0, 0.0)
    run(board, S)
    assert first_sent_ns(board, 0x2C) - case_ns < 500 * MS
    assert first_sent_ns(board, 0x09) - magnet_ns < 500 * MS


@pytest.mark.parametrize("seed", range(1, 7))
def test_every_board_trips_at_12_and_not_at_8_percent(image: BuildResult, seed: int) -> None:
    """MET-1 over the channels' tolerances, both ways, from the starting current up."""
    room = Room()
    board = make_board(image, room, seed)
    for load_A in (0.1, 60.0):
        for line_A, neutral_A in ((load_A, 0.92 * load_A), (0.92 * load_A, load_A)):
            room.line_A, room.neutral_A = line_A, neutral_A
            run(board, S)
            assert codes(board) == []
    room.line_A = room.neutral_A = 5.0
    run(board, S)
    assert codes(board) == []
    balanced = board.world.snapshot()
    for phase_ms in (0, 25, 50, 75):
        board.world.restore(balanced)
        room.line_A = room.neutral_A = 5.0
        run(board, phase_ms * MS)
        start_ns = board.world.now_ns
        room.line_A, room.neutral_A = (5.0, 4.4) if seed % 2 else (4.4, 5.0)
        run(board, S)
        assert codes(board) == [0x04]
        # Below the budget in config.h (428 ms), so that 80 ms more are noticed: measured, 360 ms at most.
        assert first_sent_ns(board, 0x04) - start_ns < 400 * MS


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize(("before_A", "after_A"), [((60.0, 60.0), (4.4, 5.0)), ((60.0, 55.2), (1.5, 1.32))])
def test_a_load_that_falls_at_once_does_not_hide_a_mismatch(
    image: BuildResult, seed: int, before_A: tuple[float, float], after_A: tuple[float, float]
) -> None:
    """COM-1: the mismatch comes with the fall or up to 20 ms before it, from 60 A to 5 A or to 1.5 A."""
    room = Room(line_A=before_A[0], neutral_A=before_A[1])
    board = make_board(image, room, seed)
    before = board.world.snapshot()
    latencies_ns = []
    for phase_ms, lead_ms in product(range(2, 102, 20), (0, 20)):
        board.world.restore(before)
        (room.line_A, room.neutral_A), room.steps = before_A, []
        run(board, phase_ms * MS)
        assert codes(board) == []
        start_ns = board.world.now_ns
        room.step(
            start_ns, before_A[0] * min(after_A[0] / after_A[1], 1), before_A[0] * min(after_A[1] / after_A[0], 1)
        )
        room.step(start_ns + lead_ms * MS, *after_A)
        run(board, S)
        assert codes(board) == [0x04]
        latencies_ns.append(first_sent_ns(board, 0x04) - start_ns)
    assert max(latencies_ns) < 495 * MS  # measured over a fine grid: 441 ms for 5 A, 493 ms for 1.5 A


def test_load_steps_and_inrush_are_no_events(image: BuildResult) -> None:
    room = Room()
    board = make_board(image, room)
    for load_A in (0.05, 60.0, 0.2, 90.0, 1.0, 0.0, 30.0) * 3:
        room.line_A = room.neutral_A = load_A
        run(board, 333 * MS)
    assert codes(board) == []


def read_out(board: MeterBoard) -> bytes:
    board.optical.state.received.clear()
    board.optical.write(b"/?!\r\n")
    run(board, 2 * S)
    assert bytes(board.optical.state.received) == b"/TBR5TBREF-01\r\n"
    board.optical.state.received.clear()
    board.optical.write(b"\x06050\r\n")
    run(board, board.optical.idle_at_ns - board.world.now_ns + MS)
    board.optical.set_line(9600, "7E1")
    run(board, S)
    assert board.optical.state.bad_characters == 0
    board.optical.set_line(300, "7E1")
    return bytes(board.optical.state.received)


def test_the_readout_at_9600_baud_twice(image: BuildResult) -> None:
    room = Room(field_mT=(20.0, -10.0, 0.0), line_A=12.0, neutral_A=11.5)
    board = make_board(image, room)
    for _ in range(2):
        block = read_out(board)
        assert (block[0], block[-2]) == (0x02, 0x03)
        assert reduce(xor, block[1:-1]) == block[-1]
        text = block.decode("ascii", errors="replace")
        assert abs(float(text.split("1-0:31.7.0(")[1][:7]) - 12.0) < 0.05
        assert abs(float(text.split("1-0:91.7.0(")[1][:7]) - 11.5) < 0.05
        assert abs(float(text.split("1-0:32.7.0(")[1][:6]) - 230.0) < 1.0
        assert abs(float(text.split("0-0:96.50.0(")[1][:6]) - math.hypot(20, 10)) < 2.0
        assert "0-0:96.5.0(00000000)" in text


def test_the_field_is_sampled_while_everything_else_uses_the_bus(image: BuildResult) -> None:
    """Events in a row: counting, signing, saving, repeats. The samples counted by the meter itself."""
    room = Room()
    board = make_board(image, room)
    before = int(read_out(board).decode("ascii").split("0-0:96.50.4(")[1][:10])
    start_ns = board.world.now_ns
    for index in range(10):
        board.case_switch.terminal.hold(index % 2 == 1)
        run(board, 150 * MS)
    samples = int(read_out(board).decode("ascii").split("0-0:96.50.4(")[1][:10]) - before
    assert len({alert.counter for alert in alerts(board)}) == 10
    assert samples >= (board.world.now_ns - start_ns) / (101 * MS) - 2

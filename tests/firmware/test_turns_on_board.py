"""SEAL-4's time on the emulated board: no encryption keeps a turn of the main loop; an edge is queued within 1 ms.

The board has keys. A turn begins with the case switch's edges, so what it lasts is what an edge can wait.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from firmware_ref.tool.build import BuildResult
from firmware_ref.tool.parameters import KEYS_ADDRESS, make_key_page, make_test_keys
from harness.emulation.meter_board import MeterBoard
from harness.emulation.world import World
from harness.meter.apdu import GeneralSigning
from tests.firmware.alert_decoder import split_frames
from tests.firmware.test_on_models import EPOCH_S, MS, S, public_key, run
from tests.firmware.test_two_causes_on_board import TurningRoom

MOST_NS = MS
LOOK_NS = 2_000
DEBOUNCE_NS = 50 * MS
FRAME_OCTETS_OF_THREE = 268
CIPHER = frozenset({"gcm_begin", "gcm_encrypt", "multiply", "aes_encrypt"})


def make_keyed_board(image: BuildResult, room: TurningRoom) -> MeterBoard:
    board = MeterBoard(World(7), utc_at_zero_s=EPOCH_S, surroundings=room)
    board.world.schedule(0, board.earth_sense.name, "line to earth", True)
    board.load_image(image.bin.read_bytes(), image.elf)
    board.cpu.load_flash(KEYS_ADDRESS, make_key_page(*make_test_keys("TBR00000001")))
    board.power_on()
    run(board, 3 * S)
    return board


def function(board: MeterBoard) -> str:
    """Where the processor is; "" while it sleeps."""
    if board.cpu.sleeping or board.cpu.symbols is None:
        return ""
    return (board.cpu.symbols.locate(board.cpu.pc) or "").partition("+")[0]


def turns_ns(board: MeterBoard, duration_ns: int) -> Iterator[int]:
    """How long each turn lasts that another one follows at once: the loop itself is in ``handle_reset``."""
    began_ns, was_between, until_ns = None, False, board.world.now_ns + duration_ns
    while board.world.now_ns < until_ns:
        run(board, LOOK_NS)
        where = function(board)
        is_between = where == "handle_reset"
        if is_between and not was_between:
            if began_ns is not None:
                yield board.world.now_ns - began_ns
            began_ns = board.world.now_ns
        elif not where:
            began_ns = None
        was_between = is_between


def frame_lengths(board: MeterBoard) -> list[int]:
    return [len(frame) for frame in split_frames(bytes(board.modem.state.received))]


def begin_two(board: MeterBoard, room: TurningRoom) -> None:
    """Two ends, which are counted and wait for others: a major event comes with them in a payload of three."""
    room.field_mT = (60.0, 0.0, 0.0)
    board.case_switch.terminal.hold(False)
    run(board, 900 * MS)
    room.field_mT = (0.0, 0.0, 0.05)
    run(board, 200 * MS)
    board.case_switch.terminal.hold(True)
    run(board, 120 * MS)


def test_no_turn_lasts_longer_than_an_edge_may_wait(image: BuildResult) -> None:
    """A storm of alerts: payloads of one to three are sealed, signed, logged and sent, the first ones repeated."""
    room = TurningRoom()
    board = make_keyed_board(image, room)
    begin_two(board, room)
    board.case_switch.terminal.hold(False)
    lasted_ns = list(turns_ns(board, 300 * MS))
    board.case_switch.terminal.hold(True)
    room.field_mT, room.turn_at_ns = (60.0, 0.0, 0.0), board.world.now_ns
    board.world.schedule(board.world.now_ns, board.accelerometer.name, "moved")
    room.step(board.world.now_ns, 5.0, 0.0)
    lasted_ns += turns_ns(board, 2600 * MS)
    lengths = frame_lengths(board)
    assert FRAME_OCTETS_OF_THREE in lengths
    assert len(lengths) >= 6
    assert len(lasted_ns) > 500
    assert max(lasted_ns) < MOST_NS


def run_until_at_work(board: MeterBoard, functions: frozenset[str], look_ns: int, at_most_ns: int) -> None:
    until_ns = board.world.now_ns + at_most_ns
    while function(board) not in functions:
        assert board.world.now_ns < until_ns, f"none of {sorted(functions)} within {at_most_ns} ns"
        run(board, look_ns)


def test_an_edge_is_queued_within_a_millisecond_while_a_payload_is_sealed(image: BuildResult) -> None:
    room = TurningRoom()
    board = make_keyed_board(image, room)
    begin_two(board, room)
    room.field_mT = (60.0, 0.0, 0.0)
    began = board.world.snapshot()
    run_until_at_work(board, CIPHER, 50_000, 200 * MS)
    sealed_ns = board.world.now_ns
    waited_ns = []
    for later_us in range(-1_000, 13_000, 350):
        board.world.restore(began)
        debounced_ns = sealed_ns + later_us * 1_000
        run(board, debounced_ns - DEBOUNCE_NS - board.world.now_ns)
        board.case_switch.terminal.hold(False)
        run(board, DEBOUNCE_NS - 20_000)
        run_until_at_work(board, frozenset({"event_queue_put"}), 1_000, 12 * MS)
        waited_ns.append(board.world.now_ns - debounced_ns)
    assert max(waited_ns) <= MOST_NS
    assert sum(waited > MOST_NS // 4 for waited in waited_ns) > 3, "few of them came in the middle of a turn"
    run(board, 400 * MS)
    assert FRAME_OCTETS_OF_THREE in frame_lengths(board)


@pytest.mark.parametrize("is_keyed", [True, False], ids=["encrypted", "clear"])
def test_a_repeat_that_is_due_while_another_payload_is_signed_has_the_same_octets(
    image: BuildResult, is_keyed: bool
) -> None:
    """One frame holds them by turns, and each is made again from its record: no signature gets under another's text."""
    room = TurningRoom()
    board = make_keyed_board(image, room)
    if not is_keyed:
        board.power_off()
        board.cpu.load_flash(KEYS_ADDRESS, bytes([0xFF] * 40))
        board.power_on()
        run(board, 3 * S)
    board.case_switch.terminal.hold(False)
    run(board, 1500 * MS)
    soon = board.world.snapshot()
    (first,) = split_frames(bytes(board.modem.state.received))
    for later_ms in range(0, 900, 60):
        board.world.restore(soon)
        run(board, later_ms * MS)
        room.field_mT = (60.0, 0.0, 0.0)
        began_ns = board.world.now_ns
        run(board, 2 * S)
        room.field_mT = (0.0, 0.0, 0.05)
        frames = split_frames(bytes(board.modem.state.received))
        assert frames.count(first) >= 2, "the first one is repeated as it was"
        others = [frame for frame in frames if frame != first]
        assert others
        for signing in (GeneralSigning.decode(frame[8:]) for frame in others):
            r, s = (int.from_bytes(signing.signature[at : at + 32], "big") for at in (0, 32))
            public_key(board).verify(encode_dss_signature(r, s), signing.signed_octets, ec.ECDSA(hashes.SHA256()))
        ends = [sum(map(len, frames[: at + 1])) for at, frame in enumerate(frames) if frame != first]
        assert board.modem.state.received_ns[ends[0] - 1] - began_ns < 360 * MS

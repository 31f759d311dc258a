"""The image itself: on the emulated board, and on QEMU as a second, independent model of the processor."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from firmware_ref.tool.build import BuildResult
from firmware_ref.tool.parameters import PARAMETERS_ADDRESS, make_parameter_page
from harness.emulation.lm3s6965.sysctl import RESC_WATCHDOG
from harness.emulation.meter_board import MeterBoard
from harness.emulation.parts.power_tree import MAINS_PIN
from harness.emulation.world import World
from tests.firmware.alert_decoder import DecodedAlert, decode_alert, decode_alerts, split_frames

MS = 1_000_000
S = 1_000 * MS
EPOCH_S = 1_780_300_800
FRAME_OCTETS = 172


def make_board(image: BuildResult, seed: int) -> MeterBoard:
    board = MeterBoard(World(seed), utc_at_zero_s=EPOCH_S)
    board.load_image(image.bin.read_bytes(), image.elf)
    return board


@pytest.fixture
def board(image: BuildResult) -> MeterBoard:
    return make_board(image, seed=7)


@pytest.fixture
def booted(board: MeterBoard) -> MeterBoard:
    board.power_on()
    run(board, 3 * S)
    return board


def run(board: MeterBoard, duration_ns: int) -> None:
    board.world.run_until(board.world.now_ns + duration_ns)


def banner(board: MeterBoard) -> str:
    return bytes(board.diagnostic.state.received).decode()


def alerts(board: MeterBoard) -> list[DecodedAlert]:
    """What was reported, in the order of sending; events that share a payload one by one."""
    return [alert for frame in split_frames(bytes(board.modem.state.received)) for alert in decode_alerts(frame)]


def public_key(board: MeterBoard) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(board.secure_element.public_key[at : at + 32], "big") for at in (0, 32))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def test_it_boots_and_says_what_it_is(booted: MeterBoard) -> None:
    assert banner(booted) == (
        "tamperbench reference meter 0.1.0\r\n"
        "reset cause: power-on, boot 1\r\n"
        "secure element: ATECC608 revision 00006002\r\n"
        "event log: newest 0\r\n"
        "case: closed\r\n"
        "installed positions: 64 more can be kept\r\n"
    )


def test_an_opening_is_on_the_wire_well_below_half_a_second(booted: MeterBoard) -> None:
    start_ns = booted.world.now_ns
    clock_ns = booted.clock_reading_ns
    booted.case_switch.set_plunger(True)
    run(booted, S)
    (alert,) = alerts(booted)
    assert alert.is_signed_by(public_key(booted))
    assert (alert.code, alert.event_clock_status) == (0x2C, 0)
    # Plunger to contact takes 4 to 8 ms, contact bounce up to 5 ms; the meter itself about 235 ms (COM-1: 500 ms).
    assert booted.modem.state.received_ns[-1] - start_ns < 260 * MS
    event_ns = int(alert.event_time.timestamp() * 100) * 10 * MS
    assert -10 * MS <= event_ns - (clock_ns + booted.case_switch.traits.open_delay_ns) <= 5 * MS


def test_confirmation_optical_sign_on_and_closing(booted: MeterBoard) -> None:
    booted.case_switch.set_plunger(True)
    run(booted, S)
    booted.modem.write(alerts(booted)[0].confirmation())
    booted.optical.write(b"/?!\r\n")
    run(booted, 3 * S)
    assert bytes(booted.optical.state.received) == b"/TBR5TBREF-01\r\n"
    booted.case_switch.set_plunger(False)
    run(booted, S)
    assert [(alert.code, alert.counter) for alert in alerts(booted)] == [(0x2C, 1), (0x2D, 2)]


def test_power_loss_keeps_alert_counter_and_clock(booted: MeterBoard) -> None:
    booted.case_switch.set_plunger(True)
    run(booted, S)
    first = bytes(booted.modem.state.received)
    booted.power_off()
    booted.modem.state.received.clear()
    booted.diagnostic.state.received.clear()
    run(booted, 5 * S)
    booted.case_switch.set_plunger(False)
    run(booted, S)
    booted.power_on()
    run(booted, 2 * S)
    assert bytes(booted.modem.state.received) == first
    assert "reset cause: power-on, boot 2" in banner(booted)
    assert "event log: newest 1\r\n" in banner(booted)
    booted.case_switch.set_plunger(True)
    run(booted, S)
    newest = max(alerts(booted), key=lambda alert: alert.counter)
    assert newest.counter == 2
    assert abs(newest.event_time.timestamp() * S - booted.clock_reading_ns) < S + 100 * MS


@pytest.mark.parametrize("seed", [27, 56])
def test_time_stays_right_over_timer_wraps_and_drift(image: BuildResult, seed: int) -> None:
    """Ten minutes: the 32-bit timer wraps twice (268 s), and the two oscillators of these boards drift far apart."""
    board = make_board(image, seed)
    assert abs(board.traits.core_ppb + board.traits.crystal_ppb) > 50_000
    board.power_on()
    run(board, 603 * S + 377 * MS)
    clock_ns = board.clock_reading_ns
    board.case_switch.terminal.hold(False)
    run(board, S)
    (alert,) = alerts(board)
    late_ns = clock_ns - round(alert.event_time.timestamp() * 100) * 10 * MS
    # Hundredths are cut off, not rounded; a minute's drift is 4 ms at most.
    assert -5 * MS <= late_ns <= 15 * MS


@pytest.mark.parametrize("after_ms", [20, 51, 60, 78, 85, 100, 130, 200, 216, 219, 222, 226, 230, 240])
def test_a_reset_at_any_step_of_the_report_loses_no_case_opening(booted: MeterBoard, after_ms: int) -> None:
    """The parts keep their power: the secure element may be awake or busy, the EEPROM in a page write."""
    booted.case_switch.terminal.hold(False)
    run(booted, after_ms * MS)
    frames_before = bytes(booted.modem.state.received)[
        : len(booted.modem.state.received) // FRAME_OCTETS * FRAME_OCTETS
    ]
    booted.mcu.reset(RESC_WATCHDOG)
    booted.modem.state.received.clear()
    booted.diagnostic.state.received.clear()
    run(booted, 4 * S)
    assert "reset cause: watchdog, boot 2" in banner(booted)
    assert "ATECC608" in banner(booted)
    seen = alerts(booted)[-4:]
    assert seen
    assert all(alert.is_signed_by(public_key(booted)) for alert in seen)
    assert {alert.code for alert in seen} == {0x2C}
    if frames_before:
        first = decode_alert(frames_before)
        assert first.counter in {alert.counter for alert in seen}
    by_counter = {alert.counter: alert.signed_part for alert in seen}
    assert all(by_counter[alert.counter] == alert.signed_part for alert in seen), "one counter, one content"


def test_edges_that_come_while_the_processor_computes_are_not_lost(booted: MeterBoard) -> None:
    """A burst of more edges than the ring keeps, ending in a closed case while the digest is computed (77 to 79 ms)."""
    booted.case_switch.terminal.hold(False)
    run(booted, 76 * MS)
    world, opened = booted.world, booted.world.snapshot()
    for step in range(25):
        world.restore(opened)
        for _ in range(30 + 4 * step):
            booted.case_switch.terminal.hold(True)
            run(booted, 14_000)
            booted.case_switch.terminal.hold(False)
            run(booted, 14_000)
        booted.case_switch.terminal.hold(True)
        run(booted, 700 * MS)  # debouncing 50, a minor event waits 300 for others, reporting 235
        assert [alert.code for alert in alerts(booted)] == [0x2C, 0x2D], f"burst of {30 + 4 * step} pulses"


def test_debounced_edge_to_queue_entry_within_a_millisecond(booted: MeterBoard) -> None:
    """SEAL-4's budget, shown by the secure element's wake token (address 0): it follows the queue entry at once."""
    start_ns = booted.world.now_ns
    booted.case_switch.terminal.hold(False)
    woken_ns = None
    while woken_ns is None and booted.world.now_ns < start_ns + 60 * MS:
        run(booted, 20_000)
        if booted.mcu.i2c.state.busy and booted.mcu.i2c.state.msa >> 1 == 0:
            woken_ns = booted.world.now_ns
    assert woken_ns is not None
    assert 50 * MS - 10_000 <= woken_ns - start_ns <= 51 * MS


def test_the_parameter_page_is_used(board: MeterBoard) -> None:
    board.cpu.load_flash(PARAMETERS_ADDRESS, make_parameter_page(b"METER 42", b"HEADEND9"))
    board.power_on()
    run(board, 3 * S)
    board.case_switch.set_plunger(True)
    run(board, S)
    assert (alerts(board)[0].originator, alerts(board)[0].recipient) == (b"METER 42", b"HEADEND9")


@pytest.mark.parametrize(
    ("offset", "reason"),
    [
        (0x4000, "no image"),
        (0x4004, "unknown header version"),
        (0x4008, "digest does not match"),
        (0x4010, "image linked for another address"),
        (0x4017, "length out of bounds"),
        (0x4020, "digest does not match"),
        (0x4200, "digest does not match"),
        (0x5001, "digest does not match"),
        (-1, "digest does not match"),
    ],
)
def test_a_changed_bit_in_the_slot_stops_the_image(
    board: MeterBoard, image: BuildResult, offset: int, reason: str
) -> None:
    changed = bytearray(image.bin.read_bytes())
    changed[offset] ^= 0x08
    board.load_image(bytes(changed))
    board.power_on()
    run(board, 2 * S)
    assert banner(board) == f"tamperbench reference meter boot: slot A refused: {reason}\r\n"
    board.case_switch.set_plunger(True)
    run(board, S)
    assert not board.modem.state.received


def test_quiet_meter_sleeps(booted: MeterBoard) -> None:
    slept_ns, start_ns = booted.cpu.sleep_ns, booted.world.now_ns
    run(booted, 60 * S)
    # Ten samples of field and currents a second, 0.30 ms each in one waking; all else 0.3 ms: 0.33 %.
    # Whatever only waits (reporter, log, ports) is not looked at.
    assert (booted.cpu.sleep_ns - slept_ns) / (booted.world.now_ns - start_ns) > 0.9965
    assert "boot 1" in banner(booted), "the watchdog was serviced"


def test_a_broken_mains_sense_delays_the_start_only(board: MeterBoard) -> None:
    """PE0 says "no mains" while the supply stays: no hibernation will come, and after a second the meter works."""
    board.power_on()
    board.mcu.gpio["e"].force(MAINS_PIN, False)
    run(board, S)
    assert not banner(board)
    run(board, 2 * S)
    assert "case: closed" in banner(board)
    board.case_switch.set_plunger(True)
    run(board, S)
    assert [alert.code for alert in alerts(board)] == [0x2C]


@pytest.fixture
def qemu(image: BuildResult) -> Iterator[subprocess.Popen[bytes]]:
    path = shutil.which("qemu-system-arm")
    if path is None:
        pytest.skip("qemu-system-arm is not installed; the second model of the processor is not asked")
    ports = [word for port in ("null", "null", "stdio") for word in ("-serial", port)]
    command = [path, "-M", "lm3s6965evb", "-kernel", str(image.elf), "-display", "none", "-monitor", "none", *ports]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    limit = threading.Timer(60, process.kill)  # a model that says nothing ends the test instead of stopping it
    limit.start()
    yield process
    limit.cancel()
    process.kill()
    process.communicate()


def test_it_boots_on_qemu_where_no_part_answers(qemu: subprocess.Popen[bytes]) -> None:
    assert qemu.stdout is not None
    lines = [qemu.stdout.readline().decode().strip() for _ in range(6)]
    assert lines == [
        "tamperbench reference meter 0.1.0",
        "reset cause: unknown, boot 1",
        "secure element: absent",
        "event log: absent",
        "case: closed",
        "installed positions: 0 more can be kept",  # an erased flash reads as zeros there
    ]

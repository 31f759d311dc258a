"""Blocks inside the native core: the same as when the world drives them, and errors get out of it."""

from __future__ import annotations

import pytest

from firmware_ref.tool.build import BuildResult
from harness.emulation.errors import NotModelledError
from harness.emulation.lm3s6965.mcu import Mcu
from harness.emulation.lm3s6965.native_block import NEVER_NS
from tests.emulation.board.conftest import SECOND_NS, BootedMeter, boot


def told(meter: BootedMeter) -> tuple[object, ...]:
    wire = meter.board.i2c.wire.state
    cpu = meter.board.cpu
    return wire.starts_ns, wire.steps, cpu.cycles, cpu.instructions, meter.banner, bytes(meter.board.eeprom.state.array)


def test_it_goes_the_same_way_when_the_world_s_events_drive_it(
    firmware: BuildResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    native = boot(firmware, seed=3)
    monkeypatch.setattr(Mcu, "native_blocks", ())
    driven = boot(firmware, seed=3)
    assert native.board.mcu.i2c.state.core
    assert not driven.board.mcu.i2c.state.core
    for meter in (native, driven):
        meter.board.nets["CASE_SW"].drive(False)
        meter.run(SECOND_NS)
    assert len(native.board.i2c.wire.state.steps) > 1000
    assert told(native) == told(driven)


def test_what_a_part_refuses_ends_the_run(meter: BootedMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise NotModelledError("hall sensor: register 99")

    monkeypatch.setattr(meter.board.hall, "give_byte", refuse)
    with pytest.raises(NotModelledError, match="register 99"):
        meter.run(SECOND_NS)


def test_what_the_front_end_refuses_ends_the_run(meter: BootedMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: int, at_ns: int) -> int:
        raise NotModelledError(f"front end: register {address:#x} at {at_ns > 0}")

    monkeypatch.setattr(meter.board.front_end, "_read", refuse)
    with pytest.raises(NotModelledError, match="register 0x2"):
        meter.run(SECOND_NS)


def test_a_chip_select_switched_in_the_core_makes_its_port_s_words_unknown(meter: BootedMeter) -> None:
    port = meter.board.mcu.gpio["a"]
    port.hold(0x020, 8)
    word = port.standing[0x020]
    assert word is not None
    assert word.is_known
    meter.run(SECOND_NS)
    assert not word.is_known


def test_a_byte_under_way_ends_though_the_processor_is_dead(
    meter: BootedMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    i2c = meter.board.mcu.i2c
    for _ in range(100_000):
        meter.run(10_000)
        if i2c.state.busy and i2c.state.due_ns > meter.world.now_ns:
            break
    due_ns, steps = i2c.state.due_ns, len(meter.board.i2c.wire.state.steps)
    monkeypatch.setattr(meter.board.cpu, "_is_locked_up", True)
    meter.world.run_until(due_ns - 1)
    assert i2c.state.due_ns == due_ns
    assert len(meter.board.i2c.wire.state.steps) == steps
    meter.run(SECOND_NS)
    assert len(meter.board.i2c.wire.state.steps) > steps
    assert i2c.state.due_ns == NEVER_NS


def test_the_clock_s_error_reaches_the_bits(meter: BootedMeter) -> None:
    state = meter.board.mcu.i2c.state
    meter.run(SECOND_NS)
    clock = meter.board.mcu.clock
    assert (state.hz, state.ppb) == (clock.hz, 1_000_000_000 + clock.error_ppb)
    lengths = {step >> 12 for step in meter.board.i2c.wire.state.steps[-200:]}
    assert lengths == {clock.to_ns(20 * (1 + state.mtpr))}


def test_a_look_at_the_wires_leaves_nothing_behind(meter: BootedMeter) -> None:
    digests = []
    for looks in (False, True):
        meter.go_back()
        for _ in range(300):
            meter.run(1_000_000)
            if looks:
                meter.board.i2c.wire.told_by_ns(meter.world.now_ns + 1)
        while meter.board.mcu.i2c.state.busy:
            meter.run(10_000)
        digests.append(meter.world.snapshot().digest())
    assert digests[0] == digests[1]

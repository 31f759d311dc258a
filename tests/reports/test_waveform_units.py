"""Drawings of currents and of digital channels: their unit, and close-ups where something happens."""

from __future__ import annotations

import numpy as np

from harness.measure.waveform import Waveform
from reports import waveform_figure


def coil(count: int = 20_000) -> Waveform:
    codes = np.clip(40 + np.arange(count) // 60, 0, 200).astype(np.uint8)
    return Waveform(codes, 0.04, 0.0, 40, 1_000.0, -5e6, "COIL_I", "A")


def bus(label: str, at: int, count: int = 20_000) -> Waveform:
    levels = np.ones(count, dtype=np.uint8)
    levels[at : at + 100] = np.arange(100) // 5 % 2
    return Waveform(levels, 1.0, 0.0, 0, 1_000.0, -5e6, label, "1")


def test_a_current_is_drawn_in_amperes_and_a_level_without_a_unit() -> None:
    drawing, words = waveform_figure.draw([coil(), bus("I2C_SCL", 5_000)], {"t0": 0.0}, "f1", "mixed")
    assert "COIL_I: whole acquisition, A" in drawing
    assert "I2C_SCL: whole acquisition<" in drawing
    assert ", V" not in drawing
    assert "COIL_I and I2C_SCL" in words


def test_a_close_up_is_on_the_digital_channel_that_changes_there() -> None:
    scl, sda = bus("I2C_SCL", 15_000), bus("I2C_SDA", 5_000)
    (zoom,) = waveform_figure.choose_zooms([scl, sda], {"trigger": 0.0})
    assert [scl, sda][zoom.channel] is sda
    passes, begin_ns, end_ns = waveform_figure.activity(sda, -1e6, 1e6)
    assert passes == 20  # down and up ten times, the last rise at the end of the burst
    assert begin_ns == -1_000.0
    assert 90_000 <= end_ns <= 100_000

"""Currents and logic levels in the record: their unit comes back with the codes, and no other is believed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.evidence.errors import ReadError
from harness.evidence.model import WaveformEntry
from harness.evidence.waveform_file import read_waveform, write_waveform
from harness.measure.waveform import Waveform, WaveformUnit


def kept(folder: Path, unit: WaveformUnit) -> WaveformEntry:
    codes = np.array([0, 1, 1, 0], dtype=np.uint8)
    waveform = Waveform(codes, 0.04, 0.5, 0, 1_000.0, -2_000.0, "NET", unit)
    file, digest = write_waveform(folder, 1, "step 1", waveform)
    return WaveformEntry("step 1", file, digest, 4, "NET", 0.04, 0.5, 0, 1_000.0, -2_000.0, unit)


@pytest.mark.parametrize("unit", ["V", "A", "1"])
def test_a_waveform_is_read_back_with_its_unit(tmp_path: Path, unit: WaveformUnit) -> None:
    read = read_waveform(tmp_path, kept(tmp_path, unit))
    assert read.unit == unit
    assert read.values().tolist() == [0.5, 0.54, 0.54, 0.5]


def test_a_unit_that_no_waveform_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="unit 'mT'"):
        read_waveform(tmp_path, replace(kept(tmp_path, "V"), unit="mT"))

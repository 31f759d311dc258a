"""What makes the stimuli of a bench, with its calibration: coils, shaker, shunts; tables of a bench file."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from harness.bench.toml_file import FileModel


class CoilEntry(FileModel):
    """One coil of the electromagnet, by the axis of the meter along which its field goes."""

    output: int = Field(ge=1)
    """The output of the instrument ``coil_supply`` that drives it."""
    currents_A: list[float] = Field(min_length=2)
    fields_mT: list[float] = Field(min_length=2)
    """The calibration curve: field where the meter's sensor is, for each of ``currents_A``; both rise from 0."""
    uncertainty_mT: float = Field(gt=0)
    """Expanded (k = 2), of the curve."""
    gradient_percent: float = Field(default=1.0, ge=0, le=100)
    """By how much the field at the teslameter's probe may differ from the one at the meter's sensor (half width)."""
    lag_ms: float = Field(default=3.0, ge=0)
    """By how much the field may follow behind the current at most: eddy currents in core and pole pieces."""
    certificate: str = ""

    @model_validator(mode="after")
    def _rises(self) -> CoilEntry:
        if len(self.currents_A) != len(self.fields_mT):
            raise ValueError(f"{len(self.currents_A)} currents_A but {len(self.fields_mT)} fields_mT; expected pairs")
        for values in (self.currents_A, self.fields_mT):
            if values[0] != 0 or any(not low < high for low, high in pairwise(values)):
                raise ValueError(f"a calibration curve rises from 0; found {values}")
        return self


class NarrowCoilEntry(CoilEntry):
    """A small electromagnet of its own around the meter's sensor: stronger fields, and alternating ones."""

    axis: Literal["x", "y", "z"]
    """Of the meter, along which its field goes."""


class ShakerEntry(FileModel):
    """The shaker under the meter; the channel ``shaker`` of the instrument ``generator`` feeds its amplifier."""

    g_per_V: float = Field(gt=0)
    """Acceleration of the table per volt at the amplifier's input."""
    uncertainty_percent: float = Field(gt=0)
    """Expanded (k = 2), with the meter on the table, over the frequencies that the plans use."""
    limit_g: float = Field(gt=0)
    """What the table and the meter on it bear."""
    certificate: str = ""


class SurgeEntry(FileModel):
    """The surge generator at the meter, between line and neutral; the relay channel ``surge`` triggers it."""

    level_V: float = Field(gt=0)
    """Peak of its wave without load, as it is set at the generator (IEC 61000-4-5)."""
    charge_s: float = Field(gt=0)
    """How long it charges after each surge, before it takes the next trigger."""
    certificate: str = ""


class ShuntEntry(FileModel):
    """A shunt across one of the meter's current elements, worked by the relay channel ``shunt_NAME``."""

    element: Literal["line", "neutral"]
    fraction: float = Field(gt=0, lt=1)
    """Nominal part of the current that then passes by the element; a test measures it."""

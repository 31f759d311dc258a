"""What a test lets a plan set: a frozen pydantic model per test function.

In the file a key has no unit and its value has one (``pulse = "34 ms"``); in Python the name carries the unit
(``parameters.pulse_ns``). So a model's field ``pulse_ns`` is read from the key ``pulse``.
"""

from __future__ import annotations

from pydantic import ConfigDict

from harness.bench.toml_file import FileModel

UNIT_SUFFIXES = (
    "_ns",
    "_mT",
    "_mT_per_s",
    "_V",
    "_A",
    "_degC",
    "_K",
    "_deg",
    "_Ohm",
    "_Hz",
    "_Bd",
    "_pct",
    "_Ah",
    "_g",
)


def key_of(field: str) -> str:
    """The key in a plan file of a field of that name: the name without its unit."""
    suffix = max((suffix for suffix in UNIT_SUFFIXES if field.endswith(suffix)), key=len, default="")
    return field.removesuffix(suffix)


class Parameters(FileModel):
    """Base of every test's parameters."""

    model_config = ConfigDict(alias_generator=key_of)


class NoParameters(Parameters):
    """For a test that a plan can only choose, not set."""

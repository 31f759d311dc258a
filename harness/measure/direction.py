"""Directions in space by the axes of the meter, as a plan writes them: ``+x``, ``-z``, ``+x-y``, ``+x+y+z``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

AXES = "xyz"
_DIRECTION = re.compile(r"([+-]x)?([+-]y)?([+-]z)?")


@dataclass(frozen=True)
class Direction:
    """A unit vector with the name a plan gave it."""

    name: str
    vector: tuple[float, float, float]


def parse_direction(text: object) -> Direction:
    """Read a direction: one to three signed axes in the order x, y, z, all of the same weight; raises ValueError."""
    if isinstance(text, Direction):
        return text
    match = _DIRECTION.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match.group(0):
        raise ValueError(f"{text!r} is no direction: expected signed axes in the order x, y, z, as in '+x' or '-x+z'")
    parts = [0.0 if part is None else math.copysign(1.0, -1 if part[0] == "-" else 1) for part in match.groups()]
    length = math.sqrt(sum(part * part for part in parts))
    x, y, z = (part / length for part in parts)
    return Direction(match.group(0), (x, y, z))


DirectionField = Annotated[
    Direction,
    BeforeValidator(parse_direction),
    WithJsonSchema({"type": "string", "description": "signed axes of the meter, as in '+x' or '-x+z'"}),
]
"""For plan parameters: text in the file, a :class:`Direction` in Python."""

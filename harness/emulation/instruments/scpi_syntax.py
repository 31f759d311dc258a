"""SCPI program messages as text: units, headers and arguments, by IEEE 488.2 chapter 7 and SCPI-1999 volume 1.

Pure functions. What a header means is the command tree's matter (``scpi_tree``), what an argument means is the
parameter's (``scpi_parameters``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.emulation.errors import EmulationError

ERROR_TEXTS = {
    0: "No error",
    -101: "Invalid character",
    -102: "Syntax error",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -111: "Header separator error",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -121: "Invalid character in number",
    -123: "Exponent too large",
    -124: "Too many digits",
    -128: "Numeric data not allowed",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -141: "Invalid character data",
    -148: "Character data not allowed",
    -151: "Invalid string data",
    -158: "String data not allowed",
    -168: "Block data not allowed",
    -171: "Invalid expression",
    -178: "Expression data not allowed",
    -211: "Trigger ignored",
    -221: "Settings conflict",
    -222: "Data out of range",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -256: "File name not found",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -440: "Query UNTERMINATED after indefinite response",
}
"""Numbers and texts of SCPI-1999 volume 2, 21.8; an instrument adds its own positive ones."""

MNEMONIC_MAX = 12
"""IEEE 488.2 7.6.1.4: a program mnemonic has at most 12 characters."""

WHITE_SPACE = "".join(map(chr, [*range(10), *range(11, 33)]))
"""IEEE 488.2 7.4.1.2: every character up to the space, but not NL, which ends the message."""

_HEADER = re.compile(r"(\*[A-Za-z]\w*|:?[A-Za-z]\w*(?::[A-Za-z]\w*)*)(\?)?", re.ASCII)
_NEEDS_SCAN = re.compile(r"[\"'()]")


class ScpiError(EmulationError):
    """One entry for an instrument's error queue; never leaves the message exchange."""

    def __init__(self, number: int, text: str | None = None) -> None:
        self.number = number
        self.text = ERROR_TEXTS[number] if text is None else text
        super().__init__(f'{number},"{self.text}"')


@dataclass(frozen=True)
class Unit:
    """One program message unit: a header and its arguments, still text."""

    header: str
    query: bool
    arguments: tuple[str, ...]


def split_message(message: str) -> list[Unit | ScpiError]:
    """The units of one program message, in order. An ScpiError can only be the last item: the rest is lost.

    An empty message and empty units are allowed (IEEE 488.2 7.3.2).
    """
    units: list[Unit | ScpiError] = []
    try:
        for text in _split(message, ";"):
            stripped = text.strip(WHITE_SPACE)
            if stripped:
                units.append(_parse_unit(stripped))
    except ScpiError as error:
        units.append(error)
    return units


def split_arguments(text: str) -> tuple[str, ...]:
    """The arguments of a unit, separated by commas outside strings and expressions."""
    return tuple(part.strip(WHITE_SPACE) for part in _split(text, ","))


def _parse_unit(text: str) -> Unit:
    match = _HEADER.match(text)
    if match is None:
        raise ScpiError(-101 if text[0] not in "*:?" else -102)
    header, question = match.groups()
    if any(len(mnemonic) > MNEMONIC_MAX for mnemonic in header.strip("*:").split(":")):
        raise ScpiError(-112)
    rest = text[match.end() :]
    if not rest:
        return Unit(header, question is not None, ())
    if rest[0] not in WHITE_SPACE:
        raise ScpiError(-111)
    arguments = split_arguments(rest)
    if "" in arguments:
        raise ScpiError(-109)
    return Unit(header, question is not None, arguments)


def _split(text: str, separator: str) -> list[str]:
    """Split at ``separator`` outside quoted strings and parentheses."""
    if _NEEDS_SCAN.search(text) is None:
        return text.split(separator)
    parts: list[str] = []
    start = at = depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            # A doubled quote inside a string reads as two strings side by side: the same extent.
            at = text.find(character, at + 1)
            if at < 0:
                raise ScpiError(-151)
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise ScpiError(-171)
        elif character == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    if depth:
        raise ScpiError(-171)
    parts.append(text[start:])
    return parts

"""What SCPI arguments may be: numbers with units, choices, booleans, channel lists; and how answers are written.

A number is handed on as an exact integer in the unit's own power of ten (nV, ps), so that nothing an instrument
keeps or computes depends on floating point.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Protocol

from harness.emulation.instruments.scpi_syntax import ScpiError

EXPONENT_MAX = 32000
"""IEEE 488.2 7.7.2.4.1: a larger exponent is an error of its own (-123)."""

DIGITS_MAX = 255
"""IEEE 488.2 7.7.2.4.1: longer mantissas are an error of their own (-124)."""

_NUMBER = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:\s*[eE]\s*([+-]?\d+))?\s*([A-Za-z]*)\s*", re.ASCII)
_CHARACTERS = re.compile(r"[A-Za-z]\w*", re.ASCII)
_CHANNELS = re.compile(r"\(\s*@\s*([\d\s,:]*)\)", re.ASCII)
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN, Emax=999_999, Emin=-999_999)

_PREFIXES = {
    "EX": 18, "PE": 15, "T": 12, "G": 9, "MA": 6, "K": 3, "": 0,
    "M": -3, "U": -6, "N": -9, "P": -12, "F": -15, "A": -18,
}  # fmt: skip
"""IEEE 488.2 table 7-2: M is milli and MA is mega, except before HZ and OHM, where M is mega."""


class Parameter(Protocol):
    """One argument of a command."""

    def parse(self, text: str) -> object:
        """The value of ``text``, or an ScpiError for the error queue."""


def short_form(mnemonic: str) -> str:
    """The short form of a mnemonic written like ``POSitive``: its capitals (and digits)."""
    return "".join(character for character in mnemonic if not character.islower())


def matches(text: str, mnemonic: str) -> bool:
    """Whether ``text`` is the short or the long form of ``mnemonic``; nothing in between counts (SCPI-99 6.2.1)."""
    upper = text.upper()
    return upper in (mnemonic.upper(), short_form(mnemonic))


def refuse_other_kinds(text: str) -> None:
    """Raise the error for an argument that is a string, a block or an expression where none is taken."""
    if text[0] in "\"'":
        raise ScpiError(-158)
    if text[0] == "#":
        raise ScpiError(-168)
    if text[0] == "(":
        raise ScpiError(-178)


@dataclass(frozen=True)
class Number:
    """A decimal number, handed on as an integer count of 10**exponent units; half to even in between."""

    unit: str
    exponent: int
    minimum: int | None = None
    maximum: int | None = None
    keywords: tuple[tuple[str, int], ...] = ()
    """Words taken in place of a number, such as ``MAXimum``; only where the family takes them."""

    def parse(self, text: str) -> int:
        """The number as an integer, or ScpiError."""
        refuse_other_kinds(text)
        match = _NUMBER.fullmatch(text)
        if match is None:
            return self._parse_keyword(text)
        sign, mantissa, exponent, suffix = match.groups()
        if len(mantissa.replace(".", "").lstrip("0")) > DIGITS_MAX:
            raise ScpiError(-124)
        power = int(exponent) if exponent and len(exponent) <= 7 else 0
        if exponent and (len(exponent) > 7 or abs(power) > EXPONENT_MAX):
            raise ScpiError(-123)
        value = Decimal(sign + mantissa).scaleb(power + self._suffix_power(suffix) - self.exponent, _EXACT)
        if value and value.adjusted() > 40:
            raise ScpiError(-222)
        # A number too small to matter would only make the exact arithmetic below long.
        number = int(value.to_integral_value(context=_EXACT)) if value.adjusted() > -40 else 0
        if (self.minimum is not None and number < self.minimum) or (self.maximum is not None and number > self.maximum):
            raise ScpiError(-222)
        return number

    def _parse_keyword(self, text: str) -> int:
        for word, value in self.keywords:
            if matches(text, word):
                return value
        if text[0] in "+-.0123456789":
            raise ScpiError(-121)
        if _CHARACTERS.fullmatch(text):
            raise ScpiError(-141 if self.keywords else -148)
        raise ScpiError(-101)

    def _suffix_power(self, suffix: str) -> int:
        upper = suffix.upper()
        if not upper:
            return 0
        if not self.unit:
            raise ScpiError(-138)
        if upper.endswith(self.unit):
            prefix = upper[: -len(self.unit)]
            if prefix == "M" and self.unit in ("HZ", "OHM"):
                return 6
            if prefix in _PREFIXES:
                return _PREFIXES[prefix]
        raise ScpiError(-131)


@dataclass(frozen=True)
class Choice:
    """One of some words; the value is the word's short form. Words may carry a number: ``CHANnel1``."""

    words: tuple[str, ...]

    def parse(self, text: str) -> str:
        """The short form of the word, or ScpiError."""
        refuse_other_kinds(text)
        for word in self.words:
            if matches(text, word):
                return short_form(word)
        if text[0] in "+-.0123456789":
            raise ScpiError(-128)
        raise ScpiError(-224 if _CHARACTERS.fullmatch(text) else -141)


@dataclass(frozen=True)
class Boolean:
    """ON, OFF or a number that is rounded: 0 is off, anything else is on (SCPI-99 volume 1, 7.3)."""

    def parse(self, text: str) -> bool:
        """The boolean, or ScpiError."""
        if matches(text, "ON"):
            return True
        if matches(text, "OFF"):
            return False
        return Number("", 0).parse(text) != 0


@dataclass(frozen=True)
class QuotedText:
    """A quoted string; a doubled quote inside stands for one (IEEE 488.2 7.7.5)."""

    longest: int

    def parse(self, text: str) -> str:
        """The string's content, or ScpiError."""
        if text[0] not in "\"'":
            raise ScpiError(-104)
        quote = text[0]
        content = text[1:-1]
        if len(text) < 2 or text[-1] != quote or content.replace(quote * 2, "").count(quote):
            raise ScpiError(-151)
        return content.replace(quote * 2, quote)[: self.longest]


@dataclass(frozen=True)
class ChannelList:
    """``(@101,103:105)``: a tuple of channel numbers in the order written (SCPI-99 volume 1, 8.3.2)."""

    longest: int = 100

    def parse(self, text: str) -> tuple[int, ...]:
        """The channel numbers, or ScpiError; which channels exist is the instrument's to say."""
        if text[0] != "(":
            refuse_other_kinds(text)
            raise ScpiError(-104)
        match = _CHANNELS.fullmatch(text)
        if match is None:
            raise ScpiError(-171)
        channels: list[int] = []
        for part in match.group(1).split(","):
            first, colon, last = (piece.strip() for piece in part.partition(":"))
            if not re.fullmatch(r"\d{1,6}", first) or (colon and not re.fullmatch(r"\d{1,6}", last)):
                raise ScpiError(-171)
            low, high = int(first), int(last) if colon else int(first)
            if high - low >= self.longest or len(channels) >= self.longest:
                raise ScpiError(-222)
            channels.extend(range(low, high + 1) if low <= high else range(low, high - 1, -1))
        return tuple(channels)


def format_nr1(value: int) -> str:
    """An integer as the families here answer it: with its sign, ``+5`` (IEEE 488.2 8.7.2)."""
    return f"{value:+d}"


def format_nr3(value: int, exponent: int, *, divisor: int = 1, decimals: int = 5, exponent_digits: int = 2) -> str:
    """``value / divisor`` × 10**exponent in the form ``+4.02010E-02``, rounded half to even (IEEE 488.2 8.7.4)."""
    number = _EXACT.divide(Decimal(value).scaleb(exponent, _EXACT), Decimal(divisor))
    mantissa, _, power = f"{number:+.{decimals}E}".partition("E")
    return f"{mantissa}E{int(power) if number else 0:+0{exponent_digits + 1}d}"


def format_block(data: bytes) -> bytes:
    """A definite length arbitrary block (IEEE 488.2 8.7.9) with the eight length digits these families send."""
    return b"#8%08d" % len(data) + data

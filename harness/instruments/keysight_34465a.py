"""Driver of the Keysight Truevolt multimeters 34465A and 34470A in a current lead.

Source: Truevolt series operating and service guide, SCPI programming reference. Accuracies: data sheet [recalled].
"""

from __future__ import annotations

import math

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, OverloadError, SettingError
from harness.instruments.multimeter import CurrentAccuracy, Kind, MultimeterSpecification
from harness.instruments.visa import Identity, Instrument, Traffic

OVERLOAD = 9.9e37
"""What the family answers for an input beyond the range (guide, MEASure:CURRent)."""
READINGS_AT_ONCE = 8
"""The slowest take 0.45 s each, so that many come within the usual time-out of 5 s; more come in several goes."""
OVERRANGE = 1.2
"""Nothing beyond this part of the range is a reading, whatever the instrument says."""
AC_FILTER_HZ = 20
"""Settles within 0.25 s, and takes 45 Hz and more within the AC accuracy."""
NPLC = 10
FAST_NPLC = 0.02
"""The shortest without the digitizing option; 0.4 ms at 50 Hz, less at 60 Hz."""

SPECIFICATION = MultimeterSpecification(
    source="Keysight Truevolt data sheet, 1 year, 23 °C ± 5 °C, AC 20 Hz to 5 kHz [recalled]",
    ac_current={
        0.0001: CurrentAccuracy(0.10, 0.04),
        0.001: CurrentAccuracy(0.10, 0.04),
        0.01: CurrentAccuracy(0.10, 0.04),
        0.1: CurrentAccuracy(0.10, 0.04),
        1.0: CurrentAccuracy(0.10, 0.04),
        3.0: CurrentAccuracy(0.23, 0.04),
        10.0: CurrentAccuracy(0.15, 0.04),
    },
    dc_current={
        0.0001: CurrentAccuracy(0.05, 0.005),
        0.001: CurrentAccuracy(0.05, 0.005),
        0.01: CurrentAccuracy(0.05, 0.02),
        0.1: CurrentAccuracy(0.05, 0.005),
        1.0: CurrentAccuracy(0.10, 0.01),
        3.0: CurrentAccuracy(0.20, 0.02),
        10.0: CurrentAccuracy(0.12, 0.01),
    },
    fast_aperture_s=0.0004,
    fast_noise_percent=0.01,
)


class Keysight34465A:
    """A Truevolt multimeter; implements ``harness.instruments.multimeter.Multimeter``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "multimeter",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(makers=("KEYSIGHT", "AGILENT"), models=("34465A", "34470A"), serial=serial)

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    @property
    def specification(self) -> MultimeterSpecification:
        """The family's data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """``*RST``, then current in the highest range of the 3 A terminals: a reset unit measures voltage."""
        self._session.command_and_wait("*RST")
        self._session.command("CONFigure:CURRent:DC 3")

    def range_for(self, kind: Kind, current_A: float) -> float:
        """The lowest range that the amount does not fill; a fixed range keeps the burden the same."""
        ranges = SPECIFICATION.ac_current if kind == "AC" else SPECIFICATION.dc_current
        fits = [range_A for range_A in ranges if abs(current_A) <= range_A]
        if not fits:
            raise SettingError(
                self._session.name, f"{current_A:g} A is beyond the highest range of {max(ranges):g} A; use a shunt"
            )
        return fits[0]

    def currents_A(self, kind: Kind, range_A: float, readings: int = 1) -> list[float]:
        """CONFigure, then SAMPle:COUNt and READ? until there are so many."""
        setting = f"CURRent:AC:BANDwidth {AC_FILTER_HZ}" if kind == "AC" else f"CURRent:DC:NPLC {NPLC}"
        return self._currents_A(kind, range_A, readings, setting)

    def fast_currents_A(self, range_A: float, readings: int) -> list[float]:
        """The same over ``FAST_NPLC``."""
        return self._currents_A("DC", range_A, readings, f"CURRent:DC:NPLC {FAST_NPLC:g}")

    def _currents_A(self, kind: Kind, range_A: float, readings: int, setting: str) -> list[float]:
        if range_A not in SPECIFICATION.ac_current or readings < 1:
            known = ", ".join(f"{known_A:g}" for known_A in SPECIFICATION.ac_current)
            raise SettingError(
                self._session.name,
                f"{readings} readings in the range {range_A:g} A were asked for; expected 1 or more in one of the "
                f"ranges {known} A",
            )
        self._session.command(f"CONFigure:CURRent:{kind} {range_A:g}", setting)
        values: list[float] = []
        while len(values) < readings:
            values += self._read(min(readings - len(values), READINGS_AT_ONCE), range_A)
        return values

    def _read(self, readings: int, range_A: float) -> list[float]:
        self._session.command(f"SAMPle:COUNt {readings}")
        answer = self._session.query("READ?")
        values = [self._reading(text, range_A) for text in answer.split(",")]
        if len(values) != readings:
            raise BadAnswerError(self._session.name, "READ?", answer, f"{readings} readings")
        self._session.check_errors("READ?")
        return values

    def _reading(self, text: str, range_A: float) -> float:
        try:
            value = float(text)
        except ValueError:
            raise BadAnswerError(self._session.name, "READ?", text, "a number") from None
        if math.isnan(value):
            raise BadAnswerError(self._session.name, "READ?", text, "a number")
        if abs(value) >= OVERLOAD:
            raise OverloadError(
                self._session.name,
                f"the current is beyond the range of {range_A:g} A: {text}; take a higher range, or look for what "
                "drives so much",
            )
        if abs(value) > range_A * OVERRANGE:
            raise BadAnswerError(
                self._session.name, "READ?", text, f"at most {OVERRANGE:g} of the range of {range_A:g} A"
            )
        return value
